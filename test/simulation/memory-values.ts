/** Values as a database keeps them: nobody who holds the original can change what is stored, nor who reads it. */

const kept = new WeakSet<object>();

/** Copies and freezes plain data; what came out of the store goes in again as it is. Keys without a value are left out. */
export function keep<T>(value: T): T {
  if (typeof value !== 'object' || value === null || kept.has(value)) return value;
  const copy = Array.isArray(value) ? value.map((item) => keep(item ?? null)) : keepFields(value);
  kept.add(Object.freeze(copy));
  return copy as T;
}

function keepFields(value: object): object {
  const copy: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(value)) if (field !== undefined) copy[name] = keep(field);
  return copy;
}
