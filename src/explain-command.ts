/** `bridge explain`: why one record is as it is. */
import type { Command } from 'commander';
import { EXIT, type Output, print, within } from './command-line.ts';
import { entities } from './entities/registry.ts';
import { explainRecord } from './explain/explain-record.ts';
import { printExplanation } from './explain/print-explanation.ts';
import { reconcileContext } from './reconcile-context.ts';

const NAMES = entities.map(({ name }) => name);

export function addExplainCommand(program: Command): void {
  program
    .command('explain')
    .description('one record: both sides as they are now, why each field is as it is, and what happened')
    .argument('<entity>', NAMES.join(', '))
    .argument('<id>', 'of the app')
    .option('--odoo', 'the id is the one of Odoo')
    .option('--json', 'print one line of JSON')
    .action(async (entity: string, id: string, options: Output & { odoo?: boolean }, command: Command) => {
      if (!NAMES.includes(entity)) command.error(`unknown entity: ${entity}`, { exitCode: EXIT.usage });
      const side = options.odoo ? 'odoo' : 'app';
      const explanation = await within((context) =>
        explainRecord({ ...reconcileContext(context), stories: context.stories }, { entity, side, id }),
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
