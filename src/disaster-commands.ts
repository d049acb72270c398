/** `bridge rebind` and `bridge relink`: for the day on which a database was lost, restored or moved (docs/disaster.md). */
import type { Command } from 'commander';
import { audited, EXIT, type Output, print, within, withinBound } from './command-line.ts';
import { ENTITY_NAMES, entities } from './entities/registry.ts';
import { planRebind, type RebindPlan, rebind, type SidePlan } from './rebind.ts';
import type { PairName, RelinkReport } from './sources/relink.ts';
import { relinkAll } from './sources/relink-all.ts';

export function addDisasterCommands(program: Command): void {
  addRelink(program);
  addRebind(program);
}

function addRebind(program: Command): void {
  program
    .command('rebind')
    .description('let the database belong to the Odoo and the app that are configured now')
    .option('--yes', 'do it; without this it is only shown')
    .option('--forget-links', 'as with an empty database: the records are others, "bridge relink" links them anew')
    .option('--json', 'print one line of JSON')
    .action(async (options: Output & { yes?: boolean; forgetLinks?: boolean }) => {
      await within(
        async (context) => {
          const plan = await planRebind(context);
          const forgetting = options.forgetLinks === true;
          const done = options.yes === true && (plan.same_records || forgetting);
          const work = () => rebind(context, plan, { forgetLinks: forgetting });
          const forgotten = done ? await audited(context, { operation: 'rebind' }, work) : 0;
          const nothing = plan.nothing_to_do && !forgetting;
          print({ ...plan, done, forgotten }, options, () =>
            [...describePlan(plan), nothing ? 'nothing to do' : whatNext(plan, done, forgotten)].join('\n'),
          );
          process.exitCode = done || nothing ? EXIT.ok : EXIT.guard;
        },
        { bound: false },
      );
    });
}

interface RelinkOptions extends Output {
  readonly entity?: string;
  readonly dryRun?: boolean;
}

function addRelink(program: Command): void {
  const command = program
    .command('relink')
    .description("rebuild the links from Odoo's external ids, after the bridge's database was lost or restored")
    .option('--entity <entity>', `only this one: ${ENTITY_NAMES.join(', ')}`)
    .option('--dry-run', 'only say what would be tied')
    .option('--json', 'print one line of JSON')
    .action(async (options: RelinkOptions) => {
      const wanted = entities.filter(({ name }) => options.entity === undefined || name === options.entity);
      if (wanted.length === 0) command.error(`unknown entity: ${options.entity}`, { exitCode: EXIT.usage });
      const subject = { entity: options.entity, dry_run: options.dryRun };
      const reports = await withinBound({ operation: 'relink', subject }, async (context) => {
        const relinking = { ...context, instance: context.config.BRIDGE_INSTANCE };
        return relinkAll(relinking, wanted, { dryRun: options.dryRun === true });
      });
      print(reports, options, () => [...reports.flatMap(describeRelink), afterRelink(options)].join('\n'));
      if (reports.some(({ contradicting }) => contradicting.length > 0)) process.exitCode = EXIT.drift;
    });
}

/** Long lists are cut here; with --json they are whole. */
const SHOWN = 20;

function describeRelink(report: RelinkReport): readonly string[] {
  const { entity, tied, kept, differing, contradicting, gone, unknown, busy } = report;
  const pair = ({ app_id, odoo_id }: PairName) => `app ${app_id}, Odoo ${odoo_id}`;
  const list = (title: string, lines: readonly string[]) =>
    lines.length === 0
      ? []
      : [
          `  ${lines.length} ${title}`,
          ...lines.slice(0, SHOWN).map((line) => `    ${line}`),
          ...(lines.length > SHOWN ? [`    … and ${lines.length - SHOWN} more: see --json`] : []),
        ];
  const fields = Map.groupBy(
    differing.flatMap((each) => each.fields),
    (field) => field,
  );
  const counts = [...fields].map(([field, all]) => `${field} ${all.length}`).join(', ');
  return [
    `${entity}: ${tied} tied by external id, ${kept} were right already`,
    ...(busy > 0 ? [`  ${busy} in work: run it again`] : []),
    ...list(
      `pairs differ (${counts}); the next pass compares them, and the last modification wins`,
      differing.map((each) => `${pair(each)}: ${each.fields.join(', ')}`),
    ),
    ...list(
      'contradict; nothing was changed there',
      contradicting.map((each) => `${pair(each)}: ${each.why}`),
    ),
    ...list('gone from the app', gone.app.map(pair)),
    ...list(
      'gone from Odoo',
      gone.odoo.map((each) => `${pair(each)}: ${each.why}`),
    ),
    `  not known: ${unknown.app} in the app, ${unknown.odoo} in Odoo`,
  ];
}

function afterRelink({ dryRun }: RelinkOptions): string {
  return dryRun
    ? 'nothing was changed: run it without --dry-run'
    : 'next: "bridge sync all" compares all pairs, matches what is not known, and makes what is missing';
}

function describePlan({ app, odoo }: RebindPlan): readonly string[] {
  return [
    ...describeSide('app ', app, ({ url }) => url),
    ...describeSide('Odoo', odoo, ({ url, database }) => `"${database}" at ${url}`),
  ];
}

function describeSide<T>(name: string, { bound, now, same, looked_for, found }: SidePlan<T>, show: (at: T) => string) {
  if (same) return [`${name}  ${show(now)}${bound === null ? ', not bound yet' : ', as it was'}`];
  return [
    `${name}  ${show(now)}, and was ${bound === null ? 'none' : show(bound)}`,
    ...(looked_for > 0 ? [`      ${found} of ${looked_for} linked records are there under their id and name`] : []),
  ];
}

function whatNext({ same_records }: RebindPlan, done: boolean, forgotten: number): string {
  if (done && forgotten > 0) return `bound, and ${forgotten} link(s) forgotten: run "bridge relink" next`;
  if (done) return 'bound';
  if (same_records) return 'nothing was changed: run it with --yes to bind the database to these';
  return [
    'nothing was changed: these are other records than the linked ones, and the links would tie strangers together.',
    'Start with an empty database, or run it with --yes --forget-links; then run "bridge relink".',
  ].join('\n');
}
