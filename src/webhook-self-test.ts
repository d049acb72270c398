/** The way of an event, tried out: Odoo is asked to post one about a record that did not change, and it has to arrive. */
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { OdooTransport } from './backends/odoo/transport.ts';
import { findPostingAction, postEvent } from './backends/odoo/webhook-automations.ts';
import type { Db } from './db/open-database.ts';
import { describeError } from './errors.ts';
import type { Cursors } from './links/cursors.ts';

export interface SelfTest {
  readonly state: 'ok' | 'failed' | 'skipped';
  readonly detail: string;
  readonly remedy?: string;
}

export interface SelfTestOptions {
  readonly transport: OdooTransport;
  /** Where the bridge that is to receive the event stores it. */
  readonly db: Db;
  readonly cursors: Pick<Cursors, 'read'>;
  readonly publicUrl: string | undefined;
  /** Milliseconds until the event must have arrived. */
  readonly patienceMs?: number;
}

const MODEL = 'res.partner';
/** Where the set-up leaves the id of the action: who is no administrator cannot search for it. */
export const POSTING_ACTION = 'odoo:posting_action';

const userRows = z.tuple([z.looseObject({ partner_id: z.number() })]);

/** @throws what Odoo's transport and the database throw */
export async function testWebhook(options: SelfTestOptions): Promise<SelfTest> {
  const { transport, db, cursors, publicUrl } = options;
  if (publicUrl === undefined)
    return skipped('BRIDGE_PUBLIC_URL is not set.', 'Set it to the address of the bridge as Odoo reaches it.');
  const action = await findAction(transport, cursors);
  if (action === null)
    return skipped(
      'There is no automation to try, or this user may not look for it.',
      'Run "bridge webhooks install".',
    );
  if (!(await isRunning(publicUrl)))
    return skipped(
      'No bridge answers at BRIDGE_PUBLIC_URL, as far as this machine can tell.',
      'Start the bridge, and check BRIDGE_PUBLIC_URL.',
    );
  const partner = await ownPartner(transport);
  const before = await lastDelivery(db);
  const startedAt = Date.now();
  await postEvent(transport, action, MODEL, partner);
  const until = startedAt + (options.patienceMs ?? 10_000);
  for (;;) {
    if (await hasArrived(db, before, partner)) {
      return { state: 'ok', detail: `Odoo posted an event, and the bridge had it after ${Date.now() - startedAt} ms.` };
    }
    if (Date.now() >= until) return lost();
    await sleep(100);
  }
}

function skipped(detail: string, remedy: string): SelfTest {
  return { state: 'skipped', detail, remedy };
}

function lost(): SelfTest {
  return {
    state: 'failed',
    detail: 'Odoo posted an event, and it did not arrive in the database of the bridge.',
    remedy:
      'See that Odoo reaches BRIDGE_PUBLIC_URL (firewall, proxy, certificate, the log of Odoo), that the bridge there uses this database and knows the first of ODOO_WEBHOOK_TOKENS, and run "bridge webhooks install".',
  };
}

async function findAction(transport: OdooTransport, cursors: Pick<Cursors, 'read'>): Promise<number | null> {
  const remembered = await cursors.read(POSTING_ACTION);
  try {
    return await findPostingAction(transport, MODEL);
  } catch (error) {
    if (describeError(error).code !== 'access_denied') throw error;
    return remembered === null ? null : Number(remembered);
  }
}

async function isRunning(publicUrl: string): Promise<boolean> {
  try {
    const url = `${publicUrl.replace(/\/+$/, '')}/livez`;
    const answer = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(5_000) });
    await answer.arrayBuffer();
    return answer.ok;
  } catch {
    return false;
  }
}

/** The contact of the bridge's own user: there is one in every Odoo, and it is nobody's record. */
async function ownPartner(transport: OdooTransport): Promise<number> {
  const ids = [await transport.userId()];
  const args = { fields: ['partner_id'], load: '' };
  const [user] = userRows.parse(await transport.call({ model: 'res.users', method: 'read', ids, args }));
  return user.partner_id;
}

async function lastDelivery(db: Db): Promise<string> {
  const { id } = await db
    .selectFrom('deliveries')
    .select(({ fn }) => fn.max('id').as('id'))
    .executeTakeFirstOrThrow();
  return id ?? '0';
}

async function hasArrived(db: Db, after: string, partner: number): Promise<boolean> {
  const row = await db
    .selectFrom('deliveries')
    .select('id')
    .where('id', '>', after)
    .where('source', '=', 'odoo')
    .where('odoo_model', '=', MODEL)
    .where('record_id', '=', String(partner))
    .executeTakeFirst();
  return row !== undefined;
}
