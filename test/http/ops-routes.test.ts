/** The files of the page: sent small, kept by the browser as long as they are the same, and under a strict policy. */
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { gunzipSync } from 'node:zlib';
import Fastify from 'fastify';
import t from 'tap';
import { collectOperations } from '../../src/http/operation.ts';
import { opsRoutes } from '../../src/http/ops-routes.ts';

/** fetch unzips by itself, and follows redirects. */
function ask(url: string, headers: Record<string, string> = {}) {
  return new Promise<{ status: number; headers: IncomingHttpHeaders; body: Buffer }>((resolve, reject) => {
    const request = httpRequest(url, { headers }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part) => parts.push(part));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(parts) }),
      );
    });
    request.once('error', reject).end();
  });
}

t.test('the files of the page', async (t) => {
  const server = Fastify();
  collectOperations(server);
  await server.register(opsRoutes);
  const url = await server.listen({ port: 0, host: '127.0.0.1' });
  t.teardown(() => server.close());

  const page = await ask(`${url}/ops`);
  t.match(server.operations, [{ id: 'showOps', access: 'open' }], 'its parts are no part of the interface');
  t.match(page, { status: 200, headers: { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-cache' } });
  t.match(page.body.toString(), /<script type="module" src="ops\/main.js">/);
  const policy = String(page.headers['content-security-policy']);
  t.match(policy, /default-src 'none'.*script-src 'self'.*style-src 'self'.*connect-src 'self'/);
  t.notMatch(policy, /unsafe|https?:|\*/, 'nothing inline, nothing from elsewhere');
  t.match(page.headers, { 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' });

  const plain = await ask(`${url}/ops/main.js`);
  const zipped = await ask(`${url}/ops/main.js`, { 'accept-encoding': 'gzip, br' });
  t.match(zipped, { headers: { 'content-type': 'text/javascript; charset=utf-8', 'content-encoding': 'gzip' } });
  t.equal(plain.headers['content-encoding'], undefined);
  t.ok(gunzipSync(zipped.body).equals(plain.body), 'both are the same file');
  t.not(zipped.headers.etag, plain.headers.etag, 'each form has a name of its own');
  t.match(zipped.headers.vary, /accept-encoding/);

  const kept = { 'accept-encoding': 'gzip', 'if-none-match': String(zipped.headers.etag) };
  const again = await ask(`${url}/ops/main.js`, kept);
  t.equal(again.status, 304);
  t.equal(again.body.length, 0);
  t.equal((await ask(`${url}/ops/main.js`, { 'if-none-match': '"old"' })).status, 200);

  t.match(await ask(`${url}/ops/preact.js`), { status: 200, headers: { 'content-type': /javascript/ } });
  t.match(await ask(`${url}/ops/icon.svg`), { status: 200, headers: { 'content-type': 'image/svg+xml' } });
  t.match(await ask(`${url}/ops/`), { status: 308, headers: { location: '../ops' } });
  for (const other of ['/ops/preact.d.ts', '/ops/tsconfig.json', '/ops/index.html', '/ops/../server.ts']) {
    t.equal((await ask(url + other)).status, 404, other);
  }
});
