/** Listings and counterparts of the in-memory store: who is linked to which record. */
import type { CanonicalRecord, Side } from '../../src/entities/define-entity.ts';
import { digestRecord } from '../../src/links/digest.ts';
import {
  type Claim,
  type Hold,
  type Listed,
  type ListedRow,
  linkedKey,
  type Occupant,
  type Pair,
  type RecordKey,
  type Repointed,
} from '../../src/links/links.ts';
import type { Memory } from './memory.ts';
import type { LinkRow } from './memory-rows.ts';

const digests = new WeakMap<CanonicalRecord, string>();

function digestOf(record: CanonicalRecord): string {
  const digest = digests.get(record) ?? digestRecord(record);
  digests.set(record, digest);
  return digest;
}

function findOn({ tables }: Memory, side: Side, entity: string, odooModel: string, id: string): LinkRow | undefined {
  if (side === 'odoo') return tables.findOdoo(odooModel, Number(id)).find((row) => row.entity === entity);
  const row = tables.findApp(entity, id);
  return row?.odooModel === odooModel ? row : undefined;
}

export function filterChanged(
  memory: Memory,
  side: Side,
  entity: string,
  odooModel: string,
  rows: readonly ListedRow[],
): Listed {
  const changed: string[] = [];
  const unlinked: string[] = [];
  for (const listed of rows) {
    const link = findOn(memory, side, entity, odooModel, listed.id);
    if (!link) {
      if (listed.member) unlinked.push(listed.id);
    } else if (link.hold?.kind !== 'create' && differs(memory, side, link, listed)) changed.push(listed.id);
  }
  return { changed, unlinked };
}

function differs({ tables }: Memory, side: Side, link: LinkRow, { digest, member }: ListedRow): boolean {
  if (!member) return link.state !== 'out_of_scope';
  const base = tables.bases.get(link.id);
  return base === undefined || link.state !== 'active' || digestOf(base[side]) !== digest;
}

export function holdNew(
  memory: Memory,
  side: Side,
  entity: string,
  odooModel: string,
  ids: readonly string[],
  hold: Hold,
): void {
  for (const id of ids) {
    const taken = side === 'app' ? memory.tables.findApp(entity, id) : findOn(memory, side, entity, odooModel, id);
    if (taken) continue;
    const key = side === 'app' ? { appId: id } : { odooId: Number(id) };
    memory.tables.insertLink({ entity, odooModel, ...key, state: 'held', hold: memory.keep(hold) }, memory.now());
  }
}

export function findLinked({ tables }: Memory, keys: readonly RecordKey[]): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  for (const key of keys) {
    const odooId = tables.findApp(key.entity, key.id)?.odooId;
    if (odooId != null) found.set(linkedKey(key), odooId);
  }
  return found;
}

export function listPairs(
  { tables }: Memory,
  entity: string,
  odooModel: string,
  after: string | null,
  limit: number,
): readonly Pair[] {
  const pairs: Pair[] = [];
  for (const row of tables.links.values()) {
    const { id, appId, odooId } = row;
    if (row.entity !== entity || row.odooModel !== odooModel || row.state === 'out_of_scope') continue;
    if (appId === null || odooId === null || Number(id) <= Number(after ?? 0)) continue;
    const base = tables.bases.get(id);
    const at = tables.agreedAt.get(id) ?? 0;
    pairs.push({
      linkId: id,
      appId,
      odooId,
      agreed: base === undefined ? null : { app: digestOf(base.app), odoo: digestOf(base.odoo), at },
      dirtyAt: row.dirtySeq > row.doneSeq ? row.dirtyAt : null,
    });
  }
  return pairs.sort((left, right) => Number(left.linkId) - Number(right.linkId)).slice(0, limit);
}

