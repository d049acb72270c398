/** What an error carries anywhere, for tests that nothing secret is among it. */
import { inspect } from 'node:util';

/**
 * All text that can be reached from a thrown value: through own properties (also those that are not enumerable, so
 * `stack`, `cause` and what libraries hang on), symbols, entries of maps and sets, and what `inspect` shows.
 */
export function traceError(error: unknown): string {
  const seen = new Set<unknown>();
  const found: string[] = [inspect(error, { depth: null, showHidden: true }), String(error), JSON.stringify(error)];
  const waiting: unknown[] = [error];
  while (waiting.length > 0) {
    const value = waiting.pop();
    if (typeof value === 'string') found.push(value);
    if (value instanceof Uint8Array) found.push(Buffer.from(value).toString('latin1'));
    if (((typeof value !== 'object' || value === null) && typeof value !== 'function') || seen.has(value)) continue;
    seen.add(value);
    if (value instanceof Map) waiting.push(...value.keys(), ...value.values());
    if (value instanceof Set) waiting.push(...value);
    for (const key of Reflect.ownKeys(value)) {
      found.push(String(key));
      waiting.push(readMember(value, key));
    }
  }
  return found.join('\n');
}

/** Some getters throw when they are asked for: then there is nothing to be had from them. */
function readMember(value: object, key: string | symbol): unknown {
  try {
    return Reflect.get(value, key);
  } catch {
    return null;
  }
}
