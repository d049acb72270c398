/** One connection as a pool for Kysely: statements are prepared once, and what needs no answer goes along with the next. */
import type { PostgresPool, PostgresPoolClient, PostgresQueryResult } from 'kysely';
import pg from 'pg';

export interface SingleConnection {
  readonly pool: PostgresPool;
  /** Sent right before the next statement. That it works is taken for granted: a failure ends the run. */
  sendFirst(text: string, values?: readonly unknown[]): void;
  end(): Promise<void>;
}

interface Statement {
  readonly text: string;
  readonly values: readonly unknown[];
}

export async function openSingleConnection(url: string): Promise<SingleConnection> {
  const client = new pg.Client({
    connectionString: url,
    pipeline: true,
    options: '-c timezone=UTC',
    application_name: 'simulation',
  });
  await client.connect();
  const names = new Map<string, string>();
  const first: Statement[] = [];
  const answered: PostgresQueryResult<never> = { command: 'COMMIT', rowCount: 0, rows: [] };
  let turn: Promise<void> = Promise.resolve();

  function submit({ text, values }: Statement): Promise<pg.QueryResult> {
    const name = names.get(text) ?? `s${names.size}`;
    names.set(text, name);
    return client.query({ name, text, values: [...values] });
  }

  function send(statement: Statement): Promise<pg.QueryResult> {
    // One packet for all.
    client.connection.stream.cork();
    try {
      for (const earlier of first.splice(0)) void submit(earlier);
      return submit(statement);
    } finally {
      client.connection.stream.uncork();
    }
  }

  async function query(text: string, values: readonly unknown[] = []): Promise<unknown> {
    // Nobody else waits for the commit: on one connection the next statement comes after it. And all before it was
    // answered, so it cannot fail but with the connection.
    if (text !== 'begin' && text !== 'commit') return send({ text, values });
    first.push({ text, values });
    return answered;
  }

  /** Calls take turns, as nobody can know which of two statements belongs to which transaction. */
  async function connect(): Promise<PostgresPoolClient> {
    const before = turn;
    let release = () => {};
    turn = new Promise((resolve) => {
      release = resolve;
    });
    await before;
    return { query: query as PostgresPoolClient['query'], release: () => release() };
  }

  const end = () => client.end();
  return {
    pool: { connect, end, options: {} },
    sendFirst: (text, values = []) => void first.push({ text, values }),
    end,
  };
}
