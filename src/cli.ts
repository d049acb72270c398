#!/usr/bin/env node
/** The `bridge` command. Data on standard output, progress and errors on standard error. */
import { Command, CommanderError, Option } from 'commander';
import { exportRequest } from './accounting/export-request.ts';
import { EXPORT_FORMATS } from './accounting/render-entries.ts';
import { addAuditCommand } from './audit-command.ts';
import { hasDrift } from './backends/odoo/setup-item.ts';
import { acting, EXIT, type Output, print, printChunk, within } from './command-line.ts';
import { ConfigError, readConfig } from './config.ts';
import type { Context } from './context.ts';
import { migrateToLatest } from './db/migrate.ts';
import { addDecisionCommands } from './decision-commands.ts';
import { addDisasterCommands } from './disaster-commands.ts';
import { addDoctorCommand } from './doctor-command.ts';
import { addEraseCommand } from './erase-command.ts';
import { BridgeError } from './errors.ts';
import { addExplainCommand } from './explain-command.ts';
import { exportAccounting, saveContent } from './export-accounting.ts';
import { addLogsCommand } from './logs-command.ts';
import { main as serveForever } from './main.ts';
import { describeItem, printSetup, runSetup, type SetupAction } from './setup-odoo.ts';
import { addSyncCommands } from './sync-commands.ts';

interface ExportFlags extends Output {
  readonly from: string;
  readonly to: string;
  readonly format: string;
  readonly allEntries?: boolean;
  readonly output?: string;
}

export function buildProgram(): Command {
  const program = new Command('bridge').description('The two-way bridge between the app and Odoo.').exitOverride();
  program.command('serve').description('run the bridge (also: npm start)').action(serveForever);

  program
    .command('migrate')
    .description('apply the database migrations')
    .option('--json', 'print one line of JSON')
    .action(async (options: Output) => {
      const config = readConfig();
      // The embedded database is migrated whenever it is started.
      const applied = config.DATABASE_URL ? await migrateToLatest(config.DATABASE_URL) : await within(async () => []);
      print({ applied }, options, () =>
        applied.length > 0 ? `applied: ${applied.join(', ')}` : 'the database is up to date',
      );
    });

  addSyncCommands(program);

  const exports = program.command('export').description('what is in Odoo, as a file');
  exports
    .command('accounting')
    .description('posted entries of a period, when debit and credit balance')
    .requiredOption('--from <day>', 'first day, such as 2026-01-01')
    .requiredOption('--to <day>', 'last day')
    .addOption(new Option('--format <format>').choices(EXPORT_FORMATS).default('fec'))
    .option('--all-entries', 'all that is posted, not only what customers were invoiced')
    .option('--output <file>', 'written whole or not at all; by default the entries go to standard output')
    .option('--json', 'print the totals as one line of JSON')
    .action(async ({ json, output, allEntries, ...options }: ExportFlags, command: Command) => {
      const { data: request } = exportRequest.safeParse({ ...options, all_entries: allEntries });
      if (!request) return command.error('--from and --to are days such as 2026-01-31, in this order');
      await acting({ operation: 'exportAccounting', subject: request }, async (context) => {
        const { content, fileName, totals } = await exportAccounting(context, request);
        if (output) await saveContent(content, output);
        else for await (const chunk of content) await printChunk(chunk);
        const report = json
          ? JSON.stringify({ file: output ?? fileName, ...totals })
          : `${totals.entries} entries, ${totals.lines} lines, debit = credit = ${totals.debit} ${totals.currency}`;
        // Standard output belongs to the entries, where they go there.
        (output ? process.stdout : process.stderr).write(`${report}\n`);
      });
    });
  addDecisionCommands(program);
  addExplainCommand(program);
  addEraseCommand(program);
  addLogsCommand(program);
  addAuditCommand(program);
  addDisasterCommands(program);
  addDoctorCommand(program);

  const webhooks = program
    .command('webhooks')
    .description("the bridge's automations and server actions inside Odoo (needs an administrator)")
    .argument('[action]', 'install, verify or remove', 'verify')
    .option('--print', 'print what to make by hand')
    .option('--json', 'print one line of JSON');
  webhooks.action(async (action: string, options: Output & { print?: boolean }) => {
    if (options.print) {
      const instructions = printSetup(readConfig());
      return print(instructions, options, () => instructions.join('\n'));
    }
    if (!['install', 'verify', 'remove'].includes(action))
      webhooks.error(`unknown action: ${action}`, { exitCode: EXIT.usage });
    const work = (context: Context) => runSetup(context, action as SetupAction);
    const items = await (action === 'verify' ? within(work) : acting({ operation: `${action}Webhooks` }, work));
    print(items, options, () => items.map(describeItem).join('\n'));
    if (items.some(({ state }) => state === 'failed')) process.exitCode = EXIT.error;
    if (hasDrift(items)) process.exitCode = EXIT.drift;
  });
  return program;
}

/** Runs one command line. @returns the exit code */
export async function run(argv: readonly string[]): Promise<void> {
  try {
    await buildProgram().parseAsync(argv, { from: 'user' });
  } catch (error) {
    process.exitCode = report(error);
  }
}

function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  if (error instanceof ConfigError) process.stderr.write(`${error.message}\n`);
  else if (error instanceof BridgeError) process.stderr.write(`${error.message}\n${error.remedy}\n`);
  else process.stderr.write('The command failed unexpectedly. Check DATABASE_URL; the log file may say more.\n');
  return EXIT.error;
}

if (import.meta.main) await run(process.argv.slice(2));
