/** Hearing a NOTIFY of any process. Only a nudge: whoever misses it finds the work in the table. */
import pg from 'pg';

const RECONNECT_MS = 1_000;

/** Listens until `stop`; a lost connection is made anew by itself. @param channel a plain identifier of our own */
export function listenOnChannel(databaseUrl: string, channel: string, onWork: () => void): { stop(): Promise<void> } {
  let stopped = false;
  let client: pg.Client | undefined;
  let retry: NodeJS.Timeout | undefined;

  async function connect(): Promise<void> {
    const next = new pg.Client({ connectionString: databaseUrl, connectionTimeoutMillis: 5_000, keepAlive: true });
    client = next;
    next.on('error', () => {});
    next.on('end', reconnectLater);
    next.on('notification', onWork);
    try {
      await next.connect();
      await next.query(`listen ${channel}`);
      // What was marked while nobody listened.
      onWork();
    } catch {
      next.end().catch(() => {});
      reconnectLater();
    }
  }

  function reconnectLater(): void {
    if (stopped || retry) return;
    retry = setTimeout(() => {
      retry = undefined;
      void connect();
    }, RECONNECT_MS);
  }

  void connect();
  return {
    async stop() {
      stopped = true;
      clearTimeout(retry);
      await client?.end().catch(() => {});
    },
  };
}
