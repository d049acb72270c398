/** The two doors for events: POST /webhooks/app and POST /webhooks/odoo. Answered only once they are durable. */
import type { FastifyInstance, FastifyReply } from 'fastify';
import { z } from 'zod';
import type { Delivery } from '../links/links.ts';
import { type Accepted, eventSchema, type Refusal, readAppWebhook } from '../sources/app-webhook.ts';
import { basicPassword, notificationSchema, readOdooWebhook } from '../sources/odoo-webhook.ts';
import { addRoute } from './operation.ts';
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

const taken = z
  .object({
    accepted: z.literal(true),
    duplicate: z.boolean().describe('It had come before; nothing is marked twice.'),
  })
  .meta({ id: 'Accepted', examples: [{ accepted: true, duplicate: false }] });

/** The bodies are checked together with what proves who sent them, and are of use only as far as they name a record. */
const DOOR = {
  tag: 'Webhooks',
  method: 'POST',
  rawBody: true,
  bodyLimit: BODY_LIMIT,
  answers: { 202: { description: 'It is committed.', schema: taken } },
  problems: ['event_not_authentic', 'event_unprocessable'],
} as const;

const APP_EVENT = {
  ...DOOR,
  access: 'app',
  summary: 'The app tells that a record may have changed (Standard Webhooks)',
  description:
    'The bridge reads the record again, so the event need not say what changed. Refused in the order 413, 415, 401, 422.',
  body: eventSchema.meta({
    examples: [{ type: 'teacher.updated', timestamp: '2026-11-25T09:30:00Z', data: { id: '42' } }],
  }),
} as const;

const NOTIFICATION = {
  ...DOOR,
  access: 'odoo',
  description: 'The body is that of Odoo\'s action "Send webhook notification".',
  body: notificationSchema.meta({ examples: [{ _model: 'res.partner', _id: 4_711, _action: 'Bridge' }] }),
} as const;

/** Register it in a scope of its own: it takes bodies as raw bytes. */
export async function webhookRoutes(server: FastifyInstance, options: WebhookOptions): Promise<void> {
  server.removeAllContentTypeParsers();
  server.addContentTypeParser(
    'application/json',
    { parseAs: 'buffer', bodyLimit: BODY_LIMIT },
    (_request, body, done) => done(null, body),
  );
  // Size comes before everything else, also before the type of the content.
  server.addHook('onRequest', async (request, reply) => {
    if (Number(request.headers['content-length'] ?? 0) <= BODY_LIMIT) return;
    return sendProblem(reply, 'body_too_large', { detail: `At most ${BODY_LIMIT} bytes.` });
  });

  addRoute(server, { ...APP_EVENT, id: 'receiveAppEvent', path: '/webhooks/app' }, (_input, request, reply) => {
    const header = (name: string) => [request.headers[name]].flat()[0];
    const event = {
      id: header('webhook-id'),
      timestamp: header('webhook-timestamp'),
      signature: header('webhook-signature'),
      body: asBuffer(request.body),
    };
    return accept(reply, 'app', readAppWebhook(event, options.appSecrets, options.now()), options);
  });

  addRoute(
    server,
    {
      ...NOTIFICATION,
      id: 'receiveOdooNotification',
      path: '/webhooks/odoo/:token',
      summary: 'Odoo tells that a record may have changed; the token stands in the address',
      params: z.object({ token: z.string().describe('One of ODOO_WEBHOOK_TOKENS.') }),
    },
    ({ params: { token } }, request, reply) =>
      accept(reply, 'odoo', readOdooWebhook(token, asBuffer(request.body), options.odooTokens), options),
  );
  addRoute(
    server,
    {
      ...NOTIFICATION,
      id: 'receiveOdooNotificationBasic',
      path: '/webhooks/odoo',
      summary: 'The same, with the token as the password of Basic authorization',
    },
    (_input, request, reply) => {
      const token = basicPassword(request.headers.authorization);
      return accept(reply, 'odoo', readOdooWebhook(token, asBuffer(request.body), options.odooTokens), options);
    },
  );
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
      return sendProblem(reply, 'event_not_authentic', { detail: result.detail });
    case 'unprocessable':
      return sendProblem(reply, 'event_unprocessable', { detail: result.detail });
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
