/** People at work on both sides: performs the operations of a schedule. */
import type { Entity } from '../../src/entities/define-entity.ts';
import { entityNamed } from '../../src/entities/registry.ts';
import type { Network } from './network.ts';
import type { Operation, Pick } from './operations.ts';
import { type PartnerRow, type PartnerValues, TAGS } from './partner-row.ts';
import type { Scheduler } from './scheduler.ts';
import type { AppRow, SimApp } from './sim-app.ts';
import type { SimOdoo, Transaction } from './sim-odoo.ts';

export interface People {
  perform(operation: Operation): void;
  /** Gives back what was taken from the bridge's view: rights, and records left out of answers. */
  relent(): void;
}

export interface PeopleOptions {
  readonly scheduler: Scheduler;
  readonly network: Network;
  readonly app: SimApp;
  readonly odoo: SimOdoo;
  readonly early: boolean;
  /**
   * Clocks are set again before a poll has seen how they were set. What is edited meanwhile bears a time that nobody
   * knows of: without its webhook it is found by sweeps alone.
   */
  readonly fickleClocks: boolean;
}

/** By then both sides were polled, whenever the last poll was. */
export const TWO_POLLS_MS = 125_000;

export function nameOf(person: number): { readonly name: string; readonly email: string } {
  return { name: `Person ${person}`, email: `p${person}@example.org` };
}

/** Invoices raise a rank, and nobody lowers it again. */
function keepRanks(now: PartnerRow, values: PartnerValues): PartnerValues {
  return {
    ...(now.customer_rank > 1 && 'customer_rank' in values && { customer_rank: now.customer_rank }),
    ...(now.supplier_rank > 1 && 'supplier_rank' in values && { supplier_rank: now.supplier_rank }),
  };
}

