/** A TCP forwarder on loopback: cutting it is, for who goes through it, as if the server behind it were stopped. */

import type { AddressInfo } from 'node:net';
import { connect, createServer, type Socket } from 'node:net';

export interface Forwarder {
  /** `http://127.0.0.1:port`, with the path of the address behind it. */
  readonly url: string;
  /** Refuses new connections and breaks those that are open. */
  cut(): Promise<void>;
  mend(): Promise<void>;
  close(): Promise<void>;
}

export async function startForwarder(target: string): Promise<Forwarder> {
  const { hostname, port, protocol, pathname } = new URL(target);
  const targetPort = Number(port || (protocol === 'https:' ? 443 : 80));
  const open = new Set<Socket>();
  let server = createServer(relay);

  function relay(incoming: Socket): void {
    const outgoing = connect(targetPort, hostname);
    for (const [one, other] of [
      [incoming, outgoing],
      [outgoing, incoming],
    ] as const) {
      open.add(one);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        open.delete(one);
        other.destroy();
      });
    }
    incoming.pipe(outgoing);
    outgoing.pipe(incoming);
  }

  function listen(onPort: number): Promise<number> {
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(onPort, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
    });
  }

  function cut(): Promise<void> {
    return new Promise((resolve) => {
      server.close(() => resolve());
      for (const socket of open) socket.destroy();
    });
  }

  const ownPort = await listen(0);
  return {
    url: `http://127.0.0.1:${ownPort}${pathname === '/' ? '' : pathname}`,
    cut,
    async mend() {
      server = createServer(relay);
      await listen(ownPort);
    },
    close: () => (server.listening ? cut() : Promise.resolve()),
  };
}
