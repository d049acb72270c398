import { resolve } from 'node:path';
import t from 'tap';
import { ConfigError, inspectConfig, readConfig } from '../src/config.ts';

const GOOD = {
  ODOO_URL: 'https://odoo.example.org',
  ODOO_DB: 'prod',
  ODOO_USERNAME: 'bot',
  ODOO_API_KEY: 'k',
  APP_URL: 'http://127.0.0.1:4000',
  APP_API_TOKEN: 't',
};

t.test('the defaults are those of the contract', async (t) => {
  t.match(readConfig(GOOD), {
    ODOO_TRANSPORT: 'auto',
    HOST: '127.0.0.1',
    PORT: 3000,
    POLL_CRON: '*/1 * * * *',
    SWEEP_CRON: '0 3 * * *',
    POLL_OVERLAP_SECONDS: 300,
    CONFLICT_TIE: 'odoo',
    CONFLICT_SCOPE: 'field',
    DELETE_GUARD_PERCENT: 10,
    ODOO_CALL_MAX_SECONDS: 150,
    ODOO_CALLS_PER_SECOND: 0,
    LOG_RETENTION_DAYS: 30,
    AUDIT_RETENTION_DAYS: 365,
    LOG_LEVEL: 'info',
    BRIDGE_INSTANCE: 'main',
    DATA_DIR: resolve('.data'),
    LOG_FILE: resolve('.data/bridge.log'),
    APP_WEBHOOK_SECRETS: [],
    ODOO_WEBHOOK_TOKENS: [],
  });
  t.equal(process.env.TZ, 'UTC');
});

t.test('the environment of the process is what is read', async (t) => {
  Object.assign(process.env, GOOD, { PORT: '4321' });
  t.equal(readConfig().PORT, 4321);
});

t.test('lists are split at commas, empty variables are none', async (t) => {
  const secrets = ['a', 'b'].map((fill) => `whsec_${Buffer.alloc(24, fill).toString('base64')}`);
  const config = readConfig({
    ...GOOD,
    APP_WEBHOOK_SECRETS: secrets.join(' , '),
    BRIDGE_API_TOKENS: '',
    PORT: '',
    LOG_FILE: '/tmp/x.log',
    ODOO_COMPANY_ID: '3',
  });
  t.same(config.APP_WEBHOOK_SECRETS, secrets);
  t.same(config.BRIDGE_API_TOKENS, []);
  t.equal(config.PORT, 3000);
  t.equal(config.LOG_FILE, '/tmp/x.log');
  t.equal(config.ODOO_COMPANY_ID, 3);
});

t.test('tokens of the API may have a name and scopes', async (t) => {
  const [a, b, c] = ['a', 'b', 'c'].map((fill) => fill.repeat(16));
  const read = (BRIDGE_API_TOKENS: string) => readConfig({ ...GOOD, BRIDGE_API_TOKENS }).BRIDGE_API_TOKENS;
  const all = ['read', 'operate', 'export', 'erase'];
  t.same(read(`${a}, desk ${b} ,office-2  read+operate ${c}`), [
    { token: a, name: null, scopes: all },
    { token: b, name: 'desk', scopes: all },
    { token: c, name: 'office-2', scopes: ['read', 'operate'] },
  ]);
  t.same(read('read:all=a+b/c==x'), [{ token: 'read:all=a+b/c==x', name: null, scopes: all }], 'whatever is in it');
  for (const [wrong, fault] of [
    ['hunter2', 'entry 1 must end with a token'],
    [`${a},desk read hunter2`, 'entry 2 must end with a token'],
    [`desk read now ${a}`, 'entry 1 has more than'],
    [`desk Read ${a}`, 'entry 1 has an unknown scope: there are read, operate, export, erase'],
    [`desk read+hunter2 ${a}`, 'entry 1 has an unknown scope'],
    [`desk read+ ${a}`, 'entry 1 has an unknown scope'],
    [`Desk read ${a}`, 'entry 1 must begin with a name'],
    [`read ${a}`, 'entry 1 must begin with a name'],
    [`${'f00'.repeat(6)} ${a}`, 'entry 1 must begin with a name'],
    [`${a},desk read ${a}`, 'entry 2 repeats a token'],
    [`desk ${a},desk read ${b},hunter2`, 'entry 2 repeats a name'],
  ] as const) {
    const { faults } = inspectConfig({ BRIDGE_API_TOKENS: wrong });
    t.ok(faults.get('BRIDGE_API_TOKENS')?.startsWith(fault), `${fault}: ${faults.get('BRIDGE_API_TOKENS')}`);
    t.notMatch(faults.get('BRIDGE_API_TOKENS'), /hunter2|aaaa|bbbb|f00/);
  }
});

