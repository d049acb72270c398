/** An edit is lost if it is neither there at the end, nor was followed by a later one, nor lost a conflict on record. Pure. */
import { type Acquaintance, type Edit, type EditedField, FIELDS } from './acquaintances.ts';

/** What the record holds at the end, where both sides agree. */
export type Held = Readonly<Record<EditedField, string | null>>;

/**
 * @param losers for the records of a name, the values that lost a conflict, as text
 * @returns one sentence for each edit that is lost
 */
export function findLostEdits(person: Acquaintance, held: Held, losers: readonly string[]): readonly string[] {
  const lost: string[] = [];
  for (const field of FIELDS) {
    const edits = person.edits.filter((edit) => edit.field === field);
    const last = (['app', 'odoo'] as const).flatMap((side) => edits.findLast((edit) => edit.side === side) ?? []);
    const winner = last.find((edit) => isIn(held[field], edit));
    for (const edit of last) {
      if (edit === winner || edit.from < (winner?.to ?? 0) || losers.some((value) => isIn(value, edit))) continue;
      lost.push(`${person.name}: ${field} ${edit.value} of ${edit.side} is nowhere; there is ${held[field]}`);
    }
  }
  return lost;
}

/** Numbers of telephones may be spelled anew on their way. */
function isIn(text: string | null, { value }: Edit): boolean {
  return (text ?? '').replaceAll(/\s/g, '').includes(value.replaceAll(/\s/g, ''));
}
