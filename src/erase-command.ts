/** `bridge erase`: what the bridge remembers of one record goes. */
import type { Command } from 'commander';
import { EXIT, print, withinBound } from './command-line.ts';
import { type Erasure, eraseRecord } from './erase-record.ts';
import { reconcileContext } from './reconcile-context.ts';
import { type RecordFlags, readRecord, takesRecord } from './record-argument.ts';

export function addEraseCommand(program: Command): void {
  takesRecord(program.command('erase'))
    .description('remove what the bridge remembers of a record that is gone or archived on both sides; it stays away')
    .action(async (entity: string, id: string, options: RecordFlags, command: Command) => {
      const request = readRecord(entity, id, options, command);
      const act = { operation: 'eraseRecord', subject: { entity, id, by: request.side }, refusal };
      const answer = await withinBound(act, (context) =>
        eraseRecord({ ...context, ...reconcileContext(context) }, request),
      );
      if (answer && 'erased' in answer) {
        return print(answer.erased, options, () => describeErasure(answer.erased));
      }
      const { message, remedy } = answer?.refused ?? {
        message: `The bridge knows no such ${entity}: there is nothing to erase.`,
        remedy: 'Look whether the id is right.',
      };
      process.stderr.write(`${message}\n${remedy}\n`);
      process.exitCode = EXIT.error;
    });
}

function refusal(answer: Awaited<ReturnType<typeof eraseRecord>>): string | null {
  if (answer === null) return 'unknown_link';
  return 'refused' in answer ? answer.refused.code : null;
}

function describeErasure({
  entity,
  app_id,
  odoo_model,
  odoo_id,
  erased_at,
  removed,
  related,
  remains,
}: Erasure): string {
  const counts = Object.entries(removed).map(([what, count]) => `${what} ${count}`);
  const whys = { same_odoo_record: 'the same record in Odoo', refers_to_it: 'refers to it' } as const;
  return [
    `${entity} ${app_id ?? '-'} = ${odoo_model} ${odoo_id ?? '-'} is erased since ${erased_at}; rows removed now: ${counts.join(', ')}`,
    ...(related.length > 0 ? ['Also known, and erased by itself if it is about the same person:'] : []),
    ...related.map((other) => `  bridge erase ${other.entity} ${other.app_id}   # ${whys[other.why]}`),
    'What may remain:',
    ...remains.map((line) => `  ${line}`),
  ].join('\n');
}
