import t from 'tap';
import { createJson2Transport } from '../../src/backends/odoo/json2-transport.ts';
import { realOdoo } from '../support/odoo-lab.ts';
import { runContract } from './contract/run-contract.ts';

/** Edits in a transaction of its own that stays open for some seconds, as a person's long import does. */
function editScript(partnerId: number, values: Readonly<Record<string, string>>): string {
  return `
import time
env['res.partner'].browse(${partnerId}).write(${JSON.stringify(values)})
env.flush_all()
print('LOCKED', flush=True)
time.sleep(2.5)
env.cr.commit()
`;
}

t.setTimeout(280_000);

t.test('a real Odoo 19 keeps the contract', { timeout: 280_000 }, async (t) => {
  const odoo = await realOdoo(t);
  if (!odoo) return;
  const { url, database, username, apiKey, lab, createUser } = odoo;
  await runContract(t, {
    kind: 'real',
    url,
    database,
    username,
    apiKey,
    createUser,
    async race(partnerId, values, work) {
      const edit = lab.startShell(editScript(partnerId, values));
      await edit.line('LOCKED');
      const result = await work();
      await edit.end();
      return result;
    },
    async hide(partnerId) {
      const rules = createJson2Transport(odoo);
      const domain = [['model', '=', 'res.partner']];
      const [model_id] = (await rules.call({ model: 'ir.model', method: 'search', args: { domain } })) as number[];
      const values = { name: 'hide', model_id: Number(model_id), domain_force: `[('id', '!=', ${partnerId})]` };
      const ids = (await rules.call({ model: 'ir.rule', method: 'create', args: { vals_list: [values] } })) as number[];
      return async () => {
        await rules.call({ model: 'ir.rule', method: 'unlink', ids });
      };
    },
    async editSlowly(partnerId, values) {
      await lab.shell(editScript(partnerId, values));
    },
  });
});
