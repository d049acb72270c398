/** A notification of Odoo's automated action: unsigned, so a token in its URL; only model and id are believed. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { entitiesOfModel } from '../entities/registry.ts';
import type { Accepted, Refusal } from './app-webhook.ts';

export const notificationSchema = z.looseObject({ _model: z.string(), _id: z.int().positive().max(2_147_483_647) });

export function readOdooWebhook(
  token: string | undefined,
  body: Buffer,
  tokens: readonly string[],
): Accepted | Refusal {
  if (token === undefined || !isKnownToken(token, tokens))
    return { kind: 'unauthorized', detail: 'The token is not known.' };
  const notification = parseBody(body);
  if (notification === null) return { kind: 'unprocessable', detail: 'The body must be JSON with _model and _id.' };
  const { _model: odooModel, _id: id } = notification;
  if (entitiesOfModel(odooModel).length === 0) {
    return { kind: 'unprocessable', detail: 'The model is not one that the bridge maps.' };
  }
  const delivery = { source: 'odoo', deliveryId: null, entity: null, odooModel, recordId: String(id) } as const;
  return { kind: 'accepted', delivery };
}

/** Compared as hashes of equal length, all of them, so that the time taken tells nothing. */
export function isKnownToken(given: string, known: readonly string[]): boolean {
  const hash = (value: string) => createHash('sha256').update(value).digest();
  const wanted = hash(given);
  return known.map((token) => timingSafeEqual(hash(token), wanted)).includes(true);
}

/** The token of `Authorization: Basic …`, where it stands as the password. */
export function basicPassword(header: string | undefined): string | undefined {
  const encoded = /^Basic\s+([A-Za-z0-9+/=]+)$/i.exec(header ?? '')?.[1];
  if (encoded === undefined) return undefined;
  const pair = Buffer.from(encoded, 'base64').toString('utf8');
  return pair.slice(pair.indexOf(':') + 1);
}

function parseBody(body: Buffer): z.infer<typeof notificationSchema> | null {
  try {
    return notificationSchema.parse(JSON.parse(body.toString('utf8')));
  } catch {
    return null;
  }
}
