import { access, constants } from 'node:fs/promises';
import t from 'tap';
import { findPostgresBinaries } from '../../src/db/postgres-binaries.ts';

t.test('the programs of this platform can be run', async (t) => {
  const { initdb, pgCtl } = findPostgresBinaries();
  for (const path of [initdb, pgCtl]) await t.resolves(access(path, constants.X_OK), path);
});

t.test('a platform without a server is told so, and what to do', async (t) => {
  t.throws(() => findPostgresBinaries('aix', 'ppc64'), {
    name: 'SetupError',
    code: 'database_platform',
    message: /aix on ppc64/,
    remedy: /DATABASE_URL/,
  });
});
