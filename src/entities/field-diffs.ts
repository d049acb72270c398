/** What would become of the fields of a record. */
import { type CanonicalRecord, type FieldValue, readField } from './define-entity.ts';

/** By field, in canonical form. */
export type FieldDiffs = Readonly<Record<string, { readonly from: FieldValue; readonly to: FieldValue }>>;

/** A field that is left out of a record is empty. */
export function diffRecords(before: CanonicalRecord, after: CanonicalRecord): FieldDiffs {
  const fields = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return Object.fromEntries(
    fields
      .map((field) => [field, { from: readField(before, field), to: readField(after, field) }] as const)
      .filter(([, { from, to }]) => from !== to),
  );
}

/** Both one after the other; what came back is no difference. */
export function joinDiffs(first: FieldDiffs, second: FieldDiffs): FieldDiffs {
  const ends = (pick: 'from' | 'to', one: FieldDiffs, other: FieldDiffs) =>
    Object.fromEntries(Object.entries({ ...one, ...other }).map(([field, diff]) => [field, diff[pick]]));
  return diffRecords(ends('from', second, first), ends('to', first, second));
}