export function createPeople({ scheduler, network, app, odoo, early, fickleClocks }: PeopleOptions): People {
  const restrictions: (() => void)[] = [];

  function restrictFor(ms: number, undo: () => void): void {
    restrictions.push(undo);
    scheduler.after(ms, undo);
  }

  function pickApp(entity: Entity, pick: number): AppRow | undefined {
    const rows = app.rows(entity);
    return rows[pick % Math.max(1, rows.length)];
  }

  function persons(): readonly PartnerRow[] {
    return odoo.rows().filter(({ is_company }) => !is_company);
  }

  function pickPartner(pick: Pick): PartnerRow | undefined {
    const all = persons();
    if ('partner' in pick) return all[pick.partner % Math.max(1, all.length)];
    const like = pickApp(entityNamed(pick.like), pick.pick);
    return (
      all.find(({ email }) => email !== false && email === like?.email) ?? all[pick.pick % Math.max(1, all.length)]
    );
  }

  /** A transaction of a person. With Odoo 17 and 18 its webhooks leave before it commits. */
  function inOdoo(work: (transaction: Transaction) => void, takesMs = 0): void {
    const begunAt = scheduler.now();
    const commit = () => {
      try {
        if (early) odoo.transactEarly(begunAt, scheduler.random.between(0, 900), work);
        else odoo.transact('person', begunAt, work);
      } catch {
        // What the person had open is gone: Odoo refuses to save.
      }
    };
    if (takesMs === 0) commit();
    else scheduler.after(takesMs, commit);
  }

  function write(pick: Pick, values: PartnerValues, takesMs = 0): void {
    const row = pickPartner(pick);
    if (row) inOdoo((transaction) => transaction.write(row.id, values), takesMs);
  }

  function schoolId(transaction: Transaction, school: string | null): number | false {
    if (school === null) return false;
    return odoo.findCompany(school)?.id ?? transaction.create({ name: school, is_company: true });
  }

  function archiveInApp(entity: Entity, pick: number, archive: boolean): void {
    const rows = app.rows(entity).filter(({ deleted_at }) => (deleted_at === null) === archive);
    const row = rows[pick % Math.max(1, rows.length)];
    if (row)
      app.writeByPerson(entity, row.id, { deleted_at: archive ? new Date(app.clock.read()).toISOString() : null });
  }

  /** The same edit, of the record that is being written. */
  function aimAt(operation: Operation, record: string | undefined): Operation {
    if (record === undefined) return operation;
    const [entity = '', id = ''] = record.split(':');
    if (operation.kind === 'app_edit' && id !== '') {
      const pick = app.rows(entityNamed(entity)).findIndex((row) => row.id === id);
      return pick < 0 ? operation : { ...operation, entity, pick };
    }
    if (operation.kind !== 'odoo_edit' || id !== '') return operation;
    const partner = persons().findIndex((row) => String(row.id) === record);
    return partner < 0 ? operation : { ...operation, pick: { partner }, takesMs: 0 };
  }

  function perform(operation: Operation): void {
    switch (operation.kind) {
      case 'app_create':
        app.createByPerson(entityNamed(operation.entity), { ...nameOf(operation.person), ...operation.fields });
        return;
      case 'app_edit': {
        const entity = entityNamed(operation.entity);
        const row = pickApp(entity, operation.pick);
        if (row) app.writeByPerson(entity, row.id, operation.fields);
        return;
      }
      case 'app_archive':
      case 'app_restore':
        archiveInApp(entityNamed(operation.entity), operation.pick, operation.kind === 'app_archive');
        return;
      case 'app_touch': {
        const entity = entityNamed(operation.entity);
        const row = pickApp(entity, operation.pick);
        if (row) app.writeByPerson(entity, row.id, {});
        return;
      }
      case 'app_hide': {
        const entity = entityNamed(operation.entity);
        const row = pickApp(entity, operation.pick);
        if (!row) return;
        app.hide(entity, row.id, true);
        restrictFor(operation.forMs, () => app.hide(entity, row.id, false));
        return;
      }
      case 'odoo_create':
        inOdoo((transaction) => {
          const category_id = operation.tags.map((tag) => TAGS[tag] ?? 0);
          const parent_id = schoolId(transaction, operation.school);
          transaction.create({ ...nameOf(operation.person), ...operation.values, category_id, parent_id });
        });
        return;
      case 'odoo_edit': {
        const row = pickPartner(operation.pick);
        const { school, values } = operation;
        if (!row) return;
        inOdoo((transaction) => {
          const now = transaction.get(row.id);
          const parent = school === undefined ? {} : { parent_id: schoolId(transaction, school) };
          transaction.write(row.id, { ...values, ...parent, ...(now && keepRanks(now, values)) });
        }, operation.takesMs);
        return;
      }
      case 'odoo_archive':
        write(operation.pick, { active: false });
        return;
      case 'odoo_restore':
        write(operation.pick, { active: true });
        return;
      case 'odoo_touch': {
        const row = pickPartner(operation.pick);
        write(operation.pick, { name: row?.name ?? false });
        return;
      }
      case 'odoo_unlink': {
        const row = pickPartner(operation.pick);
        if (row) inOdoo((transaction) => transaction.unlink(row.id));
        return;
      }
      case 'odoo_merge': {
        const [loser, survivor] = [pickPartner(operation.pick), pickPartner(operation.into)];
        if (!loser || !survivor || loser === survivor) return;
        inOdoo((transaction) => transaction.merge(loser.id, survivor.id));
        return;
      }
      case 'odoo_tag': {
        const row = pickPartner(operation.pick);
        const tag = TAGS[operation.entity] ?? 0;
        if (!row) return;
        const others = row.category_id.filter((id) => id !== tag);
        write(operation.pick, { category_id: operation.add ? [...others, tag].sort() : others });
        return;
      }
      case 'company_address': {
        const companies = odoo.rows().filter(({ is_company }) => is_company);
        const company = companies[operation.pick % Math.max(1, companies.length)];
        if (company) inOdoo((transaction) => transaction.write(company.id, operation.values));
        return;
      }
      case 'odoo_right': {
        const row = pickPartner(operation.pick);
        if (!row) return;
        odoo.setRight(row.id, operation.right);
        restrictFor(operation.forMs, () => odoo.setRight(row.id, 'full'));
        return;
      }
      case 'clock': {
        const { clock } = operation.side === 'app' ? app : odoo;
        if (fickleClocks || scheduler.now() - clock.jumpedAt() > TWO_POLLS_MS) clock.jump(operation.jumpMs);
        return;
      }
      case 'intrude':
        network.beforeNextWrite(operation.side, ([record]) => perform(aimAt(operation.operation, record)));
    }
  }

  return {
    perform(operation) {
      scheduler.note(`do ${operation.kind}`);
      perform(operation);
    },
    relent() {
      for (const undo of restrictions.splice(0)) undo();
    },
  };
}
