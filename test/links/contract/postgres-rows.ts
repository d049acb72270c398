/** The tables of PostgreSQL in the words of the contract. */
import type { Selectable } from 'kysely';
import type { Db } from '../../../src/db/open-database.ts';
import type { LinksTable } from '../../../src/db/schema.ts';
import type { Base, ConflictEntry, HeldDecision, Hold, Priority } from '../../../src/links/links.ts';
import type { Rows, StoredLink } from './subject.ts';

export async function readRows(db: Db): Promise<Rows> {
  const [links, bases, intents, deliveries, conflicts, logs, guardUses] = await Promise.all([
    db.selectFrom('links').selectAll().orderBy('id').execute(),
    db.selectFrom('bases').selectAll().orderBy('link_id').execute(),
    db.selectFrom('intents').selectAll().orderBy('id').execute(),
    db.selectFrom('deliveries').selectAll().orderBy('id').execute(),
    db.selectFrom('conflicts').selectAll().orderBy('id').execute(),
    db.selectFrom('sync_logs').selectAll().orderBy('id').execute(),
    db.selectFrom('guard_uses').selectAll().orderBy('link_id').orderBy('kind').execute(),
  ]);
  return {
    links: links.map(toStored),
    bases: new Map(
      bases.map(({ link_id, app, odoo, app_stamp, odoo_stamp, mapping }): [string, Base] => [
        link_id,
        { app, odoo, stamps: { app: app_stamp, odoo: odoo_stamp }, mapping },
      ]),
    ),
    intents: intents.map(
      ({ link_id, side, kind, key, fields, conflicts: losers, edited, strayed, on_stamp, sent_at, over_at }) => ({
        linkId: link_id,
        side,
        kind,
        key,
        fields,
        conflicts: losers as unknown as ConflictEntry[],
        edited,
        strayed,
        onStamp: on_stamp,
        sentAt: sent_at.getTime(),
        overAt: over_at.getTime(),
      }),
    ),
    deliveries: deliveries.map(({ source, delivery_id, entity, odoo_model, record_id, looks, look_at }) => ({
      source,
      deliveryId: delivery_id,
      entity,
      odooModel: odoo_model,
      recordId: record_id,
      looks,
      lookAt: look_at?.getTime() ?? null,
    })),
    conflicts: conflicts.map((row) => ({
      id: row.id,
      linkId: row.link_id,
      entity: row.entity,
      appId: row.app_id,
      odooId: row.odoo_id,
      field: row.field,
      base: row.base,
      app: { value: row.app_value, at: row.app_at?.getTime() ?? 0 },
      odoo: { value: row.odoo_value, at: row.odoo_at?.getTime() ?? 0 },
      winner: row.winner,
      rule: row.rule,
      close: row.close,
      clocks: row.clocks,
      restoredAt: row.restored_at?.getTime() ?? null,
    })),
    logs: logs.map((row) => ({
      reconcileId: row.reconcile_id ?? '',
      entity: row.entity ?? '',
      linkId: row.link_id ?? '',
      appId: row.app_id,
      odooId: row.odoo_id,
      outcome: row.outcome,
      direction: row.direction,
      fields: row.fields,
      errorCode: row.error_code,
      message: row.message,
      remedy: row.remedy,
    })),
    guardUses: guardUses.map(({ link_id, kind, entity }) => ({ linkId: link_id, kind, entity })),
  };
}

function toStored(row: Selectable<LinksTable>): StoredLink {
  return {
    id: row.id,
    entity: row.entity,
    appId: row.app_id,
    odooModel: row.odoo_model,
    odooId: row.odoo_id,
    // No operation of the contract erases.
    state: row.state as StoredLink['state'],
    stateSince: row.state_since.getTime(),
    priority: row.priority as Priority,
    dirtySeq: Number(row.dirty_seq),
    doneSeq: Number(row.done_seq),
    dirtyAt: row.dirty_at?.getTime() ?? null,
    leaseToken: row.lease_token,
    leaseUntil: row.lease_until?.getTime() ?? null,
    attempts: row.attempts,
    nextAttemptAt: row.next_attempt_at?.getTime() ?? null,
    ownAppStamp: row.own_app_stamp,
    ownOdooStamp: row.own_odoo_stamp,
    edits: { app: row.app_edit, odoo: row.odoo_edit },
    flips: row.flips ?? {},
    restoring: row.restoring,
    released: row.released,
    decision: row.decision as HeldDecision | null,
    error: row.error,
    hold: row.hold as Hold | null,
    warnings: row.warnings,
    renewals: row.renewals,
    waitsFor:
      row.waits_entity === null || row.waits_app_id === null
        ? null
        : { entity: row.waits_entity, id: row.waits_app_id },
  };
}
