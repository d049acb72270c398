import t from 'tap';
import { startOdooSimulator } from '../../sandbox/odoo-simulator/start-simulator.ts';
import { runContactScenarios } from './contact-scenarios.ts';

// Two whole passes, with pauses that Odoo's clock of whole seconds asks for.
t.setTimeout(240_000);

for (const transport of ['json2', 'xmlrpc']) {
  t.test(`contacts both ways, with the simulator, over ${transport}`, async (t) => {
    t.setTimeout(120_000);
    const odoo = await startOdooSimulator();
    t.teardown(() => odoo.close());
    await runContactScenarios(t, odoo, { ODOO_TRANSPORT: transport });
    t.same(odoo.unknownCalls, [], 'only calls that the contract suite covers');
  });
}
