/** The models and fields that the simulator knows: those that the bridge uses. */

export interface FieldSpec {
  readonly type: 'char' | 'text' | 'html' | 'boolean' | 'integer' | 'datetime' | 'selection' | RelationType;
  readonly string: string;
  readonly relation?: string;
  /** The many2one of the other model that a one2many turns round. */
  readonly inverse?: string;
  readonly selection?: readonly (readonly [string, string])[];
  /** Stored values that are given by the code of the model: nobody may write them. */
  readonly readonly?: true;
  /** Computed at each reading, see computed-fields.ts. */
  readonly computed?: true;
  readonly required?: true;
}
type RelationType = 'many2one' | 'many2many' | 'one2many';

export interface ModelSpec {
  readonly label: string;
  readonly order: string;
  readonly fields: Readonly<Record<string, FieldSpec>>;
  readonly defaults: Readonly<Record<string, unknown>>;
}

export const char = (string: string, more: Partial<FieldSpec> = {}): FieldSpec => ({ type: 'char', string, ...more });
const flag = (string: string): FieldSpec => ({ type: 'boolean', string });
export const whole = (string: string): FieldSpec => ({ type: 'integer', string });
export const one = (string: string, relation: string, more: Partial<FieldSpec> = {}): FieldSpec => ({
  type: 'many2one',
  string,
  relation,
  ...more,
});
const many = (string: string, relation: string): FieldSpec => ({ type: 'many2many', string, relation });
const lines = (string: string, relation: string, inverse: string): FieldSpec => ({
  type: 'one2many',
  string,
  relation,
  inverse,
});
export const choice = (string: string, ...values: readonly [string, string][]): FieldSpec => ({
  type: 'selection',
  string,
  selection: values,
});
const required = (field: FieldSpec): FieldSpec => ({ ...field, required: true });

const LOG_FIELDS: Readonly<Record<string, FieldSpec>> = {
  id: { type: 'integer', string: 'ID', readonly: true },
  display_name: char('Display Name', { readonly: true, computed: true }),
  create_uid: one('Created by', 'res.users', { readonly: true }),
  create_date: { type: 'datetime', string: 'Created on', readonly: true },
  write_uid: one('Last Updated by', 'res.users', { readonly: true }),
  write_date: { type: 'datetime', string: 'Last Updated on', readonly: true },
};

export function model(
  label: string,
  fields: Readonly<Record<string, FieldSpec>>,
  defaults: Readonly<Record<string, unknown>> = {},
  order = 'id',
): ModelSpec {
  return { label, order, fields: { ...LOG_FIELDS, ...fields }, defaults };
}

export const ADDRESS_FIELDS = ['street', 'street2', 'zip', 'city', 'state_id', 'country_id'] as const;

