import t from 'tap';
import { startOdooSimulator } from '../../sandbox/odoo-simulator/start-simulator.ts';
import { runContract } from './contract/run-contract.ts';

t.setTimeout(60_000);

t.test('the simulator keeps the contract', { timeout: 60_000 }, async (t) => {
  const simulator = await startOdooSimulator();
  t.teardown(() => simulator.close());
  await runContract(t, {
    kind: 'simulator',
    major: 19,
    url: simulator.url,
    database: simulator.database,
    username: simulator.username,
    apiKey: simulator.apiKey,
    async createUser({ login, groups }) {
      const user = simulator.addUser({ username: login, apiKey: `key-of-${login}`, groups });
      return { username: user.login, apiKey: user.apiKey };
    },
    async race(partnerId, values, work) {
      simulator.beforeCommit = async () => {
        simulator.beforeCommit = undefined;
        await simulator.asPerson().write('res.partner', partnerId, values);
      };
      return work();
    },
    async hide(partnerId) {
      simulator.hidden.add(partnerId);
      return async () => {
        simulator.hidden.delete(partnerId);
      };
    },
    editSlowly: (partnerId, values) => simulator.asPerson().writeSlowly('res.partner', partnerId, values, 2500),
  });
  t.same(
    simulator.unknownCalls.filter((call) => !call.startsWith('simulator:')),
    [],
    'and the suite asked for nothing else',
  );
});
