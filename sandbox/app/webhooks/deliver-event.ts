/** One attempt to hand one event over. */
import type { OutboxEvent } from './outbox.ts';
import { parseSecret, signWebhook } from './sign-webhook.ts';

const TIMEOUT_MS = 10_000;
const LONGEST_WISH_MS = 3_600_000;

export interface WebhookTarget {
  readonly url: string;
  /** `whsec_` and base64. */
  readonly secret: string;
}

/** A target that has been looked at, its key decoded. */
export interface Endpoint {
  readonly url: string;
  readonly key: Buffer;
}

export type Delivery =
  | { readonly kind: 'accepted' }
  | { readonly kind: 'failed'; readonly reason: string; readonly retryAfterMs: number | undefined };

/** @throws when the URL or the secret is malformed */
export function openEndpoint(target: WebhookTarget): Endpoint {
  if (!/^https?:$/.test(URL.parse(target.url)?.protocol ?? '')) {
    throw new Error('The webhook URL must be an http or https URL.');
  }
  return { url: target.url, key: parseSecret(target.secret) };
}

/** Any 2xx is an acceptance; a redirect is not followed, for it would carry the event to a stranger. */
export async function deliverEvent(endpoint: Endpoint, event: OutboxEvent, abort: AbortSignal): Promise<Delivery> {
  const body = JSON.stringify({
    type: event.type,
    timestamp: event.created_at,
    data: { id: event.record_id, updated_at: event.record_updated_at },
  });
  try {
    const response = await fetch(endpoint.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...signWebhook(endpoint.key, event.id, Date.now(), body) },
      body,
      redirect: 'manual',
      signal: AbortSignal.any([abort, AbortSignal.timeout(TIMEOUT_MS)]),
    });
    // Read to its end, so that the connection can be used again.
    await response.arrayBuffer();
    if (response.ok) return { kind: 'accepted' };
    const retryAfterMs = parseRetryAfter(response.headers.get('retry-after'));
    return { kind: 'failed', reason: `status ${response.status}`, retryAfterMs };
  } catch (error) {
    return { kind: 'failed', reason: describeFailure(error), retryAfterMs: undefined };
  }
}

/** Half a second at first, then twice as long each time up to a minute, give or take a fifth. */
export function retryDelay(attempts: number, random: number): number {
  return Math.round(Math.min(60_000, 500 * 2 ** (attempts - 1)) * (0.8 + 0.4 * random));
}

/** Seconds or an HTTP date, as RFC 9110 has it. */
function parseRetryAfter(value: string | null): number | undefined {
  if (value === null) return undefined;
  const wish = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isNaN(wish) ? undefined : Math.min(Math.max(wish, 0), LONGEST_WISH_MS);
}

function describeFailure(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  const cause = error.cause as { code?: unknown } | undefined;
  return typeof cause?.code === 'string' ? cause.code : error.name;
}
