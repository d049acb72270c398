/** The bridge's user in Odoo may read contacts but not write them: it says which right is missing, and goes on once that is given. */
import t, { type Test } from 'tap';
import { appPerson, type Fields, odooPerson } from '../../sandbox/people/people.ts';
import { waitUntil } from '../../sandbox/people/wait-until.ts';
import { bridgeCallers } from '../support/bridge-callers.ts';
import { installAsAdministrator } from '../support/install-as-administrator.ts';
import { type RealOdoo, realOdoo } from '../support/odoo-lab.ts';
import { startBridge } from '../support/start-bridge.ts';

t.setTimeout(280_000);

for (const transport of ['json2', 'xmlrpc']) {
  t.test(`a user without the right to write contacts, over ${transport}`, async (t) => {
    const real = await realOdoo(t);
    if (real === null) return;
    const admin = odooPerson(real);
    const bot = await real.createUser({ login: 'bot', groups: ['base.group_user'] });
    const environment = { ODOO_TRANSPORT: transport };
    const setup = await startBridge(t, { odoo: { ...real, ...bot }, environment, install: false });
    await installAsAdministrator(setup, real);
    // The set-up made them: this user may not.
    const tag = { teacher: await admin.tagId('Teacher'), guest: await admin.tagId('Guest') };
    const app = appPerson(setup.app.url);
    const bridge = bridgeCallers(setup);
    const linkOf = async (entity: string, appId: string) =>
      ((await bridge.get(`/api/links?entity=${entity}`)).body.data as Fields[]).find((link) => link.app_id === appId);
    const denied = (entity: string, appId: string) =>
      waitUntil('it is refused', async () => {
        const link = await linkOf(entity, appId);
        return link?.error ? link : null;
      });

    await t.test('what it may, it does: a partner made in Odoo arrives, and its edits', async (t) => {
      const partnerId = await admin.create({ name: 'Greta Gelesen', phone: '1', category_id: [[6, 0, [tag.guest]]] });
      const guest = await waitUntil('she is in the app', async () => (await app.find('guests', 'Greta Gelesen'))[0]);
      t.equal(guest.phone, '1');
      await admin.write(partnerId, { phone: '2' });
      await waitUntil('the edit too', async () => (await app.look('guests', String(guest.id))).phone === '2');
    });

    const teacher = await app.create('teachers', { name: 'Theo Verboten', email: 'theo.verboten@example.org' });
    await t.test('a new record is refused, and the error says what is missing', async (t) => {
      const link = await denied('teacher', teacher);
      t.comment(JSON.stringify(link));
      checkDenied(t, link, /create 'Contact' \(res\.partner\)/);
      t.same(await admin.find('Theo Verboten'), []);
    });

    const pupil = await app.create('teachers', { name: 'Paula Verboten', school: 'Lycée Défendu' });
    await t.test('so is a record whose school would have to be created first', async (t) => {
      checkDenied(t, await denied('teacher', pupil), /create 'Contact' \(res\.partner\)/);
    });

    const [greta] = await app.find('guests', 'Greta Gelesen');
    const guest = String(greta?.id);
    await app.edit('guests', guest, { city: 'Gap' });
    await t.test('and so is an edit', async (t) => {
      const link = await denied('guest', guest);
      t.comment(JSON.stringify(link));
      checkDenied(t, link, /modify 'Contact' \(res\.partner\)/);
    });

    /** What tries again by itself may be quicker; what is parked waits for this. */
    async function retry(t: Test): Promise<void> {
      const { body } = await bridge.post('/api/parked/retry', { error_code: 'access_denied' });
      t.ok(Number(body.retried) >= 1, 'relaunched');
    }
    await t.test('the user gets the group that was named, and all that it covers arrives', async (t) => {
      await giveGroup(real, bot.username, 'base.group_partner_manager');
      await retry(t);
      const partner = await admin.appears('Theo Verboten');
      t.match(partner, { email: 'theo.verboten@example.org', category_id: [tag.teacher], customer_rank: 1 });
      await waitUntil('the city as well', async () => (await admin.find('Greta Gelesen'))[0]?.city === 'Gap');
      await waitUntil('it is linked', async () => (await linkOf('teacher', teacher))?.odoo_id === partner.id);
    });

    await t.test('where Invoicing is installed, who belongs to a school needs its group as well', async (t) => {
      const link = await waitUntil('it says so', async () => {
        const found = await linkOf('teacher', pupil);
        return found?.dirty ? null : found;
      });
      t.match(link, { state: 'parked', error: { code: 'access_denied', remedy: /group/ } });
      t.match((link.error as Fields).message, /the field "credit_limit".*'Accounting \/ Invoicing'/);
      await giveGroup(real, bot.username, 'account.group_account_invoice');
      await retry(t);
      const { parent_id } = await admin.appears('Paula Verboten');
      t.match(await admin.find('Lycée Défendu'), [{ id: parent_id, is_company: true }], 'her school');
    });

    await t.test('all is there once, and nothing is left', async (t) => {
      const { reports } = setup.bridge.context;
      const calm = () => waitUntil('the queue is empty', async () => (await reports.queue()).depth === 0);
      await calm();
      await setup.bridge.schedule.pollNow();
      await calm();
      t.match(await reports.queue(), { parked: 0, held: 0 });
      for (const name of ['Theo Verboten', 'Paula Verboten', 'Greta Gelesen', 'Lycée Défendu']) {
        t.equal((await admin.find(name)).length, 1, 'once in Odoo');
      }
      for (const name of ['Theo Verboten', 'Paula Verboten']) t.equal((await app.find('teachers', name)).length, 1);
      t.equal((await app.find('guests', 'Greta Gelesen')).length, 1, 'once in the app');
      t.match(await linkOf('teacher', teacher), { state: 'active', error: null });
      t.match(await bridge.get('/healthz'), { body: { status: 'ok' } });
    });
  });
}

/** In plain words: which right on which model, and which of Odoo's groups gives it; nothing of the record. */
function checkDenied(t: Test, link: Fields, right: RegExp): void {
  const error = link.error as Fields;
  t.equal(error.code, 'access_denied');
  t.match(error.message, right, 'the model and the right');
  t.match(error.message, / - Contact\/Creation /, 'the group');
  t.match(error.remedy, /group/);
  t.notMatch(JSON.stringify(error), /Theo|theo|Paula|Défendu|Greta|Gap/, 'and nothing of the record');
}

async function giveGroup(real: RealOdoo, login: string, group: string): Promise<void> {
  const { call } = odooPerson(real);
  const [module, xml_id] = group.split('.') as [string, string];
  const [, groupId] = (await call('ir.model.data', 'check_object_reference', { module, xml_id })) as [string, number];
  const [userId] = (await call('res.users', 'search', { domain: [['login', '=', login]] })) as [number];
  await call('res.users', 'write', { vals: { group_ids: [[4, groupId]] } }, [userId]);
}