export function listHalves({ tables }: Memory, side: Side, entity: string, odooModel: string): readonly string[] {
  return [...tables.links.values()]
    .filter((row) => row.entity === entity && row.odooModel === odooModel)
    .filter(({ state, hold }) => state === 'parked' || (state === 'held' && hold?.kind !== 'create'))
    .flatMap(({ appId, odooId }) => {
      const [own, other] = side === 'app' ? [appId, odooId] : [odooId, appId];
      return own === null || other !== null ? [] : [String(own)];
    });
}

function isOurs({ tables }: Memory, { token }: Claim, linkId: string): boolean {
  return tables.links.get(linkId)?.leaseToken === token;
}

function isCreating({ tables }: Memory, { id }: LinkRow): boolean {
  return (tables.intents.get(id) ?? []).some(({ kind }) => kind === 'create');
}

export function attach(
  memory: Memory,
  claimed: Claim,
  linkId: string,
  { side, id, odooModel }: { readonly side: Side; readonly id: string; readonly odooModel: string },
): boolean {
  const own = memory.tables.links.get(linkId);
  if (!own || !isOurs(memory, claimed, linkId)) return false;
  const other = findOn(memory, side, claimed.entity, odooModel, id);
  const folds = other !== undefined && other.id !== linkId;
  if (folds && (side === 'app' ? other.odooId : other.appId) !== null) return false;
  if (folds && isCreating(memory, other)) return false;
  if (folds) memory.tables.deleteLink(other.id);
  memory.tables.updateLink(linkId, {
    ...(side === 'app' ? { appId: id } : { odooId: Number(id) }),
    // The folded link was marked for a reason, perhaps for an edit that this pass has not seen.
    dirtySeq: own.dirtySeq + (folds ? 1 : 0),
  });
  return true;
}

export function repoint(memory: Memory, claimed: Claim, linkId: string, odooModel: string, odooId: number): Repointed {
  const own = memory.tables.links.get(linkId);
  if (!own || !isOurs(memory, claimed, linkId)) return 'busy';
  const other = findOn(memory, 'odoo', claimed.entity, odooModel, String(odooId));
  if (other && other.id !== linkId) {
    if (other.appId !== null) return 'linked';
    if (isCreating(memory, other)) return 'busy';
    memory.tables.deleteLink(other.id);
  }
  const edits = { ...own.edits, odoo: null };
  memory.tables.updateLink(linkId, { odooId, ownOdooStamp: null, edits, dirtySeq: own.dirtySeq + 1 });
  return 'moved';
}

export function findOccupants(
  memory: Memory,
  side: Side,
  entity: string,
  odooModel: string,
  ids: readonly string[],
): readonly Occupant[] {
  const { tables } = memory;
  const rows = [...new Set(ids)].flatMap((id) =>
    side === 'odoo' ? tables.findOdoo(odooModel, Number(id)) : (tables.findApp(entity, id) ?? []),
  );
  rows.sort((left, right) => left.made - right.made);
  return rows.map((row) => ({
    linkId: row.id,
    entity: row.entity,
    id: side === 'odoo' ? String(row.odooId) : String(row.appId),
    appId: row.appId,
    odooId: row.odooId,
    appActive: tables.bases.get(row.id)?.app.active !== false,
    inScope: row.state !== 'out_of_scope',
    creating: isCreating(memory, row),
  }));
}

export function findMaybeOurs({ tables, now }: Memory, side: Side, linkIds: readonly string[]): ReadonlySet<string> {
  const creations = [...tables.intents.values()]
    .flat()
    .filter((intent) => intent.kind === 'create' && intent.side === side);
  const maybe = (link: LinkRow) =>
    creations.some(({ linkId, since, overAt }) => {
      const creator = tables.links.get(linkId);
      if (!creator || creator.id === link.id || creator.entity !== link.entity || since > link.made) return false;
      // Not by the clock: until its own pass has looked again, nobody knows what became of it.
      return creator.state === 'active' || overAt > now();
    });
  return new Set(
    linkIds.filter((id) => {
      const link = tables.links.get(id);
      return link !== undefined && maybe(link);
    }),
  );
}
