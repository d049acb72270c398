/** Stands between a client and a server and loses answers: the server has done what it was asked, the client never hears. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

interface Test {
  teardown(work: () => Promise<void>): unknown;
}

export interface LosingProxy {
  readonly url: string;
  /** The answer to the next question whose address or body contains this text; what happens before anybody notices. */
  loseNext(text: string, meanwhile?: () => Promise<unknown>): void;
  /** No other answer than those that are lost already. */
  loseNone(): void;
  /** Texts whose answer has not been lost yet. */
  readonly pending: readonly string[];
  /** How many questions there were so far. */
  asked(): number;
}

export async function startLosingProxy(t: Test, target: string): Promise<LosingProxy> {
  const pending: string[] = [];
  const happenings = new Map<string, () => Promise<unknown>>();
  let asked = 0;
  const server = createServer(async (request, response) => {
    asked += 1;
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const { host: _host, connection: _connection, 'content-length': _length, ...headers } = request.headers;
    try {
      const answer = await fetch(target + request.url, {
        method: request.method ?? 'GET',
        headers: headers as Record<string, string>,
        ...(body.length > 0 && { body }),
        redirect: 'manual',
      });
      const bytes = Buffer.from(await answer.arrayBuffer());
      const lost = pending.findIndex((text) => `${request.url}`.includes(text) || body.includes(text));
      if (lost >= 0 && answer.ok) {
        const [text] = pending.splice(lost, 1);
        await happenings.get(text ?? '')?.();
        response.destroy();
        return;
      }
      const date = answer.headers.get('date');
      const type = answer.headers.get('content-type') ?? 'application/octet-stream';
      response.writeHead(answer.status, { 'content-type': type, ...(date !== null && { date }) }).end(bytes);
    } catch {
      response.destroy();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const loseNone = () => void pending.splice(0);
  const { port } = server.address() as AddressInfo;
  const loseNext: LosingProxy['loseNext'] = (text, meanwhile = async () => {}) => {
    happenings.set(text, meanwhile);
    pending.push(text);
  };
  return { url: `http://127.0.0.1:${port}`, pending, loseNext, loseNone, asked: () => asked };
}
