/**
 * The coverage gate. A test file that mirrors a source file (test/db/x.test.ts, src/db/x.ts) must cover every line
 * and branch of it by itself; tests of several files together cover none, so that nothing counts as tested because
 * it happened to be passed through.
 */
import { existsSync } from 'node:fs';

/** Mirrored files that need not be covered fully, each with the reason. */
export const EXEMPT = {};

/** The source file that a test file answers for, or null. Paths are relative to the project. */
export function findMirrored(testFile) {
  const source = testFile.replace(/^test\//, 'src/').replace(/\.test\.ts$/, '.ts');
  return existsSync(new URL(`../${source}`, import.meta.url)) && !(source in EXEMPT) ? source : null;
}

export default findMirrored;
