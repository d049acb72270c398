/** That a run on PostgreSQL would notice: bugs in the SQL, planted one by one. */
import t from 'tap';
import { mutate } from '../mutants/plant.ts';
import { SQL_MUTANTS } from '../mutants/sql-mutants.ts';
import { runSeeds } from '../run-seeds.ts';
import { type Databases, openDatabases } from './open-databases.ts';

t.setTimeout(300_000);

let databases: Databases;
t.before(async () => {
  databases = await openDatabases(1);
});
t.teardown(() => databases.close());

for (const mutant of SQL_MUTANTS) {
  t.test(`it is noticed when ${mutant.name}`, async (t) => {
    t.doesNotThrow(() => mutate(mutant), 'it fits into the code');
    const options = { threads: 1, databases: databases.urls, mutant, untilFailure: true };
    const { failures } = await runSeeds({ from: 1, count: 30 }, options);
    const broke = failures.flatMap(({ violations }) => violations.map(({ invariant }) => invariant));
    t.not(broke.length, 0, `seed ${failures[0]?.seed} breaks ${[...new Set(broke)].join(' ')}`);
  });
}
