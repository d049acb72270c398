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

/** The first rule that applies counts. Messages are translated by Odoo: codes and class names come first. */
const RULES: readonly Rule[] = [
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
    applies: says(/database "[^"]*" does not exist/),
    action: 'set-up',
    code: 'unknown_database',
    message: () => 'Odoo has no database of that name.',
    remedy: 'Check ODOO_DB: the name stands in Odoo under /web/database/selector.',
  },
  {
    applies: any(is(/AccessDenied/), hasCode(3), hasStatus(401)),
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
    applies: any(is(/MissingError/), says(/^Record does not exist or has been deleted/)),
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
    applies: any(hasStatus(404), is(/AttributeError/)),
    action: 'set-up',
    code: 'unknown_method',
    message: () => 'This Odoo does not have a method that the bridge calls.',
    remedy: 'Check that the version of Odoo is one that the bridge supports (README), and that ODOO_TRANSPORT fits it.',
  },
  {
    applies: any(says(/^Invalid field/), is(/(^|\.)KeyError$/)),
    action: 'set-up',
    code: 'missing_field',
    message: () => 'This Odoo does not have a field that the mapping uses.',
    remedy: 'Install the Odoo app that brings the field (ranks: Invoicing), or check the version of Odoo.',
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
      return new RetryableError(detail, 'not-applied');
    case 'set-up':
      return new SetupError(detail);
    case 'park':
      return new TerminalError(detail);
  }
}

/** Class and words of a Python traceback, which XML-RPC sends whole: only its last line is looked at. */
export function readTraceback(faultString: string): { name: string; message: string } {
  const last = faultString
    .trimEnd()
    .split('\n')
    .findLast((line) => /^[\w.]+(Error|Exception|Failure|Detected|Available|Warning)\b/.test(line));
  if (last === undefined) return { name: '', message: faultString };
  const colon = last.indexOf(':');
  return colon < 0
    ? { name: last, message: '' }
    : { name: last.slice(0, colon), message: last.slice(colon + 1).trim() };
}

/** An answer that is not the protocol's: a proxy, a login page, a maintenance page. */
export function classifyStatus(status: number, contentType: string, retryAfter: string | null): BridgeError | null {
  const html = /html/i.test(contentType);
  if (status === 429) {
    return new RetryableError(
      {
        code: 'rate_limited',
        message: 'Odoo asks to slow down (HTTP 429).',
        remedy: 'Nothing to do: it is tried again after the time that Odoo asks for.',
      },
      'not-applied',
      readRetryAfter(retryAfter),
    );
  }
  if ([502, 503, 504].includes(status)) {
    return new RetryableError(
      {
        code: 'odoo_unavailable',
        message: `Odoo is not available (HTTP ${status}).`,
        remedy: 'Odoo is restarting or under maintenance, or its proxy cannot reach it; it is tried again by itself.',
      },
      'unknown',
      readRetryAfter(retryAfter),
    );
  }
  if (status >= 300 && status < 400) {
    return new SetupError({
      code: 'redirected',
      message: `Odoo's address answers with a redirect (HTTP ${status}).`,
      remedy: 'Set ODOO_URL to the final address (https instead of http, the right host name), not to a login page.',
    });
  }
  if (html) {
    return new SetupError({
      code: 'html_answer',
      message: `The address answers with a web page instead of data (HTTP ${status}).`,
      remedy: 'Check ODOO_URL and ODOO_DB: a wrong address, a wrong database or a proxy in between gives such a page.',
    });
  }
  return null;
}

function readRetryAfter(header: string | null): number | undefined {
  const seconds = Number(header ?? Number.NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1_000 : undefined;
}

/** Codes of Node and undici that say the request never left. */
const NOT_SENT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** A connection that could not be made, broke off or took too long. Nothing of the original error is kept. */
export function classifyNetworkError(code: string): BridgeError {
  if (/CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ERR_TLS/.test(code)) {
    return new SetupError({
      code: 'bad_certificate',
      message: `The certificate of Odoo's address is not trusted (${code}).`,
      remedy: 'Renew the certificate, or give Node the issuing authority with NODE_EXTRA_CA_CERTS.',
    });
  }
  if (NOT_SENT.has(code)) {
    return new RetryableError(
      {
        code: 'odoo_unreachable',
        message: `Odoo cannot be reached (${code === 'ECONNREFUSED' ? 'Connection refused' : code}).`,
        remedy: 'Check ODOO_URL and that Odoo runs; the bridge goes on by itself once it answers.',
      },
      'not-applied',
    );
  }
  return new RetryableError(
    {
      code: 'odoo_connection_lost',
      message: 'The connection to Odoo broke off before the answer was complete.',
      remedy: 'Nothing to do if it is rare; else look at the network and the proxy before Odoo.',
    },
    'unknown',
  );
}

export function timedOut(milliseconds: number): RetryableError {
  return new RetryableError(
    {
      code: 'odoo_timeout',
      message: `Odoo did not answer within ${Math.round(milliseconds / 1_000)} s.`,
      remedy: 'Nothing to do if it is rare; else look at the load of Odoo.',
    },
    'unknown',
  );
}

export function answerTooLarge(maxBytes: number): TerminalError {
  return new TerminalError({
    code: 'odoo_answer_too_large',
    message: `Odoo's answer is larger than ${maxBytes} bytes.`,
    remedy: 'Report it: the bridge should have asked for less at once.',
  });
}

export function unreadableAnswer(): RetryableError {
  return new RetryableError(
    {
      code: 'odoo_answer_unreadable',
      message: "Odoo's answer is cut off or malformed.",
      remedy: 'Nothing to do if it is rare; else look at the proxy before Odoo.',
    },
    'unknown',
  );
}

/** Odoo's own sentence is what an operator needs, but it may quote the record. */
export function maskPersonal(message: string): string {
  return message
    .replace(/[^\s<>"'(]+@[^\s<>"'),;]+/g, '…@…')
    .replace(/\+?\d[\d\s().-]{5,}\d/g, '…')
    .replace(/\s+/g, ' ')
    .slice(0, 300);
}

function lastPart(name: string): string {
  return /^[\w.]+$/.test(name) ? (name.split('.').at(-1) ?? name) : 'unknown error';
}
