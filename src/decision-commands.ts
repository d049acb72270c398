/** What operators decide, by command: pausing an entity, releasing what is held, bringing a conflict's loser back. */
import { type Command, Option } from 'commander';
import { acting, EXIT, type Output, print, within, withinBound } from './command-line.ts';
import { ENTITY_NAMES } from './entities/registry.ts';
import { NOT_RESTORED } from './links/decisions.ts';
import { refuseUnknown } from './record-argument.ts';

interface ReleaseFlags {
  readonly ids?: string;
  readonly entity?: string;
  readonly kind?: 'delete' | 'rewrite' | 'create';
}

const JSON_FLAG = ['--json', 'print one line of JSON'] as const;

export function addDecisionCommands(program: Command): void {
  for (const action of ['pause', 'resume'] as const) {
    program
      .command(action)
      .description(action === 'pause' ? 'stop reconciling an entity; its events are kept' : 'go on with an entity')
      .argument('<entity>', ENTITY_NAMES.join(', '))
      .option(...JSON_FLAG)
      .action(async (entity: string, options: Output, command: Command) => {
        refuseUnknown(entity, command);
        await acting({ operation: `${action}Entity`, subject: { entity } }, ({ pauses }) => pauses[action](entity));
        print({ entity, paused: action === 'pause' }, options, () => `${entity}: ${action}d`);
      });
  }

  const held = program.command('held').description('what a guard holds, or what waits for a person');
  held
    .option('--entity <entity>')
    .option(...JSON_FLAG)
    .action(async (options: Output & { entity?: string }) => {
      const { data } = await within(({ reports }) => reports.held({ entity: options.entity, limit: 500 }));
      print(data, options, () =>
        listed(data, 'nothing is held', ['id', 'entity', 'app_id', 'odoo_id', 'kind', 'detail']),
      );
    });
  held
    .command('release')
    .description('let pass what a guard holds')
    .option('--ids <ids>', 'only these, separated by commas')
    .option('--entity <entity>')
    .addOption(new Option('--kind <kind>').choices(['delete', 'rewrite', 'create']))
    .action(async (_own: unknown, command: Command) => {
      // `held` has --entity as well and takes it, wherever it stands: alone, our own options would be all entities.
      const { ids, entity, kind } = command.optsWithGlobals<ReleaseFlags>();
      const filter = { ...(entity && { entity }), ...(kind && { kind }) };
      const wanted = { ...filter, ...(ids && { ids: ids.split(',') }) };
      const released = await withinBound({ operation: 'releaseHeld', subject: wanted }, ({ decisions }) =>
        decisions.release(wanted),
      );
      print({ released }, held.opts(), () => `${released} record(s) will be written`);
    });

  const conflicts = program.command('conflicts').description('where both sides were edited, and which value lost');
  conflicts
    .option('--entity <entity>')
    .option(...JSON_FLAG)
    .action(async (options: Output & { entity?: string }) => {
      const { data } = await within(({ reports }) => reports.conflicts({ entity: options.entity, limit: 500 }));
      const members = ['id', 'entity', 'app_id', 'odoo_id', 'field', 'winner', 'rule', 'decided_at', 'restored_at'];
      print(data, options, () => listed(data, 'there are no conflicts', members));
    });
  conflicts
    .command('restore')
    .description('write the value that lost to both sides')
    .argument('<id>', 'of the conflict')
    .action(async (id: string, _options: Output, command: Command) => {
      if (!/^\d{1,18}$/.test(id)) command.error('the id of a conflict is a number', { exitCode: EXIT.usage });
      const refusal = (answer: string) => (answer === 'restoring' ? null : `restore_${answer}`);
      const answer = await withinBound({ operation: 'restoreConflict', subject: { id }, refusal }, ({ decisions }) =>
        decisions.restore(id),
      );
      const restoring = answer === 'restoring';
      print({ restoring, ...(!restoring && { reason: answer }) }, conflicts.opts(), () =>
        restoring ? 'it will be restored' : NOT_RESTORED[answer],
      );
      if (!restoring) process.exitCode = EXIT.error;
    });
}

/** One line each; values of people's fields are left to `--json`. */
function listed(rows: readonly object[], none: string, members: readonly string[]): string {
  if (rows.length === 0) return none;
  const lines = rows.map((row) => {
    const values: Readonly<Record<string, unknown>> = { ...row };
    const told = (value: unknown) => (value instanceof Date ? value.toISOString() : (value ?? '-'));
    return members.map((member) => told(values[member])).join('\t');
  });
  return [members.join('\t'), ...lines].join('\n');
}
