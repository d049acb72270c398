/** Sends what stands in the outbox to the bridge, signed as Standard Webhooks 1.0 wants it, until it is accepted. */
import { createHmac } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';

export function sign(secret: string, id: string, body: string): Record<string, string> {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  // Of this attempt, not of the event: the bridge refuses what is older than five minutes.
  const timestamp = String(Math.floor(Date.now() / 1000));
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` };
}

async function post(url: string, secret: string, event: Record<string, unknown>): Promise<boolean> {
  const { id, type, created_at: timestamp, record_id } = event;
  const body = JSON.stringify({ type, timestamp, data: { id: record_id } });
  const headers = { 'content-type': 'application/json', ...sign(secret, String(id), body) };
  const signal = AbortSignal.timeout(10_000);
  return fetch(url, { method: 'POST', headers, body, redirect: 'manual', signal }).then(
    ({ ok }) => ok,
    () => false,
  );
}

export async function startSender(db: DatabaseSync, url: string, secret: string): Promise<never> {
  for (;;) {
    const due = db.prepare('select * from outbox where due <= ? order by created_at limit 20').all(Date.now() / 1000);
    for (const event of due) {
      if (await post(url, secret, event)) {
        db.prepare('delete from outbox where id = ?').run(event.id ?? '');
      } else {
        // The same id again, later and later, up to a minute: the bridge takes each id once.
        const attempts = Number(event.attempts) + 1;
        const wait = Math.min(60, 0.5 * 2 ** attempts) * (0.8 + 0.4 * Math.random());
        const retry = db.prepare('update outbox set attempts = ?, due = ? where id = ?');
        retry.run(attempts, Date.now() / 1000 + wait, event.id ?? '');
      }
    }
    if (due.length === 0) await sleep(500);
  }
}
