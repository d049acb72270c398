import t from 'tap';
import { startOdooSimulator } from '../../../sandbox/odoo-simulator/start-simulator.ts';
import { readBirth, readUuid } from '../../../src/backends/odoo/identify-odoo.ts';
import { createJson2Transport } from '../../../src/backends/odoo/json2-transport.ts';
import { SERVER_ACTIONS } from '../../../src/backends/odoo/server-actions.ts';
import type { OdooTransport } from '../../../src/backends/odoo/transport.ts';

const SALES = { username: 'sales', apiKey: 'key', groups: ['sales_team.group_sale_salesman'] };

t.test('a database says when it was made, and what it is called', async (t) => {
  const simulator = await startOdooSimulator({ now: () => Date.UTC(2026, 0, 2, 3, 4, 5), users: [SALES] });
  t.teardown(() => simulator.close());
  const admin = createJson2Transport(simulator);
  const sales = createJson2Transport({ ...simulator, ...SALES });
  const none = () => Promise.resolve(null);
  const [parameter] = [...simulator.table('ir.config_parameter').values()];
  t.equal(await readBirth(admin), '2026-01-02 03:04:05');
  t.equal(await readBirth(sales), '2026-01-02 03:04:05');
  t.equal(await readUuid(admin, none), parameter?.value);

  t.equal(await readUuid(sales, none), null, 'no administrator and no action');
  const [partner] = [...simulator.table('ir.model').values()].filter(({ model }) => model === 'res.partner');
  const install = (name: string) => {
    const code = SERVER_ACTIONS.find((action) => action.name === name)?.code ?? '';
    const values = { name, model_id: partner?.id, state: 'code', code };
    return simulator.asPerson().create('ir.actions.server', values);
  };
  const right = await install('find_external_ids');
  const wrong = await install('adopt');
  t.equal(await readUuid(sales, async () => right), parameter?.value);
  t.equal(await readUuid(sales, async () => wrong), null, 'another action');
  t.equal(await readUuid(sales, async () => 999_999), null, 'no action');

  await simulator.asPerson().unlink('ir.config_parameter', Number(parameter?.id));
  t.equal(await readUuid(admin, none), null, 'it was never named');
  t.equal(await readUuid(sales, async () => right), null);

  const silent = (rows: readonly object[]): OdooTransport => ({ ...admin, call: async () => rows as never });
  t.equal(await readBirth(silent([])), '', 'a database that does not say it');
  t.equal(await readBirth(silent([{ id: 1, create_date: false }])), '');

  const away: OdooTransport = createJson2Transport({ ...simulator, ...SALES });
  let calls = 0;
  const goesAway: OdooTransport = {
    ...away,
    async call(call) {
      calls += 1;
      if (calls === 2) await simulator.pause();
      return away.call(call);
    },
  };
  await t.rejects(
    readUuid(goesAway, async () => right),
    { name: 'RetryableError' },
    'away is not: unknown',
  );
  await t.rejects(readUuid(admin, none), { name: 'RetryableError' });
});
