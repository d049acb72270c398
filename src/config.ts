/** The sole reader of the environment. Every fault is listed at once; no value is ever repeated. */
import { join, resolve } from 'node:path';
import { z } from 'zod';

// Both sides speak UTC; a local zone would shift every time that a library formats.
process.env.TZ = 'UTC';

const url = z
  .url({
    protocol: /^https?$/,
    // What comes after it takes an address for granted.
    abort: true,
    error: ({ input }) => (input === undefined ? 'is missing' : 'must be an http:// or https:// address'),
  })
  .refine((value) => {
    const { username, password } = new URL(value);
    return username === '' && password === '';
  }, 'must not contain a user name or password');
const required = z.string({ error: 'is missing' }).min(1, 'is empty');
const entries = z
  .string()
  .default('')
  .transform((value) =>
    value
      .split(',')
      .map((part) => part.trim())
      .filter(Boolean),
  );
const list = (item: z.ZodString) => entries.pipe(z.array(item));
const whole = (fallback: number, least: number, most: number) =>
  z
    .string()
    .regex(/^\d+$/, 'must be a whole number')
    .default(String(fallback))
    .transform(Number)
    .pipe(z.number().min(least, `must be at least ${least}`).max(most, `must be at most ${most}`));
const oneOf = <const T extends readonly [string, ...string[]]>(values: T, fallback: T[number]) =>
  z.enum(values, { error: `must be one of ${values.join(', ')}` }).default(fallback as never);
const cron = (fallback: string) =>
  z
    .string()
    .default(fallback)
    .refine(
      (value) => [5, 6].includes(value.trim().split(/\s+/).length),
      'must have five fields, or six with seconds first',
    );
const secret = (what: string) =>
  z.string().regex(/^\S{16,}$/, `each ${what} must have at least 16 characters and no blanks`);

export const SCOPES = ['read', 'operate', 'export', 'erase'] as const;
export type Scope = (typeof SCOPES)[number];

export interface ApiToken {
  readonly token: string;
  readonly name: string | null;
  readonly scopes: readonly Scope[];
}

/** Shorter than any token, so that one that slipped into its place is not taken for a name and shown. */
const NAME = /^[a-z][a-z0-9_-]{0,14}$/;
const isScope = (word: string): word is Scope => SCOPES.some((scope) => scope === word);

/** `TOKEN`, `name TOKEN` or `name scope+scope TOKEN`: no token has a blank. @returns what is wrong, as a text */
function readApiToken(entry: string): ApiToken | string {
  const words = entry.split(/\s+/);
  const [name = null, rights] = words.slice(0, -1);
  const token = words.at(-1) as string;
  if (words.length > 3) return 'has more than a name, scopes and a token';
  if (token.length < 16) return 'must end with a token of at least 16 characters';
  if (name !== null && (!NAME.test(name) || isScope(name)))
    return 'must begin with a name: a letter, then up to 14 letters, digits, _ or -, all lower-case, and not a scope';
  const scopes = rights?.split('+') ?? SCOPES;
  if (!scopes.every(isScope)) return `has an unknown scope: there are ${SCOPES.join(', ')}, joined with +`;
  return { token, name, scopes };
}

const apiTokens = entries.transform((texts, context) => {
  const tokens: ApiToken[] = [];
  for (const [index, text] of texts.entries()) {
    const read = readApiToken(text);
    const number = `entry ${index + 1}`;
    if (typeof read === 'string') context.addIssue(`${number} ${read}`);
    else if (tokens.some(({ token }) => token === read.token)) context.addIssue(`${number} repeats a token`);
    else if (tokens.some(({ name }) => name !== null && name === read.name))
      context.addIssue(`${number} repeats a name`);
    else tokens.push(read);
  }
  return tokens;
});

function isZone(timeZone: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone }) !== null;
  } catch {
    return false;
  }
}

