/** All bugs that can be planted. */
import { GUARDS } from './guards.ts';
import type { Mutant } from './mutant.ts';
import { STAMPS } from './stamps.ts';
import { WRITES } from './writes.ts';

export const MUTANTS: readonly Mutant[] = [...WRITES, ...STAMPS, ...GUARDS];
