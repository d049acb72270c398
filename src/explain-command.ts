/** `bridge explain`: why one record is as it is. */
import type { Command } from 'commander';
import { EXIT, print, within } from './command-line.ts';
import { entities } from './entities/registry.ts';
import { explainRecord } from './explain/explain-record.ts';
import { printExplanation } from './explain/print-explanation.ts';
import { reconcileContext } from './reconcile-context.ts';
import { type RecordFlags, readRecord, takesRecord } from './record-argument.ts';

export function addExplainCommand(program: Command): void {
  takesRecord(program.command('explain'))
    .description('one record: both sides as they are now, why each field is as it is, and what happened')
    .action(async (entity: string, id: string, options: RecordFlags, command: Command) => {
      const request = readRecord(entity, id, options, command);
      const explanation = await within((context) =>
        explainRecord({ ...reconcileContext(context), stories: context.stories }, request),
      );
      if (explanation) return print(explanation, options, () => printExplanation(explanation));
      process.stderr.write(
        `The bridge knows no such ${entity}. Look whether it is there, then: bridge sync ${collectionOf(entity)} --ids ID\n`,
      );
      process.exitCode = EXIT.error;
    });
}

function collectionOf(name: string): string {
  return entities.find((entity) => entity.name === name)?.collection ?? 'all';
}
