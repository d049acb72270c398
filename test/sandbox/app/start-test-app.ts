/** A travel app of one test, and the three ways into it: the bridge's, a person's JSON, a person's browser. */
import type { TravelAppOptions } from '../../../sandbox/app/start-app.ts';
import { startTravelApp } from '../../../sandbox/app/start-app.ts';
import { createTestDatabase } from '../../support/postgres.ts';

export const API_TOKEN = 'token-of-the-tests-only';

interface Teardown {
  teardown(work: () => Promise<void>): unknown;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: what the tests look into is what they check.
  readonly json: any;
}

export type TestApp = Awaited<ReturnType<typeof startTestApp>>;

export async function startTestApp(t: Teardown, options: Partial<TravelAppOptions> = {}) {
  const databaseUrl = options.databaseUrl ?? (await createTestDatabase(t, { empty: true })).url;
  const app = await startTravelApp({ apiToken: API_TOKEN, ...options, databaseUrl });
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closed ??= app.close();
    return closed;
  };
  t.teardown(close);

  async function send(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
    const isText = typeof body === 'string';
    const response = await fetch(app.url + path, {
      method,
      headers: { ...(body === undefined || isText ? {} : { 'content-type': 'application/json' }), ...headers },
      ...(body === undefined ? {} : { body: isText ? body : JSON.stringify(body) }),
      redirect: 'manual',
    });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') ?? false;
    const answer: Answer = {
      status: response.status,
      headers: response.headers,
      text,
      json: isJson ? JSON.parse(text) : undefined,
    };
    return answer;
  }

  const authorization = { authorization: `Bearer ${API_TOKEN}` };
  return {
    url: app.url,
    databaseUrl,
    setWebhook: app.setWebhook,
    close,
    send,
    /** As the bridge: `list('teachers', 'limit=2')`. */
    list: (collection: string, query = '') => send('GET', `/bridge/${collection}?${query}`, undefined, authorization),
    batch: (collection: string, ...operations: unknown[]) =>
      send('POST', `/bridge/${collection}/batch`, { operations }, authorization),
    submit: (path: string, form: Record<string, string>, headers: Record<string, string> = {}) =>
      send('POST', path, new URLSearchParams(form).toString(), {
        'content-type': 'application/x-www-form-urlencoded',
        ...headers,
      }),
  };
}

/** Creates records with these names, one after another; gives them back. */
export async function createNamed(app: TestApp, collection: string, ...names: string[]) {
  const records = [];
  for (const name of names) records.push((await app.send('POST', `/api/${collection}`, { name })).json);
  return records;
}
