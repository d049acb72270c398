/** Plants a mutant in the thread that calls it: call it before the engine is imported. */
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import type { Mutant } from './mutant.ts';

const ROOT = new URL('../../../', import.meta.url);

/** @throws when the text is not in the file exactly once: then the mutant is out of date */
export function mutate({ name, file, from, to }: Mutant): string {
  const parts = readFileSync(new URL(file, ROOT), 'utf8').split(from);
  if (parts.length !== 2) throw new Error(`mutant "${name}": its text is ${parts.length - 1} times in ${file}`);
  return parts.join(to);
}

export function plant(mutant: Mutant): void {
  const source = mutate(mutant);
  const target = new URL(mutant.file, ROOT).href;
  registerHooks({
    load: (url, context, nextLoad) =>
      url === target ? { format: 'module-typescript', source, shortCircuit: true } : nextLoad(url, context),
  });
}
