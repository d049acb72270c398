/** A whole set-up with people who keep lists and campaigns in the app, and people who look after them in Odoo. */
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import pg from 'pg';
import type { Test } from 'tap';
import { appPerson, type Fields, odooPerson } from '../../sandbox/people/people.ts';
import { waitUntil as waitFor } from '../../sandbox/people/wait-until.ts';
import type { RpcValue } from '../../src/backends/odoo/transport.ts';
import { bridgeCallers } from '../support/bridge-callers.ts';
import { startLosingProxy } from '../support/losing-proxy.ts';
import { startMailSink } from '../support/mail-sink.ts';
import type { TestOdoo } from '../support/odoo-lab.ts';
import { startBridge } from '../support/start-bridge.ts';

/** A real Odoo on a busy machine takes its time. */
export const waitUntil = <T>(what: string, ask: () => Promise<T> | T) => waitFor(what, ask, 25_000, 100);

type Row = Fields & { readonly id: number };
export const MAILING = ['subject', 'state', 'body_html', 'body_arch', 'contact_list_ids', 'schedule_date', 'active'];
export type MailOffice = Awaited<ReturnType<typeof openMailOffice>>;

export async function openMailOffice(t: Test, address: TestOdoo, environment: Record<string, string> = {}) {
  const sink = await startMailSink(t);
  const proxy = await startLosingProxy(t, address.url);
  const setup = await startBridge(t, {
    odoo: address,
    // As long as a call may still be at work nothing is done twice: here, that is known after ten seconds.
    environment: { ODOO_URL: proxy.url, ODOO_CALL_MAX_SECONDS: '10', ...environment },
  });
  const app = appPerson(setup.app.url);
  const odoo = odooPerson(address, address.transport);
  await sink.serve(odoo);
  // Whoever sends has an address.
  const [user] = (await odoo.call('res.users', 'search', { domain: [['login', '=', address.username]] })) as number[];
  await odoo.call('res.users', 'write', { vals: { email: 'office@example.org' } }, [Number(user)]);
  let isSilent = false;
  const ofApp = new pg.Client({ connectionString: setup.appDatabaseUrl });
  await ofApp.connect();
  t.teardown(() => ofApp.end());
  const subscription = address.version === 14 ? 'mailing.contact.subscription' : 'mailing.subscription';

  const find = async (model: string, domain: RpcValue, fields: string[]) =>
    (await odoo.call(model, 'search_read', { domain, fields, load: '', order: 'id' })) as Row[];
  const write = (model: string, ids: number[], vals: Record<string, RpcValue>) =>
    odoo.call(model, 'write', { vals }, ids);
  const link = async (entity: string, id: string) => {
    const query = setup.bridge.context.db.selectFrom('links').selectAll();
    const row = await query.where('entity', '=', entity).where('app_id', '=', id).executeTakeFirst();
    return { ...row, error: (row?.error ?? null) as { code: string; message: string } | null };
  };

  return {
    address,
    sink,
    proxy,
    setup,
    app,
    odoo,
    find,
    write,
    link,
    subscription,
    /** From now on the app tells nothing: polls find all. */
    silence(): void {
      isSilent = true;
      setup.app.setWebhook(null);
    },
    /** All that the app and Odoo have told is done. */
    async calm(): Promise<void> {
      const isTold = async () => (await ofApp.query('select from travel_app.outbox')).rowCount === 0;
      if (!isSilent) await waitUntil('the app has told all', isTold);
      await waitUntil('the queue is empty', async () => {
        const { depth } = await setup.bridge.context.reports.queue();
        const unmarked = await setup.bridge.context.db
          .selectFrom('deliveries')
          .select('id')
          .where('looks', '>', 0)
          .execute();
        return depth === 0 && unmarked.length === 0;
      });
    },
    poll: async () => {
      // Odoo's times are whole seconds, and polls begin where the last one did.
      await sleep(50);
      await setup.bridge.schedule.pollNow();
    },
    person: async (collection: 'teachers' | 'tenants' | 'guests', name: string, email: string | null) => {
      const id = await app.create(collection, { name, email });
      return { entity: collection.slice(0, -1), id };
    },
    /** Addresses of the list in Odoo, with whether they opted out. */
    async subscribers(name: string): Promise<Record<string, boolean>> {
      const [list] = await find('mailing.list', [['name', '=', name]], ['name']);
      const rows = await find(subscription, [['list_id', '=', list?.id ?? 0]], ['contact_id', 'opt_out']);
      const ids = rows.map(({ contact_id }) => Number(contact_id));
      const contacts = await find('mailing.contact', [['id', 'in', ids]], ['email']);
      const emails = new Map(contacts.map((contact) => [contact.id, String(contact.email)]));
      return Object.fromEntries(
        rows.map(({ contact_id, opt_out }) => [emails.get(Number(contact_id)) ?? '', opt_out === true]).sort(),
      );
    },
    logs: (entity: string, id: string) =>
      setup.bridge.context.db
        .selectFrom('sync_logs')
        .select(['outcome', 'message'])
        .where('entity', '=', entity)
        .where('app_id', '=', id)
        .execute(),
    /** As an operator would, and waits for its end. */
    async resync(collection: string): Promise<void> {
      const { post, get } = bridgeCallers(setup);
      const { body } = await post(`/api/sync/${collection}`, {});
      await waitUntil(`the run of ${collection} is over`, async () => {
        const run = await get(`/api/sync/runs/${body.run_id}`);
        return run.body.status !== 'running';
      });
    },
    /** How many calls to Odoo it took. */
    async countCalls(work: () => Promise<unknown>): Promise<number> {
      const before = proxy.asked();
      await work();
      return proxy.asked() - before;
    },
    mailings: (subject: string) => find('mailing.mailing', [['subject', '=', subject]], MAILING),
    shows: (collection: string, id: string, wanted: Fields) =>
      waitUntil(`the app shows ${JSON.stringify(wanted)}`, async () => {
        // Below 17 Odoo tells nothing by itself.
        if (address.version === 14) await setup.bridge.schedule.pollNow();
        const record = await app.look(collection, id);
        const isSo = Object.entries(wanted).every(([field, value]) => isDeepStrictEqual(record[field], value));
        return isSo ? record : undefined;
      }),
    parked: (entity: string, id: string, code: string) =>
      waitUntil(`${entity} ${id} says ${code}`, async () => {
        const { error } = await link(entity, id);
        return error?.code === code ? error : undefined;
      }),
  };
}
