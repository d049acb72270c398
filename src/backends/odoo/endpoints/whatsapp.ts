/**
 * WhatsApp templates as typed calls: docs/odoo-client.md. Odoo Enterprise and the OCA's `mail_gateway_whatsapp` both
 * call their dialogue `whatsapp.composer`, and others do too: only its fields tell which one it is.
 */
import { z } from 'zod';
import { SetupError, TerminalError } from '../../../errors.ts';
import { parseInput } from '../endpoint-input.ts';
import { recordId, text } from '../endpoint-values.ts';
import { findFields } from '../find-fields.ts';
import type { OdooClient } from '../odoo-client.ts';
import type { RpcValue } from '../transport.ts';

const COMPOSER = 'whatsapp.composer';

export type WhatsappKind = 'enterprise' | 'oca';

const FIELD_SETS: Readonly<Record<WhatsappKind, readonly string[]>> = {
  enterprise: ['res_model', 'res_ids', 'wa_template_id', 'phone'],
  oca: ['res_model', 'res_id', 'number_field_name', 'template_id', 'gateway_id'],
};

const newMessage = z.strictObject({
  /** The record that the message is about, and whose phone it goes to. */
  about: z.strictObject({ model: z.string().min(1), id: recordId }),
  /** Name of an approved template. */
  template: z.string().min(1),
  /** What the caller thinks the number is: when Odoo would send elsewhere, nothing is sent. */
  phone: z.string().min(3).exactOptional(),
  /** For the template's free places, in their order (Enterprise only). */
  variables: z.array(z.string()).max(10).exactOptional(),
});

export type NewWhatsappMessage = Readonly<z.input<typeof newMessage>>;
type Message = z.output<typeof newMessage>;

/** @throws SetupError `whatsapp_not_installed`, or `whatsapp_unknown` for a module that is neither of the two */
export async function detectWhatsapp(odoo: OdooClient): Promise<WhatsappKind> {
  const fields = await findFields(odoo.transport, COMPOSER).catch((error: unknown) => {
    if (error instanceof SetupError && error.code === 'missing_module') throw notInstalled();
    throw error;
  });
  for (const kind of ['enterprise', 'oca'] as const) {
    if (FIELD_SETS[kind].every((name) => fields.has(name))) return kind;
  }
  throw new SetupError({
    code: 'whatsapp_unknown',
    message: 'Odoo has a WhatsApp module that is neither that of Odoo Enterprise nor mail_gateway_whatsapp of the OCA.',
    remedy: 'Install one of these two, or report which module it is.',
  });
}

/**
 * Sends an approved template. Each call sends: do not repeat one whose outcome is not known.
 * @returns ids in `whatsapp.message` (Enterprise) or `mail.message` (OCA); none where it cannot be told which it is
 * @throws what `prepareWhatsapp` throws
 */
export async function sendWhatsapp(odoo: OdooClient, message: NewWhatsappMessage): Promise<readonly number[]> {
  return (await prepareWhatsapp(odoo, message))();
}

/**
 * Fills the dialogue in, and sends nothing yet.
 * @returns what sends it
 * @throws what `detectWhatsapp` throws; TerminalError `unknown_template`, `phone_differs`, `no_variables`; SetupError
 *   `whatsapp_no_gateway`
 */
export async function prepareWhatsapp(
  odoo: OdooClient,
  message: NewWhatsappMessage,
): Promise<() => Promise<readonly number[]>> {
  const wanted = parseInput(newMessage, message);
  return (await detectWhatsapp(odoo)) === 'enterprise' ? prepareEnterprise(odoo, wanted) : prepareOca(odoo, wanted);
}

/** Whether whoever has this number said no; where Odoo keeps no such list, nobody did. */
export async function isOnBlacklist(odoo: OdooClient, phone: string): Promise<boolean> {
  const number = digitsOf(phone);
  try {
    const rows = await odoo.searchRead('phone.blacklist', z.object({ number: text }), [['number', 'like', number]]);
    return rows.some((row) => digitsOf(row.number ?? '') === number);
  } catch (error) {
    if (error instanceof SetupError && error.code === 'missing_module') return false;
    throw error;
  }
}

/** @returns Enterprise's `state` (`outgoing`, `sent`, `delivered`, `read`, `error`, …) and why it failed; null when there is no such message */
export async function readWhatsappState(
  odoo: OdooClient,
  id: number,
): Promise<{ readonly state: string | null; readonly failure_reason: string | null } | null> {
  const model = 'whatsapp.message';
  const told = (await findFields(odoo.transport, model, ['failure_reason'])).has('failure_reason');
  const ids = [parseInput(recordId, id)];
  if (told) {
    const [row] = await odoo.read(model, z.object({ state: text, failure_reason: text }), ids);
    return row ? { state: row.state, failure_reason: row.failure_reason } : null;
  }
  const [row] = await odoo.read(model, z.object({ state: text }), ids);
  return row ? { state: row.state, failure_reason: null } : null;
}

