/** Names the code that decides what becomes of a seed: the simulation, and of the engine what it loads. */
import { createHash } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
/** What no seed's outcome depends on: tests, planted bugs, and the other store. */
const APART = /\.test\.ts$|^test\/simulation\/(mutants|postgres)\//;
/** Types alone are not loaded. */
const IMPORT = /^(?:import|export)\s(?!type\s)[^;]*?\sfrom '(\.[^']+)'|^import '(\.[^']+)'/gm;

/** @returns from the root of the project, sorted */
export function findCode(): readonly string[] {
  const found = new Set<string>();
  function enter(path: string): void {
    if (found.has(path)) return;
    found.add(path);
    for (const [, from, bare] of readFileSync(join(ROOT, path), 'utf8').matchAll(IMPORT))
      enter(relative(ROOT, join(ROOT, path, '..', from ?? bare ?? '')));
  }
  const simulation = globSync('test/simulation/**/*.ts', { cwd: ROOT }).filter((path) => !APART.test(path));
  for (const path of simulation) enter(path);
  return [...found].filter((path) => !APART.test(path)).sort();
}

/** @returns sha256, in hexadecimal */
export function hashCode(): string {
  const hash = createHash('sha256');
  for (const path of findCode())
    hash
      .update(`${path}\0`)
      .update(readFileSync(join(ROOT, path)))
      .update('\0');
  return hash.digest('hex');
}
