/**
 * The two modules that send WhatsApp messages, as far as the bridge uses them: `whatsapp` of Odoo Enterprise and
 * `mail_gateway_whatsapp` of the OCA. Neither can be installed here, so all of this is after their sources and what is
 * told of them, and compared with no real one: it stands outside the contract suite, and comes only where asked for.
 */
import type { Environment, Values } from './environment.ts';
import { type Method, onRecords } from './methods.ts';
import { userError } from './odoo-errors.ts';
import { rowOf } from './records.ts';
import { char, choice, type FieldSpec, type ModelSpec, model, one, whole } from './schema.ts';

export type WhatsappModule = 'enterprise' | 'oca';

/** What another app of Odoo adds. */
export interface AddedApp {
  readonly models: Readonly<Record<string, ModelSpec>>;
  /** `model.method`: generic ones too. */
  readonly calls: ReadonlySet<string>;
  readonly methods: Readonly<Record<string, Method>>;
}

const body: FieldSpec = { type: 'text', string: 'Body' };
const APPROVED = ['approved', 'Approved'] as const;

const ENTERPRISE: AddedApp = {
  models: {
    'whatsapp.template': model('WhatsApp Template', {
      name: char('Name'),
      status: choice('Status', ['draft', 'Draft'], [...APPROVED]),
    }),
    'whatsapp.composer': model('Send WhatsApp Wizard', {
      res_model: char('Document Model Name'),
      res_ids: char('Document IDs'),
      wa_template_id: one('Template', 'whatsapp.template'),
      phone: char('Phone'),
      batch_mode: { type: 'boolean', string: 'Is Multiple Records' },
      ...Object.fromEntries(Array.from({ length: 10 }, (_, index) => [`free_text_${index + 1}`, char('Free Text')])),
    }),
    'phone.blacklist': model('Phone Blacklist', { number: char('Phone Number') }),
    'whatsapp.message': model('WhatsApp Messages', {
      mobile_number: char('Sent To'),
      wa_template_id: one('Template', 'whatsapp.template'),
      words: char('Free Texts'),
      about: char('About'),
      state: choice(
        'State',
        ['outgoing', 'In Queue'],
        ['sent', 'Sent'],
        ['delivered', 'Delivered'],
        ['error', 'Failed'],
      ),
      failure_reason: char('Failure Reason'),
    }),
  },
  calls: new Set([
    ...['fields_get', 'create', 'search_read', 'action_send_whatsapp_template'].map(
      (name) => `whatsapp.composer.${name}`,
    ),
    ...['fields_get', 'search_read'].map((name) => `whatsapp.message.${name}`),
    'whatsapp.template.search',
    'phone.blacklist.search_read',
  ]),
  methods: {
    'whatsapp.composer.action_send_whatsapp_template': onRecords('', (env, _model, ids) =>
      ids.flatMap((id) => sendTemplate(env, id)),
    ),
  },
};

function sendTemplate(env: Environment, id: number): readonly number[] {
  const { res_model, res_ids, wa_template_id, phone, ...others } = rowOf(env, 'whatsapp.composer', id);
  const words = Array.from({ length: 10 }, (_, index) => others[`free_text_${index + 1}`]).filter(Boolean);
  const message = {
    mobile_number: phone,
    wa_template_id,
    words: words.join('|'),
    about: `${res_model} ${res_ids}`,
    state: 'outgoing',
  };
  return env.world.operations.create(env, 'whatsapp.message', [message as Values]);
}

const OCA: AddedApp = {
  models: {
    'mail.gateway': model('Mail Gateway', {
      name: char('Name'),
      gateway_type: choice('Type', ['whatsapp', 'WhatsApp']),
    }),
    'mail.whatsapp.template': model('Mail Whatsapp template', {
      name: char('Name'),
      body,
      state: choice('State', ['draft', 'Draft'], [...APPROVED]),
    }),
    'whatsapp.composer': model('Compose a whatsapp message', {
      res_model: char('Document Model Name'),
      res_id: whole('Document ID'),
      number_field_name: char('Number Field Name'),
      gateway_id: one('Gateway', 'mail.gateway', { required: true }),
      template_id: one('Template', 'mail.whatsapp.template'),
      body,
    }),
    'mail.message': model('Message', {
      model: char('Related Document Model'),
      res_id: whole('Related Document ID'),
      body,
      gateway_type: choice('Gateway', ['whatsapp', 'WhatsApp']),
    }),
    'mail.notification': model('Message Notifications', {
      mail_message_id: one('Message', 'mail.message'),
      notification_status: choice(
        'Status',
        ['ready', 'Ready to Send'],
        ['sent', 'Delivered'],
        ['exception', 'Exception'],
      ),
      gateway_failure_reason: { type: 'text', string: 'Failure Reason' },
    }),
  },
  calls: new Set([
    ...['fields_get', 'create', 'action_send_whatsapp'].map((name) => `whatsapp.composer.${name}`),
    ...['search', 'search_read'].map((name) => `mail.message.${name}`),
    ...['search', 'search_read'].map((name) => `mail.whatsapp.template.${name}`),
    'mail.gateway.search',
    'mail.notification.search_read',
  ]),
  methods: {
    'whatsapp.composer.action_send_whatsapp': onRecords('', (env, _model, ids) => {
      for (const id of ids) post(env, id);
      return false;
    }),
  },
};

/** Its words come from the dialogue, into which a person's choice of a template puts them. */
function post(env: Environment, id: number): void {
  const { body: words } = rowOf(env, 'whatsapp.composer', id);
  if (!words) throw userError('Body is required');
  const values = { model: 'discuss.channel', res_id: 1, body: words, gateway_type: 'whatsapp' };
  const [message] = env.world.operations.create(env, 'mail.message', [values]);
  env.world.operations.create(env, 'mail.notification', [{ mail_message_id: message, notification_status: 'sent' }]);
}

const NOTHING: AddedApp = { models: {}, calls: new Set(), methods: {} };

export function whatsappApp(which: WhatsappModule | undefined): AddedApp {
  if (which === undefined) return NOTHING;
  return which === 'enterprise' ? ENTERPRISE : OCA;
}
