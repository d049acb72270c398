import { randomInt } from 'node:crypto';
import { type AddressInfo, createServer } from 'node:net';

/** The wanted port of 127.0.0.1 if nobody has it, else any free one. */
export function findFreePort(wanted = 0): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', () =>
      wanted === 0 ? reject(new Error('no free port')) : findFreePort().then(resolve, reject),
    );
    server.listen(wanted, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

/**
 * For what listens only later, or again after it was killed: one that no other run looks for, below those that the kernel
 * hands out.
 */
export function findQuietPort(): Promise<number> {
  return findFreePort(randomInt(20_000, 32_000));
}
