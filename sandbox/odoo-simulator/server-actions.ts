/** `ir.actions.server.run` for the one action that the bridge installs: "write if unchanged". */
import { checkAccess } from './access-rights.ts';
import { type Environment, tableOf, type Values } from './environment.ts';
import { readRows, rowOf } from './records.ts';

interface BridgeRow {
  readonly id: number;
  readonly expect: Values;
  readonly set: Values;
}

/** Does what the action's Python does, under the caller's own rights. */
export function runServerAction(env: Environment, ids: readonly number[]): unknown {
  let result: unknown = false;
  for (const id of ids) {
    const action = rowOf(env, 'ir.actions.server', id);
    const code = String(action.code ?? '');
    if (action.state !== 'code' || !code.includes('bridge_rows') || !code.includes('bridge_model')) {
      throw env.world.notCovered('a server action other than "write if unchanged"');
    }
    const owner = String(tableOf(env, 'ir.model').get(Number(action.model_id))?.model);
    checkAccess(env, owner, 'write');
    result = writeIfUnchanged(env);
  }
  return result;
}

function writeIfUnchanged(env: Environment): unknown {
  const model = String(env.context.bridge_model);
  const rows = (env.context.bridge_rows ?? []) as readonly BridgeRow[];
  const table = tableOf(env, model);
  const fields = [...new Set(rows.flatMap((row) => Object.keys(row.expect)))];
  const known = rows.filter((row) => table.get(row.id));
  const now = new Map(
    readRows(
      env,
      model,
      known.map((row) => row.id),
      ['id', ...fields],
      null,
    ).map((row) => [row.id, row]),
  );
  const done: BridgeRow[] = [];
  const stale = rows.filter((row) => !table.get(row.id)).map((row) => row.id);
  for (const row of known) {
    const held = now.get(row.id) as Values;
    if (Object.entries(row.expect).every(([name, value]) => sameValue(held[name], value))) {
      env.world.operations.write(env, model, [row.id], row.set);
      done.push(row);
    } else stale.push(row.id);
  }
  const written = [...new Set(done.flatMap((row) => Object.keys(row.set)))];
  const read = readRows(
    env,
    model,
    done.map((row) => row.id),
    [...written, 'write_date'],
    null,
  );
  return { done: read, stale };
}

function sameValue(held: unknown, expected: unknown): boolean {
  if (Array.isArray(held) && Array.isArray(expected)) return held.join() === expected.join();
  // Python: False == 0
  if (typeof held === 'number' && typeof expected === 'boolean') return held === Number(expected);
  if (typeof held === 'boolean' && typeof expected === 'number') return Number(held) === expected;
  return held === expected;
}
