/** `bridge logs`: what was done, searched, and as a file. */
import { type Command, Option } from 'commander';
import { acting, EXIT, type Output, print, printChunk, within } from './command-line.ts';
import { exportLogs, LOG_FORMATS, type LogFormat } from './links/export-logs.ts';
import { type LogFilter, type LogRow, logFilter } from './links/logs.ts';

type Flags = Output & LogFilter & { readonly export?: LogFormat; readonly limit: string };

export function addLogsCommand(program: Command): void {
  program
    .command('logs')
    .description('what was done, newest first; no values of records are in it')
    .option('--q <text>', 'an id of either side, a run or a reconcile, or an error code')
    .option('--entity <entity>')
    .option('--outcome <outcome>', 'such as create, update, conflict, park, hold, retry')
    .option('--since <time>', 'RFC 3339, such as 2026-01-31T08:00:00Z')
    .option('--until <time>', 'RFC 3339, itself not included')
    .option('--limit <n>', 'at most so many', '100')
    .addOption(new Option('--export <format>', 'all of them, to standard output').choices(Object.keys(LOG_FORMATS)))
    .option('--json', 'print one line of JSON')
    .action(async (options: Flags, command: Command) => {
      const { data: filter, error } = logFilter.safeParse(options);
      const limit = Number(options.limit);
      const wrong = error ? error.issues[0]?.path.join('.') : limit >= 1 && limit <= 10_000 ? null : 'limit';
      if (!filter || wrong) return command.error(`--${wrong} is malformed; see --help`, { exitCode: EXIT.usage });
      const format = options.export;
      if (format) {
        return acting({ operation: 'exportLogs', subject: { ...filter, format } }, async ({ logs }) => {
          for await (const chunk of exportLogs(logs, filter, format)) await printChunk(chunk);
        });
      }
      await within(async ({ logs }) => {
        const rows = await logs.read(filter, null, limit);
        print(rows, options, () => (rows.length === 0 ? 'nothing was logged that fits' : rows.map(toLine).join('\n')));
      });
    });
}

function toLine(row: LogRow): string {
  const { at, entity, app_id, odoo_id, outcome, direction, fields, error_code, message } = row;
  const error = error_code === null ? message : `${error_code}: ${message}`;
  const parts = [entity, app_id, odoo_id, outcome, direction, fields?.join(' '), error].map((part) => part || '-');
  return [at.toISOString(), ...parts].join('\t');
}
