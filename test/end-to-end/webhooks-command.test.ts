/** `bridge webhooks`: what of the automations in Odoo was altered is named, repaired, and found right afterwards. */
import t, { type Test } from 'tap';
import { startOdooSimulator } from '../../sandbox/odoo-simulator/start-simulator.ts';
import { odooPerson } from '../../sandbox/people/people.ts';
import { installAsAdministrator } from '../support/install-as-administrator.ts';
import { realOdoo, type TestOdoo } from '../support/odoo-lab.ts';
import { runCommand } from '../support/run-command.ts';
import { startBridge, type TestSetup } from '../support/start-bridge.ts';

t.setTimeout(280_000);

interface Item {
  readonly name: string;
  readonly state: string;
  readonly drift?: readonly string[];
  readonly detail?: string;
}

const CHANGED = 'Bridge: res.partner created or changed';
const DELETED = 'Bridge: res.partner deleted';
const SELF_TEST = /^Self-test/;

t.test('with the simulator', async (t) => {
  const simulator = await startOdooSimulator();
  t.teardown(() => simulator.close());
  await checkDrift(t, simulator);
});

t.test('with a real Odoo 19', async (t) => {
  const real = await realOdoo(t);
  if (real === null) return;
  const setup = await checkDrift(t, real);
  await checkLowRights(t, setup, real);
});

