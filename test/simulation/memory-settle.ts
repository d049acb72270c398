/** Settling in the in-memory store: the end of a pass, all of it or nothing. */
import { isDeepStrictEqual } from 'node:util';
import type { Claim, ClaimedLink, Next, SettleInfo, Settlement } from '../../src/links/links.ts';
import type { Memory } from './memory.ts';
import { countMark } from './memory-mark.ts';
import type { LinkRow } from './memory-rows.ts';

/** What the checks of a simulation are told of each settlement. */
export interface SettleEntry {
  readonly settlement: Settlement;
  readonly info: SettleInfo;
  readonly at: number;
  /** False when the lease was lost, and so nothing was written. */
  readonly accepted: boolean;
  /** As it is afterwards; null when it is gone. */
  readonly row: LinkRow | null;
}

const LONGEST_AGAIN_MS = 60_000;

/** Whether the mark is answered, and when the link is tried again: null for at once. */
function plan(next: Next, attempts: number): { done: boolean; attempts: number; afterMs: number | null } {
  switch (next.kind) {
    case 'done':
    case 'hold':
    case 'forget':
      return { done: true, attempts: 0, afterMs: null };
    case 'park':
      return { done: true, attempts: attempts + 1, afterMs: null };
    case 'again': {
      const afterMs = attempts < 5 ? null : Math.min(LONGEST_AGAIN_MS, 250 * 2 ** (attempts - 5));
      return { done: false, attempts: attempts + 1, afterMs };
    }
    case 'renew':
      return { done: false, attempts: 0, afterMs: null };
    case 'retry':
      return { done: false, attempts: attempts + 1, afterMs: next.afterMs };
    case 'wait':
      return { done: false, attempts, afterMs: next.afterMs };
  }
}

function toState(next: Next): LinkRow['state'] {
  if (next.kind === 'park') return 'parked';
  if (next.kind === 'hold') return 'held';
  return next.kind === 'done' && next.outOfScope ? 'out_of_scope' : 'active';
}

export function settle(memory: Memory, claimed: Claim, settlements: readonly Settlement[], info: SettleInfo): number {
  const valid = settlements.filter(({ link }) => memory.tables.links.get(link.id)?.leaseToken === claimed.token);
  for (const settlement of valid) {
    const row = settleLink(memory, settlement);
    if (settlement.base) {
      memory.tables.bases.set(row.id, memory.keep(settlement.base));
      memory.tables.agreedAt.set(row.id, memory.now());
    }
    if (settlement.next.kind === 'renew') renew(memory, row);
    endIntents(memory, settlement);
    writeConflicts(memory, settlement, row, info);
    noteRestored(memory, settlement);
    if (settlement.logged) writeLog(memory, settlement, row, info);
  }
  markSiblings(memory, valid);
  markWaiting(memory, valid);
  for (const { link, next } of valid) if (next.kind === 'forget') forget(memory, link);
  for (const settlement of settlements) {
    const row = memory.tables.links.get(settlement.link.id) ?? null;
    memory.onSettle({ settlement, info, at: memory.now(), accepted: valid.includes(settlement), row });
  }
  return settlements.length - valid.length;
}

function settleLink({ tables, now, keep }: Memory, settlement: Settlement): LinkRow {
  const { link, next, warnings } = settlement;
  const row = tables.links.get(link.id) as LinkRow;
  const { done, attempts, afterMs } = plan(next, link.attempts);
  const state = toState(next);
  const agreed = done && state === 'active';
  const markedMeanwhile = row.dirtySeq > Number(link.seq) && next.kind !== 'wait';
  return tables.updateLink(link.id, {
    doneSeq: done ? Number(link.seq) : row.doneSeq,
    state,
    stateSince: row.state === state ? row.stateSince : now(),
    attempts,
    nextAttemptAt: markedMeanwhile || afterMs === null ? null : now() + afterMs,
    error: 'error' in next ? keep(next.error) : null,
    hold: next.kind === 'hold' ? keep(next.hold) : null,
    warnings: warnings === undefined ? row.warnings : warnings.length === 0 ? null : keep(warnings),
    ownAppStamp: settlement.ownAppStamp ?? row.ownAppStamp,
    ownOdooStamp: settlement.ownOdooStamp ?? row.ownOdooStamp,
    edits: keep(next.kind === 'done' ? { app: null, odoo: null } : (settlement.edits ?? link.edits)),
    flips: settlement.flips ? keep(settlement.flips) : row.flips,
    // What a person decided while this pass was under way is for the next one.
    released: row.released && !(done && link.released),
    decision: agreed && isDeepStrictEqual(link.decision, row.decision) ? null : row.decision,
    restoring: agreed && isDeepStrictEqual(link.restoring, row.restoring) ? null : row.restoring,
    waitsFor: next.kind === 'wait' ? keep(next.waitsFor ?? null) : null,
    leaseToken: null,
    leaseUntil: null,
  });
}

