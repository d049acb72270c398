/** Automations that send webhooks: one POST per record and automation, after the commit, before the answer. */
import { formatMicros } from './datetimes.ts';
import { compileDomain } from './domain.ts';
import { type Environment, specOf, sudo, tableOf } from './environment.ts';
import { OdooError } from './odoo-errors.ts';
import { readRows, rowOf } from './records.ts';
import { searchRows } from './search-rows.ts';
import type { Row } from './tables.ts';

export function findAutomations(env: Environment, model: string, triggers: readonly string[]): readonly Row[] {
  const table = tableOf(env, 'base.automation');
  if (table.rows.size === 0) return [];
  return searchRows(sudo({ ...env, context: {} }), 'base.automation', [
    ['model_name', '=', model],
    ['trigger', 'in', triggers],
  ]);
}

/** Runs each automation for the records of which a watched field differs, once per outermost operation. */
export function runAutomations(
  env: Environment,
  model: string,
  automations: readonly Row[],
  ids: readonly number[],
  differs: (id: number, field: string) => boolean,
): void {
  for (const automation of automations) {
    const done = env.automationsDone?.get(automation.id) ?? new Set<number>();
    const watched = fieldNames(env, automation.trigger_field_ids);
    const matches = compileDomain(env, model, parsePython(automation.filter_domain));
    const due = ids.filter((id) => {
      const row = tableOf(env, model).get(id);
      if (done.has(id) || (row && !matches(row))) return false;
      return watched.length === 0 || watched.some((field) => differs(id, field));
    });
    for (const id of due) done.add(id);
    env.automationsDone?.set(automation.id, done);
    for (const action of tableOf(env, 'ir.actions.server').rows.values()) {
      if (action.base_automation_id === automation.id) for (const id of due) queueWebhook(env, model, action, id);
    }
  }
}

/** Without watched fields Odoo posts dozens of times per record: nobody may want that. */
export function checkAutomation(env: Environment, id: number): void {
  const row = rowOf(env, 'base.automation', id);
  if (row.trigger === 'on_create_or_write' && fieldNames(env, row.trigger_field_ids).length === 0) {
    throw env.world.notCovered('base.automation without trigger_field_ids');
  }
}

export function queueWebhook(env: Environment, model: string, action: Row, id: number): void {
  if (action.state !== 'webhook') throw env.world.notCovered(`an automation with an action of state ${action.state}`);
  const url = String(action.webhook_url ?? '');
  const names = fieldNames(env, action.webhook_field_ids);
  const [values = {}] = names.length ? readRows(sudo(env), model, [id], names, null) : [];
  const row = tableOf(env, model).get(id);
  // Odoo takes the first of the rows that were read, and there is none
  if (!row) throw new OdooError('builtins.IndexError', 'list index out of range');
  const stamps = names.filter((name) => specOf(env, model).fields[name]?.type === 'datetime');
  for (const name of stamps) values[name] = typeof row[name] === 'number' ? formatMicros(row[name]) : false;
  const body = { ...values, _action: `${action.name}(#${action.id})`, _id: id, _model: model };
  const sorted = Object.fromEntries(Object.entries(body).sort(([left], [right]) => (left < right ? -1 : 1)));
  env.transaction.afterCommit.push(() => env.world.postWebhook({ url, body: JSON.stringify(sorted) }));
}

function fieldNames(env: Environment, ids: unknown): readonly string[] {
  const table = tableOf(env, 'ir.model.fields');
  return ((ids ?? []) as number[]).map((id) => String(table.get(id)?.name));
}

/** A domain as an administrator types it: Python's spelling of a list of tuples. */
function parsePython(text: unknown): unknown {
  if (typeof text !== 'string' || text.trim() === '') return [];
  const json = text
    .replaceAll('(', '[')
    .replaceAll(')', ']')
    .replaceAll("'", '"')
    .replace(/\bTrue\b/g, 'true')
    .replace(/\bFalse\b|\bNone\b/g, 'false')
    .replace(/,\s*\]/g, ']');
  return JSON.parse(json);
}
