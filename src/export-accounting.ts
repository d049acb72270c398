/**
 * The accounting export, finished before anybody gets a byte of it: the entries flow from Odoo page by page into a file
 * that has no name, are judged at the end, and only books that balance are handed on.
 */
import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { type FileHandle, mkdir, open, rename, rm, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createTally, type ExportTotals } from './accounting/check-entries.ts';
import type { ExportRequest } from './accounting/export-request.ts';
import { renderEntries } from './accounting/render-entries.ts';
import {
  type Books,
  countJournalEntries,
  findBooks,
  listJournalEntries,
} from './backends/odoo/endpoints/accounting.ts';
import { createOdooClient } from './backends/odoo/odoo-client.ts';
import type { Context } from './context.ts';
import { TerminalError } from './errors.ts';

export interface FinishedExport {
  readonly fileName: string;
  readonly mediaType: string;
  /** Bytes. */
  readonly size: number;
  readonly totals: ExportTotals & { readonly currency: string };
  /** To be read once or destroyed: with its end the file is gone. */
  readonly content: Readable;
}

/**
 * @param signal gives up between two entries
 * @throws TerminalError when the books do not balance, naming the entries; what the transport throws
 */
export async function exportAccounting(
  { odoo: { connected }, config }: Pick<Context, 'odoo' | 'config'>,
  request: ExportRequest,
  signal?: AbortSignal,
): Promise<FinishedExport> {
  const odoo = createOdooClient((await connected()).transport);
  const books = await findBooks(odoo, config.ODOO_COMPANY_ID);
  const { from, to, all_entries: allEntries, format } = request;
  const period = { from, to, allEntries, companyId: books.companyId };
  const tally = createTally();
  const pieces = renderEntries(listJournalEntries(odoo, period), { format, currency: books.currency, tally });
  const file = await openNameless(config.DATA_DIR);
  try {
    await file.writeFile(pieces, { ...(signal && { signal }) });
    const totals = { ...tally.finish(await countJournalEntries(odoo, period)), currency: books.currency };
    const { size } = await file.stat();
    return { ...nameFile(request, books), size, totals, content: file.createReadStream({ start: 0 }) };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/**
 * Nobody finds half a file under the name, whatever happens meanwhile.
 * @throws TerminalError `file_not_writable`
 */
export async function saveContent(content: Readable, path: string): Promise<void> {
  const part = `${path}.${randomUUID()}.part`;
  try {
    await pipeline(content, createWriteStream(part, { flags: 'wx', mode: 0o600, flush: true }));
    await rename(part, path);
  } catch (error) {
    await rm(part, { force: true });
    throw new TerminalError({
      code: 'file_not_writable',
      message: `The file could not be written (${error instanceof Error && 'code' in error ? error.code : 'unknown'}).`,
      remedy: 'Name a file in a folder that exists and that you may write to.',
    });
  }
}

/** Nothing of it stays on the disk, however the process ends. */
async function openNameless(folder: string): Promise<FileHandle> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, `export-${randomUUID()}`);
  const file = await open(path, 'wx+', 0o600);
  await unlink(path);
  return file;
}

/** The tax office wants the company's number (SIREN) and the last day in the name of a FEC. */
function nameFile({ from, to, format }: ExportRequest, { vat }: Books): Pick<FinishedExport, 'fileName' | 'mediaType'> {
  if (format === 'csv') {
    return { fileName: `entries-${from}-${to}.csv`, mediaType: 'text/csv; charset=utf-8; header=present' };
  }
  const [, siren = ''] = /^FR\w{2}(\d{9})$/.exec(vat?.replaceAll(' ', '') ?? '') ?? [];
  return { fileName: `${siren}FEC${to.replaceAll('-', '')}.txt`, mediaType: 'text/plain; charset=utf-8' };
}
