/** How the versions of Odoo say the same: what the contract suite expects of each where they differ. */

import { type Refusal, VALIDATION, VALUE } from './refusals.ts';

/** By the name of the case in `errors.ts`: what is said instead of 19's words; null where it is no error at all. */
type Refusals = Readonly<Record<string, object | null>>;

interface Dialect {
  /** What a contact's `comment` holds after this text was written to it. */
  readonly comment: (text: string) => string;
  /** A record rule stands before it. */
  readonly secret: RegExp;
  readonly refusals: Refusals;
  /** A server action that leaves a contact without a name. */
  readonly brokenRule: Refusal;
  /** Whether a search compares microseconds, which no answer shows, or the whole seconds that all answers show. */
  readonly comparesMicroseconds: boolean;
}

const parked = (code: string) => ({ error: { name: 'TerminalError', code } });

const IN_14: Refusals = {
  'unknown method': { text: /type object 'res\.partner' has no attribute 'no_such_method'/ },
  'missing argument': { text: /missing .* argument: 'args'/ },
  'unknown field to read': { text: /Invalid field 'no_such' on model 'res\.partner'/ },
  'field that is gone in 19': null,
  'unknown field to create': { text: /Invalid field 'no_such' on model 'res\.partner'/ },
  'malformed domain': { text: /syntactically not correct/ },
  'unknown operator': { text: /Invalid leaf/ },
  'no time': { text: /InvalidDatetimeFormat/ },
  'time with a zone': null,
  // The foreign key of the table itself: which record is missing is not said.
  'missing country': { text: /Constraint: res_partner_country_id_fkey/, ...parked('refused_by_odoo') },
  'contact without a name': { text: /res_partner_check_name/ },
  'tax number of one sign': { text: /does not seem to be\s+valid/ },
  'language of the context': null,
  'archive of a user': { text: /You cannot archive a contact linked to an internal user/ },
  'deletion of a user': { text: /Constraint: res_users_partner_id_fkey/ },
  'unknown column to load': { text: /KeyError: 'no_such'/ },
};

const DIALECTS: Readonly<Record<19 | 14, Dialect>> = {
  19: {
    comment: (text) => `<p>${text}</p>`,
    secret: /^Uh-oh! Looks like you have stumbled upon some top-secret records/,
    refusals: {},
    brokenRule: { ...VALIDATION, text: /Contacts require a name/ },
    comparesMicroseconds: false,
  },
  14: {
    comment: (text) => text,
    secret: /^Due to security restrictions, you are not allowed to (access|modify|delete) 'Contact'/,
    refusals: IN_14,
    brokenRule: { ...VALUE, text: /CheckViolation.*res_partner_check_name/, ...parked('refused_by_odoo') },
    comparesMicroseconds: true,
  },
};

export function dialectOf({ major }: { readonly major: 19 | 14 }): Dialect {
  return DIALECTS[major];
}
