// A value of a field, as people read it: a record of the app as a link to its story, a list one below the other.
import { has, t } from './i18n.js';
import { h } from './preact.js';
import { recordLink } from './ui.js';

/** @param {any} value @param {string} [field] whose value it is: `travel_id` names a travel */
export function show(value, field = '') {
  if (value === undefined) return h('span', { class: 'faint' }, t('record.notKnown'));
  if (value === null || value === '') return h('span', { class: 'nothing', title: 'null' }, '∅');
  if (typeof value === 'boolean') return t(value ? 'app.yes' : 'app.no');
  const whole = parse(value);
  if (Array.isArray(whole)) {
    return h(
      'ol',
      { class: 'value list' },
      whole.map((item) => h('li', {}, parts(item))),
    );
  }
  if (typeof whole === 'object') return h('span', { class: 'value' }, parts(whole));
  const text = String(whole);
  const lines = text.split('\n').map((line, index) => [index > 0 && '\n', linked(line, field) ?? line]);
  return h('span', { class: /\S{33}/.test(text) ? 'value long' : 'value' }, lines);
}

/** Lists and tables are kept as JSON, so that only another content is another value. @param {any} value */
function parse(value) {
  if (typeof value !== 'string' || !/^(\[\{|\{)"/.test(value)) return value;
  try {
    return JSON.parse(value);
  } catch {
    // A person wrote a bracket.
    return value;
  }
}

/** @param {any} item */
function parts(item) {
  if (typeof item !== 'object' || item === null) return plain(item);
  const named = Object.entries(item).filter(([, part]) => part !== null);
  return named.map(([name, part], index) => [
    index > 0 && ', ',
    h('span', { class: 'faint' }, `${name} `),
    linked(part, name) ?? plain(part),
  ]);
}

/** A record of the app, with what else is said of it behind a tab. @param {any} value @param {string} field */
function linked(value, field) {
  const [, entity = '', id = '', more] = /^([a-z_]+):([^\t]+)(?:\t(.*))?$/.exec(value) ?? [];
  if (has(`one.${entity}`)) return [recordLink({ entity, app_id: id }), more && ` ${more.replaceAll('\t', ' ')}`];
  const named = field === 'list_ids' ? 'mailing_list' : field.replace(/_id$/, '');
  // What has no counterpart is named by its id in Odoo.
  if (named === field || !has(`one.${named}`) || /^Odoo's /.test(value)) return null;
  return recordLink({ entity: named, app_id: String(value) });
}

/** The same in the midst of a sentence. @param {any} value @returns {string} */
export function plain(value) {
  if (value === null || value === undefined || value === '') return '∅';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
