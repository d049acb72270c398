import type { Collection } from './data/collection.ts';
import { findCollection } from './data/collections.ts';
import { Problem } from './problem.ts';

/** @throws a 404 problem when the app keeps no such collection */
export function requireCollection(name: string): Collection {
  const collection = findCollection(name);
  if (collection === undefined) throw new Problem(404, 'There is no such collection.');
  return collection;
}