async function prepareEnterprise(odoo: OdooClient, { about, template, phone, variables = [] }: Message) {
  const wa_template_id = await findTemplate(odoo, 'whatsapp.template', 'status', template);
  const values = {
    res_model: about.model,
    // A text: that is how Odoo keeps it.
    res_ids: JSON.stringify([about.id]),
    wa_template_id,
    ...Object.fromEntries(variables.map((variable, index) => [`free_text_${index + 1}`, variable])),
  };
  const id = await createComposer(odoo, about, phone === undefined ? values : { ...values, phone });
  if (phone !== undefined) {
    // The number may have been taken from the record after all.
    const [composer] = await odoo.read(COMPOSER, z.object({ phone: text }), [id]);
    assertPhone(phone, composer?.phone);
  }
  return async () => {
    const sent = await send(odoo, about, id, 'action_send_whatsapp_template');
    return z.array(recordId).catch([]).parse(sent);
  };
}

async function prepareOca(odoo: OdooClient, { about, template, phone, variables = [] }: Message) {
  if (variables.length > 0) {
    throw new TerminalError({
      code: 'no_variables',
      message: 'Templates of mail_gateway_whatsapp are sent without variables.',
      remedy: 'Use a template that needs none.',
    });
  }
  if (phone !== undefined) {
    const [record] = await odoo.read(about.model, z.object({ phone: text }), [about.id]);
    assertPhone(phone, record?.phone);
  }
  const template_id = await findTemplate(odoo, 'mail.whatsapp.template', 'state', template);
  const [gateway_id] = await odoo.search('mail.gateway', [['gateway_type', '=', 'whatsapp']], { limit: 1 });
  if (gateway_id === undefined) throw noGateway();
  // The dialogue takes the words from the template only where a person chooses it.
  const [words] = await odoo.read('mail.whatsapp.template', z.object({ body: text }), [template_id]);
  const values = {
    ...{ res_model: about.model, res_id: about.id, number_field_name: 'phone' },
    ...{ template_id, gateway_id, body: words?.body ?? template },
  };
  const id = await createComposer(odoo, about, values);
  const before = await newestOf(odoo);
  return async () => {
    await send(odoo, about, id, 'action_send_whatsapp');
    return odoo.search(GATEWAY_MESSAGE, [OF_WHATSAPP, ['id', '>', before]]).catch(() => []);
  };
}

const GATEWAY_MESSAGE = 'mail.message';
const OF_WHATSAPP = ['gateway_type', '=', 'whatsapp'];

async function newestOf(odoo: OdooClient): Promise<number> {
  const args = { domain: [OF_WHATSAPP], order: 'id desc', limit: 1 };
  const found = await odoo.transport.call({ model: GATEWAY_MESSAGE, method: 'search', args });
  return z.array(recordId).parse(found)[0] ?? 0;
}

async function findTemplate(odoo: OdooClient, model: string, stateField: string, name: string): Promise<number> {
  const domain = [
    ['name', '=', name],
    [stateField, '=', 'approved'],
  ];
  const [id] = await odoo.search(model, domain, { limit: 1 });
  if (id !== undefined) return id;
  throw new TerminalError({
    code: 'unknown_template',
    message: 'Odoo has no approved WhatsApp template of that name.',
    remedy: 'Check the name, and in Odoo whether WhatsApp has approved the template.',
  });
}

async function createComposer(
  odoo: OdooClient,
  about: Message['about'],
  values: Readonly<Record<string, RpcValue>>,
): Promise<number> {
  const args = { vals_list: [values] };
  const answer = await odoo.transport.call({ model: COMPOSER, method: 'create', args, context: toContext(about) });
  return z.tuple([recordId]).parse(answer)[0];
}

function send(odoo: OdooClient, about: Message['about'], id: number, method: string): Promise<unknown> {
  return odoo.transport.call({ model: COMPOSER, method, ids: [id], context: toContext(about) });
}

function toContext({ model, id }: Message['about']): Readonly<Record<string, RpcValue>> {
  return { active_model: model, active_id: id, active_ids: [id] };
}

function digitsOf(phone: string): string {
  return phone.replace(/\D/g, '').replace(/^00/, '');
}

/** Blanks and the signs between the digits do not matter. */
function assertPhone(wanted: string, found: string | null | undefined): void {
  if (digitsOf(wanted) === digitsOf(found ?? '')) return;
  throw new TerminalError({
    code: 'phone_differs',
    message: 'Odoo would send the WhatsApp message to another number than the one wanted; nothing was sent.',
    remedy: 'Correct the phone on the record in Odoo, with its country code.',
  });
}

function notInstalled(): SetupError {
  return new SetupError({
    code: 'whatsapp_not_installed',
    message: 'Odoo has no WhatsApp module.',
    remedy: 'Install WhatsApp of Odoo Enterprise, or mail_gateway_whatsapp of the OCA.',
  });
}

function noGateway(): SetupError {
  return new SetupError({
    code: 'whatsapp_no_gateway',
    message: 'mail_gateway_whatsapp has no gateway that sends.',
    remedy: 'Add one in Odoo under Settings › Emails › Mail Gateway.',
  });
}
