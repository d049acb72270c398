/** Claims and intents of the in-memory store. */
import { LEASE_MS } from '../../src/links/claim.ts';
import { GUARD_WINDOW_HOURS, guardLimit } from '../../src/links/guard.ts';
import {
  type Announced,
  type Claim,
  type ClaimedLink,
  type GuardedIntent,
  type GuardKind,
  type Intent,
  PRIORITY,
  type Priority,
} from '../../src/links/links.ts';
import type { Memory } from './memory.ts';
import type { LinkRow } from './memory-rows.ts';

const HOUR_MS = 3_600_000;

function isDue({ dirtySeq, doneSeq, nextAttemptAt, leaseUntil }: LinkRow, now: number): boolean {
  return (
    dirtySeq > doneSeq && (nextAttemptAt === null || nextAttemptAt <= now) && (leaseUntil === null || leaseUntil < now)
  );
}

export function findDirty({ tables, now }: Memory): readonly string[] {
  const entities = new Set<string>();
  for (const row of tables.links.values()) if (isDue(row, now())) entities.add(row.entity);
  return [...entities];
}

/** Another link on the same Odoo record is being worked on. */
function isTaken({ tables }: Memory, { id, odooModel, odooId }: LinkRow, now: number): boolean {
  if (odooId === null) return false;
  return tables.findOdoo(odooModel, odooId).some((row) => row.id !== id && (row.leaseUntil ?? 0) > now);
}

export function claim(memory: Memory, entity: string, limit: number): Claim | null {
  const { tables } = memory;
  const now = memory.now();
  const due: LinkRow[] = [];
  for (const row of tables.links.values())
    if (row.entity === entity && isDue(row, now) && !isTaken(memory, row, now)) due.push(row);
  if (due.length === 0) return null;
  due.sort((left, right) => left.priority - right.priority || left.dirtyOrder - right.dirtyOrder);
  const token = memory.nextToken();
  const leased = due
    .slice(0, limit)
    .map(({ id }) => tables.updateLink(id, { leaseToken: token, leaseUntil: now + LEASE_MS }))
    .sort((left, right) => left.made - right.made);
  return { entity, token, links: leased.map((row) => toClaimed(memory, row)) };
}

function toClaimed({ tables, keep }: Memory, row: LinkRow): ClaimedLink {
  return keep({
    id: row.id,
    entity: row.entity,
    appId: row.appId,
    odooId: row.odooId,
    renewals: row.renewals,
    seq: String(row.dirtySeq),
    priority: row.priority,
    attempts: row.attempts,
    dirtyAt: row.dirtyAt ?? 0,
    ownAppStamp: row.ownAppStamp,
    ownOdooStamp: row.ownOdooStamp,
    edits: row.edits,
    base: tables.bases.get(row.id) ?? null,
    intents: (tables.intents.get(row.id) ?? []).map(({ made, since, ...intent }) => intent),
    flips: row.flips,
    restoring: row.restoring,
    released: row.released,
    decision: row.decision,
  });
}

/** The rows that still carry the claim's token. */
export function findLeased({ tables }: Memory, { token }: Claim): readonly LinkRow[] {
  const leased: LinkRow[] = [];
  for (const row of tables.links.values()) if (row.leaseToken === token) leased.push(row);
  return leased;
}

export function renewLease(memory: Memory, claimed: Claim): ReadonlySet<string> {
  const leaseUntil = memory.now() + LEASE_MS;
  return new Set(findLeased(memory, claimed).map(({ id }) => memory.tables.updateLink(id, { leaseUntil }).id));
}

export function release(memory: Memory, claimed: Claim, afterMs: number): void {
  const ids = new Set(claimed.links.map(({ id }) => id));
  for (const { id, priority } of findLeased(memory, claimed)) {
    if (!ids.has(id)) continue;
    // Not all at the same instant: one bad record must not meet the same batch again.
    const nextAttemptAt = memory.now() + afterMs * (0.5 + memory.random());
    const waited = Math.max(priority, PRIORITY.poll) as Priority;
    memory.tables.updateLink(id, { leaseToken: null, leaseUntil: null, priority: waited, nextAttemptAt });
  }
}

export function recordIntents(memory: Memory, claimed: Claim, intents: readonly GuardedIntent[]): Announced {
  const ours = renewLease(memory, claimed);
  const written = intents.filter(({ linkId }) => ours.has(linkId));
  const held = reserve(memory, claimed, written);
  const announced = written.filter(({ linkId }) => !held.has(linkId));
  const creating = new Set(announced.filter(({ kind }) => kind === 'create').map(({ linkId }) => linkId));
  const firstTries = new Map(Array.from(creating, (id) => [id, withdrawCreation(memory, id)]));
  for (const { guard, ...intent } of announced) announce(memory, intent, firstTries.get(intent.linkId));
  return { ours, held };
}

/** @returns when the creation, if there was one, was announced first */
function withdrawCreation({ tables }: Memory, linkId: string): number | undefined {
  const present = tables.intents.get(linkId) ?? [];
  const others = present.filter(({ kind }) => kind !== 'create');
  tables.intents.set(linkId, others);
  return present.find(({ kind }) => kind === 'create')?.since;
}

function announce({ tables, keep }: Memory, intent: Intent, firstTry: number | undefined): void {
  const made = tables.nextNumber();
  const row = keep({
    ...intent,
    sentAt: Math.trunc(intent.sentAt),
    overAt: Math.trunc(intent.overAt),
    made,
    since: firstTry ?? made,
  });
  tables.intents.set(intent.linkId, [...(tables.intents.get(intent.linkId) ?? []), row]);
}

/** Takes a place for each link that needs one, in their order, until the limit is reached. */
function reserve({ tables, now, settings }: Memory, claimed: Claim, intents: readonly GuardedIntent[]) {
  const held = new Map<string, GuardKind>();
  const released = new Set(claimed.links.filter((link) => link.released).map(({ id }) => id));
  const { entity } = claimed;
  for (const kind of ['archive', 'rewrite'] as const) {
    const wanting = intents.filter(({ guard, linkId }) => guard === kind && !released.has(linkId));
    if (wanting.length === 0) continue;
    const since = now() - GUARD_WINDOW_HOURS * HOUR_MS;
    const uses = [...tables.guardUses.values()].filter(
      (use) => use.entity === entity && use.kind === kind && use.usedAt > since,
    );
    const placed = new Set(uses.map(({ linkId }) => linkId));
    const limit = guardLimit(kind, countLinked(tables.links.values(), entity), settings.guardPercent);
    for (const { linkId } of wanting) {
      if (placed.has(linkId)) continue;
      if (placed.size >= limit) {
        held.set(linkId, kind);
        continue;
      }
      placed.add(linkId);
      tables.guardUses.set(`${linkId}\n${kind}`, { linkId, kind, entity, usedAt: now() });
    }
  }
  return held;
}

export function countLinked(rows: Iterable<LinkRow>, entity: string): number {
  let count = 0;
  for (const row of rows) if (row.entity === entity && row.appId !== null && row.odooId !== null) count += 1;
  return count;
}