t.test('the quiet hours are two times, by the clock of a place', async (t) => {
  const given = { QUIET_HOURS: '21:00-08:30', QUIET_HOURS_ZONE: 'Europe/Paris' };
  t.match(readConfig({ ...GOOD, ...given }), given);
  t.match(readConfig(GOOD), { QUIET_HOURS: undefined, QUIET_HOURS_ZONE: 'UTC' });
  for (const wrong of ['24:00-08:00', '9-17', '21:00', '08:00-08:00', 'at night'])
    t.throws(() => readConfig({ ...GOOD, QUIET_HOURS: wrong }), /QUIET_HOURS must be two different times/);
});

t.test('calls per second may be a fraction, but not next to nothing', async (t) => {
  const rate = (ODOO_CALLS_PER_SECOND: string) => readConfig({ ...GOOD, ODOO_CALLS_PER_SECOND }).ODOO_CALLS_PER_SECOND;
  t.same(['0', '0.1', '0.5', '1', '20'].map(rate), [0, 0.1, 0.5, 1, 20]);
  for (const wrong of ['0.05', '-1', '1e3', '.5', 'one']) t.throws(() => rate(wrong), /ODOO_CALLS_PER_SECOND must be /);
});

t.test('every fault is listed at once, and no value is repeated', async (t) => {
  const bad = {
    ODOO_URL: 'https://me:hunter2@odoo.example.org',
    ODOO_TRANSPORT: 'soap',
    APP_URL: 'ftp://x',
    PORT: '99999',
    POLL_CRON: 'often',
    APP_WEBHOOK_SECRETS: 'hunter2',
    BRIDGE_API_TOKENS: 'hunter2',
    DATABASE_URL: 'mysql://hunter2',
    BRIDGE_INSTANCE: 'No Good',
    QUIET_HOURS: '21:00-21:00',
    QUIET_HOURS_ZONE: 'hunter2',
    CONFLICT_TIE: 'hunter2',
    DELETE_GUARD_PERCENT: '-1',
    ODOO_CALL_MAX_SECONDS: '1',
    ODOO_CALLS_PER_SECOND: 'hunter2',
  };
  try {
    readConfig(bad);
    t.fail('it was accepted');
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const named = error.faults.map((fault) => fault.split(' ')[0]).sort();
    t.same(named, [...Object.keys(bad), 'ODOO_DB', 'ODOO_USERNAME', 'ODOO_API_KEY', 'APP_API_TOKEN'].sort());
    t.match(error.faults, [/ODOO_URL must not contain a user name/]);
    t.ok(error.faults.includes('ODOO_DB is missing (see .env.example)'));
    t.notMatch(error.message, /hunter2/);
  }
});

t.test('one by one: what is right is used, whatever else is wrong', async (t) => {
  const { settings, faults } = inspectConfig({
    APP_URL: 'https://app.example.org',
    PORT: 'hunter2',
    LOG_FILE: '/tmp/x.log',
  });
  t.equal(settings.APP_URL, 'https://app.example.org');
  t.equal(settings.LOG_FILE, '/tmp/x.log');
  t.equal(settings.HOST, '127.0.0.1', 'the default');
  t.same(Object.fromEntries(faults), {
    ODOO_URL: 'is missing',
    ODOO_DB: 'is missing',
    ODOO_USERNAME: 'is missing',
    ODOO_API_KEY: 'is missing',
    APP_API_TOKEN: 'is missing',
    PORT: 'must be a whole number',
  });
  t.equal(
    inspectConfig({ ...GOOD, ODOO_URL: 'odoo' }).faults.get('ODOO_URL'),
    'must be an http:// or https:// address',
  );
  t.equal(inspectConfig(GOOD).faults.size, 0);
  t.type(inspectConfig().settings.DATA_DIR, 'string', 'by default that of this process');
});
