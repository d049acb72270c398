// What all views are made of. Whatever comes from the bridge is put in as text, never as markup.
import { ago, exact, has, t, tellCode } from './i18n.js';
import { Component, h } from './preact.js';
import { state, update } from './store.js';

/** @param {string | number | null | undefined} at as "3 min. ago", with the exact time when pointed at */
export function when(at) {
  if (at === null || at === undefined) return h('span', { class: 'faint' }, t('time.never'));
  const time = new Date(at);
  return h('time', { datetime: time.toISOString(), title: exact(at) }, ago(at));
}

/** A state by word, form and colour. @param {string} name `parked` @param {any} [text] instead of its word */
export function chip(name, text) {
  return h('span', { class: `chip is-${name}` }, text ?? (has(`state.${name}`) ? t(`state.${name}`) : name));
}

/** @param {{ dirty?: boolean, state: string }} link */
export const linkState = ({ dirty, state: name }) => chip(name === 'active' && dirty ? 'waiting' : name);

/** What the bridge says in English, whatever the language of the page. @param {any} text @param {string} [kind] class */
export function said(text, kind = '') {
  return text ? h('span', { lang: 'en', class: kind }, text) : null;
}

/**
 * What went wrong, and what to do about it. The bridge's own sentence stays also where the code has its words: it alone
 * names the field, the sums, the right that is missing.
 * @param {any} error
 */
export function fault(error) {
  const told = tellCode(error?.code);
  if (!told) return [said(error?.message), ' ', said(error?.remedy, 'remedy')];
  return [told.why, ' ', h('span', { class: 'remedy' }, told.remedy), ' ', said(error.message, 'faint')];
}

/** The same in a few words. @param {{ code: string, message: string }} error */
export const cause = ({ code, message }) => tellCode(code)?.why ?? said(message);

/** What a person has to decide, and why. @param {{ kind: string, detail: string }} hold */
export const holdReason = ({ kind, detail }) => fault({ code: `held_${kind}`, message: detail });

/** By what a record is held. @param {string} kind @returns {string} */
export const holdName = (kind) => (has(`held.kind.${kind}`) ? t(`held.kind.${kind}`) : kind);

/** @param {any[]} pairs names with their values; what is falsy is left out */
export function facts(pairs) {
  return h(
    'dl',
    { class: 'facts' },
    pairs.filter(Boolean).map(([name, value]) => [h('dt', {}, name), h('dd', {}, value)]),
  );
}

/** @param {{ entity: string, app_id?: string | null, odoo_id?: number | null }} record @returns {string} */
export function recordPath({ entity, app_id, odoo_id }) {
  if (app_id !== null && app_id !== undefined) return `#/record/${entity}/${encodeURIComponent(app_id)}`;
  return `#/record/${entity}/${odoo_id}/odoo`;
}

/** "Guest 42". @param {any} record @returns {string} */
function kindOf({ entity, app_id, odoo_id }) {
  const id = app_id ?? (odoo_id === null || odoo_id === undefined ? '' : `Odoo ${odoo_id}`);
  return `${t(`one.${entity}`)} ${id}`;
}

/** "Ada Lovelace (Guest 42)". @param {any} record @returns {string} */
export function titleOf(record) {
  const { name } = record;
  return name ? `${name} (${kindOf(record)})` : kindOf(record);
}

/** By the old address, which every version of Odoo understands. @param {string} url @param {string} model @param {any} id @param {any} text */
export function odooLink(url, model, id, text, kind = 'button') {
  const href = `${url.replace(/\/$/, '')}/web#id=${id}&model=${model}&view_type=form`;
  return h(
    'a',
    { class: kind, href, target: '_blank', rel: 'noreferrer' },
    text,
    h('span', { 'aria-hidden': 'true' }, ' ↗'),
  );
}

/** @param {any} record */
export function recordLink(record) {
  const { name } = record;
  return h(
    'a',
    { href: recordPath(record), class: 'record' },
    name && h('span', { class: 'name' }, name),
    h('span', { class: 'kind' }, kindOf(record)),
  );
}

