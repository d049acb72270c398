/** Somebody who is on a mailing list asks to be erased, with a real Odoo. */
import { readFile } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import t from 'tap';
import { mailingList } from '../../src/entities/mailing-list.ts';
import { teacher } from '../../src/entities/teacher.ts';
import { sweep } from '../../src/sources/sweep.ts';
import { bridgeCallers } from '../support/bridge-callers.ts';
import { dumpDatabase } from '../support/dump-database.ts';
import { realOdoo } from '../support/odoo-lab.ts';
import { runCommand } from '../support/run-command.ts';
import { openMailOffice, waitUntil } from './mail-office.ts';

t.setTimeout(280_000);

const TRACES = /Mara|\+33 611/i;

t.test('a member of a mailing list is erased', async (t) => {
  const lab = await realOdoo(t);
  if (lab === null) return;
  const { setup, app, odoo, find, calm, poll, person, subscribers } = await openMailOffice(t, lab);
  const { get, post } = bridgeCallers(setup);
  const bridge = (...args: string[]) => runCommand(setup.environment, ...args);
  const remembered = () => dumpDatabase(setup.bridge.context.db);
  const areSubscribed = (wanted: Record<string, boolean>) =>
    waitUntil(`on the list: ${Object.keys(wanted)}`, async () =>
      isDeepStrictEqual(await subscribers('Parents'), wanted),
    );
  const contacts = () => find('mailing.contact', [['email_normalized', '=', 'mara@example.org']], ['id']);
  const mara = await person('teachers', 'Mara Member', 'Mara@Example.org');
  const otto = await person('teachers', 'Otto Other', 'otto@example.org');
  const list = await app.create('mailing-lists', { name: 'Parents', members: [mara, otto] });
  await areSubscribed({ 'mara@example.org': false, 'otto@example.org': false });
  await calm();
  const partner = (await odoo.find('Mara Member'))[0]?.id ?? 0;

  await t.test('not while she is in use', async (t) => {
    const refused = { code: 1, stdout: '', stderr: /still in use in the app \(teacher \d+\) and in Odoo/ };
    t.match(await bridge('erase', 'teacher', mara.id), refused);
  });

  await t.test('gone on both sides, nothing of her is left in the bridge, nor in its lists', async (t) => {
    t.match(await post('/api/entities/mailing_list/pause', {}), { status: 200 });
    await app.archive('teachers', mara.id);
    await waitUntil('archived in Odoo', async () => (await odoo.read(partner)).active === false);
    await odoo.call('res.partner', 'unlink', {}, [partner]);
    await poll();
    t.match(await remembered(), /^bases: .*members.*mara@example.org/m, 'the list has not been looked at since');
    // A pass may be at work on her still: a person would ask again.
    const { body } = await waitUntil('she is erased', async () => {
      const answer = await post('/api/erase', { entity: 'teacher', id: mara.id });
      return answer.status === 200 ? answer : null;
    });
    t.match(body, { app_id: mara.id, odoo_id: partner, removed: { bases: 1, lists: 1 } });
    t.match(body.remains, [/^The app/, /contacts of mailing lists/, /^The bridge/]);
    t.notMatch(await remembered(), TRACES);
    t.notMatch(await readFile(setup.config.LOG_FILE, 'utf8'), TRACES);
    const tombstone = { entity: 'teacher', app_id: mara.id, odoo_id: partner, name: null };
    t.match((await get('/api/links?state=erased')).body.data, [tombstone]);
    t.equal((await contacts()).length, 1, 'in Odoo she is on the list still');
    t.match(await post('/api/entities/mailing_list/resume', {}), { status: 200 });
    await areSubscribed({ 'otto@example.org': false });
    await calm();
    t.same(await contacts(), [], 'nor the contact that the bridge had made');
    t.notMatch(await remembered(), TRACES);
  });

  await t.test('nothing makes her again, though the app has her back, and on the list', async (t) => {
    await app.restore('teachers', mara.id);
    await app.edit('teachers', mara.id, { phone: '+33 611' });
    await app.edit('mailing-lists', list, { members: [mara] });
    await poll();
    await calm();
    await areSubscribed({});
    await app.edit('mailing-lists', list, { members: [mara, otto] });
    await areSubscribed({ 'otto@example.org': false });
    await calm();
    const certificate = await sweep({ ...setup.bridge.context, now: Date.now }, [teacher, mailingList]);
    t.match(certificate, { pairs: 2, differing: 0 });
    await calm();
    t.same(await odoo.find('Mara Member'), []);
    t.same(await contacts(), []);
    t.notMatch(await remembered(), TRACES);
    t.equal((await app.all('teachers')).length, 2, 'nor a second one in the app');
  });
});
