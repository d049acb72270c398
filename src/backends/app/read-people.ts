/** The people whom records refer to and whose values those hold: read in bulk, as the app has them now. */
import { text } from '../../entities/codecs.ts';
import { type Entity, type Parent, type Person, parentKey } from '../../entities/define-entity.ts';
import { entityNamed } from '../../entities/registry.ts';

export type RawRecord = Readonly<Record<string, unknown>> & { readonly id: string };

/** Which of these (`entity:id`) were erased from the bridge: nothing of them is to come back by way of a list. */
export type FindErased = (people: readonly string[]) => Promise<ReadonlySet<string>>;

/**
 * @param read fetches records of an entity by their ids
 * @returns by `entity:id`, without those that were erased, and those that the app has put away or does not return;
 *   null for an entity that holds nothing of other people
 */
export async function readPeople(
  entity: Entity,
  records: readonly RawRecord[],
  findErased: FindErased,
  read: (entity: Entity, ids: readonly string[]) => Promise<readonly RawRecord[]>,
): Promise<ReadonlyMap<string, Person> | null> {
  const { people } = entity.app;
  if (!people) return null;
  const found = new Map<string, Person>();
  const named = records.flatMap((record) => people(record));
  const erased = await findErased([...new Set(named.map(parentKey))]);
  const wanted = named.filter((person) => !erased.has(parentKey(person)));
  for (const [name, group] of Map.groupBy(wanted, (person: Parent) => person.entity)) {
    const ids = [...new Set(group.map(({ id }) => id))];
    for (const person of await read(entityNamed(name), ids)) {
      if (person.deleted_at != null) continue;
      found.set(parentKey({ entity: name, id: person.id }), { name: text(person.name), email: text(person.email) });
    }
  }
  return found;
}
