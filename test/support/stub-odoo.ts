/** An Odoo that speaks JSON-2 and knows nothing but what the test tells it: for fields and sizes that no real one here has. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Args = Readonly<Record<string, unknown>> & { readonly ids?: readonly number[] };
/** Undefined: there is no such method. Thrown: an error as Odoo answers it, 422. */
export type StubMethod = (args: Args) => unknown;

export interface StubOdoo {
  readonly url: string;
  readonly database: string;
  readonly username: string;
  readonly apiKey: string;
  /** `model.method`, in the order of the calls, with what came along. */
  readonly calls: { readonly name: string; readonly args: Args }[];
}

interface Teardown {
  teardown(work: () => unknown): unknown;
}

/** @param methods by `model.method`; a model of which there is none is not installed */
export async function startStubOdoo(t: Teardown, methods: Readonly<Record<string, StubMethod>>): Promise<StubOdoo> {
  const calls: StubOdoo['calls'] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const answer = (status: number, body: unknown) =>
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
      if (request.url === '/web/version') return answer(200, { version: '19.0', version_info: [19, 0, 0, 'final', 0] });
      const [, model = '', method = ''] = /^\/json\/2\/([^/]+)\/([^/]+)$/.exec(request.url ?? '') ?? [];
      const args = JSON.parse(Buffer.concat(chunks).toString()) as Args;
      calls.push({ name: `${model}.${method}`, args });
      const run = methods[`${model}.${method}`];
      if (run) {
        try {
          return answer(200, run(args) ?? null);
        } catch (error) {
          return answer(422, { name: 'odoo.exceptions.UserError', message: String(error) });
        }
      }
      const known = Object.keys(methods).some((name) => name.startsWith(`${model}.`));
      const message = known ? `The method '${model}.${method}' does not exist` : `the model '${model}' does not exist`;
      return answer(404, { name: 'werkzeug.exceptions.NotFound', message });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, database: 'stub', username: 'bot', apiKey: 'key', calls };
}

/** `search_read` of these records: `['id', 'in', …]`, `['id', '>', …]`, the fields and the limit are honoured. */
export function searchRead(rows: readonly Readonly<Record<string, unknown>>[]): StubMethod {
  return ({ domain, fields, limit }) => {
    const conditions = (domain as unknown[]).filter((part): part is [string, string, unknown] => Array.isArray(part));
    const fitting = rows.filter((row) =>
      conditions.every(([field, operator, value]) => {
        if (operator === 'in' && field in row) return (value as unknown[]).includes(row[field]);
        if (operator === '>' && field === 'id') return Number(row.id) > Number(value);
        return operator !== '=' || !(field in row) || row[field] === value;
      }),
    );
    const names = fields as string[];
    return fitting
      .slice(0, (limit as number | undefined) ?? fitting.length)
      .map((row) => Object.fromEntries(names.map((name) => [name, row[name] ?? false])));
  };
}
