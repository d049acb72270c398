/** Who calls a running bridge: an operator with a token, and the app with a signed event. */
import { randomUUID } from 'node:crypto';
import { parseSecret, signWebhook } from '../../sandbox/app/webhooks/sign-webhook.ts';
import type { Fields } from '../../sandbox/people/people.ts';
import type { TestSetup } from './start-bridge.ts';

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Fields;
  /** From the request to the end of the answer. */
  readonly ms: number;
}

/** The doors of the bridge that `setup` runs now, also after a restart. */
export function bridgeCallers(setup: TestSetup) {
  async function send(path: string, init: RequestInit): Promise<Reply> {
    const startedAt = performance.now();
    const response = await fetch(setup.bridge.url + path, init);
    const body = (await response.json()) as Fields;
    return { status: response.status, headers: response.headers, body, ms: performance.now() - startedAt };
  }
  const authorization = `Bearer ${setup.secrets.api}`;
  return {
    get: (path: string) => send(path, { headers: { authorization } }),
    post: (path: string, body: Fields) =>
      send(path, {
        method: 'POST',
        headers: { authorization, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
    /** @param type as the contract has it, say `teacher.updated`; @param id the record's */
    event: (type: string, id: string, webhookId = `evt_${randomUUID()}`) => {
      const body = JSON.stringify({ type, timestamp: new Date().toISOString(), data: { id } });
      const signed = signWebhook(parseSecret(setup.secrets.webhook), webhookId, Date.now(), body);
      return send('/webhooks/app', {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...signed },
        body,
      });
    },
  };
}
