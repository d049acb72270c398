/** Standard Webhooks 1.0, the sender's half. */
import { createHmac } from 'node:crypto';

export interface SignedHeaders {
  readonly 'webhook-id': string;
  readonly 'webhook-timestamp': string;
  readonly 'webhook-signature': string;
}

/** @throws an error that does not repeat the secret, when it is not `whsec_` and 24 to 64 bytes in base64 */
export function parseSecret(secret: string): Buffer {
  const match = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(secret);
  const key = Buffer.from(match?.[1] ?? '', 'base64');
  if (key.length < 24 || key.length > 64) {
    throw new Error('The webhook secret must be whsec_ followed by 24 to 64 bytes in base64.');
  }
  return key;
}

/** @param at milliseconds since 1970 of this attempt, not of the event: the receiver refuses old timestamps */
export function signWebhook(key: Buffer, id: string, at: number, body: string): SignedHeaders {
  const timestamp = String(Math.floor(at / 1000));
  const digest = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${digest}` };
}