async function checkDrift(t: Test, odoo: TestOdoo): Promise<TestSetup> {
  const setup = await startBridge(t, { odoo });
  const { secrets } = setup;
  const admin = odooPerson(odoo);
  const command = async (...args: string[]) => {
    const ran = await runCommand(setup.environment, 'webhooks', ...args, '--json');
    t.notOk(ran.stdout.includes(secrets.odooToken), 'no token is told');
    t.equal(ran.stdout.trimEnd().split('\n').length, 1, 'one line');
    return { code: ran.code, items: JSON.parse(ran.stdout) as readonly Item[] };
  };
  const find = async (name: string) => {
    const args = { domain: [['name', '=', name]], fields: ['action_server_ids', 'model_id'], load: '' };
    const rows = (await admin.call('base.automation', 'search_read', args)) as {
      id: number;
      action_server_ids: [number];
      model_id: number;
    }[];
    return rows[0] as (typeof rows)[number];
  };

  const [changed, deleted] = [await find(CHANGED), await find(DELETED)];
  const { model_id } = changed;

  await t.test('as it was installed, all is right, and an event arrives', async (t) => {
    const { code, items } = await command('verify');
    t.equal(code, 0);
    t.same(
      items.filter(({ state }) => !['ok', 'skipped'].includes(state)),
      [],
    );
    t.match(
      items.find(({ name }) => SELF_TEST.test(name)),
      { state: 'ok', detail: /^Odoo posted an event, and the bridge had it after \d+ ms\.$/ },
    );
  });

  await t.test('each alteration is named, and nothing else', async (t) => {
    const vals = {
      active: false,
      filter_domain: "[('name', '!=', 'x')]",
      trigger_field_ids: [[6, 0, await fieldIds(admin, ['name'])]],
    };
    await admin.call('base.automation', 'write', { vals }, [changed.id]);
    const elsewhere = { webhook_url: 'https://bridge:other-token-of-sixteen@elsewhere.example/webhooks/odoo' };
    await admin.call('ir.actions.server', 'write', { vals: elsewhere }, [...deleted.action_server_ids]);
    const { code, items } = await command('verify');
    t.equal(code, 3);
    t.match(state(items, CHANGED), { state: 'altered', drift: ['disabled', 'fields', 'filter'] });
    t.match(state(items, DELETED), { state: 'altered', drift: ['address', 'token'] });
    t.notOk(JSON.stringify(items).includes('elsewhere'), 'no address is told');
    const human = await runCommand(setup.environment, 'webhooks', 'verify');
    t.match(human, { code: 3, stdout: /altered {2}Bridge: res\.partner deleted\n +differs in: address, token\n/ });
  });

  await t.test('so is one that is missing, and one too many', async (t) => {
    await admin.call('base.automation', 'unlink', {}, [deleted.id]);
    const address = `${setup.bridge.url.replace('://', `://bridge:${secrets.odooToken}@`)}/webhooks/odoo`;
    const action = { name: 'copy', model_id, state: 'webhook', usage: 'base_automation', webhook_url: address };
    const copy = {
      name: 'Somebody’s copy',
      model_id,
      trigger: 'on_create_or_write',
      trigger_field_ids: [[6, 0, await fieldIds(admin, ['phone'])]],
      action_server_ids: [[0, 0, action]],
    };
    await admin.call('base.automation', 'create', { vals_list: [copy] });
    const { code, items } = await command('verify');
    t.equal(code, 3);
    t.match(state(items, DELETED), { state: 'missing' });
    t.equal(items.filter((item) => item.state === 'extra').length, 1);
    t.notOk(JSON.stringify(items).includes('Somebody'), 'its name is theirs');
  });

  await t.test('install repairs all of it, once', async (t) => {
    const first = await command('install');
    t.equal(first.code, 0);
    t.match(state(first.items, CHANGED), { state: 'repaired', drift: ['disabled', 'fields', 'filter'] });
    t.match(state(first.items, DELETED), { state: 'created' });
    t.equal(first.items.filter((item) => item.state === 'removed').length, 1);
    const second = await command('install');
    t.same(
      second.items.filter((item) => !['ok', 'skipped'].includes(item.state)),
      [],
      'a second time there is nothing to do',
    );
    t.equal((await command('verify')).code, 0);
  });

  await t.test('a token that is no longer the first one is drift, although it is still taken', async (t) => {
    const fresh = 'a-fresh-token-of-today';
    const rotated = { ...setup.environment, ODOO_WEBHOOK_TOKENS: `${fresh},${secrets.odooToken}` };
    const ran = await runCommand(rotated, 'webhooks', 'verify', '--json');
    t.equal(ran.code, 3);
    t.match(state(JSON.parse(ran.stdout), CHANGED), { state: 'altered', drift: ['token'] });
    t.notOk(ran.stdout.includes(fresh));
  });

  await t.test('an event that does not reach the database of the bridge is a failed self-test', async (t) => {
    // Another bridge answers at that address; its database is not the one that is looked into.
    const other = await startBridge(t, { odoo, install: false });
    const ran = await runCommand(
      { ...other.environment, BRIDGE_PUBLIC_URL: setup.bridge.url },
      'webhooks',
      'verify',
      '--json',
    );
    t.match(
      (JSON.parse(ran.stdout) as Item[]).find(({ name }) => SELF_TEST.test(name)),
      { state: 'failed', detail: /did not arrive.*BRIDGE_PUBLIC_URL/ },
    );
    t.equal(ran.code, 3, 'the token of the other bridge differs, too');
  });

  await t.test('a bridge that does not run is no drift', async (t) => {
    await setup.bridge.stop();
    const { code, items } = await command('verify');
    t.equal(code, 0);
    t.match(
      items.find(({ name }) => SELF_TEST.test(name)),
      { state: 'skipped', detail: /No bridge answers at BRIDGE_PUBLIC_URL/ },
    );
    await setup.restart();
  });
  return setup;
}

/** Who may not look for the action runs the one that an administrator's set-up has left. */
async function checkLowRights(
  t: Test,
  setup: TestSetup,
  real: NonNullable<Awaited<ReturnType<typeof realOdoo>>>,
): Promise<void> {
  await t.test('a user without an administrator’s rights may not verify', async (t) => {
    await installAsAdministrator(setup, real);
    const bot = await real.createUser({ login: 'looker', groups: ['base.group_user'] });
    const environment = { ...setup.environment, ODOO_USERNAME: bot.username, ODOO_API_KEY: bot.apiKey };
    const ran = await runCommand(environment, 'webhooks', 'verify', '--json');
    t.match(ran, { code: 1, stdout: '', stderr: /Access denied: .*\n.*group/ });
  });
}

function state(items: readonly Item[], wanted: string): Item | undefined {
  return items.find(({ name }) => name === wanted);
}

type Person = ReturnType<typeof odooPerson>;

async function fieldIds(admin: Person, names: readonly string[]): Promise<readonly number[]> {
  const domain = [
    ['model', '=', 'res.partner'],
    ['name', 'in', [...names]],
  ];
  return (await admin.call('ir.model.fields', 'search', { domain })) as number[];
}
