/** The document: OpenAPI 3.1 made of what the routes are registered, checked and answered with. */
import { z } from 'zod';
import { type Answer, type Operation, SCOPES, scopeOf, TAGS, takesKey } from './operation.ts';
import { problemSchema } from './problem.ts';
import { PROBLEMS, type ProblemCode } from './problems.ts';

type Json = Readonly<Record<string, unknown>>;

export interface ApiDocument {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Json>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Json>>; readonly [kind: string]: Json };
  readonly [part: string]: unknown;
}

export interface AboutApi {
  readonly version: string;
  /** Where the bridge is reached; without it, where the document was read. */
  readonly publicUrl?: string | undefined;
}

const SCHEMES = {
  token: {
    type: 'http',
    scheme: 'bearer',
    description: [
      'One of BRIDGE_API_TOKENS, with the scope that the operation names:',
      '',
      ...Object.entries(SCOPES).map(([scope, says]) => `- \`${scope}\`: ${says}`),
    ].join('\n'),
  },
  app: {
    type: 'apiKey',
    in: 'header',
    name: 'webhook-signature',
    description:
      'Standard Webhooks 1.0: `v1,` and the HMAC-SHA256 of `id.timestamp.body` in base64, beside the headers `webhook-id` and `webhook-timestamp`.',
  },
  odoo: { type: 'http', scheme: 'basic', description: 'The password is one of ODOO_WEBHOOK_TOKENS.' },
} as const;

/** Schemas that have a name (`meta({ id })`) stand under it in `components`, once. */
export function describeApi(operations: readonly Operation[], { version, publicUrl }: AboutApi): ApiDocument {
  const schemas: Record<string, Json> = {};
  const convert = (schema: z.ZodType) => toJsonSchema(schema, schemas);
  const problem = convert(problemSchema);
  const paths: Record<string, Record<string, Json>> = {};
  for (const operation of operations) {
    const path = operation.path.replaceAll(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [operation.method.toLowerCase()]: describeOperation(operation, convert, problem) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'odoo-bridge',
      version,
      description:
        'Lists are `{"data":[…],"next_cursor":null|string}`. Times are RFC 3339; ids are texts. Errors are problem+json (RFC 9457); the `type` of each is the address of a page that says what to do.',
    },
    servers: [{ url: publicUrl?.replace(/\/+$/, '') ?? '/' }],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    paths,
    components: { schemas, securitySchemes: SCHEMES },
  };
}

function describeOperation(operation: Operation, convert: (schema: z.ZodType) => Json, problem: Json): Json {
  const { id, tag, summary, description, body } = operation;
  const scope = scopeOf(operation);
  return {
    operationId: id,
    tags: [tag],
    summary,
    ...(description && { description }),
    security: describeAccess(operation),
    ...describeParameters(operation, convert),
    ...(body && {
      requestBody: {
        required: !body.safeParse(undefined).success,
        content: { 'application/json': { schema: convert(body) } },
      },
    }),
    responses: {
      ...Object.fromEntries(
        Object.entries(operation.answers).map(([status, answer]) => [status, describeAnswer(answer, convert)]),
      ),
      ...describeProblems(operation, problem),
    },
    ...(scope && { 'x-scope': scope }),
  };
}

function describeAccess(operation: Operation): readonly Json[] {
  const { access, params } = operation;
  // Odoo's token may stand in the address instead.
  if (access === 'open' || (access === 'odoo' && params)) return [];
  const scope = scopeOf(operation);
  return [scope ? { token: [scope] } : { [access]: [] }];
}

const KEY_PARAMETER = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description:
    'Of your choice, one for each thing that is to be done once: sent again with the same key within 24 hours, the request gets its first answer again (with `idempotent-replayed: true`).',
  schema: { type: 'string', maxLength: 255, examples: ['"8e03978e-40d5-43e8-bc93-6894a57f9324"'] },
} as const;