/** What was agreed on was agreed of the record that is spent. */
function renew({ tables }: Memory, { id, renewals, edits }: LinkRow): void {
  tables.bases.delete(id);
  tables.agreedAt.delete(id);
  tables.updateLink(id, { odooId: null, renewals: renewals + 1, ownOdooStamp: null, edits: { ...edits, odoo: null } });
}

function endIntents({ tables }: Memory, { link, openIntents = [] }: Settlement): void {
  const open = (tables.intents.get(link.id) ?? []).filter(({ key }) => openIntents.includes(key));
  if (open.length === 0) tables.intents.delete(link.id);
  else tables.intents.set(link.id, open);
}

function writeConflicts(
  { tables, keep }: Memory,
  { link, conflicts = [] }: Settlement,
  row: LinkRow,
  info: SettleInfo,
): void {
  for (const entry of conflicts) {
    const id = String(tables.nextNumber());
    tables.conflicts.set(
      id,
      keep({
        ...entry,
        base: entry.base ?? null,
        id,
        linkId: link.id,
        entity: link.entity,
        appId: row.appId,
        odooId: row.odooId,
        clocks: info.clocks,
        restoredAt: null,
      }),
    );
  }
}

/** A loser that a person wanted back is on both sides now. */
function noteRestored({ tables, now, keep }: Memory, { link, next }: Settlement): void {
  const conflict = next.kind === 'done' && link.restoring && tables.conflicts.get(link.restoring.conflictId);
  if (conflict) tables.conflicts.set(conflict.id, keep({ ...conflict, restoredAt: now() }));
}

function writeLog({ tables, keep }: Memory, settlement: Settlement, row: LinkRow, info: SettleInfo): void {
  const { link, next, outcome, direction, fields, warnings = [] } = settlement;
  const error = 'error' in next ? next.error : null;
  const hold = next.kind === 'hold' ? next.hold : null;
  tables.logs.push(
    keep({
      reconcileId: info.reconcileId,
      entity: link.entity,
      linkId: link.id,
      appId: row.appId,
      odooId: row.odooId,
      outcome,
      direction: direction ?? null,
      fields: fields ?? null,
      errorCode: error?.code ?? (hold ? `held_${hold.kind}` : null),
      message: error?.message ?? hold?.detail ?? (warnings.map(({ reason }) => reason).join(' ') || null),
      remedy: error?.remedy ?? null,
    }),
  );
}

/** Another link on the same Odoo record has to carry the write on to its own app record. */
function markSiblings(memory: Memory, settlements: readonly Settlement[]): void {
  const { tables } = memory;
  for (const { link, wroteOdoo, next } of settlements) {
    const row = tables.links.get(link.id);
    const left = next.kind === 'done' && next.outOfScope;
    if (!(wroteOdoo || left) || !row || row.odooId === null) continue;
    for (const sibling of tables.findOdoo(row.odooModel, row.odooId))
      if (sibling.id !== row.id && sibling.state !== 'out_of_scope')
        tables.updateLink(sibling.id, countMark(memory, sibling));
  }
}

/** Who waited for a record that has its counterpart now goes on at once. */
function markWaiting(memory: Memory, settlements: readonly Settlement[]): void {
  const { tables } = memory;
  for (const { link } of settlements) {
    const parent = tables.links.get(link.id);
    const gained = (link.appId === null || link.odooId === null) && parent?.appId != null && parent.odooId !== null;
    if (!gained) continue;
    for (const row of tables.links.values()) {
      if (row.waitsFor?.entity !== parent.entity || row.waitsFor.id !== parent.appId) continue;
      tables.updateLink(row.id, { ...countMark(memory, row), nextAttemptAt: null, waitsFor: null });
    }
  }
}

/** A mark that came meanwhile keeps the row: it may tie something together by now. */
function forget({ tables }: Memory, { id, seq }: ClaimedLink): void {
  if (tables.links.get(id)?.dirtySeq === Number(seq)) tables.deleteLink(id);
}
