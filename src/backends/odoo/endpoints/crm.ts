/** Leads and opportunities (`crm.lead`) as typed calls: docs/odoo-client.md. */
import { z } from 'zod';
import { TerminalError } from '../../../errors.ts';
import { parseInput } from '../endpoint-input.ts';
import { amount, day, link, newLink, newText, recordId, text } from '../endpoint-values.ts';
import { findFields } from '../find-fields.ts';
import type { Domain, OdooClient, SearchOptions, WriteOptions } from '../odoo-client.ts';
import { formatOdooTime } from '../odoo-records.ts';

const MODEL = 'crm.lead';

const leadRow = z.object({
  id: z.int(),
  name: z.string(),
  type: z.enum(['lead', 'opportunity']),
  partner_id: link,
  contact_name: text,
  /** Name of the company. */
  partner_name: text,
  email_from: text,
  phone: text,
  /** HTML */
  description: text,
  expected_revenue: z.number(),
  /** Percent. */
  probability: z.number(),
  /** Id in `crm.stage`. */
  stage_id: link,
  user_id: link,
  team_id: link,
  tag_ids: z.array(z.int()),
  date_deadline: text,
  /** False for a lead that was lost, or just put away. */
  active: z.boolean(),
  write_date: z.string(),
});

const leadChanges = z.strictObject({
  name: z.string().min(1).exactOptional(),
  partner_id: newLink,
  contact_name: newText,
  partner_name: newText,
  email_from: newText,
  phone: newText,
  description: newText,
  expected_revenue: amount.exactOptional(),
  stage_id: newLink,
  user_id: newLink,
  team_id: newLink,
  /** Replaces all tags. */
  tag_ids: z.array(recordId).exactOptional(),
  date_deadline: day.nullable().exactOptional(),
});
const newLead = leadChanges.extend({
  name: z.string().min(1),
  type: z.enum(['lead', 'opportunity']).exactOptional(),
});

export type Lead = Readonly<z.output<typeof leadRow>>;
/**
 * What may be written; null empties a field, one left out stays as it is. E-mail address and phone of a lead with a
 * partner are the partner's: Odoo writes a change of them there as well.
 */
export type LeadChanges = Readonly<z.input<typeof leadChanges>>;
export type NewLead = Readonly<z.input<typeof newLead>>;

/**
 * Creates a lead (or an opportunity), without a salesperson unless one is named: Odoo would take the user of the bridge.
 * @returns its id. Two calls make two leads
 * @throws SetupError `missing_module` without the app CRM; TerminalError `invalid_input`, `refused_by_odoo`
 */
export async function createLead(odoo: OdooClient, lead: NewLead, options?: WriteOptions): Promise<number> {
  // Without a type, Odoo decides by the rights of the user.
  const values = { type: 'lead', user_id: null, ...withTags(parseInput(newLead, lead)) };
  const [id] = await odoo.create(MODEL, [values], options);
  return id as number;
}

/** @throws TerminalError `missing_record` when it was deleted, and what `createLead` throws */
export async function updateLead(
  odoo: OdooClient,
  id: number,
  changes: LeadChanges,
  options?: WriteOptions,
): Promise<void> {
  await odoo.write(MODEL, [parseInput(recordId, id)], withTags(parseInput(leadChanges, changes)), options);
}

/**
 * Makes an opportunity of a lead; one that it is already stays as it is. Its partner, salesperson and team stay too:
 * Odoo's own method cannot be called with the partner (it wants a record, not an id), and without it takes the partner
 * away; so the same fields are written, in one step.
 * @throws TerminalError `missing_record`, `lead_closed` for one that was lost or put away
 */
export async function convertToOpportunity(odoo: OdooClient, id: number, options?: WriteOptions): Promise<Lead> {
  const lead = await readLead(odoo, id);
  if (lead.type === 'opportunity') return lead;
  if (!lead.active) {
    throw new TerminalError({
      code: 'lead_closed',
      message: 'The lead was lost or archived in Odoo; it cannot become an opportunity.',
      remedy: 'Restore it in Odoo first.',
    });
  }
  const values = { type: 'opportunity', date_conversion: formatOdooTime(Date.now()) };
  await odoo.write(MODEL, [id], values, options);
  return readLead(odoo, id);
}

/** Moves it to the stage that means won. @throws TerminalError `missing_record` */
export async function markWon(odoo: OdooClient, id: number): Promise<Lead> {
  await odoo.transport.call({ model: MODEL, method: 'action_set_won', ids: [parseInput(recordId, id)] });
  return readLead(odoo, id);
}

/**
 * Archives it as lost.
 * @param reason by its name in Odoo, in the language of the user; one that Odoo does not know is refused
 * @throws TerminalError `unknown_reason` listing those that there are, `missing_record`
 */
export async function markLost(odoo: OdooClient, id: number, reason?: string): Promise<Lead> {
  const values = reason === undefined ? {} : await findReason(odoo, reason);
  await odoo.transport.call({
    model: MODEL,
    method: 'action_set_lost',
    ids: [parseInput(recordId, id)],
    args: values,
  });
  return readLead(odoo, id);
}

/** Lost and archived ones too. @returns null when it does not exist or the user may not see it */
export async function findLeadById(odoo: OdooClient, id: number): Promise<Lead | null> {
  const [lead] = await odoo.read(MODEL, leadRow, [parseInput(recordId, id)]);
  return lead ?? null;
}

/** All that fit Odoo's condition, by ascending id; lost ones only with `archived`. */
export function findLeads(
  odoo: OdooClient,
  { domain = [], ...options }: SearchOptions & { readonly domain?: Domain } = {},
): Promise<readonly Lead[]> {
  return odoo.searchRead(MODEL, leadRow, domain, options);
}

/** Lost ones too; capitals do not matter. None for a text that is no address. */
export async function findLeadsByEmail(odoo: OdooClient, email: string): Promise<readonly Lead[]> {
  const address = email.trim().toLowerCase();
  if (!address.includes('@')) return [];
  return findLeads(odoo, { domain: [['email_normalized', '=', address]], archived: true });
}

async function readLead(odoo: OdooClient, id: number): Promise<Lead> {
  const lead = await findLeadById(odoo, id);
  if (lead) return lead;
  throw new TerminalError({
    code: 'missing_record',
    message: 'The lead does not exist in Odoo, or the user may not see it.',
    remedy: 'Check the id.',
  });
}

function withTags<Values extends { tag_ids?: readonly number[] }>({ tag_ids, ...values }: Values) {
  return { ...values, ...(tag_ids && { tag_ids: [[6, 0, tag_ids]] }) };
}

/** The field was renamed with Odoo 16. */
async function findReason(odoo: OdooClient, reason: string): Promise<Readonly<Record<string, number>>> {
  const reasons = await odoo.searchRead('crm.lost.reason', z.object({ name: z.string() }), []);
  const wanted = reason.trim().toLowerCase();
  const found = reasons.find(({ name }) => name.trim().toLowerCase() === wanted);
  if (found) {
    const modern = (await findFields(odoo.transport, MODEL, ['lost_reason_id'])).has('lost_reason_id');
    return { [modern ? 'lost_reason_id' : 'lost_reason']: found.id };
  }
  throw new TerminalError({
    code: 'unknown_reason',
    message: `Odoo does not know this reason for a lost lead; it has: ${reasons.map(({ name }) => name).join(', ')}.`,
    remedy: 'Name one of these, or add the reason in Odoo under CRM › Configuration › Lost Reasons.',
  });
}
