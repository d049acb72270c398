// The bridge's reasons in the language of the page: from their codes, not from its English sentences.
import { has, moment, t } from './i18n.js';
import { h } from './preact.js';
import { said } from './ui.js';

const other = (/** @type {string} */ side) => (side === 'app' ? 'odoo' : 'app');

/** Why a value goes to a side. @param {{ to: string, rule: string }} decision @returns {string} */
export function tellRule({ to, rule }) {
  const values = { from: t(`side.the.${other(to)}`), into: t(`side.the.${to}`), rule };
  const text = t(has(`why.${rule}`) ? `why.${rule}` : 'why.other', values);
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** @param {{ to: string, written: string }} decision @returns {string} */
export function tellWritten({ to, written }) {
  const text = t(`written.${written}`, { side: t(`side.the.${to}`) });
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Both times on the bridge's clock, where they decided. @param {any} app @param {any} odoo */
export function tellClocks(app, odoo) {
  if (!app && !odoo) return null;
  const time = (/** @type {any} */ at) => (at ? moment(at) : t('side.unknown'));
  return t('why.clocks', { app: time(app), odoo: time(odoo) });
}

/** One happening of a record's timeline, as a sentence. @param {any} happening */
export function tellEvent({ kind, text, details }) {
  switch (kind) {
    case 'webhook':
      return t(`event.webhook.${details.source}`);
    case 'conflict':
      return t('event.conflict', { field: details.field, side: t(`side.${details.winner}`) });
    case 'restored':
      return t('event.restored', { id: details.id });
    case 'write_open':
      return t('event.write_open', { side: t(`side.the.${details.side}`) });
    case 'linked':
      return t('event.linked');
    case 'reconcile': {
      const key = `outcome.${details.outcome}`;
      return has(key) ? t(key) : t('outcome.other', { outcome: details.outcome });
    }
    default:
      return said(text);
  }
}

/** What went where in a pass, field by field. @param {any[] | null} decided */
export function tellDecided(decided) {
  if (!decided || decided.length === 0) return null;
  return h(
    'ul',
    { class: 'decided' },
    decided.map((decision) =>
      h(
        'li',
        {},
        h('code', {}, decision.field),
        h(
          'span',
          { class: 'arrow' },
          decision.to === 'odoo' ? ` ${t('side.app')} → ${t('side.odoo')} ` : ` ${t('side.odoo')} → ${t('side.app')} `,
        ),
        `${tellRule(decision)} ${tellWritten(decision)}`,
      ),
    ),
  );
}
