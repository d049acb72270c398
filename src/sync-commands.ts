/** `bridge sync` and `bridge parked`: runs that a command waits for. */
import type { Command } from 'commander';
import { EXIT, type Output, print, within, withinBound } from './command-line.ts';
import type { Context } from './context.ts';
import { entitiesOfCollection } from './entities/registry.ts';
import type { RunReport } from './links/runs.ts';
import { describeRun, showProgress } from './run-progress.ts';
import { retryUntilDone, syncUntilDone } from './sync-until-done.ts';

interface RetryFlags {
  readonly ids?: string;
  readonly entity?: string;
  readonly errorCode?: string;
  readonly preview?: boolean;
}

export function addSyncCommands(program: Command): void {
  program
    .command('sync')
    .description('resync a collection and wait for its end')
    .argument('<collection>', 'contacts, teachers, tenants, guests or all')
    .option('--ids <ids>', 'only these app ids, separated by commas')
    .option('--since <time>', 'only what changed since then (RFC 3339)')
    .option('--json', 'print one line of JSON')
    .action(async (collection: string, options: Output & { ids?: string; since?: string }) => {
      const scope = {
        ...(options.ids && { ids: options.ids.split(',') }),
        ...(options.since && { since: options.since }),
      };
      const report = await followed(async (context, show) => {
        await warnOfPaused(context, collection);
        return syncUntilDone(context, collection, scope, show);
      });
      print(report, options, () => describeRun(report));
      process.exitCode = exitCodeOf(report);
    });

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
        const groups = await within(({ retries }) => retries.preview(filter));
        const count = groups.reduce((sum, group) => sum + group.count, 0);
        return print({ preview: true, count, groups }, parked.opts(), () =>
          [
            `${count} record(s) would be tried again`,
            ...groups.map((group) => `  ${group.count} × ${group.entity} ${group.error_code}: ${group.message}`),
          ].join('\n'),
        );
      }
      const report = await followed((context, show) => retryUntilDone(context, filter, show));
      print(report, parked.opts(), () => describeRun(report));
      process.exitCode = exitCodeOf(report);
    });
}

/** With its progress, where somebody looks. */
async function followed(
  work: (context: Context, show: (report: RunReport) => void) => Promise<RunReport>,
): Promise<RunReport> {
  const progress = showProgress(process.stderr);
  try {
    return await withinBound((context) => work(context, progress.show));
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
