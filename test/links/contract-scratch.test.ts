/** The links of a plan keep the contract over the one connection that they have: no operation waits for a second one. */
import t from 'tap';
import { openScratchSubject } from './contract/postgres-subject.ts';
import { runContract } from './contract/run-contract.ts';

t.setTimeout(180_000);

t.test('temporary tables on one connection keep the contract', { timeout: 180_000 }, async (t) => {
  await runContract(t, await openScratchSubject(t), ['locks', 'cursors']);
});
