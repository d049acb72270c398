/** The store of the simulation keeps the contract that the links on PostgreSQL keep. */
import t from 'tap';
import { createMemorySubject } from '../links/contract/memory-subject.ts';
import { runContract } from '../links/contract/run-contract.ts';

t.test('the store in memory keeps the contract', (t) =>
  runContract(t, async (_t, settings) => createMemorySubject(settings)),
);
