/** The two doors for events: POST /webhooks/app and POST /webhooks/odoo. Answered only once they are durable. */
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { Delivery } from '../links/links.ts';
import { type Accepted, type Refusal, readAppWebhook } from '../sources/app-webhook.ts';
import { basicPassword, readOdooWebhook } from '../sources/odoo-webhook.ts';
import { sendProblem } from './problem.ts';

const BODY_LIMIT = 64 * 1024;

export interface WebhookOptions {
  readonly appSecrets: readonly string[];
  readonly odooTokens: readonly string[];
  /** Resolves once the delivery and its mark are committed: true when it was new. */
  readonly receive: (delivery: Delivery) => Promise<boolean>;
  readonly now: () => number;
  /** Told of each event that could be read, and what became of it; null when it was refused. */
  readonly onDelivery: (source: Delivery['source'], delivery: Delivery | null, outcome: Outcome) => void;
}

type Outcome = 'accepted' | 'duplicate' | Refusal['kind'];

/** Register it in a scope of its own: it takes bodies as raw bytes. */
export async function webhookRoutes(server: FastifyInstance, options: WebhookOptions): Promise<void> {
  server.removeAllContentTypeParsers();
  server.addContentTypeParser(
    'application/json',
    { parseAs: 'buffer', bodyLimit: BODY_LIMIT },
    (_request, body, done) => done(null, body),
  );
  const limits = { bodyLimit: BODY_LIMIT };
  // Size comes before everything else, also before the type of the content.
  server.addHook('onRequest', async (request, reply) => {
    if (Number(request.headers['content-length'] ?? 0) <= BODY_LIMIT) return;
    return sendProblem(reply, { status: 413, title: 'The body is too large', detail: `At most ${BODY_LIMIT} bytes.` });
  });

  server.post('/webhooks/app', limits, (request, reply) => {
    const header = (name: string) => [request.headers[name]].flat()[0];
    const event = {
      id: header('webhook-id'),
      timestamp: header('webhook-timestamp'),
      signature: header('webhook-signature'),
      body: asBuffer(request.body),
    };
    return accept(reply, 'app', readAppWebhook(event, options.appSecrets, options.now()), options);
  });

  server.post<{ Params: { token: string } }>('/webhooks/odoo/:token', limits, (request, reply) =>
    accept(reply, 'odoo', readOdooWebhook(request.params.token, asBuffer(request.body), options.odooTokens), options),
  );
  server.post('/webhooks/odoo', limits, (request, reply) => {
    const token = basicPassword(request.headers.authorization);
    return accept(reply, 'odoo', readOdooWebhook(token, asBuffer(request.body), options.odooTokens), options);
  });
}

async function accept(
  reply: FastifyReply,
  source: Delivery['source'],
  result: Accepted | Refusal,
  options: WebhookOptions,
): Promise<FastifyReply> {
  if (result.kind !== 'accepted') options.onDelivery(source, null, result.kind);
  switch (result.kind) {
    case 'unauthorized':
      return sendProblem(reply, { status: 401, title: 'The event is not authentic', detail: result.detail });
    case 'unprocessable':
      return sendProblem(reply, { status: 422, title: 'The event cannot be processed', detail: result.detail });
    case 'accepted': {
      const fresh = await options.receive(result.delivery);
      options.onDelivery(source, result.delivery, fresh ? 'accepted' : 'duplicate');
      return reply.code(202).send({ accepted: true, duplicate: !fresh });
    }
  }
}

/** A request without a body never reaches the parser. */
function asBuffer(body: unknown): Buffer {
  return Buffer.isBuffer(body) ? body : Buffer.alloc(0);
}
