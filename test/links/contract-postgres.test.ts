/** The links and cursors on PostgreSQL keep the contract that the simulation's store keeps. */
import t from 'tap';
import { openPostgres } from './contract/postgres-subject.ts';
import { runContract } from './contract/run-contract.ts';

t.setTimeout(180_000);

t.test('PostgreSQL keeps the contract', { timeout: 180_000 }, async (t) => {
  const { make } = await openPostgres(t);
  await runContract(t, make);
});
