import t from 'tap';
import { createReadContent } from '../../../src/backends/app/read-content.ts';
import { TerminalError } from '../../../src/errors.ts';
import { type Answer, json, startFaultyServer } from '../../support/faulty-server.ts';

const token = 's3cret-token';
const MIB = 1_048_576;
const file =
  (bytes: Buffer): Answer =>
  (response) =>
    response.writeHead(200, { 'content-type': 'application/pdf' }).end(bytes);

t.test('the bytes of a document, as they are', async (t) => {
  const bytes = Buffer.from([0, 255, 13, 10, 0xc3]);
  const server = await startFaultyServer(t, file(bytes));
  const readContent = createReadContent({ url: server.url, token, maxBytes: MIB });
  t.same(await readContent('a/7'), bytes);
  t.match(server.asked, [{ method: 'GET', path: '/bridge/documents/a%2F7/content' }]);
});

t.test('what is too large says what may be done', async (t) => {
  const server = await startFaultyServer(t, file(Buffer.alloc(2 * MIB + 1)));
  const error = await createReadContent({ url: server.url, token, maxBytes: 2 * MIB })('7').catch((thrown) => thrown);
  t.ok(error instanceof TerminalError);
  t.match(error, { code: 'document_too_large', message: /2 MiB/, remedy: /DOCUMENT_MAX_MIB/ });
});

t.test('every other fault is told as it is', async (t) => {
  const server = await startFaultyServer(t, json({}, 401));
  const readContent = createReadContent({ url: server.url, token, maxBytes: MIB });
  await t.rejects(readContent('7'), { code: 'app_refused_token' });
});