export const SCHEMA: Readonly<Record<string, ModelSpec>> = {
  'res.partner': model(
    'Contact',
    {
      name: char('Name'),
      complete_name: char('Complete Name', { readonly: true }),
      email: char('Email'),
      email_normalized: char('Normalized Email', { readonly: true }),
      phone: char('Phone'),
      street: char('Street'),
      street2: char('Street2'),
      zip: char('Zip'),
      city: char('City'),
      state_id: one('State', 'res.country.state'),
      country_id: one('Country', 'res.country'),
      vat: char('Tax ID'),
      lang: { type: 'selection', string: 'Language' },
      comment: { type: 'html', string: 'Notes' },
      active: flag('Active'),
      type: choice(
        'Address Type',
        ['contact', 'Contact'],
        ['invoice', 'Invoice'],
        ['delivery', 'Delivery'],
        ['other', 'Other'],
      ),
      is_company: flag('Is a Company'),
      parent_id: one('Related Company', 'res.partner'),
      child_ids: lines('Contact', 'res.partner', 'parent_id'),
      category_id: many('Tags', 'res.partner.category'),
      customer_rank: whole('Customer Rank'),
      supplier_rank: whole('Supplier Rank'),
      commercial_partner_id: one('Commercial Entity', 'res.partner', { readonly: true, computed: true }),
      commercial_company_name: char('Company Name Entity', { readonly: true, computed: true }),
      company_name: char('Company Name'),
      ref: char('Reference'),
    },
    { active: true, type: 'contact', lang: 'en_US', is_company: false, customer_rank: 0, supplier_rank: 0 },
    'complete_name ASC, id DESC',
  ),
  'res.partner.category': model(
    'Partner Tags',
    { name: required(char('Name')), active: flag('Active'), parent_id: one('Category', 'res.partner.category') },
    { active: true },
    'name, id',
  ),
  'base.partner.merge.automatic.wizard': model('Merge Partner Wizard', {
    partner_ids: many('Contacts', 'res.partner'),
    dst_partner_id: one('Destination Contact', 'res.partner'),
  }),
  'res.country': model('Country', { name: required(char('Country Name')), code: char('Country Code') }, {}, 'name, id'),
  'res.country.state': model('Country state', { name: char('State Name'), country_id: one('Country', 'res.country') }),
  'res.lang': model(
    'Languages',
    { name: char('Name'), code: char('Locale Code'), iso_code: char('ISO code'), active: flag('Active') },
    { active: true },
    'active desc,name',
  ),
  'res.users': model(
    'User',
    {
      login: char('Login'),
      name: char('Name'),
      partner_id: one('Related Partner', 'res.partner'),
      active: flag('Active'),
    },
    { active: true },
    'name, login',
  ),
  'res.users.apikeys': model(
    'Users API Keys',
    {
      name: required(char('Description', { readonly: true })),
      user_id: one('User', 'res.users', { readonly: true }),
      scope: char('Scope', { readonly: true }),
      expiration_date: { type: 'datetime', string: 'Expiration Date', readonly: true },
    },
    {},
    'id',
  ),
  'ir.model': model('Models', { name: char('Model Description'), model: char('Model') }, {}, 'model'),
  'ir.model.fields': model(
    'Fields',
    {
      name: char('Field Name'),
      model: char('Model Name'),
      model_id: one('Model', 'ir.model'),
      ttype: char('Field Type'),
      relation: char('Related Model'),
    },
    {},
    'name, id',
  ),
  'ir.model.data': model(
    'Model Data',
    {
      module: char('Module'),
      name: char('External Identifier'),
      model: char('Model Name'),
      res_id: whole('Record ID'),
      noupdate: flag('Non Updatable'),
    },
    { noupdate: false },
    'module, model, name',
  ),
  'ir.config_parameter': model(
    'System Parameter',
    { key: required(char('Key')), value: required({ type: 'text', string: 'Value' }) },
    {},
    'key',
  ),
  'ir.attachment': model('Attachment', {
    name: required(char('Name')),
    mimetype: char('Mime Type', { readonly: true }),
    res_model: char('Resource Model'),
    res_id: whole('Resource ID'),
    checksum: char('Checksum/SHA1', { readonly: true }),
  }),
  'ir.actions.server': model(
    'Server Actions',
    {
      name: required(char('Action Name')),
      model_id: required(one('Model', 'ir.model')),
      model_name: char('Model Name', { readonly: true, computed: true }),
      state: choice('Type', ['code', 'Execute Code'], ['webhook', 'Send Webhook Notification']),
      usage: choice('Usage', ['ir_actions_server', 'Server Action'], ['base_automation', 'Automation Rule']),
      code: { type: 'text', string: 'Python Code' },
      webhook_url: char('Webhook URL'),
      webhook_field_ids: many('Webhook Fields', 'ir.model.fields'),
      base_automation_id: one('Automation Rule', 'base.automation'),
    },
    { usage: 'ir_actions_server' },
    'name, id',
  ),
  'base.automation': model(
    'Automation Rule',
    {
      name: required(char('Automation Rule Name')),
      model_id: required(one('Model', 'ir.model')),
      model_name: char('Model Name', { readonly: true, computed: true }),
      active: flag('Active'),
      trigger: choice(
        'Trigger',
        ['on_create_or_write', 'On create and edit'],
        ['on_unlink', 'On deletion'],
        ['on_archive', 'On archived'],
        ['on_unarchive', 'On unarchived'],
      ),
      trigger_field_ids: many('Trigger Fields', 'ir.model.fields'),
      filter_domain: char('Apply on'),
      action_server_ids: lines('Actions', 'ir.actions.server', 'base_automation_id'),
    },
    { active: true },
    'id',
  ),
};

/** Names that stand for what Odoo does not have; every other unknown name fails loudly (see not-covered.ts). */
/** Models of Odoo's other apps: this Odoo has none but Contacts. */
const OTHER_APPS = /^(account|crm|mailing|phone|product|sale|whatsapp)\./;

export function isNonexistentName(name: string): boolean {
  if (OTHER_APPS.test(name)) return true;
  return /^(no[_.]such|x_no_such)/.test(name) || name === 'mobile' || name === 'title';
}
