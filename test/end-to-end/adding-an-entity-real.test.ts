/** docs/adding-an-entity.md is done as it stands: its lines are put into a copy of the source, compiled, and run on a real Odoo. */

import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t, { type Test } from 'tap';
import { appPerson, type Fields, odooPerson } from '../../sandbox/people/people.ts';
import { waitUntil } from '../../sandbox/people/wait-until.ts';
import { runProgram, startProgram } from '../../sandbox/world/child-process.ts';
import { findQuietPort } from '../../sandbox/world/free-port.ts';
import { realOdoo } from '../support/odoo-lab.ts';
import { createTestDatabase } from '../support/postgres.ts';

t.setTimeout(240_000);

const ROOT = join(import.meta.dirname, '..', '..');
const COPIED = ['src', 'sandbox', 'migrations', 'package.json', 'tsconfig.json'];

interface Block {
  readonly language: string;
  readonly file: string;
  readonly lines: readonly string[];
}

async function readBlocks(): Promise<readonly Block[]> {
  const page = await readFile(join(ROOT, 'docs', 'adding-an-entity.md'), 'utf8');
  const found = page.matchAll(/^```(typescript|diff) (\S+)\n(.*?)\n```$/gms);
  return [...found].map(([, language = '', file = '', code = '']) => ({ language, file, lines: code.split('\n') }));
}

/** Files as they stand; of a diff, each run of lines that go gives way to those that come after it. */
async function apply(t: Test, folder: string, { language, file, lines }: Block): Promise<void> {
  const path = join(folder, file);
  if (language === 'typescript') {
    await writeFile(path, `${lines.join('\n')}\n`, { flag: 'wx' });
    return;
  }
  let text = await readFile(path, 'utf8');
  for (const [, going = '', coming = ''] of `${lines.join('\n')}\n`.matchAll(/((?:^-.*\n)+)((?:^\+.*\n)+)/gm)) {
    const plain = (part: string) => part.replaceAll(/^[-+]/gm, '');
    t.equal(text.split(plain(going)).length, 2, `${file} has that line once: ${going.trim()}`);
    text = text.replace(plain(going), () => plain(coming));
  }
  await writeFile(path, text);
}

t.test('the entity of the page is kept equal, in both directions', async (t) => {
  const blocks = await readBlocks();
  t.equal(blocks.length, 4);
  const mapping = blocks.find(({ file }) => file === 'src/entities/meeting-room.ts');
  const code = mapping?.lines.filter((line) => line.trim() !== '') ?? [];
  t.ok(code.length > 0 && code.length < 60, `the mapping has ${code.length} lines`);

  const folder = await mkdtemp(join(tmpdir(), 'entity-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  for (const name of COPIED) await cp(join(ROOT, name), join(folder, name), { recursive: true });
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  for (const block of blocks) await apply(t, folder, block);
  // Without what the test runner loads into every Node: the compiler does not bear it.
  const compiler = ['-u', 'NODE_OPTIONS', join(ROOT, 'node_modules', '.bin', 'tsc'), '--project', folder];
  const compiled = await promisify(execFile)('env', compiler).catch((error: { stdout?: string }) => error);
  t.equal(compiled.stdout, '', 'it compiles');

  const real = await realOdoo(t);
  if (real === null) return;
  const [appDatabase, database] = await Promise.all([createTestDatabase(t, { empty: true }), createTestDatabase(t)]);
  const [appPort, port] = [await findQuietPort(), await findQuietPort()];
  const [token, secret] = [randomBytes(16).toString('hex'), `whsec_${randomBytes(24).toString('base64')}`];
  const url = `http://127.0.0.1:${port}`;
  const env = {
    ODOO_URL: real.url,
    ODOO_DB: real.database,
    ODOO_USERNAME: real.username,
    ODOO_API_KEY: real.apiKey,
    ODOO_WEBHOOK_TOKENS: token,
    APP_URL: `http://127.0.0.1:${appPort}`,
    APP_API_TOKEN: token,
    APP_WEBHOOK_SECRETS: secret,
    BRIDGE_API_TOKENS: token,
    BRIDGE_PUBLIC_URL: url,
    DATABASE_URL: database.url,
    DATA_DIR: join(folder, '.data'),
    PORT: String(port),
    // Rarely: events alone shall bring it.
    POLL_CRON: '0 0 1 1 *',
  };
  const travelApp = startProgram(join(folder, 'sandbox', 'app', 'main.ts'), {
    env: {
      APP_DATABASE_URL: appDatabase.url,
      APP_API_TOKEN: token,
      BRIDGE_WEBHOOK_URL: `${url}/webhooks/app`,
      BRIDGE_WEBHOOK_SECRET: secret,
      PORT: String(appPort),
    },
    readyLine: /travel app is up/,
  });
  t.teardown(() => travelApp.stop());
  await travelApp.ready;
  const installed = await runProgram([join(folder, 'src', 'cli.ts'), 'webhooks', 'install'], env);
  t.match(installed, /created +Fields of meeting-rooms/, 'Odoo gets the field');
  const bridge = startProgram(join(folder, 'src', 'main.ts'), { env, readyLine: /bridge is running/ });
  t.teardown(() => bridge.stop());
  await bridge.ready;

  const app = appPerson(env.APP_URL);
  const odoo = odooPerson(real);
  const rows = (name: string) => {
    const args = {
      domain: [['name', '=', name]],
      fields: ['name', 'type', 'active', 'x_bridge_equipment', 'product_tag_ids'],
    };
    return odoo.call('product.template', 'search_read', args) as Promise<(Fields & { id: number })[]>;
  };
  const id = await app.create('meeting-rooms', { name: 'Salle Verte', equipment: 'Beamer' });
  const room = await waitUntil('it is in Odoo', async () => (await rows('Salle Verte'))[0]);
  t.match(room, { type: 'service', active: true, x_bridge_equipment: 'Beamer' });
  const [tag] = (await odoo.call('product.tag', 'search_read', {
    domain: [['name', '=', 'meeting_room']],
    fields: ['name'],
  })) as [Fields];
  t.same(room.product_tag_ids, [tag.id]);
  await odoo.call('product.template', 'write', { vals: { name: 'Salle Bleue' } }, [room.id]);
  await waitUntil(
    'its new name is in the app',
    async () => (await app.look('meeting-rooms', id)).name === 'Salle Bleue',
  );
  const values = { name: 'Salle Rouge', type: 'service', product_tag_ids: [[6, 0, [Number(tag.id)]]] };
  await odoo.call('product.template', 'create', { vals_list: [values] });
  await waitUntil('one that is made in Odoo', async () => (await app.find('meeting-rooms', 'Salle Rouge'))[0]);
  await app.archive('meeting-rooms', id);
  await waitUntil('it is archived in Odoo', async () => (await rows('Salle Bleue'))[0]?.active === false);
  const told = await runProgram([join(folder, 'src', 'cli.ts'), 'explain', 'meeting_room', id], env);
  t.match(told, /meeting_room/, 'and explained');
});
