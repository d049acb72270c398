/** Files on records (`ir.attachment`) as typed calls: docs/odoo-client.md. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { SetupError } from '../../../errors.ts';
import { parseInput } from '../endpoint-input.ts';
import { link, recordId, text } from '../endpoint-values.ts';
import type { OdooClient } from '../odoo-client.ts';

const MODEL = 'ir.attachment';
/** Odoo would make photos smaller, and their checksum would never be ours again. */
const AS_IT_IS = { image_no_postprocess: true };

const EMPTY = sha1(new Uint8Array());

const documentRow = z.object({
  id: z.int(),
  name: z.string(),
  mimetype: text,
  /** Bytes. */
  file_size: z.int(),
  /** SHA-1 in hexadecimal digits. Odoo makes none of an empty file. */
  checksum: text.transform((value) => value ?? EMPTY),
  res_model: text,
  res_id: link,
  create_date: z.string(),
});

const ownerShape = z.strictObject({ model: z.string().min(1), id: recordId });
const newDocument = z.strictObject({
  owner: ownerShape,
  filename: z.string().min(1),
  content: z.custom<Uint8Array>((value) => value instanceof Uint8Array),
  /** Odoo guesses it by the name and the content. */
  media_type: z.string().min(1).exactOptional(),
});

export type DocumentInfo = Readonly<z.output<typeof documentRow>>;
/** The record that a file hangs on: `{ model: 'account.move', id: 7 }`. */
export type DocumentOwner = Readonly<z.input<typeof ownerShape>>;
export type NewDocument = Readonly<z.input<typeof newDocument>>;

/**
 * Sees to it that the record has exactly these bytes under this name. What is there already is not sent again; another
 * content under the same name is replaced in place. Rights are those on the record.
 * @returns the id, and what was done
 * @throws TerminalError `invalid_input`, `request_too_large`; SetupError `access_denied`, `content_altered` when Odoo
 *   stores other bytes than it was sent
 */
export async function attachDocument(
  odoo: OdooClient,
  document: NewDocument,
): Promise<{ readonly id: number; readonly done: 'created' | 'replaced' | 'unchanged' }> {
  const { owner, filename, content, media_type } = parseInput(newDocument, document);
  const checksum = sha1(content);
  const sameName = (await listDocuments(odoo, owner)).filter(({ name }) => name === filename);
  const same = sameName.find((found) => found.checksum === checksum);
  if (same) return { id: same.id, done: 'unchanged' };
  const [replaced] = sameName;
  const values = {
    datas: Buffer.from(content).toString('base64'),
    ...(media_type !== undefined && { mimetype: media_type }),
  };
  if (replaced) {
    await odoo.transport.call({
      model: MODEL,
      method: 'write',
      ids: [replaced.id],
      args: { vals: values },
      context: AS_IT_IS,
    });
    return { id: await assertStored(odoo, replaced.id, checksum), done: 'replaced' };
  }
  const vals_list = [{ ...values, name: filename, res_model: owner.model, res_id: owner.id }];
  const answer = await odoo.transport.call({ model: MODEL, method: 'create', args: { vals_list }, context: AS_IT_IS });
  const [id] = z.tuple([recordId]).parse(answer);
  return { id: await assertStored(odoo, id, checksum), done: 'created' };
}

/** Files of a record, the oldest first, without their content; no mere addresses, no values of the record's fields. */
export async function listDocuments(odoo: OdooClient, owner: DocumentOwner): Promise<readonly DocumentInfo[]> {
  const { model, id } = parseInput(ownerShape, owner);
  return odoo.searchRead(MODEL, documentRow, [
    ['res_model', '=', model],
    ['res_id', '=', id],
    ['type', '=', 'binary'],
  ]);
}

/** @returns null when it does not exist or the user may not see it */
export async function readDocument(
  odoo: OdooClient,
  id: number,
): Promise<(DocumentInfo & { readonly content: Uint8Array }) | null> {
  const [found] = await odoo.read(MODEL, documentRow.extend({ datas: text }), [parseInput(recordId, id)]);
  if (!found) return null;
  const { datas, ...info } = found;
  const content = new Uint8Array(Buffer.from(datas ?? '', 'base64'));
  if (info.checksum !== sha1(content)) throw altered();
  return { ...info, content };
}

/** Attachments cannot be archived: this is for good. One that is gone already is no fault. */
export async function removeDocument(odoo: OdooClient, id: number): Promise<void> {
  const [found] = await odoo.read(MODEL, documentRow, [parseInput(recordId, id)]);
  if (found) await odoo.transport.call({ model: MODEL, method: 'unlink', ids: [found.id] });
}

async function assertStored(odoo: OdooClient, id: number, checksum: string): Promise<number> {
  const [stored] = await odoo.read(MODEL, documentRow, [id]);
  if (stored?.checksum === checksum) return id;
  throw altered();
}

function sha1(content: Uint8Array): string {
  return createHash('sha1').update(content).digest('hex');
}

function altered(): SetupError {
  return new SetupError({
    code: 'content_altered',
    message: 'Odoo holds other bytes of a file than it was sent or says it has.',
    remedy: 'Look for a module in Odoo that changes attachments, and at the disk of its file store.',
  });
}
