/** create, write and unlink with all that hangs on them: rights, the rules of the model, automations. */
import { checkAccess, checkVisible } from './access-rights.ts';
import { checkAutomation, findAutomations, runAutomations } from './automations.ts';
import { type Environment, type Operations, tableOf, type Values } from './environment.ts';
import { createPartners, refuseLinkedUsers, SKIP_SYNC, writePartners } from './partner-rules.ts';
import { deleteRow, insertRow, rowOf, updateRow } from './records.ts';
import type { Row } from './tables.ts';

export const operations: Operations = {
  create(env, model, rows) {
    checkAccess(env, model, 'create');
    const automations = findAutomations(env, model, ['on_create_or_write']);
    if (automations.length === 0) return createRecords(env, model, rows);
    const inner = withAutomationsDone(env);
    const ids = createRecords(inner, model, rows);
    runAutomations(inner, model, automations, ids, () => true);
    return ids;
  },

  write(env, model, ids, values) {
    checkAccess(env, model, 'write');
    checkVisible(env, model, ids);
    for (const id of ids) rowOf(env, model, id);
    const automations = findAutomations(env, model, ['on_create_or_write']);
    if (automations.length === 0) return writeRecords(env, model, ids, values);
    const inner = withAutomationsDone(env);
    const before = new Map<number, Row>(ids.map((id) => [id, rowOf(env, model, id)]));
    writeRecords(inner, model, ids, values);
    runAutomations(inner, model, automations, ids, (id, field) => {
      const [old, now] = [before.get(id), tableOf(env, model).get(id)];
      return (field in values || STORED_COMPUTED.has(field)) && !sameValue(old?.[field], now?.[field]);
    });
  },

  unlink(env, model, ids) {
    checkAccess(env, model, 'unlink');
    checkVisible(env, model, ids);
    const automations = findAutomations(env, model, ['on_unlink']);
    if (automations.length > 0) runAutomations(withAutomationsDone(env), model, automations, ids, () => true);
    for (const id of ids) rowOf(env, model, id);
    if (model === 'res.partner') refuseLinkedUsers(env, ids, 'delete');
    for (const id of ids) deleteRow(env, model, id);
  },
};

const STORED_COMPUTED = new Set(['complete_name', 'email_normalized']);

function createRecords(env: Environment, model: string, rows: readonly Values[]): number[] {
  if (model === 'res.partner') return createPartners(env, rows, !env.context[SKIP_SYNC]);
  return rows.map((values) => {
    const id = insertRow(env, model, values);
    if (model === 'base.automation') checkAutomation(env, id);
    return id;
  });
}

function writeRecords(env: Environment, model: string, ids: readonly number[], values: Values): void {
  if (model === 'res.partner') {
    writePartners(env, ids, values);
    return;
  }
  for (const id of ids) {
    updateRow(env, model, id, values);
    if (model === 'base.automation') checkAutomation(env, id);
  }
}

function withAutomationsDone(env: Environment): Environment {
  return env.automationsDone ? env : { ...env, automationsDone: new Map() };
}

function sameValue(left: unknown, right: unknown): boolean {
  if (Array.isArray(left) && Array.isArray(right)) return left.join() === right.join();
  return (left ?? null) === (right ?? null);
}
