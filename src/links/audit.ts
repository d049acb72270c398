/** Who did what: a row before each action begins, which is told afterwards how it ended. No personal data, no token. */
import { sql } from 'kysely';
import type { Db } from '../db/open-database.ts';
import { BridgeError } from '../errors.ts';
import type { Page } from './reports.ts';

export interface Act {
  readonly via: 'api' | 'command';
  /** The name of a token, or the user of the operating system. */
  readonly who: string;
  /** As the interface calls it: `pauseEntity`. */
  readonly operation: string;
  readonly subject: Subject;
}

export type Outcome = 'done' | 'refused' | 'failed';
export type Subject = Readonly<Record<string, string | number | boolean | readonly string[]>>;

export interface AuditRequest {
  readonly who?: string | undefined;
  readonly operation?: string | undefined;
  readonly outcome?: Outcome | undefined;
  readonly entity?: string | undefined;
  readonly since?: string | undefined;
  readonly cursor?: string | undefined;
  readonly limit: number;
}

export interface Audit {
  /** Nothing may be done before it resolves. @returns what to end it with */
  begin(act: Act): Promise<string>;
  /** @param code of the problem or error, where it was not done */
  end(id: string, outcome: Outcome, code?: string | null): Promise<void>;
  /** Does it between the two. @param refusal why a result is none: a code, else null */
  run<T>(act: Act, work: () => Promise<T>, refusal?: (result: T) => string | null): Promise<T>;
  /** Somebody may not do that: one row an hour for each who and what, however often they ask. */
  refuse(act: Act): Promise<void>;
  /** Newest first. */
  list(request: AuditRequest): Promise<Page>;
}

export function createAudit(db: Db): Audit {
  const audit: Audit = {
    async begin({ subject, ...act }) {
      const row = { ...act, subject: JSON.stringify(subject) };
      return (await db.insertInto('audit').values(row).returning('id').executeTakeFirstOrThrow()).id;
    },
    async end(id, outcome, code = null) {
      await sql`update audit set outcome = ${outcome}, code = ${code}, ended_at = clock_timestamp() where id = ${id}`.execute(
        db,
      );
    },
    async run(act, work, refusal = () => null) {
      const id = await audit.begin(act);
      // What was done stays done where its end cannot be written down: a row without an outcome tells as much.
      const end = (outcome: Outcome, code: string | null) => audit.end(id, outcome, code).catch(() => {});
      try {
        const result = await work();
        const refused = refusal(result);
        await end(refused === null ? 'done' : 'refused', refused);
        return result;
      } catch (error) {
        await end('failed', error instanceof BridgeError ? error.code : 'internal');
        throw error;
      }
    },
    async refuse({ via, who, operation, subject }) {
      await sql`
        insert into audit (via, who, operation, subject, outcome, code, ended_at)
        select ${via}, ${who}, ${operation}, ${JSON.stringify(subject)}, 'refused', 'scope_missing', clock_timestamp()
        where not exists (
          select from audit where code = 'scope_missing' and who = ${who} and operation = ${operation}
            and at > clock_timestamp() - interval '1 hour')`.execute(db);
    },
    async list({ who, operation, outcome, entity, since, cursor, limit }) {
      let query = db
        .selectFrom('audit')
        .select(['id', 'at', 'via', 'who', 'operation', 'subject', 'outcome', 'code', 'ended_at'])
        .orderBy('id', 'desc')
        .limit(limit + 1);
      if (who !== undefined) query = query.where('who', '=', who);
      if (operation !== undefined) query = query.where('operation', '=', operation);
      if (outcome !== undefined) query = query.where('outcome', '=', outcome);
      if (entity !== undefined) query = query.where(sql`subject ->> 'entity'`, '=', entity);
      if (since !== undefined) query = query.where('at', '>=', new Date(since));
      if (cursor !== undefined) query = query.where('id', '<', cursor);
      const rows = await query.execute();
      const data = rows.slice(0, limit);
      return { data, next_cursor: rows.length > limit ? String(data.at(-1)?.id) : null };
    },
  };
  return audit;
}

/** Members of requests that say what an action is about. All others are left out, whatever a request may hold. */
const TELLING = new Set(
  'entity id other_id ids collection kind error_code since from to format all_entries dry_run preview by until outcome'.split(
    ' ',
  ),
);
/** Ids, days and names of the bridge; no text of people, no address of a mailbox. */
const PLAIN = /^[\w.:+-]{1,64}$/;
const MOST_IDS = 100;

/** @param parts those that come later win */
export function tellSubject(...parts: readonly unknown[]): Subject {
  const members = parts.flatMap((part) => Object.entries(part ?? {}));
  return Object.fromEntries(members.flatMap(([name, value]) => (TELLING.has(name) ? tellMember(name, value) : [])));
}

function tellMember(name: string, value: unknown): [string, Subject[string]][] {
  if (Array.isArray(value)) {
    const plain = value.map(String).filter((one) => PLAIN.test(one));
    return [[name, plain.slice(0, MOST_IDS)], ...(value.length > MOST_IDS ? [count(name, value)] : [])];
  }
  if (typeof value === 'number' || typeof value === 'boolean') return [[name, value]];
  return typeof value === 'string' && PLAIN.test(value) ? [[name, value]] : [];
}

function count(name: string, values: readonly unknown[]): [string, number] {
  return [`${name}_count`, values.length];
}
