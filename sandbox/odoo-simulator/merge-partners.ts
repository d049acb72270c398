/** `base.partner.merge.automatic.wizard.action_merge`: what "Merge" in Odoo's list of contacts does, in its order. */
import { type Environment, sudo, tableOf, type Values } from './environment.ts';
import { userError } from './odoo-errors.ts';
import { rowOf } from './records.ts';
import { SCHEMA } from './schema.ts';
import type { Row } from './tables.ts';

export const MERGE_WIZARD = 'base.partner.merge.automatic.wizard';
const MODEL = 'res.partner';
const MOST_AT_ONCE = 3;
const RANKS = ['customer_rank', 'supplier_rank'] as const;

export function mergeSelected(env: Environment, ids: readonly number[]): unknown {
  const [id] = ids;
  const wizard = rowOf(env, MERGE_WIZARD, Number(id));
  const partners = ((wizard.partner_ids ?? []) as number[]).filter((each) => tableOf(env, MODEL).get(each));
  if (partners.length > 1) mergePartners(env, partners, Number(wizard.dst_partner_id));
  env.world.operations.write(env, MERGE_WIZARD, [wizard.id], { partner_ids: [[6, 0, []]] });
  return { type: 'ir.actions.act_window', res_model: MERGE_WIZARD, res_id: id, view_mode: 'form', target: 'new' };
}

function mergePartners(env: Environment, ids: readonly number[], survivor: number): void {
  checkMergeable(env, ids);
  if (!ids.includes(survivor)) throw env.world.notCovered('a merge that leaves the choice of the survivor to Odoo');
  const losers = ids.filter((id) => id !== survivor);
  const before = losers.map((id) => rowOf(env, MODEL, id));
  moveReferences(env, losers, survivor);
  const { parent_id, ...values } = mergedValues([...before, rowOf(env, MODEL, survivor)]);
  env.world.operations.write(env, MODEL, [survivor], values);
  touchBelow(env, survivor);
  if (parent_id && parent_id !== survivor) env.world.operations.write(env, MODEL, [survivor], { parent_id });
  env.world.operations.unlink(sudo(env), MODEL, losers);
}

function checkMergeable(env: Environment, ids: readonly number[]): void {
  if (ids.length > MOST_AT_ONCE) {
    const advice = 'You can re-open the wizard several times if needed.';
    throw userError(`For safety reasons, you cannot merge more than ${MOST_AT_ONCE} contacts together. ${advice}`);
  }
  for (const id of ids) {
    let above = rowOf(env, MODEL, id).parent_id;
    for (; above; above = rowOf(env, MODEL, Number(above)).parent_id) {
      if (ids.includes(Number(above))) throw userError('You cannot merge a contact with one of his parent.');
    }
  }
  for (const user of tableOf(env, 'res.users').rows.values()) {
    if (ids.includes(Number(user.partner_id))) throw env.world.notCovered('merging the contact of a user');
  }
  const emails = new Set(ids.map((id) => rowOf(env, MODEL, id).email));
  if (emails.size > 1 && !env.world.users.get(env.uid)?.groups.has('base.group_erp_manager')) {
    const exception = 'Only the Administrator can merge contacts with different emails.';
    throw userError(`All contacts must have the same email. ${exception}`);
  }
}

/** Contacts below and tags go over in plain SQL, which moves no write_date and which no automation sees. */
function moveReferences(env: Environment, losers: readonly number[], survivor: number): void {
  const partners = tableOf(env, MODEL);
  for (const loser of losers) {
    for (const child of partners.childrenOf(loser)) env.transaction.put(partners, { ...child, parent_id: survivor });
    const row = rowOf(env, MODEL, survivor);
    const tags = new Set([...tagsOf(row), ...tagsOf(rowOf(env, MODEL, loser))]);
    env.transaction.put(partners, { ...row, category_id: [...tags].sort((left, right) => left - right) });
    for (const data of [...tableOf(env, 'ir.model.data').rows.values()]) {
      if (data.model !== MODEL || data.res_id !== loser) continue;
      env.world.operations.write(sudo(env), 'ir.model.data', [data.id], { res_id: survivor });
    }
  }
}

/** After its plain SQL Odoo trusts nothing in its cache and stores the full names below anew, equal or not. */
function touchBelow(env: Environment, id: number): void {
  const partners = tableOf(env, MODEL);
  const log = { write_uid: env.uid, write_date: env.transaction.stamp };
  for (const child of partners.childrenOf(id)) {
    env.transaction.put(partners, { ...child, ...log });
    touchBelow(env, child.id);
  }
}

const tagsOf = (row: Row) => (row.category_id ?? []) as readonly number[];

/** All plain fields, the survivor's (last) before the others'; the ranks of all are added up. */
function mergedValues(rows: readonly Row[]): Values {
  const merged: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(SCHEMA[MODEL]?.fields ?? {})) {
    // Odoo works the language out from the parent, so it does not count as a plain field.
    if (field.readonly || field.type === 'many2many' || field.type === 'one2many' || name === 'lang') continue;
    for (const row of rows) if (row[name]) merged[name] = row[name];
  }
  for (const rank of RANKS) merged[rank] = rows.reduce((sum, row) => sum + Number(row[rank] ?? 0), 0);
  return merged;
}
