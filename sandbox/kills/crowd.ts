/** People at work on both sides, one step after the other without end: they enter, change, archive and restore. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Side } from '../../src/entities/define-entity.ts';
import type { Fields } from '../people/people.ts';
import type { World } from '../world/start-world.ts';
import { type Acquaintance, type EditedField, FIELDS, mayEdit } from './acquaintances.ts';
import type { Choose } from './choose.ts';

export interface Crowd {
  readonly known: readonly Acquaintance[];
  readonly done: { readonly created: number; readonly edited: number; readonly archived: number };
  /** Does one thing. */
  step(): Promise<void>;
}

const KINDS = [
  { collection: 'teachers', tag: 'Teacher' },
  { collection: 'tenants', tag: 'Tenant' },
  { collection: 'guests', tag: 'Guest' },
] as const;
/** The bridge archives so many of a kind in a day before somebody has to agree. */
const COME_AND_GO = 5;
/** Enough that some are quiet while others change. */
const ENOUGH = 400;

/** @param mark names this run in an Odoo that others use */
export function createCrowd(world: World, choose: Choose, mark: string): Crowd {
  const { atApp, atOdoo } = world;
  const known: Acquaintance[] = [];
  const done = { created: 0, edited: 0, archived: 0 };
  let lastNumber = 0;

  function nextNumber(): number {
    lastNumber += 1;
    return lastNumber;
  }

  async function create(): Promise<void> {
    const number = nextNumber();
    const { collection, tag } = choose.oneOf(KINDS);
    const visitors = known.filter((one) => one.collection === collection && one.comesAndGoes).length;
    const comesAndGoes = visitors < COME_AND_GO && choose.chance(0.4);
    const name = `Person ${String(number).padStart(5, '0')}${mark && ` ${mark}`}`;
    // Now and then the same person is entered on both sides at once.
    const where = choose.between(1, 8);
    const ids = { appId: null, partnerId: null };
    const person: Acquaintance = { name, collection, comesAndGoes, enteredTwice: where === 1, ...ids, edits: [] };
    const email = `person.${number}${mark}@example.org`;
    const inApp = async () => {
      const school = collection === 'teachers' && choose.chance(0.2) ? `Lycée ${choose.between(1, 4)}` : null;
      const fields = collection === 'teachers' ? { name, email, country: 'FR', school } : { name, email, city: 'Lyon' };
      person.appId = await atApp.create(collection, fields);
    };
    const inOdoo = async () => {
      const category_id = [[6, 0, [await atOdoo.tagId(tag)]]];
      person.partnerId = await atOdoo.create({ name, email, category_id });
    };
    await Promise.all([where <= 5 && inApp(), (where === 1 || where > 5) && inOdoo()]);
    done.created += 1;
    known.push(person);
  }

  /** Knows where the bridge has put the counterpart, once it has. */
  async function meet(person: Acquaintance, side: Side): Promise<boolean> {
    if (side === 'app') person.appId ??= await onlyId(atApp.find(person.collection, person.name), String);
    else person.partnerId ??= await onlyId(atOdoo.find(person.name), Number);
    return (side === 'app' ? person.appId : person.partnerId) !== null;
  }

  async function edit(person: Acquaintance): Promise<void> {
    const side = choose.oneOf(['app', 'odoo'] as const);
    const field = choose.oneOf(FIELDS);
    const value = makeValue(field, nextNumber());
    if (!mayEdit(person, field, side) || !(await meet(person, side))) return;
    const from = Date.now();
    if (side === 'app') await atApp.edit(person.collection, person.appId ?? '', { [field]: value });
    else await atOdoo.write(person.partnerId ?? 0, { [field === 'notes' ? 'comment' : field]: value });
    person.edits.push({ field, side, value, from, to: Date.now() });
    done.edited += 1;
  }

  async function comeOrGo(person: Acquaintance): Promise<void> {
    const side = choose.oneOf(['app', 'odoo'] as const);
    const archive = choose.chance(0.5);
    if (!(await meet(person, side))) return;
    if (side === 'odoo') await atOdoo.write(person.partnerId ?? 0, { active: !archive });
    else await atApp[archive ? 'archive' : 'restore'](person.collection, person.appId ?? '');
    done.archived += 1;
  }

  return {
    known,
    done,
    async step() {
      if (known.length < 12 || (known.length < ENOUGH && choose.chance(0.15))) return create();
      // Mostly those who came last: their counterparts are being made, or were a moment ago.
      const person = choose.oneOf(choose.chance(0.6) ? known.slice(-15) : known);
      return person.comesAndGoes ? comeOrGo(person) : edit(person);
    },
  };
}

/** Works without a pause longer than a moment, until the signal comes. @throws what a side refuses */
export async function keepBusy({ step }: Crowd, choose: Choose, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await step();
    // Cut short by the signal, that is no failure.
    await sleep(choose.between(10, 90), undefined, { signal }).catch(() => {});
  }
}

/** Of one length, so that none is a part of another. */
function makeValue(field: EditedField, number: number): string {
  const digits = String(number).padStart(8, '0');
  if (field === 'street') return `Rue ${digits}`;
  return field === 'notes' ? `Note ${digits}` : `+33 1 ${digits.match(/../g)?.join(' ')}`;
}

/** Null while there is none, and where there are several: those are found at the end. */
async function onlyId<T>(finding: Promise<readonly Fields[]>, read: (id: unknown) => T): Promise<T | null> {
  const [only, ...more] = await finding;
  return only && more.length === 0 ? read(only.id) : null;
}
