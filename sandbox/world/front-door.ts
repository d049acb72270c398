/**
 * One address before several processes, as a load balancer is: a request goes to one that listens. It takes down which
 * events were acknowledged, so that somebody can look afterwards what became of them.
 */
import { createServer, type IncomingHttpHeaders, request as requestHttp, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** An event that was answered with 202. */
export interface Acknowledged {
  readonly path: string;
  /** Of the app's events; Odoo's have none. */
  readonly webhookId: string | null;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface FrontDoor {
  readonly url: string;
  readonly acknowledged: readonly Acknowledged[];
  /** How many requests got no answer: nobody listened, or the process died over it. */
  unanswered(): number;
  /** How many events were lost on purpose. */
  lost(): number;
  close(): Promise<void>;
}

interface Letter {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/**
 * @param targets `http://host:port` each; they are asked in turn
 * @param isLost asked for each event whether it shall be lost: its sender believes that it has come, and nobody gets it
 */
export async function startFrontDoor(targets: readonly string[], isLost = () => false): Promise<FrontDoor> {
  const acknowledged: Acknowledged[] = [];
  let unanswered = 0;
  let lost = 0;
  let turn = 0;

  async function pass(letter: Letter, answer: ServerResponse): Promise<void> {
    if (letter.path.startsWith('/webhooks/') && isLost()) {
      lost += 1;
      answer.writeHead(202).end();
      return;
    }
    turn += 1;
    for (let tried = 0; tried < targets.length; tried += 1) {
      try {
        const reply = await send(targets[(turn + tried) % targets.length] ?? '', letter);
        if (reply.status === 202) acknowledged.push(toAcknowledged(letter));
        answer.writeHead(reply.status, reply.headers).end(reply.body);
        return;
      } catch (error) {
        // Nobody listens there, so nothing was sent. Whatever broke later may have been done: who asks has to ask again.
        if ((error as NodeJS.ErrnoException).code !== 'ECONNREFUSED') break;
      }
    }
    unanswered += 1;
    answer.destroy();
  }

  const server = createServer(async (incoming, answer) => {
    const { method = 'GET', url: path = '/', headers } = incoming;
    try {
      await pass({ method, path, headers, body: Buffer.concat(await incoming.toArray()) }, answer);
    } catch {
      answer.destroy();
    }
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    acknowledged,
    unanswered: () => unanswered,
    lost: () => lost,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function send(target: string, { method, path, headers, body }: Letter): Promise<Reply> {
  const { hostname, port, host } = new URL(target);
  return new Promise((resolve, reject) => {
    // A connection of its own: one that is kept open may be to a process that has died since.
    const options = { hostname, port, method, path, headers: { ...headers, host }, agent: false };
    const outgoing = requestHttp(options, (received) => {
      const { statusCode: status = 502, headers } = received;
      received.toArray().then((chunks) => resolve({ status, headers, body: Buffer.concat(chunks) }), reject);
    });
    outgoing.once('error', reject);
    outgoing.end(body);
  });
}

function toAcknowledged({ path, headers, body }: Letter): Acknowledged {
  const [webhookId = null] = [headers['webhook-id']].flat();
  return { path, webhookId, body: JSON.parse(body.toString()) };
}
