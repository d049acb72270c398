/** The examples of docs/odoo-client.md do what they say, as they stand there. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t, { type Test } from 'tap';
import { startOdooSimulator } from '../../../sandbox/odoo-simulator/start-simulator.ts';
import { realOdoo } from '../../support/odoo-lab.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');

t.setTimeout(280_000);

type Address = Readonly<Record<'url' | 'database' | 'username' | 'apiKey', string>>;

/** Those with their imports: programs that run alone. */
async function readExamples(): Promise<readonly string[]> {
  const page = await readFile(join(ROOT, 'docs', 'odoo-client.md'), 'utf8');
  const blocks = [...page.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, block = '']) => block);
  return blocks.filter((block) => block.startsWith('import '));
}

async function runExample(t: Test, example: string, { url, database, username, apiKey }: Address): Promise<string> {
  const folder = t.testdir({ 'example.ts': example.replaceAll(`'./src/`, `'${ROOT}/src/`) });
  const env = { ODOO_URL: url, ODOO_DB: database, ODOO_USERNAME: username, ODOO_API_KEY: apiKey };
  return (await promisify(execFile)(process.execPath, [join(folder, 'example.ts')], { env })).stdout;
}

t.test('the first example creates a customer', async (t) => {
  const simulator = await startOdooSimulator();
  t.teardown(() => simulator.close());
  const [example = ''] = await readExamples();
  t.match(await runExample(t, example, simulator), /^19\.0.*name: 'Ada Lovelace'.*city: 'London'/s);
  const [ada] = [...simulator.table('res.partner').values()].filter(({ name }) => name === 'Ada Lovelace');
  t.match(ada, { email: 'ada@example.com', customer_rank: 1 });
});

t.test('all of them, on a real Odoo 19', { timeout: 280_000 }, async (t) => {
  const real = await realOdoo(t);
  if (!real) return;
  const [customer = '', invoice = '', lead = '', ...others] = await readExamples();
  t.same(others, []);
  await t.test('a customer', async (t) => t.match(await runExample(t, customer, real), /name: 'Ada Lovelace'/));
  await t.test('an invoice', async (t) => {
    t.match(await runExample(t, invoice, real), /^INV\/2026\/\d+ posted 15113\.6 not_paid\n$/);
    const sql = `select count(*) from account_move where state = 'posted' and amount_total = 15113.60`;
    t.equal(await real.lab.psql(sql), '1');
  });
  await t.test('a lead', async (t) => {
    t.equal(await runExample(t, lead, real), 'Rome in May opportunity ada@example.com\n');
    t.equal(await real.lab.psql(`select type from crm_lead where name = 'Rome in May'`), 'opportunity');
  });
});
