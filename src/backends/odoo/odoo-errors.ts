/** What Odoo's answers mean: one table for both protocols, from the answer to what is to be done about it. */
import { type BridgeError, type ErrorDetail, RetryableError, SetupError, TerminalError } from '../../errors.ts';

/** What an answer that is no success says, whichever protocol brought it. */
export interface OdooFault {
  /** HTTP status of a JSON-2 answer. */
  readonly status?: number;
  /** `faultCode` of an XML-RPC answer: 1 anything, 2 refused, 3 login, 4 rights. */
  readonly faultCode?: number;
  /** Python class of the exception, with or without its module. */
  readonly name: string;
  /** Odoo's own words; of a traceback the last line. */
  readonly message: string;
}

type Action = 'retry' | 'set-up' | 'park';

interface Rule {
  readonly applies: (fault: OdooFault) => boolean;
  readonly action: Action;
  readonly code: string;
  readonly message: (fault: OdooFault) => string;
  readonly remedy: string;
}

const says = (pattern: RegExp) => (fault: OdooFault) => pattern.test(fault.message);
const is = (pattern: RegExp) => (fault: OdooFault) => pattern.test(fault.name);
const hasStatus =
  (...statuses: number[]) =>
  (fault: OdooFault) =>
    statuses.includes(fault.status ?? 0);
const hasCode = (code: number) => (fault: OdooFault) => fault.faultCode === code;
const any =
  (...tests: ((fault: OdooFault) => boolean)[]) =>
  (fault: OdooFault) =>
    tests.some((test) => test(fault));

/** `(Record: res.partner(7,), User: 2)`: the words are translated, the record is not. */
const NAMES_RECORD = /[a-z_]\w*(\.\w+)*\(\d+(, ?\d+)*,?\)[^()]*\)\s*$/;
/** In Odoo 14 the database's own refusals of a server action are not put into words. */
const BROKEN_CONSTRAINT = /^<class 'psycopg2\.errors\.(Check|NotNull|Unique|ForeignKey)Violation'>/;
/** The uid of an earlier login that has been deleted since. */
const OWN_USER_GONE = /\bres\.users\((\d+),\)\D+\1\)/;

