/** The logs as a file, for a spreadsheet (CSV) or a program (one JSON object per line). */
import type { LogFilter, LogRow, Logs } from './logs.ts';

export const LOG_FORMATS = { csv: 'text/csv; charset=utf-8', jsonl: 'application/jsonl; charset=utf-8' } as const;
export type LogFormat = keyof typeof LOG_FORMATS;

/** So many rows are in memory at once, however many there are. */
const ROWS_AT_ONCE = 2_000;

const COLUMNS = [
  ...(['id', 'at', 'reconcile_id', 'entity', 'app_id', 'odoo_id'] as const),
  ...(['outcome', 'direction', 'fields', 'error_code', 'message', 'remedy'] as const),
] satisfies readonly (keyof LogRow)[];

/** Newest first, page by page as it is taken off: rows that come meanwhile are not in it. */
export async function* exportLogs(logs: Logs, filter: LogFilter, format: LogFormat): AsyncGenerator<string> {
  if (format === 'csv') yield `${COLUMNS.join(',')}\r\n`;
  const toLine = format === 'csv' ? toCsvLine : (row: LogRow) => `${JSON.stringify(row)}\n`;
  let before: string | null = null;
  for (;;) {
    const rows: readonly LogRow[] = await logs.read(filter, before, ROWS_AT_ONCE);
    const last = rows.at(-1);
    if (!last) return;
    yield rows.map(toLine).join('');
    if (rows.length < ROWS_AT_ONCE) return;
    before = last.id;
  }
}

function toCsvLine(row: LogRow): string {
  const cells = COLUMNS.map((column) => {
    const value = row[column];
    if (value === null) return '';
    if (value instanceof Date) return value.toISOString();
    return quote(typeof value === 'object' ? value.join(' ') : String(value));
  });
  return `${cells.join(',')}\r\n`;
}

/** As RFC 4180 has it. What a spreadsheet would take for a formula begins with an apostrophe, which makes it text. */
function quote(cell: string): string {
  const text = /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