const schema = z.object({
  ODOO_URL: url,
  ODOO_DB: required,
  ODOO_USERNAME: required,
  ODOO_API_KEY: required,
  ODOO_TRANSPORT: oneOf(['auto', 'xmlrpc', 'json2'], 'auto'),
  ODOO_COMPANY_ID: z.string().regex(/^\d+$/, 'must be the number of a company').transform(Number).optional(),
  ODOO_SALES_JOURNAL: z.string().min(1).optional(),
  ODOO_WEBHOOK_TOKENS: list(secret('token')),
  ODOO_CALLS_PER_SECOND: z
    .string()
    .regex(/^\d+(\.\d+)?$/, 'must be a number such as 1 or 0.5')
    .default('0')
    .transform(Number)
    .refine((rate) => rate === 0 || rate >= 0.1, 'must be at least 0.1, or 0 for no limit'),
  ODOO_TAG_TEACHER: z.string().min(1).default('Teacher'),
  ODOO_TAG_TENANT: z.string().min(1).default('Tenant'),
  ODOO_TAG_GUEST: z.string().min(1).default('Guest'),
  ODOO_TAG_APARTMENT: z.string().min(1).default('Apartment'),
  APP_URL: url,
  APP_API_TOKEN: required,
  DOCUMENT_MAX_MIB: whole(25, 1, 90),
  APP_WEBHOOK_SECRETS: list(
    z.string().regex(/^whsec_[A-Za-z0-9+/]{32,}={0,2}$/, 'each must be whsec_ followed by at least 24 bytes in base64'),
  ),
  BRIDGE_API_TOKENS: apiTokens,
  BRIDGE_PUBLIC_URL: url.optional(),
  DATABASE_URL: z
    .string()
    .regex(/^postgres(ql)?:\/\//, 'must be a postgres:// address')
    .optional(),
  DATA_DIR: z.string().min(1).default('./.data'),
  HOST: z.string().min(1).default('127.0.0.1'),
  PORT: whole(3000, 0, 65_535),
  POLL_CRON: cron('*/1 * * * *'),
  SWEEP_CRON: cron('0 3 * * *'),
  POLL_OVERLAP_SECONDS: whole(300, 10, 86_400),
  CONFLICT_TIE: oneOf(['odoo', 'app'], 'odoo'),
  CONFLICT_SCOPE: oneOf(['field', 'record'], 'field'),
  QUIET_HOURS: z
    .string()
    .regex(
      /^(([01]\d|2[0-3]):[0-5]\d)-(?!\1)([01]\d|2[0-3]):[0-5]\d$/,
      'must be two different times such as 21:00-08:00',
    )
    .optional(),
  QUIET_HOURS_ZONE: z.string().refine(isZone, 'must be the name of a time zone such as Europe/Paris').default('UTC'),
  DELETE_GUARD_PERCENT: whole(10, 0, 100),
  ODOO_CALL_MAX_SECONDS: whole(150, 10, 3_600),
  LOG_RETENTION_DAYS: whole(30, 1, 3_650),
  AUDIT_RETENTION_DAYS: whole(365, 1, 3_650),
  LOG_LEVEL: oneOf(['trace', 'debug', 'info', 'warn', 'error', 'fatal'], 'info'),
  LOG_FILE: z.string().min(1).optional(),
  BRIDGE_INSTANCE: z
    .string()
    .regex(/^[a-z0-9_]{1,32}$/, 'must be 1 to 32 lower-case letters, digits or underscores')
    .default('main'),
  ALERT_WEBHOOK_URL: url.optional(),
});

export type Config = Readonly<Omit<z.infer<typeof schema>, 'LOG_FILE'> & { LOG_FILE: string }>;

type Environment = Readonly<Record<string, string | undefined>>;

/** Every fault of the environment, one per line, without any value. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(`The configuration has ${faults.length} fault(s):\n${faults.map((fault) => `  ${fault}`).join('\n')}`);
    this.faults = faults;
  }
}

export interface InspectedConfig {
  /** What is set and right, and the defaults of the rest. */
  readonly settings: Partial<Config>;
  /** By variable, without any value. */
  readonly faults: ReadonlyMap<string, string>;
}

/** The same, one variable at a time: for who wants to go on with those that are right. */
export function inspectConfig(environment: Environment = process.env): InspectedConfig {
  const given = dropEmpty(environment);
  const settings: Record<string, unknown> = {};
  const faults = new Map<string, string>();
  for (const [name, rule] of Object.entries(schema.shape)) {
    const parsed = rule.safeParse(given[name]);
    if (parsed.success) settings[name] = parsed.data;
    else faults.set(name, parsed.error.issues.map(({ message }) => message).join(', '));
  }
  return { settings: completePaths(settings as z.infer<typeof schema>), faults };
}

/**
 * Validates the environment.
 * @throws ConfigError listing all faults
 */
export function readConfig(environment: Environment = process.env): Config {
  const parsed = schema.safeParse(dropEmpty(environment));
  if (!parsed.success) {
    throw new ConfigError(
      parsed.error.issues.map(({ path, message }) => `${String(path[0])} ${message} (see .env.example)`),
    );
  }
  return completePaths(parsed.data);
}

/** An empty variable (`X=` in a file) means the same as none. */
function dropEmpty(environment: Environment): Readonly<Record<string, string | undefined>> {
  return Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== undefined && value !== ''));
}

function completePaths(settings: z.infer<typeof schema>): Config {
  const dataDir = resolve(settings.DATA_DIR);
  return { ...settings, DATA_DIR: dataDir, LOG_FILE: settings.LOG_FILE ?? join(dataDir, 'bridge.log') };
}
