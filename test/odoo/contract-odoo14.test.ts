import t from 'tap';
import { realOdoo } from '../support/odoo-lab.ts';
import { realRecipe } from './contract/real-recipe.ts';
import { runContract } from './contract/run-contract.ts';

t.setTimeout(280_000);

t.test('a real Odoo 14 keeps the contract', { timeout: 280_000 }, async (t) => {
  const odoo = await realOdoo(t, { version: 14 });
  if (odoo) await runContract(t, realRecipe(odoo));
});
