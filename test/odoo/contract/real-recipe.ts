/** A real Odoo for the contract suite. */
import type { RealOdoo } from '../../support/odoo-lab.ts';
import type { Recipe } from './contract-odoo.ts';

export function realRecipe({ lab, transport, ...odoo }: RealOdoo): Recipe {
  return {
    kind: 'real',
    major: odoo.version,
    url: odoo.url,
    database: odoo.database,
    username: odoo.username,
    apiKey: odoo.apiKey,
    createUser: odoo.createUser,
    async race(partnerId, values, work) {
      const edit = lab.startShell(editScript(partnerId, values));
      await edit.line('LOCKED');
      const result = await work();
      await edit.end();
      return result;
    },
    async hide(partnerId) {
      const [model_id] = (await transport.call({
        model: 'ir.model',
        method: 'search',
        args: { domain: [['model', '=', 'res.partner']] },
      })) as number[];
      const values = { name: 'hide', model_id: Number(model_id), domain_force: `[('id', '!=', ${partnerId})]` };
      const create = { model: 'ir.rule', method: 'create', args: { vals_list: [values] } };
      const ids = (await transport.call(create)) as number[];
      return async () => {
        await transport.call({ model: 'ir.rule', method: 'unlink', ids });
      };
    },
    async editSlowly(partnerId, values) {
      await lab.shell(editScript(partnerId, values));
    },
  };
}

/** Edits in a transaction of its own that stays open for some seconds, as a person's long import does. */
function editScript(partnerId: number, values: Readonly<Record<string, string>>): string {
  return `
import time
partner = env['res.partner'].browse(${partnerId})
partner.write(${JSON.stringify(values)})
env.flush_all() if hasattr(env, 'flush_all') else partner.flush()
print('LOCKED', flush=True)
time.sleep(2.5)
env.cr.commit()
`;
}