function describeParameters(operation: Operation, convert: (schema: z.ZodType) => Json): Json {
  const { params, query } = operation;
  const parameters = [
    ...(params ? listParameters(convert(params), 'path') : []),
    ...(query ? listParameters(convert(query), 'query') : []),
    ...(takesKey(operation) ? [KEY_PARAMETER] : []),
  ];
  return parameters.length > 0 ? { parameters } : {};
}

function listParameters(schema: Json, place: 'path' | 'query'): readonly Json[] {
  const { properties = {}, required = [] } = schema as { properties?: Record<string, Json>; required?: string[] };
  return Object.entries(properties).map(([name, { description, ...rest }]) => ({
    name,
    in: place,
    required: required.includes(name),
    ...(description !== undefined && { description }),
    schema: rest,
  }));
}

function describeAnswer({ description, schema, mediaTypes, headers }: Answer, convert: (schema: z.ZodType) => Json) {
  const media = { schema: schema ? convert(schema) : { type: 'string' } };
  return {
    description,
    ...(headers && {
      headers: Object.fromEntries(
        Object.entries(headers).map(([name, says]) => [name, { description: says, schema: { type: 'string' } }]),
      ),
    }),
    content: Object.fromEntries((mediaTypes ?? ['application/json']).map((type) => [type, media])),
  };
}

/** Those of the route itself, and those that any route of its kind may answer with. */
export function problemsOf(operation: Operation): readonly ProblemCode[] {
  const { params, unknown, query, body, problems = [] } = operation;
  const bearer = scopeOf(operation) !== null;
  return [
    ...new Set<ProblemCode>([
      ...(bearer ? (['token_needed', 'scope_missing'] as const) : []),
      ...(unknown && params ? [unknown] : []),
      ...(query || (body && bearer) ? (['invalid_request'] as const) : []),
      ...(body ? (['body_too_large', 'not_json'] as const) : []),
      ...(body && bearer ? (['malformed_body'] as const) : []),
      ...(takesKey(operation)
        ? (['malformed_idempotency_key', 'request_in_progress', 'idempotency_key_reused'] as const)
        : []),
      ...problems,
      'internal',
      'database_away',
    ]),
  ];
}

function describeProblems(operation: Operation, problem: Json): Json {
  const byStatus = Map.groupBy(problemsOf(operation), (code) => PROBLEMS[code].status);
  return Object.fromEntries(
    [...byStatus]
      // A report that says how the bridge is may come with a status that is else a problem's.
      .filter(([status]) => !(status in operation.answers))
      .map(([status, codes]) => [
        status,
        {
          description: codes.map((code) => PROBLEMS[code].title).join('; '),
          content: {
            'application/problem+json': {
              schema: problem,
              examples: Object.fromEntries(codes.map((code) => [code, { value: exampleOf(code) }])),
            },
          },
        },
      ]),
  );
}

function exampleOf(code: ProblemCode): Json {
  const { title, status, remedy } = PROBLEMS[code];
  return { type: `/problems/${code}`, title, status, detail: remedy, code };
}

/** As requests hold it; answers are given without transforming them, so theirs is the same. */
function toJsonSchema(schema: z.ZodType, schemas: Record<string, Json>): Json {
  const converted = z.toJSONSchema(schema, { io: 'input', override: ({ jsonSchema }) => tidy(jsonSchema) });
  const named = JSON.parse(JSON.stringify(converted).replaceAll('"#/$defs/', '"#/components/schemas/'));
  const { $schema, $defs, ...json } = named as Record<string, Json | undefined>;
  for (const [name, definition] of Object.entries($defs ?? {})) schemas[name] = definition as Json;
  return json as Json;
}

/** What says nothing to people: a format told twice, and the limits of JavaScript's numbers. */
function tidy(schema: z.core.JSONSchema.BaseSchema): void {
  if (schema.format !== undefined) delete schema.pattern;
  if (schema.minimum === Number.MIN_SAFE_INTEGER) delete schema.minimum;
  if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum;
}
