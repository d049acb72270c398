/** `bridge sync` and `bridge plan`: one resync, done or only foretold. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import { EXIT, type Output, print, withinBound } from './command-line.ts';
import type { Context } from './context.ts';
import { createDryRuns } from './dry-runs.ts';
import { COLLECTIONS } from './entities/registry.ts';
import type { PlannedChange, RunChanges } from './links/run-changes.ts';
import type { RunReport, RunScope } from './links/runs.ts';
import { printPlan } from './print-plan.ts';
import { syncUntilDone } from './sync-until-done.ts';

interface Flags extends Output {
  readonly ids?: string;
  readonly since?: string;
  readonly dryRun?: boolean;
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
  const report = await withinBound((context) => showing((show) => syncUntilDone(context, collection, scope, show)));
  print(report, flags, () => summarize(report));
  process.exitCode =
    report.status === 'failed' || report.parked > 0 ? EXIT.error : report.held > 0 ? EXIT.guard : EXIT.ok;
}

async function plan(collection: string, flags: Flags, command: Command): Promise<void> {
  const scope = readScope(collection, flags, command);
  const { report, changes } = await withinBound((context) =>
    showing((show) => planUntilDone(context, collection, scope, show)),
  );
  print({ ...report, changes }, flags, () => [...printPlan(changes), summarize(report)].join('\n'));
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

/** On a terminal, on standard error, in one line that is gone at the end. */
async function showing<T>(work: (show: (report: RunReport) => void) => Promise<T>): Promise<T> {
  const { stderr } = process;
  const clear = '\r\u001b[K';
  try {
    return await work(({ done, total }) => stderr.isTTY && stderr.write(`${clear}${done} of ${total}`));
  } finally {
    if (stderr.isTTY) stderr.write(clear);
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

function summarize(report: RunReport): string {
  const { status, done, total, created, updated, unchanged, conflicts, parked, held, error } = report;
  const counts = `${status}: ${done} of ${total}, created ${created}, updated ${updated}, unchanged ${unchanged}, conflicts ${conflicts}, parked ${parked}, held ${held}`;
  return error ? `${counts}\n${error.message}\n${error.remedy}` : counts;
}
