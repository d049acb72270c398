/** Entries in, text out, one piece per entry: nothing is kept but the sums. */
import type { Tally } from './check-entries.ts';
import { CSV_HEADER, toCsvLines } from './csv.ts';
import type { Entry } from './entry.ts';
import { FEC_HEADER, toFecLines } from './fec.ts';

export const EXPORT_FORMATS = ['fec', 'csv'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

export interface RenderOptions {
  readonly format: ExportFormat;
  /** Of the company, ISO 4217. */
  readonly currency: string;
  readonly tally: Tally;
}

/**
 * The last line of a FEC has no line end: the tax office's own test takes an empty line for a fault.
 * Nobody has judged the entries before `tally.finish()`.
 */
export async function* renderEntries(
  entries: AsyncIterable<Entry>,
  { format, currency, tally }: RenderOptions,
): AsyncGenerator<string, void, void> {
  yield format === 'fec' ? FEC_HEADER : `${CSV_HEADER}\r\n`;
  for await (const entry of entries) {
    tally.add(entry);
    const lines =
      format === 'fec'
        ? toFecLines(entry, currency).map((line) => `\r\n${line}`)
        : toCsvLines(entry).map((line) => `${line}\r\n`);
    yield lines.join('');
  }
}
