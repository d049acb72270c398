/** `bridge sync`, `bridge plan` and `bridge parked`: runs that a command waits for, done or only foretold. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import { type CommandAct, EXIT, type Output, print, within, withinBound } from './command-line.ts';
import type { Context } from './context.ts';
import { createDryRuns } from './dry-runs.ts';
import { COLLECTIONS, entitiesOfCollection } from './entities/registry.ts';
import type { PlannedChange, RunChanges } from './links/run-changes.ts';
import type { RunReport, RunScope } from './links/runs.ts';
import { printPlan } from './print-plan.ts';
import { describeRun, showProgress } from './run-progress.ts';
import { retryUntilDone, syncUntilDone } from './sync-until-done.ts';

interface Flags extends Output {
  readonly ids?: string;
  readonly since?: string;
  readonly dryRun?: boolean;
}

interface RetryFlags {
  readonly ids?: string;
  readonly entity?: string;
  readonly errorCode?: string;
  readonly preview?: boolean;
}

export function addSyncCommands(program: Command): void {
  scoped(program.command('sync').description('resync a collection and wait for its end'))
    .argument('<collection>', COLLECTIONS.join(', '))
    .option('--dry-run', 'only tell what it would change, as plan does')
    .action((collection: string, flags: Flags, command: Command) =>
      (flags.dryRun ? plan : sync)(collection, flags, command),
    );
  scoped(
    program.command('plan').description('what a resync would change; nothing is written. Exit 3 when something would'),
  )
    .argument('[collection]', COLLECTIONS.join(', '), 'all')
    .action(plan);
  addParkedCommands(program);
}

function addParkedCommands(program: Command): void {
  const parked = program.command('parked').description('records that were set aside, grouped by error');
  parked.option('--json', 'print one line of JSON').action(async (options: Output) => {
    const groups = await within((context) => context.reports.parkedByError());
    print(groups, options, () =>
      groups.length === 0
        ? 'nothing is parked'
        : groups
            .map((group) => `${group.count} × ${group.error_code}: ${group.message}\n    ${group.remedy}`)
            .join('\n'),
    );
  });
  parked
    .command('retry')
    .description('try parked records again, and those that wait for their next try, and wait for the end')
    .option('--ids <ids>', 'only these entries, separated by commas')
    .option('--entity <entity>')
    .option('--error-code <code>')
    .option('--preview', 'only tell which would be tried again')
    .action(async ({ ids, entity, errorCode, preview }: RetryFlags) => {
      const filter = { ...(ids && { ids: ids.split(',') }), entity, error_code: errorCode };
      if (preview) {
        const { count, groups } = await within(({ retries }) => retries.preview(filter));
        return print({ preview: true, count, groups }, parked.opts(), () =>
          [
            `${count} record(s) would be tried again`,
            ...groups.map((group) => `  ${group.count} × ${group.entity} ${group.error_code}: ${group.message}`),
          ].join('\n'),
        );
      }
      const report = await followed({ operation: 'retryParked', subject: filter }, (context, show) =>
        retryUntilDone(context, filter, show),
      );
      print(report, parked.opts(), () => describeRun(report));
      process.exitCode = exitCodeOf(report);
    });
}

function scoped(command: Command): Command {
  return command
    .option('--ids <ids>', 'only these app ids, separated by commas')
    .option('--since <time>', 'only what changed since then (RFC 3339)')
    .option('--json', 'print one line of JSON');
}

function readScope(collection: string, { ids, since }: Flags, command: Command): RunScope {
  const refuse = (message: string) => command.error(message, { exitCode: EXIT.usage });
  if (!COLLECTIONS.includes(collection)) refuse(`unknown collection: ${collection}. One of: ${COLLECTIONS.join(', ')}`);
  if (since !== undefined && Number.isNaN(Date.parse(since))) refuse('--since is a time such as 2026-01-31T08:00:00Z');
  return { ...(ids && { ids: ids.split(',') }), ...(since && { since }) };
}

async function sync(collection: string, flags: Flags, command: Command): Promise<void> {
  const scope = readScope(collection, flags, command);
  const report = await followed(
    { operation: 'startSync', subject: { collection, ...scope } },
    async (context, show) => {
      await warnOfPaused(context, collection);
      return syncUntilDone(context, collection, scope, show);
    },
  );
  print(report, flags, () => describeRun(report));
  process.exitCode = exitCodeOf(report);
}

async function plan(collection: string, flags: Flags, command: Command): Promise<void> {
  const scope = readScope(collection, flags, command);
  const { report, changes } = await followed(
    { operation: 'startSync', subject: { collection, ...scope, dry_run: true } },
    async (context, show) => {
      await warnOfPaused(context, collection);
      return planUntilDone(context, collection, scope, show);
    },
  );
  print({ ...report, changes }, flags, () => [...printPlan(changes), describeRun(report)].join('\n'));
  process.exitCode = report.status === 'done' ? (changes.length > 0 ? EXIT.drift : EXIT.ok) : EXIT.error;
}

async function planUntilDone(
  context: Context,
  collection: string,
  scope: RunScope,
  onProgress: (report: RunReport) => void,
) {
  const dryRuns = createDryRuns(context);
  const { runId, ended } = await dryRuns.start(collection, scope);
  let isOver = false;
  void ended.then(() => {
    isOver = true;
  });
  for (;;) {
    await Promise.race([ended, sleep(500)]);
    const report = await context.runs.report(runId);
    if (!report) throw new TypeError('a run that was just started is gone');
    onProgress(report);
    if (isOver) return { report, changes: await allChanges(context, runId) };
  }
}

async function allChanges({ runChanges }: Context, runId: string): Promise<readonly PlannedChange[]> {
  const changes: PlannedChange[] = [];
  for (let cursor: string | null = '0'; cursor !== null; ) {
    const { data, next_cursor }: Awaited<ReturnType<RunChanges['list']>> = await runChanges.list(runId, {
      cursor,
      limit: 1_000,
    });
    changes.push(...data);
    cursor = next_cursor;
  }
  return changes;
}

/** With its progress, where somebody looks. */
async function followed<T>(
  act: CommandAct<T>,
  work: (context: Context, show: (report: RunReport) => void) => Promise<T>,
): Promise<T> {
  const progress = showProgress(process.stderr);
  try {
    return await withinBound(act, (context) => work(context, progress.show));
  } finally {
    progress.end();
  }
}

async function warnOfPaused({ pauses }: Context, collection: string): Promise<void> {
  const paused = await pauses.paused();
  const waiting = entitiesOfCollection(collection).filter(({ name }) => paused.has(name));
  for (const { name } of waiting)
    process.stderr.write(`${name} is paused: its records wait for bridge resume ${name}\n`);
}

function exitCodeOf({ status, parked, held }: RunReport): number {
  if (status === 'failed' || parked > 0) return EXIT.error;
  return held > 0 ? EXIT.guard : EXIT.ok;
}
