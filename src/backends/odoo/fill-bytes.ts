/** The bytes of documents: fetched from the app right before they are written, one document at a time. */
import { createHash } from 'node:crypto';
import type { CanonicalRecord, OdooValues, OdooWrite } from '../../entities/define-entity.ts';
import { TerminalError } from '../../errors.ts';
import type { OdooContext } from './odoo-context.ts';

export interface Filled {
  readonly values: OdooValues;
  /** What Odoo names the bytes by. */
  readonly checksum: string | null;
}

/**
 * Adds the bytes to what is written, unless Odoo has them already.
 * @param record of the app: its `document` is the id under which the app hands the bytes out
 * @throws TerminalError when the bytes are not those that the app announced: its next event tells of the right ones
 */
export async function fillBytes(
  { readContent }: Pick<OdooContext, 'readContent'>,
  { values, bytes }: OdooWrite,
  record: CanonicalRecord,
  row: OdooValues | null,
): Promise<Filled> {
  if (!bytes) return { values, checksum: null };
  const content = await readContent(String(record.document));
  if (createHash('sha256').update(content).digest('hex') !== bytes.sha256.toLowerCase()) throw otherBytes();
  const checksum = createHash('sha1').update(content).digest('hex');
  if (row?.checksum === checksum) return { values: withoutType(values), checksum };
  return { values: { ...values, [bytes.field]: content.toString('base64') }, checksum };
}

function withoutType({ mimetype: _known, ...values }: OdooValues): OdooValues {
  return values;
}

function otherBytes(): TerminalError {
  return new TerminalError({
    code: 'document_bytes_differ',
    message: 'The app handed out other bytes than the SHA-256 of the document says.',
    remedy: 'Let the app compute sha256 anew, or upload the document again; it is tried again when it changes.',
  });
}