/** The first rule that applies counts. Messages are translated by Odoo: codes and class names come first. */
const RULES: readonly Rule[] = [
  {
    // PostgreSQL may speak the language of its server.
    applies: says(/database "[^"]*" does not exist|« [^»]* » n'existe pas|^No database is selected/),
    action: 'set-up',
    code: 'unknown_database',
    message: () => 'Odoo has no database of that name.',
    remedy: 'Check ODOO_DB: the name stands in Odoo under /web/database/selector.',
  },
  {
    applies: any(
      is(/SerializationFailure|DeadlockDetected|LockNotAvailable|ConcurrencyError|LockError|PoolError/),
      says(/could not serialize access|could not obtain lock|connection pool is full/i),
      hasStatus(409),
    ),
    action: 'retry',
    code: 'odoo_busy',
    message: () => 'Odoo was busy with the same records and undid the call.',
    remedy: 'Nothing to do: it is tried again by itself.',
  },
  {
    applies: any(
      is(/OperationalError|InterfaceError|AdminShutdown|CrashShutdown|CannotConnectNow|TooManyConnections|DiskFull/),
      says(/No space left on device/),
    ),
    action: 'retry',
    code: 'odoo_database_unavailable',
    message: () => "Odoo's own database does not work at the moment.",
    remedy: 'Look at PostgreSQL behind Odoo (running, connections, disk space); the bridge goes on by itself.',
  },
  {
    applies: any(is(/AccessDenied/), hasCode(3), hasStatus(401), says(OWN_USER_GONE)),
    action: 'set-up',
    code: 'invalid_credentials',
    message: () => 'Invalid credentials: Odoo refused the user or the API key.',
    remedy:
      'Check ODOO_USERNAME and ODOO_API_KEY; the key may have expired: make a new one in the preferences of the user.',
  },
  {
    applies: any(is(/AccessError/), hasCode(4), hasStatus(403)),
    action: 'set-up',
    code: 'access_denied',
    message: ({ message }) => `Access denied: ${maskPersonal(message)}`,
    remedy: 'Give the Odoo user of the bridge one of the groups that Odoo names, or let an administrator do it.',
  },
  {
    applies: any(is(/MissingError/), (fault) => hasCode(2)(fault) && says(NAMES_RECORD)(fault)),
    action: 'park',
    code: 'missing_record',
    message: () => 'The record no longer exists in Odoo.',
    remedy: 'Nothing to do if it was deleted on purpose; it is looked at again when either side changes.',
  },
  {
    applies: says(/^Object \S+ doesn't exist|the model '[^']*' does not exist/i),
    action: 'set-up',
    code: 'missing_module',
    message: () => 'Odoo does not have this model: the app that brings it is not installed.',
    remedy: 'Install the Odoo app (Contacts, CRM, Invoicing, Automation Rules, …) that the mapping needs.',
  },
  {
    applies: any(
      hasStatus(404),
      says(/^The method '[^']*' does not exist|^(type object )?'[\w.]+'( object)? has no attribute/),
    ),
    action: 'set-up',
    code: 'unknown_method',
    message: () => 'This Odoo does not have a method that the bridge calls.',
    remedy: 'Check that the version of Odoo is one that the bridge supports (README), and that ODOO_TRANSPORT fits it.',
  },
  {
    applies: any(
      // Of a server action, Python's own exceptions come wrapped: `KeyError('zzz') while evaluating …`, and in Odoo 14
      // `<class 'KeyError'>: "'zzz'" while evaluating …`.
      says(/^Invalid field|^(KeyError\('|ValueError\(["']Invalid field).* while evaluating$/m),
      says(/^<class '(KeyError'>: |ValueError'>: "Invalid field).* while evaluating$/m),
      is(/(^|\.)KeyError$/),
    ),
    action: 'set-up',
    code: 'missing_field',
    message: () => 'This Odoo does not have a field that the mapping uses.',
    remedy: 'Install the Odoo app that brings the field (ranks: Invoicing), or check the version of Odoo.',
  },
  {
    // Wrapped as well. Of the words only the name of the rule is free of the record's values.
    applies: says(BROKEN_CONSTRAINT),
    action: 'park',
    code: 'refused_by_odoo',
    message: ({ message }) =>
      `Odoo refused the record: it breaks the rule ${/ constraint "(\w+)"/.exec(message)?.[1] ?? 'of a column'} of the database.`,
    remedy: 'Correct the field that the rule is about, on the side where it was entered; it is tried again by itself.',
  },
  {
    applies: any(hasCode(2), hasStatus(400, 422), is(/ValidationError|UserError|RedirectWarning/)),
    action: 'park',
    code: 'refused_by_odoo',
    message: ({ message }) => `Odoo refused the record: ${maskPersonal(message)}`,
    remedy: 'Correct the field that Odoo names, on the side where it was entered; the record is tried again by itself.',
  },
  {
    applies: () => true,
    action: 'park',
    code: 'odoo_error',
    message: ({ name }) => `Odoo failed on this call (${lastPart(name)}).`,
    remedy: 'Look for the failure in the log of Odoo; the record is tried again when either side changes.',
  },
];

/** @returns the error to throw: its class says what to do, its text what happened, without any value of a record */
export function classifyFault(fault: OdooFault): BridgeError {
  const rule = RULES.find(({ applies }) => applies(fault)) as Rule;
  const detail: ErrorDetail = { code: rule.code, message: rule.message(fault), remedy: rule.remedy };
  switch (rule.action) {
    case 'retry':
      return new RetryableError(detail, rule.code === 'odoo_busy' ? 'not-applied' : 'unknown');
    case 'set-up':
      return new SetupError(detail);
    case 'park':
      return new TerminalError(detail);
  }
}

/**
 * Class and words of a Python traceback, which XML-RPC sends whole, with paths and values of records: only what stands
 * behind the last frame is looked at. Of several chained exceptions the last one is what Odoo raised.
 */
export function readTraceback(faultString: string): { name: string; message: string } {
  const [, ...tracebacks] = faultString.split(/^Traceback \(most recent call last\):$/m);
  const lines = tracebacks.at(-1)?.split('\n');
  if (!lines) return { name: '', message: faultString };
  const raised = lines.findIndex((line) => /^\S/.test(line));
  const [, name = '', message = ''] = /^([\w.]+)(?:: (.*))?$/s.exec(lines.slice(raised).join('\n').trimEnd()) ?? [];
  return { name, message };
}

/**
 * Odoo's own sentence is what an operator needs, but it may quote the record: e-mail addresses, digits in a row (a
 * phone, a tax number; a date may stay) and what stands in brackets (name and number, when a tax number is wrong).
 */
export function maskPersonal(message: string): string {
  return message
    .replace(/[^\s<>"'(]+@[^\s<>"'),;]+/g, '…@…')
    .replace(/\[[^\]]*\]/g, '[…]')
    .replace(/\+?\d[\d\s().-]{5,}\d/g, (digits) => (/^\d{4}-\d\d-\d\d$/.test(digits) ? digits : '…'))
    .replace(/\s+/g, ' ')
    .slice(0, 300);
}

function lastPart(name: string): string {
  return /^[\w.]+$/.test(name) ? name.slice(name.lastIndexOf('.') + 1) : 'unknown error';
}
