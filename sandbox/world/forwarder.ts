/** Hands HTTP on to another server. Cutting it is, for who goes through it, as if that server were stopped. */
import { createServer, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { AddressInfo } from 'node:net';

export interface Forwarder {
  /** `http://127.0.0.1:port`, with the path of the address behind it. */
  readonly url: string;
  /** Refuses new connections and breaks those that are open. */
  cut(): Promise<void>;
  mend(): Promise<void>;
  close(): Promise<void>;
}

export async function startForwarder(target: string): Promise<Forwarder> {
  const { protocol, hostname, port, host, pathname } = new URL(target);
  const request = protocol === 'https:' ? requestHttps : requestHttp;
  const server = createServer((incoming, answer) => {
    const { method, url: path, headers } = incoming;
    const outgoing = request({ hostname, port, method, path, headers: { ...headers, host } }, (received) => {
      answer.writeHead(received.statusCode ?? 502, received.headers);
      received.pipe(answer);
      received.once('error', () => answer.destroy());
    });
    // No answer of our own: who asks shall see what it would see without us.
    outgoing.once('error', () => answer.destroy());
    answer.once('close', () => outgoing.destroy());
    incoming.pipe(outgoing);
  });

  function listen(onPort: number): Promise<void> {
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(onPort, '127.0.0.1', () => {
        server.off('error', reject);
        resolve();
      });
    });
  }

  function cut(): Promise<void> {
    return new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  }

  await listen(0);
  const { port: ownPort } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${ownPort}${pathname === '/' ? '' : pathname}`,
    cut,
    mend: () => listen(ownPort),
    close: () => (server.listening ? cut() : Promise.resolve()),
  };
}
