/**
 * Who is entered on both sides at one moment may get a counterpart before the other entry can be seen: no search shows
 * what is not committed yet. The bridge holds the second one as a possible duplicate and asks; here people answer.
 */
import type { Fields } from '../people/people.ts';
import type { World } from '../world/start-world.ts';
import type { Acquaintance } from './acquaintances.ts';

/** What people need for it. */
type Places = Pick<World, 'atApp' | 'atOdoo'> & { readonly bridge: Pick<World['bridge'], 'ask'> };

/** @returns for each that people have done away with, all that it held, as text: they chose what stays */
export async function mergeDoubles(world: Places, known: readonly Acquaintance[]): Promise<readonly string[]> {
  const held = (await world.bridge.ask('/api/held?limit=500')).data as Fields[];
  const dropped: string[] = [];
  for (const { kind, app_id, odoo_id } of held) {
    if (kind !== 'match') continue;
    const done =
      app_id === null
        ? await mergePartner(world, known, Number(odoo_id))
        : await setAside(world, known, String(app_id));
    if (done) dropped.push(JSON.stringify(done));
  }
  return dropped;
}

/** As a person does it at Odoo's list of contacts. */
async function mergePartner({ atOdoo }: Places, known: readonly Acquaintance[], id: number): Promise<Fields | null> {
  const double = await atOdoo.look(id);
  const person = known.find(({ name, enteredTwice }) => enteredTwice && name === double?.name);
  const others = person ? (await atOdoo.find(person.name)).filter((partner) => partner.id !== id) : [];
  const [survivor] = others;
  if (!double || !survivor || others.length > 1) return null;
  await atOdoo.merge(id, survivor.id);
  return double;
}

/** The app has no merge: who is there twice is archived under another name. */
async function setAside({ atApp }: Places, known: readonly Acquaintance[], id: string): Promise<Fields | null> {
  for (const { name, collection, enteredTwice } of known) {
    const records = enteredTwice ? await atApp.find(collection, name) : [];
    const double = records.find((record) => String(record.id) === id);
    if (!double || records.length < 2) continue;
    await atApp.edit(collection, id, { name: `Twice: ${name}` });
    await atApp.archive(collection, id);
    return double;
  }
  return null;
}
