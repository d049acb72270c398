/** What the cases of the contract are made of. */
import type { Test } from 'tap';
import {
  type Base,
  type Claim,
  type ClaimedLink,
  type GuardedIntent,
  type Links,
  PRIORITY,
  type Settlement,
} from '../../../src/links/links.ts';
import type { Rows, StoredLink, Subject } from './subject.ts';

export const MODEL = 'res.partner';
export const INFO = { reconcileId: '00000000-0000-4000-8000-000000000001', clocks: { app: { offset: 5 } } };
export const ERROR = { code: 'refused_by_odoo', message: 'Odoo refused the record.', remedy: 'Mend the record.' };
export const BASE: Base = {
  app: { name: 'Anna', active: true },
  odoo: { name: 'ANNA', active: true },
  stamps: { app: 'a1', odoo: 'o1' },
  mapping: 'm1',
};

export type OneClaimed = Claim & { readonly links: readonly [ClaimedLink] };
type Store = Pick<Subject, 'links'>;

export function markTeachers({ links }: Store, ...ids: readonly string[]): Promise<void> {
  const keys = ids.map((id) => ({ entity: 'teacher', id }));
  return links.markApp(keys, MODEL, PRIORITY.live);
}

export const claimAll = ({ links }: Store, entity = 'teacher') => links.claim(entity, MODEL, 100);

export async function claimOne({ links }: Store, entity = 'teacher'): Promise<OneClaimed> {
  const claim = await links.claim(entity, MODEL, 10);
  if (claim?.links.length !== 1) throw new Error(`expected one link, got ${claim?.links.length ?? 0}`);
  return claim as OneClaimed;
}

export const toSettlement = (link: ClaimedLink, more: Partial<Settlement> = {}): Settlement => ({
  link,
  next: { kind: 'done' },
  outcome: 'noop',
  logged: false,
  ...more,
});

/** Settles all links of a claim alike. */
export function settle({ links }: Store, claim: Claim, more: Partial<Settlement> = {}): Promise<number> {
  return links.settle(
    claim,
    claim.links.map((link) => toSettlement(link, more)),
    INFO,
  );
}

/** Makes a link of two records, at rest. @returns its id */
export async function tie(store: Store, appId: string, odooId: number, base = BASE): Promise<string> {
  await markTeachers(store, appId);
  const claim = await claimOne(store);
  const id = claim.links[0].id;
  await attachOdoo(store.links, claim, odooId);
  await settle(store, claim, { base });
  return id;
}

export function attachOdoo(links: Links, claim: OneClaimed, odooId: number): Promise<boolean> {
  return links.attach(claim, claim.links[0].id, { side: 'odoo', id: String(odooId), odooModel: MODEL });
}

export const toIntent = (linkId: string, more: Partial<GuardedIntent> = {}): GuardedIntent => ({
  linkId,
  side: 'odoo',
  kind: 'update',
  key: 'k1',
  fields: { phone: '2' },
  conflicts: [],
  edited: null,
  strayed: {},
  onStamp: 'stamp',
  sentAt: 4_000,
  overAt: 5_000,
  ...more,
});

export async function readOnly(store: Subject): Promise<StoredLink> {
  const { links } = await store.read();
  if (links.length !== 1) throw new Error(`expected one row, got ${links.length}`);
  return links[0] as StoredLink;
}

export async function readLink(store: Subject, id: string): Promise<StoredLink | undefined> {
  return (await store.read()).links.find((row) => row.id === id);
}

/** What tells one link from another, and its marks. */
export const toMarks = ({ links }: Rows) =>
  links
    .map(
      ({ entity, appId, odooId, dirtySeq, doneSeq }) =>
        `${entity} ${appId ?? '-'} ${odooId ?? '-'} ${doneSeq}/${dirtySeq}`,
    )
    .sort();

/** The real clock moves on while a case runs. */
export function checkNear(t: Test, actual: number | null | undefined, expected: number, message: string): void {
  const distance = Math.abs((actual ?? Number.NaN) - expected);
  t.ok(distance < 5_000, message, { actual, expected });
}
