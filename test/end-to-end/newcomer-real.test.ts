/** docs/getting-started.md as a newcomer follows it: its own commands, in a fresh clone, with its user, on a real Odoo. */
import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import t, { type Test } from 'tap';
import { startTravelApp } from '../../sandbox/app/start-app.ts';
import { appPerson, odooPerson } from '../../sandbox/people/people.ts';
import { waitUntil } from '../../sandbox/people/wait-until.ts';
import { findQuietPort } from '../../sandbox/world/free-port.ts';
import { realOdoo } from '../support/odoo-lab.ts';
import { createTestDatabase } from '../support/postgres.ts';

t.setTimeout(290_000);

const ROOT = join(import.meta.dirname, '..', '..');
const run = promisify(execFile);

/** What the page shows: its commands in their order, the settings to fill in, the groups, and the checks that may warn. */
async function readPage() {
  const page = await readFile(join(ROOT, 'docs', 'getting-started.md'), 'utf8');
  const section = page.slice(page.indexOf('## Five commands'), page.indexOf('## And then'));
  const blocks = (language: string) =>
    [...section.matchAll(new RegExp(`\`\`\`${language}\n(.*?)\n\`\`\``, 'gs'))].map(([, block = '']) => block);
  const [settings = ''] = blocks('ini');
  const [, testMode = ''] = /## Test mode\n.*?```sh\n(.*?)\n```/s.exec(page) ?? [];
  const warning = section.slice(section.indexOf('some can only warn'), section.indexOf('All checks'));
  return {
    commands: blocks('sh'),
    testMode: testMode.split('\n'),
    settings: [...settings.matchAll(/^([A-Z_]+)=/gm)].map(([, name = '']) => name),
    groups: [...page.matchAll(/^\|.*\| `([a-z_]+\.[a-z_]+)` \|$/gm)].map(([, group = '']) => group),
    mayWarn: [...warning.matchAll(/`([a-z_]+)`/g)].map(([, name = '']) => name),
  };
}

