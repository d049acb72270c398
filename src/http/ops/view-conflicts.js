// Contested fields: who won and why, and the way back for the value that lost.
import { act, enough, get, post } from './actions.js';
import { t } from './i18n.js';
import { h } from './preact.js';
import { state } from './store.js';
import { tellClocks, tellRule } from './tell.js';
import { ask, button, chip, recordLink, row, table, titleOf, when } from './ui.js';
import { plain, show } from './value.js';
import { entityFilter, moreButton } from './view-records.js';

const asked = ({ query }) => ({ entity: query.entity });

export function load(route, shown) {
  return get('api/conflicts', { ...asked(route), limit: enough(shown) });
}

export function render() {
  const { data, route } = state;
  return [
    h('p', { class: 'lead' }, t('conflicts.lead')),
    h('div', { class: 'filters' }, entityFilter(route.query)),
    data && [
      table({
        label: t('conflicts.title'),
        columns: [
          ...['record', 'field', 'base', 'app', 'odoo', 'why', 'decided', 'actions'].map((name) => t(`column.${name}`)),
        ],
        rows: data.data.map((conflict) =>
          row(conflict.id, [
            recordLink(conflict),
            h('code', {}, conflict.field),
            before(conflict.base, conflict.field),
            side(conflict, 'app'),
            side(conflict, 'odoo'),
            why(conflict),
            when(conflict.decided_at),
            restoreButton(conflict),
          ]),
        ),
        empty: h('strong', {}, t('conflicts.empty')),
      }),
      moreButton('api/conflicts', asked(route)),
    ],
  ];
}

/** What both had agreed on before: as each side spelled it. @param {any} base @param {string} field */
export function before(base, field) {
  if (base === null) return h('span', { class: 'faint' }, '–');
  const isEqual = JSON.stringify(base.app) === JSON.stringify(base.odoo);
  return isEqual ? show(base.app, field) : [show(base.app, field), ' / ', show(base.odoo, field)];
}

function side(conflict, name) {
  const isWinner = conflict.winner === name;
  return h(
    'span',
    { class: isWinner ? 'won' : 'lost' },
    show(conflict[name].value, conflict.field),
    chip(isWinner ? 'won' : 'lost', t(isWinner ? 'conflicts.won' : 'conflicts.lost')),
  );
}

function why({ winner, rule, close, app, odoo }) {
  return [
    tellRule({ to: winner === 'app' ? 'odoo' : 'app', rule }),
    close && ` ${t('record.closeClocks')}`,
    h('span', { class: 'faint' }, ' ', tellClocks(app.at, odoo.at)),
  ];
}

/** @param {any} conflict with the ids of its record */
export function restoreButton(conflict) {
  const { id, field, winner, rule, restored_at } = conflict;
  if (restored_at) return h('span', {}, chip('restored', t('conflicts.restored')), ' ', when(restored_at));
  if (rule === 'owner') return h('span', { class: 'faint' }, t('conflicts.governed'));
  const loser = winner === 'app' ? 'odoo' : 'app';
  const values = {
    field,
    record: titleOf(conflict),
    value: plain(conflict[loser].value),
    side: t(`side.the.${loser}`),
  };
  const run = () =>
    act(async () => {
      await post(`api/conflicts/${id}/restore`);
      return t('conflicts.restoring');
    });
  const lines = [t('conflicts.restoreLine', values), t('conflicts.restoreLine2')];
  return button(
    t('conflicts.restore'),
    () => ask({ title: t('conflicts.restoreTitle'), lines, confirm: t('conflicts.restore'), run }),
    { about: `${field}, ${values.record}` },
  );
}
