/** A signed event of the app (Standard Webhooks 1.0): checked, then only "this record may differ" is kept of it. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { findEntity } from '../entities/registry.ts';
import type { Delivery } from '../links/links.ts';

const TOLERANCE_SECONDS = 300;
const LONGEST_ID = 256;

export interface AppWebhookRequest {
  readonly id: string | undefined;
  readonly timestamp: string | undefined;
  readonly signature: string | undefined;
  /** The body as received: the signature covers its bytes. */
  readonly body: Buffer;
}

export interface Refusal {
  readonly kind: 'unauthorized' | 'unprocessable';
  readonly detail: string;
}
export interface Accepted {
  readonly kind: 'accepted';
  readonly delivery: Delivery;
}

export const eventSchema = z.looseObject({
  type: z.string().regex(/^[a-z_]+\..+$/),
  data: z.looseObject({
    id: z
      .string()
      .min(1)
      .max(128)
      .regex(/^[^,\p{Cc}]+$/u)
      .refine((id) => id.isWellFormed()),
  }),
});

/** Checks signature and body. @param secrets `whsec_…`, several while one is being replaced */
export function readAppWebhook(
  request: AppWebhookRequest,
  secrets: readonly string[],
  nowMs: number,
): Accepted | Refusal {
  const refusal = verifySignature(request, secrets, nowMs);
  if (refusal !== null) return { kind: 'unauthorized', detail: refusal };
  const event = parseEvent(request.body);
  if (event === null)
    return { kind: 'unprocessable', detail: 'The body is not an event as the contract describes it.' };
  const entity = findEntity(event.type.slice(0, event.type.indexOf('.')));
  if (!entity) return { kind: 'unprocessable', detail: 'The type names no entity that the bridge maps.' };
  const delivery: Delivery = {
    source: 'app',
    deliveryId: String(request.id),
    entity: entity.name,
    odooModel: entity.odoo.model,
    recordId: event.data.id,
  };
  return { kind: 'accepted', delivery };
}

/** @returns what is wrong, or null */
function verifySignature(request: AppWebhookRequest, secrets: readonly string[], nowMs: number): string | null {
  const { id, timestamp, signature, body } = request;
  if (!id || !timestamp || !signature)
    return 'One of the headers webhook-id, webhook-timestamp, webhook-signature is missing.';
  if (id.length > LONGEST_ID || !/^\d{1,12}$/.test(timestamp)) return 'webhook-id or webhook-timestamp is malformed.';
  if (Math.abs(nowMs / 1000 - Number(timestamp)) > TOLERANCE_SECONDS) {
    return `webhook-timestamp is more than ${TOLERANCE_SECONDS} s away from now.`;
  }
  const given = signature
    .split(' ')
    .flatMap((part) => (part.startsWith('v1,') ? [Buffer.from(part.slice(3), 'base64')] : []));
  // All are compared, whatever matches first: the time taken tells nothing.
  const matches = secrets.flatMap((secret) => {
    const expected = createHmac('sha256', secretBytes(secret)).update(`${id}.${timestamp}.`).update(body).digest();
    return given.filter((candidate) => candidate.length === expected.length && timingSafeEqual(candidate, expected));
  });
  return matches.length > 0 ? null : 'No signature matches.';
}

function secretBytes(secret: string): Buffer {
  return Buffer.from(secret.slice('whsec_'.length), 'base64');
}

function parseEvent(body: Buffer): z.infer<typeof eventSchema> | null {
  try {
    return eventSchema.parse(JSON.parse(body.toString('utf8')));
  } catch {
    return null;
  }
}
