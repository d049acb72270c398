/** A bare Fastify with the bridge's settings: it takes the same requests and does nothing with them. */
import type { AddressInfo } from 'node:net';
import Fastify from 'fastify';

const server = Fastify({
  bodyLimit: 1024 * 1024,
  connectionTimeout: 15_000,
  keepAliveTimeout: 72_000,
  requestTimeout: 10_000,
  http: { headersTimeout: 8_000, connectionsCheckingInterval: 1_000 },
  genReqId: () => crypto.randomUUID(),
});
server.removeAllContentTypeParsers();
server.addContentTypeParser('application/json', { parseAs: 'buffer', bodyLimit: 64 * 1024 }, (_request, body, done) =>
  done(null, body),
);
server.post('/webhooks/app', (_request, reply) => reply.code(202).send({ accepted: true, duplicate: false }));
await server.listen({ host: '127.0.0.1', port: 0 });
process.stdout.write(`bare server is up at port ${(server.server.address() as AddressInfo).port}\n`);
process.once('SIGTERM', () => void server.close().then(() => process.exit(0)));
