import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import t, { type Test } from 'tap';
import { startForwarder } from '../../../sandbox/world/forwarder.ts';

/** A server that tells what it got, or never answers. */
async function startServer(t: Test): Promise<string> {
  const server = createServer(async (request, response) => {
    if (request.url === '/never') return;
    const body = Buffer.concat(await request.toArray()).toString();
    response.writeHead(201, { 'x-own': 'kept' });
    response.end(JSON.stringify({ method: request.method, url: request.url, host: request.headers.host, body }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

t.test('hands requests on whole, under the name of the server behind it', async (t) => {
  const target = await startServer(t);
  const wire = await startForwarder(target);
  t.teardown(() => wire.close());
  const response = await fetch(`${wire.url}/a?b=c`, { method: 'POST', body: 'é' });
  t.equal(response.status, 201);
  t.equal(response.headers.get('x-own'), 'kept');
  t.same(await response.json(), { method: 'POST', url: '/a?b=c', host: new URL(target).host, body: 'é' });
});

t.test('cut, it refuses, and breaks what is open; mended, it answers at the same address', async (t) => {
  const wire = await startForwarder(await startServer(t));
  t.teardown(() => wire.close());
  const open = fetch(`${wire.url}/never`).then(
    () => 'answered',
    () => 'broken',
  );
  await fetch(wire.url);
  await wire.cut();
  t.equal(await open, 'broken');
  await t.rejects(fetch(wire.url), { cause: { code: 'ECONNREFUSED' } });
  await wire.mend();
  t.equal((await fetch(wire.url)).status, 201);
  await wire.cut();
  await wire.close();
});

t.test('a server that is away gives no answer, not one of the forwarder', async (t) => {
  const wire = await startForwarder('http://127.0.0.1:1');
  t.teardown(() => wire.close());
  await t.rejects(fetch(wire.url));
});
