/** What is not as it must be, one sentence each. Pure. */
import type { Couple, Unpaired } from '../world/compare-sides.ts';
import type { Acknowledged } from '../world/front-door.ts';
import { findLostEdits, type Held } from './find-lost-edits.ts';
import type { Evidence } from './gather-evidence.ts';

export interface Findings {
  /** Acknowledged events that are not on record, or whose record is not equal on both sides. */
  readonly lost: readonly string[];
  /** Edits that are nowhere. */
  readonly lostEdits: readonly string[];
  /** What is there more often than once. */
  readonly duplicates: readonly string[];
  /** Who is on one side only, and fields that are not equal. */
  readonly differing: readonly string[];
  /** What waits for a person, though nothing here gives a reason to. */
  readonly waiting: readonly string[];
}

const ENTITIES: Readonly<Record<string, string>> = { teachers: 'teacher', tenants: 'tenant', guests: 'guest' };

export function judge(all: Evidence): Findings {
  const evidence = withoutStrangers(all);
  const { known, comparison, links, parked, held, losers } = evidence;
  const heldBy = new Map(comparison.couples.map(({ name, values }) => [name, values as Held]));
  return {
    lost: findLostEvents(evidence),
    lostEdits: known.flatMap((person) => {
      const values = heldBy.get(person.name);
      return values ? findLostEdits(person, values, losers) : [];
    }),
    duplicates: findDuplicates(evidence),
    differing: [
      ...comparison.unpaired.filter((one) => !isDouble(one) && !isExcused(one, links)).map(({ what }) => what),
      ...comparison.couples.flatMap(({ differences }) => differences),
      ...findAbsent(evidence),
    ],
    waiting: [...parked, ...held],
  };
}

/**
 * Who was entered on both sides and archived on both before the bridge could link the two is alone on either side: each
 * is archived and needs no counterpart. Only their name makes them look like a couple.
 */
function withoutStrangers(evidence: Evidence): Evidence {
  const { comparison, links } = evidence;
  const areStrangers = ({ collection, appId, partnerId, values, differences }: Couple) =>
    values.archived === true &&
    !differences.some((what) => what.includes(': archived is ')) &&
    !links.some(
      (link) =>
        link.entity === ENTITIES[collection] &&
        ((link.appId === appId && link.odooId !== null) || (link.odooId === partnerId && link.appId !== null)),
    );
  const strangers = comparison.couples.filter(areStrangers);
  const alone = strangers.flatMap(({ collection, name, appId, partnerId }) => {
    const one = { collection, name, appIds: [], partnerIds: [], isArchived: true, what: `${name} is archived` };
    return [
      { ...one, appIds: [appId] },
      { ...one, partnerIds: [partnerId] },
    ];
  });
  const couples = comparison.couples.filter((couple) => !strangers.includes(couple));
  return { ...evidence, comparison: { ...comparison, couples, unpaired: [...comparison.unpaired, ...alone] } };
}

function isDouble({ appIds, partnerIds }: Unpaired): boolean {
  return appIds.length > 1 || partnerIds.length > 1;
}

/** Who was archived before a counterpart was made needs none any more; who had one has lost it. */
function isExcused(one: Unpaired, links: Evidence['links']): boolean {
  const { collection, appIds, partnerIds } = one;
  const isLinked = links.some(
    ({ entity, appId, odooId }) =>
      entity === ENTITIES[collection] &&
      appId !== null &&
      odooId !== null &&
      (appIds.includes(appId) || partnerIds.includes(odooId)),
  );
  return one.isArchived && !isDouble(one) && !isLinked;
}

/** Somebody who was entered is there, whatever the sides say of each other. */
function findAbsent({ known, comparison }: Evidence): readonly string[] {
  const there = new Set([...comparison.couples, ...comparison.unpaired].map(({ name }) => name));
  return known.filter(({ name }) => !there.has(name)).map(({ name }) => `${name} is on neither side`);
}

function findLostEvents({ comparison, links, acknowledged, delivered }: Evidence): readonly string[] {
  const equal = new Set([
    ...comparison.couples.filter(({ differences }) => differences.length === 0).flatMap(recordsOf),
    ...comparison.unpaired.filter((one) => isExcused(one, links)).flatMap(recordsOf),
  ]);
  const tagged = new Set([...comparison.couples, ...comparison.unpaired].flatMap(recordsOf));
  return acknowledged.flatMap((event) => {
    const record = recordOf(event);
    if (event.webhookId !== null && !delivered.has(event.webhookId))
      return [`the event ${event.webhookId} of ${record} was acknowledged and is not on record`];
    // Odoo tells of every contact, the bridge cares for those with a tag.
    const concerns = event.webhookId !== null || tagged.has(record);
    return concerns && !equal.has(record) ? [`${record} was told of, and is not equal on both sides`] : [];
  });
}

function recordsOf(one: Couple | Unpaired): readonly string[] {
  const { collection } = one;
  const [appIds, partnerIds] = 'appIds' in one ? [one.appIds, one.partnerIds] : [[one.appId], [one.partnerId]];
  return [...appIds.map((id) => `${ENTITIES[collection]} ${id}`), ...partnerIds.map((id) => `partner ${id}`)];
}

/** `teacher 42`, or `partner 7`. */
function recordOf({ body }: Acknowledged): string {
  if ('_id' in body) return `partner ${body._id}`;
  const { id } = body.data as { id: string };
  return `${String(body.type).split('.')[0]} ${id}`;
}

function findDuplicates({ comparison, companies, externalIds, links }: Evidence): readonly string[] {
  const found = comparison.unpaired.filter(isDouble).map(({ what }) => what);
  found.push(...findRepeated(companies).map((name) => `${name} is in Odoo more than once`));
  found.push(...findRepeated(externalIds.map(({ name }) => name)).map((name) => `${name} names several partners`));
  const namesOf = Map.groupBy(externalIds, ({ partnerId }) => partnerId);
  for (const { collection, name, appId, partnerId } of comparison.couples) {
    const entity = ENTITIES[collection] ?? '';
    const others = (namesOf.get(partnerId) ?? []).filter((one) => one.name !== `${entity}_${appId}`);
    for (const other of others) found.push(`the partner of ${name} is named ${other.name}, which is another record`);
    const own = links.filter((link) => link.entity === entity && (link.appId === appId || link.odooId === partnerId));
    const [link] = own;
    const isRight = own.length === 1 && link?.appId === appId && link.odooId === partnerId;
    if (!isRight) found.push(`${name} has ${own.length} links, where one to both records should be`);
  }
  return found;
}

function findRepeated(names: readonly string[]): readonly string[] {
  return [...Map.groupBy(names, (name) => name)].filter(([, all]) => all.length > 1).map(([name]) => name);
}
