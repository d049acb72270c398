/** Every kind of problem that the interface answers with: one list, for the answers, their pages and the document. */

export interface ProblemKind {
  /** The status it is sent with, unless an answer says otherwise. */
  readonly status: number;
  /** The same for every problem of the kind. */
  readonly title: string;
  /** What happened, for who reads its page. */
  readonly what: string;
  /** What to do about it. */
  readonly remedy: string;
}

export const PROBLEMS = {
  malformed_body: {
    status: 400,
    title: 'The request is malformed',
    what: 'The body could not be read: it is no JSON, or its length is not the one that was announced.',
    remedy: 'Send one JSON object, with the header "Content-Type: application/json".',
  },
  request_refused: {
    status: 400,
    title: 'The request was refused',
    what: 'The server could not take the request as it was sent; its status says which part of HTTP was not kept to.',
    remedy: 'Look at the status, and at what a proxy on the way may have changed.',
  },
  malformed_idempotency_key: {
    status: 400,
    title: 'The Idempotency-Key is malformed',
    what: 'The header Idempotency-Key holds something that is no key.',
    remedy: 'Send 1 to 255 printable ASCII characters in double quotes, such as a new UUID, or leave the header out.',
  },
  token_needed: {
    status: 401,
    title: 'A token is needed',
    what: 'The request carried no bearer token, or one that the bridge does not know.',
    remedy: 'Send "Authorization: Bearer" with one of BRIDGE_API_TOKENS.',
  },
  event_not_authentic: {
    status: 401,
    title: 'The event is not authentic',
    what: "The signature of the app's event, its time, or the token of Odoo's notification is not right.",
    remedy:
      "Compare the app's secret with APP_WEBHOOK_SECRETS and both clocks; for Odoo, run bridge webhooks install. A proxy must pass body and headers on as they are.",
  },
  scope_missing: {
    status: 403,
    title: 'The token may not do this',
    what: 'The bridge knows the token, and it lacks the scope that this request needs.',
    remedy:
      'Use a token that has the scope, or add the scope to its entry in BRIDGE_API_TOKENS and restart the bridge.',
  },
  unknown_address: {
    status: 404,
    title: 'There is nothing at this address',
    what: 'The bridge has no such address, or not for this method.',
    remedy: 'Look at /docs for all addresses.',
  },
  unknown_collection: {
    status: 404,
    title: 'There is no such collection',
    what: 'A resync was asked for of something that is no collection.',
    remedy: 'Name one of those that the answer lists, such as teachers, contacts or all.',
  },
  unknown_entity: {
    status: 404,
    title: 'There is no such entity',
    what: 'The address names an entity that the bridge does not map. Entities are named in the singular: teacher.',
    remedy: 'Name one of those that the answer lists.',
  },
  unknown_run: {
    status: 404,
    title: 'There is no such run',
    what: 'No resync has this id, or it ended so long ago that it was tidied away.',
    remedy: 'Take the id from the answer of POST /api/sync/{collection}.',
  },
  unknown_link: {
    status: 404,
    title: 'There is no such link',
    what: 'The bridge has never heard of this record.',
    remedy: 'If it is there on its side, a resync of its id brings it in.',
  },
  unknown_held: {
    status: 404,
    title: 'There is no such held record',
    what: 'No record with this id is held: somebody may have decided about it already.',
    remedy: 'Look at GET /api/held for what is held now.',
  },
  unknown_conflict: {
    status: 404,
    title: 'There is no such conflict',
    what: 'No conflict has this id, or it is older than the logs are kept.',
    remedy: 'Look at GET /api/conflicts.',
  },
  unknown_problem: {
    status: 404,
    title: 'There is no such problem',
    what: 'No problem that the bridge answers with has this name.',
    remedy: 'Look at /problems for all of them.',
  },
  request_in_progress: {
    status: 409,
    title: 'The request is still in progress',
    what: 'A request with this Idempotency-Key has come before and is not answered yet, or the process that did it ended.',
    remedy: 'Send it again after the time in Retry-After: it is then answered, or done.',
  },
  not_restorable: {
    status: 409,
    title: 'It cannot be restored now',
    what: 'Another value of the record is on its way back and would be lost, or one side alone governs the field.',
    remedy: 'Wait until the other value is there and ask again; what one side governs is edited there.',
  },
  no_dry_run: {
    status: 409,
    title: 'This run was no dry run',
    what: 'Changes that were only planned were asked for of a resync that was done.',
    remedy: 'What it did is in GET /api/logs.',
  },
  not_erased: {
    status: 409,
    title: 'It was not erased',
    what: 'The record is still in use on a side, or a pass is at work on it just now. Nothing was erased.',
    remedy: 'Do what the detail says, then ask again; "code" names the cause.',
  },
  nothing_to_export: {
    status: 409,
    title: 'There is nothing right to export',
    what: 'Entries do not balance to the cent, or not all of the period could be seen. No part of it was exported.',
    remedy: 'Do what the detail says; "code" names the cause, and for what is out of balance the entries are named.',
  },
  body_too_large: {
    status: 413,
    title: 'The body is too large',
    what: 'Webhooks hold at most 64 KiB, other requests 1 MiB.',
    remedy: 'Send less at once: several requests with fewer ids each.',
  },
  not_json: {
    status: 415,
    title: 'The body must be JSON',
    what: 'The body came with another type of content, or with none.',
    remedy: 'Send the header "Content-Type: application/json".',
  },
  invalid_request: {
    status: 422,
    title: 'The request cannot be processed',
    what: 'The request could be read, but a part of it is missing, unknown, or not of its form.',
    remedy: 'Each fault stands in "errors" with its field. /docs shows what the request may hold.',
  },
  idempotency_key_reused: {
    status: 422,
    title: 'The Idempotency-Key was used for another request',
    what: 'Within the last 24 hours, this key came with another address or another body.',
    remedy: 'Use a new key for each new request; send the very same request for a repeat.',
  },
  event_unprocessable: {
    status: 422,
    title: 'The event cannot be processed',
    what: 'The event is authentic, but it is none that the contract describes, or names an entity or a model that the bridge does not map.',
    remedy: 'Send only events of mapped entities; for Odoo, run bridge webhooks install.',
  },
  too_many_requests: {
    status: 429,
    title: 'Too many requests',
    what: 'More requests came than are taken at once.',
    remedy: 'Send it again after the time in Retry-After.',
  },
  internal: {
    status: 500,
    title: 'The bridge failed on this request',
    what: 'The bridge met something that it was not made for.',
    remedy: 'Look in its log file for the id that "instance" ends with (reqId): the cause stands there. Report it.',
  },
  odoo_refuses: {
    status: 502,
    title: 'Odoo refuses to tell',
    what: "Odoo answered, but not with what was asked: the set-up or the rights of the bridge's user are not right.",
    remedy: 'Do what the detail says, then run bridge doctor.',
  },
  bridge_not_ready: {
    status: 503,
    title: 'The bridge is not ready',
    what: 'The database does not answer or lacks migrations.',
    remedy: 'Check DATABASE_URL and run bridge migrate.',
  },
  database_away: {
    status: 503,
    title: 'The bridge cannot take this now',
    what: 'The database does not answer. Nothing of the request was kept.',
    remedy: 'Send it again after the time in Retry-After.',
  },
  side_away: {
    status: 503,
    title: 'A side cannot be asked now',
    what: 'The app or Odoo does not answer, and without it the request cannot be decided. Nothing was done.',
    remedy: 'Ask again when /healthz says that both sides can be reached.',
  },
  odoo_away: {
    status: 503,
    title: 'Odoo cannot be asked now',
    what: 'Odoo does not answer, or asked to be left alone for a while.',
    remedy: 'Ask again after the time in Retry-After; /healthz tells how Odoo is.',
  },
} as const satisfies Readonly<Record<string, ProblemKind>>;

export type ProblemCode = keyof typeof PROBLEMS;

export const problemCodes = Object.keys(PROBLEMS) as readonly ProblemCode[];
