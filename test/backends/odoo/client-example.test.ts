/** The example of docs/odoo-client.md does what it says, as it stands there. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import { startOdooSimulator } from '../../../sandbox/odoo-simulator/start-simulator.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');

t.test('the example creates a customer', async (t) => {
  const simulator = await startOdooSimulator();
  t.teardown(() => simulator.close());
  const page = await readFile(join(ROOT, 'docs', 'odoo-client.md'), 'utf8');
  const [, example = ''] = /^```ts\n(.*?)^```$/ms.exec(page) ?? [];
  t.match(example, /connectOdoo/);
  const folder = t.testdir({ 'example.ts': example.replaceAll(`'./src/`, `'${ROOT}/src/`) });
  const { url, database, username, apiKey } = simulator;
  const env = { ODOO_URL: url, ODOO_DB: database, ODOO_USERNAME: username, ODOO_API_KEY: apiKey };
  const { stdout } = await promisify(execFile)(process.execPath, [join(folder, 'example.ts')], { env });
  t.match(stdout, /^19\.0.*name: 'Ada Lovelace'.*city: 'London'/s);
  const [ada] = [...simulator.table('res.partner').values()].filter(({ name }) => name === 'Ada Lovelace');
  t.match(ada, { email: 'ada@example.com', customer_rank: 1 });
});
