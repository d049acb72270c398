/** What differs between Odoo's versions, in one place: nothing else asks for a number. */
import type { OdooVersion } from './transport.ts';

/** The first major version in which it holds. 14 and 19 were run (see docs/odoo-facts.md), the others were read. */
const SINCE = {
  /** `search_read` takes `load`, so that relations come as bare ids; without it they come as pairs. */
  bareRelations: 15,
  /** `comment` of a contact and `description` of a lead are HTML; before, they are plain text. */
  htmlNotes: 15,
  /** `display_type` of an invoice's line says what it is; before, `exclude_from_invoice_tab` what it is not. */
  lineKinds: 16,
  /** Who is on a mailing list stands in `mailing.subscription`; before, in `mailing.contact.subscription`. */
  mailingSubscription: 17,
  /** Automations can post webhooks. */
  webhooks: 17,
  /**
   * The dialog for credit notes makes a draft (`refund_moves`), and posting that settles the invoice with it. Before, it
   * is told how to go about it (`reverse_moves`), and only `cancel` settles the invoice.
   */
  refundMoves: 17,
  /** A record's form has the path `/odoo/res.partner/7`; before, it is named after a `#`. */
  recordPaths: 18,
  /** `has_access` of a model; before, `check_access_rights`, which 19 keeps for a while. */
  hasAccess: 18,
  /** The JSON-2 API. */
  json2: 19,
  /** Webhooks leave after the commit; before, ahead of it, and also where none follows. */
  postsAfterCommit: 19,
  /** `web_save_multi`: different values for many records in one call. */
  saveMulti: 19,
} as const satisfies Readonly<Record<string, number>>;

export type Feature = keyof typeof SINCE;

export function hasFeature({ major }: OdooVersion, feature: Feature): boolean {
  return major >= SINCE[feature];
}

/** For messages: `it came with version 19`. */
export function firstVersionWith(feature: Feature): number {
  return SINCE[feature];
}