t.test('the first record is there after the five commands of the page', async (t) => {
  const { commands, testMode, settings, groups, mayWarn } = await readPage();
  t.equal(commands.length, 5);
  const real = await realOdoo(t);
  if (real === null) return;
  const login = 'bridge@example.org';
  const bot = await real.createUser({ login, groups });
  const appDatabase = await createTestDatabase(t, { empty: true });
  const secrets = {
    APP_API_TOKEN: randomBytes(24).toString('hex'),
    ODOO_WEBHOOK_TOKENS: randomBytes(24).toString('hex'),
    BRIDGE_API_TOKENS: randomBytes(24).toString('hex'),
    APP_WEBHOOK_SECRETS: `whsec_${randomBytes(32).toString('base64')}`,
  };
  const app = await startTravelApp({ databaseUrl: appDatabase.url, apiToken: secrets.APP_API_TOKEN });
  t.teardown(() => app.close());
  const atApp = appPerson(app.url);
  await atApp.create('teachers', {
    name: 'Ada Première',
    email: 'ada@example.org',
    school: 'Lycée Neuf',
    country: 'FR',
  });

  const port = await findQuietPort();
  const publicUrl = `http://127.0.0.1:${port}`;
  const values: Readonly<Record<string, string>> = {
    ...secrets,
    ODOO_URL: real.url,
    ODOO_DB: real.database,
    ODOO_USERNAME: bot.username,
    ODOO_API_KEY: bot.apiKey,
    APP_URL: app.url,
    BRIDGE_PUBLIC_URL: publicUrl,
  };
  t.same([...settings].sort(), Object.keys(values).sort(), 'the page names the settings that are needed');

  const folder = await mkdtemp(join(tmpdir(), 'newcomer-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  // PostgreSQL runs under an account of its own when we are root.
  await chmod(folder, 0o755);
  const origin = await publish(join(folder, 'origin'));
  const clone = join(folder, 'odoo-bridge');
  const [cloning = '', copying = '', examining = '', installing = '', syncing = ''] = commands;

  await shell(t, folder, cloning.replace('ADDRESS-OF-THIS-REPOSITORY', origin));
  await shell(t, clone, copying);
  const example = await readFile(join(clone, '.env'), 'utf8');
  const filled = settings.reduce((text, name) => {
    t.match(text, new RegExp(`^${name}=$`, 'm'), `${name} is to be filled in`);
    return text.replace(new RegExp(`^${name}=$`, 'm'), () => `${name}=${values[name]}`);
  }, example);
  await writeFile(join(clone, '.env'), `${filled}\nPORT=${port}\n`);

  const before = await examine(t, clone, examining);
  for (const { name, status, detail } of before) {
    if (status !== 'ok') t.ok(status === 'warn' && mayWarn.includes(name), `${name} is ${status}: ${detail}`);
  }
  for (const name of mayWarn)
    t.ok(
      before.some((check) => check.name === name && check.status === 'warn'),
      `${name} warns`,
    );
  const administrator = { 'admin@example.org': real.username, 'their-key': real.apiKey };
  await shell(t, clone, replaceAll(installing, administrator));
  await shell(t, clone, syncing);
  const odoo = odooPerson(real);
  const [ada, ...others] = await odoo.find('Ada Première');
  t.match(ada, { email: 'ada@example.org', category_id: [await odoo.tagId('Teacher')], customer_rank: 1 });
  t.same(others, [], 'she is there once');
  t.match(await odoo.find('Lycée Neuf'), [{ id: ada?.parent_id, is_company: true }]);

  await t.test('test mode is another set of settings, with a database of its own', async (t) => {
    const [copyingAgain = '', examiningIt = ''] = testMode;
    await shell(t, clone, copyingAgain);
    const copied = await readFile(join(clone, '.env.test'), 'utf8');
    await writeFile(join(clone, '.env.test'), `${copied}\nDATA_DIR=./.data-test\n`);
    const checks = await examine(t, clone, examiningIt);
    t.match(
      checks.find(({ name }) => name === 'database'),
      { status: 'warn', detail: /not made a database of its own/ },
    );
    t.match(
      checks.find(({ name }) => name === 'odoo_key'),
      { status: 'ok' },
    );
    const { stdout } = await run('git', ['status', '--porcelain'], { cwd: clone });
    t.equal(stdout, '', 'no settings and no data can be committed by mistake');
  });

  await t.test('and what the page says of afterwards', async (t) => {
    const bridge = spawn('npm', ['start'], { cwd: clone, env: newcomer(), detached: true, stdio: 'ignore' });
    const over = new Promise((resolve) => bridge.once('close', resolve));
    t.teardown(async () => {
      process.kill(-(bridge.pid ?? 0), 'SIGTERM');
      await over;
    });
    const up = () =>
      fetch(`${publicUrl}/readyz`).then(
        ({ ok }) => ok,
        () => false,
      );
    await waitUntil('it is up', up, 60_000, 200);
    for (const { name, status, detail } of await examine(t, clone, examining)) {
      t.equal(status, name === 'odoo_webhooks' ? 'warn' : 'ok', `${name}: ${detail}`);
    }
    app.setWebhook({ url: `${publicUrl}/webhooks/app`, secret: secrets.APP_WEBHOOK_SECRETS });
    await atApp.create('guests', { name: 'Gil Tout-de-suite' });
    const { id } = await odoo.appears('Gil Tout-de-suite');
    await odoo.write(id, { phone: '+33 1 23' });
    const arrived = async () => (await atApp.find('guests', 'Gil Tout-de-suite'))[0]?.phone === '+33 1 23';
    await waitUntil('what is edited in Odoo arrives', arrived);
  });
});

/** The working tree as it is now, also what is not committed yet, as a repository that can be cloned. */
async function publish(folder: string): Promise<string> {
  const { stdout } = await run('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: ROOT });
  for (const file of stdout.split('\0').filter(Boolean)) {
    await mkdir(dirname(join(folder, file)), { recursive: true });
    await copyFile(join(ROOT, file), join(folder, file)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error; // deleted, and not committed yet
    });
  }
  const git = (...args: string[]) =>
    run('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.org', ...args], { cwd: folder });
  await git('init', '--quiet');
  await git('add', '--all');
  await git('commit', '--quiet', '--message', 'as it is');
  return folder;
}

/** Nothing of this checkout: neither its programs nor its settings. */
function newcomer(): NodeJS.ProcessEnv {
  const path = (process.env.PATH ?? '').split(':').filter((one) => !one.includes('node_modules'));
  return { PATH: path.join(':'), HOME: process.env.HOME, npm_config_prefer_offline: 'true' };
}

/** @throws with what it said when it ends otherwise than with 0 */
async function shell(t: Test, cwd: string, command: string): Promise<string> {
  const begun = performance.now();
  const { stdout } = await run('sh', ['-c', command], { cwd, env: newcomer(), maxBuffer: 50_000_000 });
  t.comment(`${command.split(' ').slice(-3).join(' ')}: ${Math.round((performance.now() - begun) / 1_000)} s`);
  return stdout;
}

/** @returns the checks as doctor prints them */
async function examine(t: Test, cwd: string, command: string) {
  const printed = await shell(t, cwd, command);
  const lines = [...printed.matchAll(/^(ok|warn|fail) +([a-z_]+) +(.+)$/gm)];
  t.ok(lines.length > 30, `${lines.length} checks`);
  return lines.map(([, status = '', name = '', detail = '']) => ({ name, status, detail }));
}

function replaceAll(text: string, values: Readonly<Record<string, string>>): string {
  return Object.entries(values).reduce((whole, [from, to]) => whole.replaceAll(from, () => to), text);
}
