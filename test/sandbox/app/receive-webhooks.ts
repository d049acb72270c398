/** A receiver of webhooks that keeps what came and answers as it is told. */
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

export const SECRET = `whsec_${Buffer.from('a secret of 32 bytes, for tests!').toString('base64')}`;

export interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly raw: string;
  readonly body: { type: string; timestamp: string; data: { id: string; updated_at: string } };
  readonly at: number;
}

interface Reply {
  readonly status: number;
  readonly headers?: Record<string, string>;
  /** The answer is held back until this is settled. */
  readonly after?: Promise<void>;
}

interface Teardown {
  teardown(work: () => Promise<void>): unknown;
}

/** @param reply what to answer to the nth request (from 0) */
export async function receiveWebhooks(
  t: Teardown,
  { port = 0, reply = () => ({ status: 202 }) }: { port?: number; reply?: (index: number) => Reply } = {},
) {
  const received: Received[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const raw = Buffer.concat(chunks).toString();
    const answer = reply(received.length);
    received.push({ headers: request.headers, raw, body: JSON.parse(raw), at: Date.now() });
    await answer.after;
    response.writeHead(answer.status, answer.headers).end();
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(async () => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address() as AddressInfo;
  return {
    port: address.port,
    received,
    target: { url: `http://127.0.0.1:${address.port}/webhooks/app`, secret: SECRET },
    waitFor: (count: number) => until(() => received.length >= count),
  };
}

export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 15_000;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error('What was waited for did not come about.');
    await delay(10);
  }
}
