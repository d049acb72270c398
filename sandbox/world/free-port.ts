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
