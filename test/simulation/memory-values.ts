/** Values as a database keeps them: nobody who holds the original can change what is stored, nor who reads it. */

export type Keep = <T>(value: T) => T;

/** Copies and freezes plain data; what came out of the store goes in again as it is. Keys without a value are left out. */
export function isolate<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  const copy = Array.isArray(value) ? value.map((item) => isolate(item ?? null)) : isolateFields(value);
  return Object.freeze(copy) as T;
}

function isolateFields(value: object): object {
  const copy: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(value)) if (field !== undefined) copy[name] = isolate(field);
  return copy;
}

/** Stores the value itself. Where nobody alters what is stored, this is the same, and a good deal faster. */
export function share<T>(value: T): T {
  return value;
}
