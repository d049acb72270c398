import type { Collection } from '../data/collection.ts';

export function recordPath(collection: Collection, id: string): string {
  return `/${collection.name}/${encodeURIComponent(id)}`;
}
