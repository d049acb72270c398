/** Results of operations by their idempotency key, so that an attempt repeated is not done again. */
import { sql } from 'kysely';
import type { Collection } from './collection.ts';
import type { AnyOperation, OperationResult } from './decide-operation.ts';
import type { Db } from './open-database.ts';

/** Keys of creates are remembered for ever, others for a day. */
export async function readRemembered(
  db: Db,
  collection: Collection,
  wave: readonly AnyOperation[],
): Promise<ReadonlyMap<string, OperationResult>> {
  const keys = wave.flatMap((operation) => operation.idempotency_key ?? []);
  if (keys.length === 0) return new Map();
  const rows = await db
    .selectFrom('idempotency_keys')
    .select(['key', 'result'])
    .where('collection', '=', collection.name)
    .where(sql<boolean>`key = any(${keys})`)
    .where(sql<boolean>`(op = 'create' or created_at > now() - interval '1 day')`)
    .execute();
  return new Map(rows.map((row) => [row.key, row.result as OperationResult]));
}

export async function remember(
  db: Db,
  collection: Collection,
  wave: readonly AnyOperation[],
  results: readonly OperationResult[],
  remembered: ReadonlyMap<string, OperationResult>,
): Promise<void> {
  const rows = wave.flatMap(({ op, idempotency_key: key }, index) => {
    const result = results[index];
    if (key === undefined || result?.status !== 'ok' || remembered.has(key)) return [];
    return [{ collection: collection.name, key, op, result: JSON.stringify(result) }];
  });
  if (rows.length === 0) return;
  await db
    .insertInto('idempotency_keys')
    .values(rows)
    .onConflict((conflict) =>
      conflict.columns(['collection', 'key']).doUpdateSet({
        op: sql`excluded.op`,
        result: sql`excluded.result`,
        created_at: sql`now()`,
      }),
    )
    .execute();
}

/** Keys that no longer count. */
export async function forgetOldKeys(db: Db): Promise<void> {
  await db
    .deleteFrom('idempotency_keys')
    .where('op', '<>', 'create')
    .where('created_at', '<', sql<Date>`now() - interval '1 day'`)
    .execute();
}
