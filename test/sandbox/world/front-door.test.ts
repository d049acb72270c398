import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import t, { type Test } from 'tap';
import { startFrontDoor } from '../../../sandbox/world/front-door.ts';

async function startServer(t: Test, listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const NOBODY = 'http://127.0.0.1:1';
const post = (url: string) =>
  fetch(`${url}/webhooks/app?x=1`, { method: 'POST', headers: { 'webhook-id': 'w1' }, body: '{"data":{"id":"1"}}' });

t.test('what one does not take another one gets, whole, and a 202 is taken down', async (t) => {
  const bodies: string[] = [];
  const target = await startServer(t, async (request, response) => {
    bodies.push(`${request.url} ${Buffer.concat(await request.toArray())}`);
    response.writeHead(202, { 'x-own': 'kept' }).end('done');
  });
  const door = await startFrontDoor([NOBODY, target, NOBODY]);
  t.teardown(() => door.close());
  for (let time = 0; time < 3; time += 1) {
    const response = await post(door.url);
    t.equal(`${response.status} ${response.headers.get('x-own')} ${await response.text()}`, '202 kept done');
  }
  t.same(bodies, Array(3).fill('/webhooks/app?x=1 {"data":{"id":"1"}}'));
  t.same(door.acknowledged[0], { path: '/webhooks/app?x=1', webhookId: 'w1', body: { data: { id: '1' } } });
  t.equal(door.acknowledged.length, 3);
  t.equal(door.unanswered(), 0);
});

t.test('what may have been done is not sent to another one, and a refusal is handed on', async (t) => {
  let seen = 0;
  const dies = await startServer(t, (request) => {
    seen += 1;
    request.socket.destroy();
  });
  const door = await startFrontDoor([dies, dies]);
  t.teardown(() => door.close());
  await t.rejects(post(door.url));
  t.equal(seen, 1);
  t.equal(door.unanswered(), 1);
  const refuses = await startFrontDoor([await startServer(t, (_request, response) => response.writeHead(503).end())]);
  t.teardown(() => refuses.close());
  t.equal((await post(refuses.url)).status, 503);
  t.same([...door.acknowledged, ...refuses.acknowledged], []);
});

t.test('where nobody listens nobody answers', async (t) => {
  const door = await startFrontDoor([NOBODY]);
  t.teardown(() => door.close());
  await t.rejects(post(door.url));
  t.equal(door.unanswered(), 1);
});

t.test('an event that shall be lost goes to nobody, and its sender does not know', async (t) => {
  let seen = 0;
  const target = await startServer(t, ({ method }, response) => {
    seen += 1;
    response.writeHead(method === 'POST' ? 202 : 200).end();
  });
  const fates = [true, false, true];
  const door = await startFrontDoor([target], () => fates.shift() ?? false);
  t.teardown(() => door.close());
  for (let time = 0; time < 3; time += 1) t.equal((await post(door.url)).status, 202);
  t.same([seen, door.lost(), door.acknowledged.length], [1, 2, 1], 'and it does not count as acknowledged');
  fates.push(true);
  t.equal((await fetch(`${door.url}/healthz`)).status, 200, 'what is no event is never lost');
  t.equal(seen, 2);
});
