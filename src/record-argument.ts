/** Commands that are about one entity, or about one record of it. */
import type { Command } from 'commander';
import { EXIT, type Output } from './command-line.ts';
import { ENTITY_NAMES } from './entities/registry.ts';
import type { StoryRequest } from './links/stories.ts';

export interface RecordFlags extends Output {
  readonly odoo?: boolean;
}

export function takesRecord(command: Command): Command {
  return command
    .argument('<entity>', ENTITY_NAMES.join(', '))
    .argument('<id>', 'of the app')
    .option('--odoo', 'the id is the one of Odoo')
    .option('--json', 'print one line of JSON');
}

/** Ends the command for an entity that there is not. */
export function readRecord(entity: string, id: string, { odoo }: RecordFlags, command: Command): StoryRequest {
  refuseUnknown(entity, command);
  return { entity, id, side: odoo ? 'odoo' : 'app' };
}

export function refuseUnknown(entity: string, command: Command): void {
  if (!ENTITY_NAMES.includes(entity)) command.error(`unknown entity: ${entity}`, { exitCode: EXIT.usage });
}