/**
 * @param {{ label: string, columns: any[], rows: any[], empty: any }} table rows as made by `row`; what it means that
 * there are none
 */
export function table({ label, columns, rows, empty }) {
  if (rows.length === 0) return h('div', { class: 'empty' }, empty);
  return h(
    'div',
    { class: 'scroll', role: 'region', 'aria-label': label, tabIndex: 0 },
    h(
      'table',
      {},
      h(
        'thead',
        {},
        h(
          'tr',
          {},
          columns.map((column) => h('th', { scope: 'col' }, column)),
        ),
      ),
      h('tbody', {}, rows),
    ),
  );
}

/** @param {string} key @param {any[]} cells the first names the row */
export function row(key, cells) {
  const [first, ...others] = cells;
  return h(
    'tr',
    { key },
    h('th', { scope: 'row' }, first),
    others.map((cell) => h('td', {}, cell)),
  );
}

/**
 * @param {string} text @param {() => unknown} run
 * @param {{ about?: string, kind?: string }} [more] about: what tells it from the same button in another row, for who
 * does not see the row
 */
export function button(text, run, { about, kind = '' } = {}) {
  // Not `disabled` while an action runs: the focus would be lost.
  const onClick = () => {
    if (!state.busy) run();
  };
  return h(
    'button',
    {
      type: 'button',
      class: kind,
      onClick,
      'aria-label': about && t('app.about', { text, about }),
      'aria-busy': state.busy,
    },
    text,
  );
}

/** Asked once, before what cannot be taken back by a click. @param {NonNullable<typeof state.question>} question */
export function ask(question) {
  update({ question });
}

/** Why the bridge did not answer with what was asked for. @param {import('./store.js').Problem} problem */
export function problemText({ status, title, detail, code }) {
  if (status === 0) return [h('strong', {}, t('error.0')), h('p', {}, t('error.0.detail'))];
  const told = tellCode(code);
  const remedy = told && h('span', { class: 'remedy' }, told.remedy);
  return [h('strong', {}, told?.why ?? said(title)), h('p', {}, remedy, ' ', said(detail, told ? 'faint' : ''))];
}

/** @param {import('./store.js').Problem} problem */
export function problemBox(problem, retry = () => {}) {
  return h(
    'div',
    { class: 'notice is-error', role: 'alert' },
    h('div', {}, problemText(problem)),
    button(t('error.retry'), retry),
  );
}

/**
 * @param {string} label @param {string} name @param {string[][]} options pairs of value and text
 * @param {string} [value] @param {(value: string) => void} [onChange] without it, the choice is the form's own
 */
export function select(label, name, options, value = '', onChange = undefined) {
  return h(
    'label',
    { class: 'field' },
    h('span', {}, label),
    h(
      'select',
      // A given value would be put back with each drawing.
      onChange
        ? { name, value, onChange: (/** @type {any} */ event) => onChange(event.currentTarget.value) }
        : { name },
      options.map(([option, text]) => h('option', { value: option, selected: option === value }, text)),
    ),
  );
}

/** A dialogue of the browser: it keeps the focus inside, closes with Escape, and gives the focus back. */
export class Modal extends Component {
  /** @type {HTMLDialogElement | null} */
  dialog = null;

  /** @override */
  componentDidMount() {
    this.dialog?.showModal();
  }

  /** @override */
  componentWillUnmount() {
    this.dialog?.close();
  }

  /** @override */
  render({ title, onClose, children }) {
    const hold = (/** @type {any} */ dialog) => {
      this.dialog = dialog;
    };
    const onCancel = (/** @type {any} */ event) => {
      event.preventDefault();
      onClose();
    };
    return h(
      'dialog',
      { ref: hold, 'aria-labelledby': 'dialog-title', onCancel },
      h('h2', { id: 'dialog-title' }, title),
      children,
    );
  }
}
