import { createHash } from 'node:crypto';
import t from 'tap';
import { fillBytes } from '../../../src/backends/odoo/fill-bytes.ts';
import { TerminalError } from '../../../src/errors.ts';

const content = Buffer.from('%PDF-1.4 contract');
const sums = {
  sha256: createHash('sha256').update(content).digest('hex'),
  sha1: createHash('sha1').update(content).digest('hex'),
};
const asked: string[] = [];
const odoo = {
  async readContent(id: string) {
    asked.push(id);
    return content;
  },
};
const values = { name: 'contract.pdf', mimetype: 'application/pdf' };
const write = (sha256: string) => ({ values, deferred: [], unheld: [], bytes: { field: 'datas', sha256 } });

t.test('the bytes are fetched and written as Odoo takes them', async (t) => {
  const filled = await fillBytes(odoo, write(sums.sha256.toUpperCase()), { document: '7' }, null);
  t.same(filled, { values: { ...values, datas: content.toString('base64') }, checksum: sums.sha1 });
  t.same(asked.splice(0), ['7']);
});

t.test('what Odoo has is not sent again, and its type is left alone', async (t) => {
  const same = await fillBytes(odoo, write(sums.sha256), { document: '7' }, { checksum: sums.sha1 });
  t.same(same, { values: { name: 'contract.pdf' }, checksum: sums.sha1 });
  const other = await fillBytes(odoo, write(sums.sha256), { document: '7' }, { checksum: 'other' });
  t.match(other.values, { ...values, datas: String });
  asked.length = 0;
});

t.test('a write without bytes asks the app for nothing', async (t) => {
  const { bytes: _none, ...plain } = write(sums.sha256);
  t.same(await fillBytes(odoo, plain, { document: '7' }, null), { values, checksum: null });
  t.same(asked, []);
});

t.test('other bytes than were announced are not written', async (t) => {
  const error = await fillBytes(odoo, write('0'.repeat(64)), { document: '7' }, null).catch((thrown) => thrown);
  t.ok(error instanceof TerminalError);
  t.match(error, { code: 'document_bytes_differ', remedy: /sha256/ });
});
