import { randomBytes } from 'node:crypto';
import { crc32, deflateSync } from 'node:zlib';
import t, { type Test } from 'tap';
import { createContact } from '../../../../src/backends/odoo/endpoints/contacts.ts';
import {
  attachDocument,
  listDocuments,
  readDocument,
  removeDocument,
} from '../../../../src/backends/odoo/endpoints/documents.ts';
import type { OdooClient } from '../../../../src/backends/odoo/odoo-client.ts';
import { eachTransport } from '../../../support/each-transport.ts';

t.setTimeout(280_000);

/** A picture of noise, wider than Odoo keeps pictures by itself. */
function drawPng(): Uint8Array {
  const width = 2_100;
  const height = 8;
  const chunk = (type: string, data: Buffer) => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const frame = Buffer.alloc(8);
    frame.writeUInt32BE(data.length, 0);
    frame.writeUInt32BE(crc32(body), 4);
    return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
  };
  const header = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 0]);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  const rows = Buffer.concat(
    Array.from({ length: height }, () => Buffer.concat([Buffer.from([0]), randomBytes(width)])),
  );
  const signature = Buffer.from('89504e470d0a1a0a', 'hex');
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

async function checkDocuments(t: Test, odoo: OdooClient, mark: string): Promise<void> {
  const owner = { model: 'res.partner', id: await createContact(odoo, { name: `Ada ${mark}` }) };
  const files = { 'contract é.pdf': randomBytes(100_000), 'photo.png': drawPng(), 'empty.txt': new Uint8Array() };
  for (const [filename, content] of Object.entries(files)) {
    const { id, done } = await attachDocument(odoo, { owner, filename, content });
    t.equal(done, 'created', filename);
    const written = { model: 'ir.attachment', method: 'read', ids: [id], args: { fields: ['write_date'] } };
    const stamp = await odoo.transport.call(written);
    t.same(
      await attachDocument(odoo, { owner, filename, content }),
      { id, done: 'unchanged' },
      'not sent a second time',
    );
    t.same(await odoo.transport.call(written), stamp, 'nor touched');
    const read = await readDocument(odoo, id);
    t.match(read, { id, name: filename, file_size: content.length, res_model: 'res.partner', res_id: owner.id });
    t.ok(Buffer.from(read?.content ?? []).equals(content), 'the same bytes');
  }
  const [first] = await listDocuments(odoo, owner);
  const other = randomBytes(10);
  const replaced = { owner, filename: 'contract é.pdf', content: other, media_type: 'application/pdf' };
  t.same(await attachDocument(odoo, replaced), { id: first?.id, done: 'replaced' });
  const listed = await listDocuments(odoo, owner);
  t.same(
    listed.map(({ name }) => name),
    Object.keys(files),
    'one of each name',
  );
  t.match(listed[0], { file_size: 10, mimetype: 'application/pdf' });

  await removeDocument(odoo, Number(first?.id));
  await removeDocument(odoo, Number(first?.id));
  t.equal(await readDocument(odoo, Number(first?.id)), null);
  t.equal((await listDocuments(odoo, owner)).length, 2);
  await t.rejects(attachDocument(odoo, { owner, filename: 'x', content: 'text' as never }), {
    code: 'invalid_input',
    message: /"content"/,
  });
}

eachTransport(t, checkDocuments);
