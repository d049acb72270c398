/** Requests that carried an Idempotency-Key, and what they were answered: asked again, they are not done again. */
import { createHash, randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import type { Db } from '../db/open-database.ts';

/** For so long a request may be in work; one that is not answered by then is taken for dead, and may be sent again. */
const BUSY_SECONDS = 120;

export interface KeyedRequest {
  /** Who asks: two callers may have chosen the same key. */
  readonly caller: string;
  readonly key: string;
  /** All that makes it the same request: method, address, body. */
  readonly request: string;
}

export interface KeptAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A request that is ours to do: end it with `keep` or `free`. */
export interface Claim {
  readonly id: Buffer;
  readonly attempt: string;
}

export type Claimed =
  | { readonly kind: 'ours'; readonly claim: Claim }
  | { readonly kind: 'answered'; readonly answer: KeptAnswer }
  | { readonly kind: 'busy'; readonly retryAfterSeconds: number }
  /** The key was used for something else. */
  | { readonly kind: 'other' };

export interface IdempotencyKeys {
  /** Of all that ask for the same at once, in all processes, one gets it. */
  claim(request: KeyedRequest): Promise<Claimed>;
  /** It is answered so for a day from its beginning on. */
  keep(claim: Claim, answer: KeptAnswer): Promise<void>;
  /** It may be sent again at once. */
  free(claim: Claim): Promise<void>;
}

export function createIdempotencyKeys(db: Db): IdempotencyKeys {
  return {
    async claim({ caller, key, request }) {
      const id = digest(`${caller} ${key}`);
      const attempt = randomUUID();
      const fingerprint = digest(request);
      // The row of one that died is taken over, and one of before yesterday is as good as none.
      const { rows } = await sql`
        insert into idempotency_keys as old (id, request, attempt, busy_until)
        values (${id}, ${fingerprint}, ${attempt}, clock_timestamp() + ${BUSY_SECONDS} * interval '1 second')
        on conflict (id) do update set request = excluded.request, attempt = excluded.attempt,
          busy_until = excluded.busy_until, status = null, headers = null, body = null, started_at = clock_timestamp()
        where old.started_at < clock_timestamp() - interval '1 day'
          or (old.status is null and old.busy_until < clock_timestamp() and old.request = excluded.request)
        returning 1`.execute(db);
      return rows.length > 0 ? { kind: 'ours', claim: { id, attempt } } : read(db, id, fingerprint);
    },
    // Whoever was taken for dead and lives has no say any more: another attempt has the row.
    async keep({ id, attempt }, { status, headers, body }) {
      await db
        .updateTable('idempotency_keys')
        .set({ status, headers: JSON.stringify(headers), body })
        .where('id', '=', id)
        .where('attempt', '=', attempt)
        .execute();
    },
    async free({ id, attempt }) {
      await db.deleteFrom('idempotency_keys').where('id', '=', id).where('attempt', '=', attempt).execute();
    },
  };
}

interface Found {
  readonly same: boolean;
  readonly status: number | null;
  readonly headers: Record<string, string>;
  readonly body: string;
  readonly seconds: number;
}

async function read(db: Db, id: Buffer, fingerprint: Buffer): Promise<Claimed> {
  // One that was freed a moment ago is told to come again, as if it were still busy.
  const { rows } = await sql<Found>`
    select coalesce(request = ${fingerprint}, true) as same, status, headers, body,
      greatest(1, ceil(extract(epoch from busy_until - clock_timestamp())))::integer as seconds
    from (select) as always left join idempotency_keys on id = ${id}`.execute(db);
  const [{ same, status, headers, body, seconds }] = rows as [Found];
  if (!same) return { kind: 'other' };
  if (status === null) return { kind: 'busy', retryAfterSeconds: seconds };
  return { kind: 'answered', answer: { status, headers, body } };
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
