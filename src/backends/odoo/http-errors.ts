/** What went wrong on the way to Odoo and back: the network, a proxy, a login page. Nothing of the original error is kept. */
import { type BridgeError, RetryableError, SetupError, TerminalError } from '../../errors.ts';

/** What is known of an answer before its body is read. */
export interface AnswerHead {
  readonly status: number;
  readonly contentType: string;
  readonly retryAfter: string | null;
}

const UNKNOWN = 'unknown';
const NOT_APPLIED = 'not-applied';

/**
 * @param wanted the protocol's own type of content
 * @returns null when it is Odoo that answers, in its own protocol, be it with a success or an error
 */
export function classifyAnswer(head: AnswerHead, wanted: 'json' | 'xml'): BridgeError | null {
  const { status } = head;
  const foreign = !head.contentType.toLowerCase().includes(wanted);
  if (status === 429) {
    return new RetryableError(
      {
        code: 'rate_limited',
        message: 'Odoo asks to slow down (HTTP 429).',
        remedy: 'Nothing to do: it is tried again after the time that Odoo asks for.',
      },
      NOT_APPLIED,
      readRetryAfter(head.retryAfter),
    );
  }
  // In JSON-2 a 500 is also what any exception of Odoo gives; as a web page it is a server in trouble.
  if (status > 500 || (status === 500 && foreign)) {
    return new RetryableError(
      {
        code: 'odoo_unavailable',
        message: `Odoo is not available (HTTP ${status}).`,
        remedy:
          'Odoo is restarting or under maintenance, or its proxy cannot reach it; it is tried again by itself. If it lasts, check the path in ODOO_URL.',
      },
      UNKNOWN,
      readRetryAfter(head.retryAfter),
    );
  }
  if (status === 413) {
    return new TerminalError({
      code: 'request_too_large',
      message: 'The request is larger than Odoo or the proxy before it accepts (HTTP 413).',
      remedy: 'Raise the limit of the proxy (client_max_body_size in nginx), or shorten the record.',
    });
  }
  if (status >= 300 && status < 400) {
    return new SetupError({
      code: 'redirected',
      message: `Odoo's address answers with a redirect (HTTP ${status}).`,
      remedy:
        'Set ODOO_URL to the address of Odoo itself: https instead of http, the right host name, no page such as /odoo or /web/login behind it.',
    });
  }
  if (foreign) {
    return new SetupError({
      code: 'html_answer',
      message: `The address answers with a web page instead of data (HTTP ${status}).`,
      remedy: 'Check ODOO_URL and ODOO_DB: a wrong address, a wrong database or a proxy in between gives such a page.',
    });
  }
  return null;
}

/** Seconds or a date. */
function readRetryAfter(header: string | null): number | undefined {
  if (header === null) return undefined;
  const milliseconds = /^\d+$/.test(header) ? Number(header) * 1_000 : Date.parse(header) - Date.now();
  return Number.isFinite(milliseconds) ? Math.max(0, milliseconds) : undefined;
}

interface NetworkRule {
  readonly code: RegExp;
  toError(code: string): BridgeError;
}

/** By the code that Node, OpenSSL or undici give the failure; the first rule that fits counts. */
const NETWORK_RULES: readonly NetworkRule[] = [
  {
    code: /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ERR_TLS/,
    toError: (code) =>
      new SetupError({
        code: 'bad_certificate',
        message: `The certificate of Odoo's address is not trusted (${code}).`,
        remedy: 'Renew the certificate, or give Node the issuing authority with NODE_EXTRA_CA_CERTS.',
      }),
  },
  {
    code: /^(EPROTO|ERR_SSL_(WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST)|HPE_INVALID_(CONSTANT|VERSION))$/,
    toError: (code) =>
      new SetupError({
        code: 'wrong_protocol',
        message: `Odoo's address does not speak the protocol of its URL (${code}).`,
        remedy: 'Check in ODOO_URL whether it is http or https, and the port.',
      }),
  },
  {
    // All of these say that the request never left.
    code: /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|UND_ERR_CONNECT_TIMEOUT)$/,
    toError: (code) =>
      new RetryableError(
        {
          code: 'odoo_unreachable',
          message: `Odoo cannot be reached (${code === 'ECONNREFUSED' ? 'Connection refused' : code}).`,
          remedy: 'Check ODOO_URL and that Odoo runs; the bridge goes on by itself once it answers.',
        },
        NOT_APPLIED,
      ),
  },
  {
    code: /(?:)/,
    toError: () =>
      new RetryableError(
        {
          code: 'odoo_connection_lost',
          message: 'The connection to Odoo broke off before the answer was complete.',
          remedy: 'Nothing to do if it is rare; else look at the network and the proxy before Odoo.',
        },
        UNKNOWN,
      ),
  },
];

/** A connection that could not be made or broke off. */
export function classifyNetworkError(code: string): BridgeError {
  return (NETWORK_RULES.find((rule) => rule.code.test(code)) as NetworkRule).toError(code);
}

/** The code of a failed connection, which `fetch` hides one or two causes deep; null when the error is of another kind. */
export function readNetworkCode(error: unknown): string | null {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    if ('code' in cause && typeof cause.code === 'string') return cause.code;
  }
  return null;
}

export function timedOut(milliseconds: number): RetryableError {
  return new RetryableError(
    {
      code: 'odoo_timeout',
      message: `Odoo did not answer within ${Math.ceil(milliseconds / 1_000)} s.`,
      remedy: 'Nothing to do if it is rare; else look at the load of Odoo.',
    },
    UNKNOWN,
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
    UNKNOWN,
  );
}
