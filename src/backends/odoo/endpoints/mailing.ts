/** Mailings (`mailing.mailing`) as typed calls: docs/odoo-client.md. Their lists: mailing-lists.ts. */
import { z } from 'zod';
import { TerminalError } from '../../../errors.ts';
import { parseInput } from '../endpoint-input.ts';
import { recordId, text } from '../endpoint-values.ts';
import { findFields } from '../find-fields.ts';
import type { OdooClient } from '../odoo-client.ts';
import { formatOdooTime } from '../odoo-records.ts';

const MODEL = 'mailing.mailing';

const mailingRow = z.object({
  id: z.int(),
  subject: z.string(),
  state: z.enum(['draft', 'in_queue', 'sending', 'done']),
  contact_list_ids: z.array(z.int()),
  schedule_date: text,
  sent_date: text,
});

const statisticsRow = mailingRow.pick({ id: true, state: true }).extend({
  /** E-mails that were, are or will be made. */
  expected: z.int(),
  scheduled: z.int(),
  sent: z.int(),
  delivered: z.int(),
  opened: z.int(),
  clicked: z.int(),
  replied: z.int(),
  bounced: z.int(),
  failed: z.int(),
});

const newMailing = z.strictObject({
  subject: z.string().min(1),
  body_html: z.string().min(1),
  list_ids: z.array(recordId).min(1),
  /** By default the address of the user, who then must have one. */
  email_from: z.string().min(3).exactOptional(),
  reply_to: z.string().min(3).exactOptional(),
  /** RFC 3339; by default it leaves when it is launched. */
  scheduled_at: z.iso.datetime({ offset: true }).exactOptional(),
});

export type Mailing = Readonly<z.output<typeof mailingRow>>;
export type MailingStatistics = Readonly<z.output<typeof statisticsRow>>;
export type NewMailing = Readonly<z.input<typeof newMailing>>;

/** Creates a draft: nothing leaves before `launchMailing`. @returns its id. Two calls make two drafts */
export async function createMailing(odoo: OdooClient, mailing: NewMailing): Promise<number> {
  const { list_ids, body_html, reply_to, scheduled_at, ...values } = parseInput(newMailing, mailing);
  const [id] = await odoo.create(MODEL, [
    {
      ...values,
      contact_list_ids: [[6, 0, list_ids]],
      // What is sent, and what the editor shows: with one alone the other would be empty.
      body_html,
      body_arch: body_html,
      ...(reply_to !== undefined && { reply_to_mode: 'new', reply_to }),
      ...(scheduled_at !== undefined && {
        schedule_type: 'scheduled',
        schedule_date: formatOdooTime(Date.parse(scheduled_at)),
      }),
    },
  ]);
  return id as number;
}

/**
 * Puts a draft into the queue, to leave now or when it is scheduled. Whatever is no draft any more is left alone, so
 * that it may be called again when the outcome of a call is not known: nobody is written to twice.
 * @returns the mailing afterwards
 * @throws TerminalError `missing_record`, `mailing_not_launched`, `refused_by_odoo`
 */
export async function launchMailing(odoo: OdooClient, id: number): Promise<Mailing> {
  const mailing = await readMailing(odoo, id);
  if (mailing.state !== 'draft') return mailing;
  const isScheduled = mailing.schedule_date !== null && Date.parse(`${mailing.schedule_date}Z`) > Date.now();
  // `action_launch` would send a scheduled one at once. `action_send_mail` is never called: it cannot be undone half-way.
  const method = isScheduled ? 'action_schedule' : 'action_launch';
  await odoo.transport.call({ model: MODEL, method, ids: [id] });
  const launched = await readMailing(odoo, id);
  if (launched.state !== 'draft') return launched;
  throw new TerminalError({
    code: 'mailing_not_launched',
    message: 'Odoo left the mailing a draft, without saying why.',
    remedy: 'Open it in Odoo: it may lack a date, or a module wants something else first.',
  });
}

/**
 * Sends it to these addresses only, marked as a test; whatever its state, that stays. Each call sends.
 * @throws TerminalError `missing_record`, `invalid_input` before anything is sent
 */
export async function sendTestMailing(odoo: OdooClient, id: number, addresses: readonly string[]): Promise<void> {
  const wanted = parseInput(z.array(z.string().regex(/^[^\s@]+@[^\s@]+$/)).min(1), addresses);
  await readMailing(odoo, id);
  const values = { mass_mailing_id: id, email_to: wanted.join('\n') };
  const [dialog] = await odoo.create('mailing.mailing.test', [values]);
  await odoo.transport.call({ model: 'mailing.mailing.test', method: 'send_mail_test', ids: [dialog as number] });
}

/** Takes one that has not begun to leave out of the queue. @returns the mailing afterwards: look at its state */
export async function cancelMailing(odoo: OdooClient, id: number): Promise<Mailing> {
  const mailing = await readMailing(odoo, id);
  if (mailing.state !== 'in_queue') return mailing;
  await odoo.transport.call({ model: MODEL, method: 'action_cancel', ids: [id] });
  return readMailing(odoo, id);
}

/** @throws TerminalError `missing_record` */
export async function readMailing(odoo: OdooClient, id: number): Promise<Mailing> {
  const [mailing] = await odoo.read(MODEL, mailingRow, [parseInput(recordId, id)]);
  return mailing ?? missing();
}

/**
 * How many were sent, opened, and so on.
 * @returns with `canceled`: not sent, since the address is on a blacklist, opted out, twice in the lists, or wrong
 * @throws TerminalError `missing_record`
 */
export async function readStatistics(
  odoo: OdooClient,
  id: number,
): Promise<MailingStatistics & { readonly canceled: number }> {
  // Odoo 14 says it otherwise.
  const modern = (await findFields(odoo.transport, MODEL, ['canceled'])).has('canceled');
  const ids = [parseInput(recordId, id)];
  if (modern) {
    const [row] = await odoo.read(MODEL, statisticsRow.extend({ canceled: z.int() }), ids);
    return row ?? missing();
  }
  const [row] = await odoo.read(MODEL, statisticsRow.extend({ ignored: z.int() }), ids);
  const { ignored: canceled, ...statistics } = row ?? missing();
  return { ...statistics, canceled };
}

function missing(): never {
  throw new TerminalError({
    code: 'missing_record',
    message: 'The mailing does not exist in Odoo, or the user may not see it.',
    remedy: 'Check the id.',
  });
}
