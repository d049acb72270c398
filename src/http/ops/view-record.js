// One record: how it stands, each field on both sides and why, and what happened.
import { act, get, post } from './actions.js';
import { exact, t } from './i18n.js';
import { h } from './preact.js';
import { state, update } from './store.js';
import { tellClocks, tellDecided, tellEvent, tellRule, tellWritten } from './tell.js';
import {
  button,
  chip,
  facts,
  fault,
  holdName,
  holdReason,
  linkState,
  odooLink,
  row,
  said,
  table,
  titleOf,
  when,
} from './ui.js';
import { show } from './value.js';
import { before, restoreButton } from './view-conflicts.js';
import { heldButtons } from './view-held.js';
import { retryButton } from './view-parked.js';

export async function load({ path }) {
  const [, entity = '', id = '', by] = path;
  const query = by === 'odoo' ? { by } : {};
  const record = await get(`api/links/${encodeURIComponent(entity)}/${encodeURIComponent(id)}`, query);
  // Where the link leads to, and what its collection is called.
  const overview = await get('api/overview');
  const collection = overview.entities.find((known) => known.entity === entity)?.collection;
  return { record, collection, odooUrl: overview.odoo_url };
}

const NAMES = ['name', 'title', 'number', 'subject', 'filename'];

/** @returns {string} */
export function nameOf(record) {
  for (const values of [record.app?.record?.values, record.odoo?.record?.values]) {
    const name = NAMES.map((field) => values?.[field]).find((value) => typeof value === 'string' && value !== '');
    if (name) return name;
  }
  return titleOf(record);
}

export function render() {
  const { data } = state;
  if (!data) return null;
  const { record, collection, odooUrl } = data;
  const named = { ...record, id: record.link_id };
  return [
    h(
      'p',
      { class: 'ids' },
      chip('kind', t(`one.${record.entity}`)),
      linkState({ state: record.state, dirty: record.situation.kind === 'queued' }),
      record.paused && chip('paused'),
      h('span', {}, `${t('side.app')} `, h('b', {}, record.app_id ?? '∅')),
      h(
        'span',
        {},
        `${t('side.odoo')} `,
        h('b', {}, record.odoo_id ?? '∅'),
        ' ',
        h('span', { class: 'faint' }, record.odoo_model),
      ),
    ),
    h(
      'section',
      { class: `situation is-${record.situation.kind}` },
      h('strong', {}, t(`record.situation.${record.situation.kind}`)),
      situationDetail(record),
      h(
        'div',
        { class: 'bar' },
        record.state === 'parked' && retryButton(named),
        record.state === 'held' && record.hold && heldButtons({ ...named, ...record.hold }, odooUrl),
        record.app_id !== null && collection && syncButton(record, collection),
        record.odoo_id !== null && odooLink(odooUrl, record.odoo_model, record.odoo_id, t('record.openOdoo')),
      ),
    ),
    h('div', { class: 'cards two' }, sideCard('app', record), sideCard('odoo', record)),
    h('h2', {}, t('record.fields')),
    fieldTable(record),
    h('h2', {}, t('record.timeline')),
    h('p', { class: 'lead' }, t('record.timelineLead')),
    h(
      'ol',
      { class: 'timeline' },
      record.timeline.map((happening) => timelineItem(happening, record)),
    ),
  ];
}

function situationDetail({ error, hold, waits_for, warnings }) {
  return [
    error && h('p', {}, h('code', {}, error.code), ' ', fault(error)),
    hold && h('p', {}, holdName(hold.kind), ': ', holdReason(hold)),
    waits_for && h('p', {}, t('record.waitsFor', { entity: t(`one.${waits_for.entity}`), id: waits_for.id })),
    warnings.map(({ field, reason }) => h('p', {}, h('code', {}, field), ' ', said(reason))),
  ];
}

function syncButton({ app_id }, collection) {
  return button(t('record.sync'), () =>
    act(async () => {
      await post(`api/sync/${collection}`, { ids: [app_id] });
      return t('record.synced');
    }),
  );
}

function sideCard(side, record) {
  const { reachable, error, record: held, absence } = record[side];
  return h(
    'section',
    { class: 'card' },
    h('h3', {}, t(`side.${side}`), chip(reachable ? 'up' : 'down', t(reachable ? 'side.up' : 'side.down'))),
    !reachable && h('p', { class: 'error' }, fault(error)),
    reachable && !held && h('p', { class: 'faint' }, t('record.missing'), absence && ` (${absence})`),
    held &&
      facts([
        [t('record.id'), held.id],
        held.modified && [
          t('record.modified'),
          [
            when(held.modified.from),
            held.modified.by_bridge && h('span', { class: 'faint' }, ` ${t('record.byBridge')}`),
          ],
        ],
      ]),
  );
}

const isEmpty = (value) => value === null || value === undefined || value === '';

function fieldTable(record) {
  const { fields } = record;
  const filled = fields.filter(
    ({ app, odoo, base }) => !(isEmpty(app) && isEmpty(odoo) && isEmpty(base?.app) && isEmpty(base?.odoo)),
  );
  const shown = state.showEmpty ? fields : filled;
  const toggle = (event) => update({ showEmpty: event.currentTarget.checked });
  return [
    table({
      label: t('record.fields'),
      columns: ['field', 'base', 'app', 'odoo', 'why'].map((name) => t(`column.${name}`)),
      rows: shown.map((field) => fieldRow(field, record)),
      empty: t('record.notKnown'),
    }),
    filled.length < fields.length &&
      h(
        'label',
        { class: 'check' },
        h('input', { type: 'checkbox', checked: state.showEmpty, onChange: toggle }),
        t('record.empty'),
      ),
  ];
}

function fieldRow({ field, base, app, odoo, next, last, signal }, record) {
  const now = (side, value, agreed) => {
    // A side that is away may have anything; one that has no record has nothing.
    if (value === undefined && record[side].reachable) return h('span', { class: 'faint' }, '–');
    const isChanged = base !== null && value !== undefined && value !== agreed;
    return isChanged
      ? h('span', { class: 'diff' }, show(value, field), chip('changed', t('record.changed')))
      : show(value, field);
  };
  return row(field, [
    h('code', {}, field),
    before(signal && base ? { app: base.app, odoo: base.app } : base, field),
    now('app', app, base?.app),
    signal ? h('span', { class: 'faint' }, t('record.signal')) : now('odoo', odoo, base?.odoo),
    [pending(next), why(last)],
  ]);
}

function pending(next) {
  if (!next || next.to === null) return null;
  return h(
    'p',
    { class: 'pending' },
    h('b', {}, t('record.next')),
    ` ${t('why.to', { into: t(`side.the.${next.to}`) })}. `,
    tellRule(next),
  );
}

function why(last) {
  if (!last) return h('span', { class: 'faint', title: t('why.never') }, '–');
  return last.decisions.map((decision) => {
    const clocks = ['later', 'tie', 'own_stamp'].includes(decision.rule)
      ? tellClocks(decision.app_at, decision.odoo_at)
      : null;
    return h(
      'p',
      { class: 'why' },
      when(last.at),
      ' ',
      h('b', {}, `→ ${t(`side.${decision.to}`)}`),
      ` ${tellRule(decision)} `,
      clocks && h('span', { class: 'faint' }, `${clocks} `),
      decision.close && h('span', { class: 'faint' }, `${t('record.closeClocks')} `),
      h('span', { class: 'faint' }, tellWritten(decision)),
    );
  });
}

const TROUBLES = ['park', 'retry'];

function timelineItem(happening, record) {
  const { at, kind, details } = happening;
  return h(
    'li',
    {
      class: `on-${kind} out-${details.outcome ?? kind}`,
      key: `${at} ${kind} ${details.id ?? details.reconcile_id ?? details.source ?? ''}`,
    },
    h('div', { class: 'time' }, when(at), h('span', { class: 'faint exact' }, exact(at))),
    h(
      'div',
      {},
      h('strong', {}, tellEvent(happening)),
      kind === 'reconcile' &&
        details.message &&
        h(
          'p',
          { class: TROUBLES.includes(details.outcome) ? 'error' : '' },
          fault({ ...details, code: details.error_code }),
        ),
      kind === 'reconcile' && tellDecided(details.decided),
      kind === 'conflict' && conflictDiff(details, record),
    ),
  );
}

function conflictDiff(conflict, record) {
  const { base, winner, rule, close, app, odoo } = conflict;
  const into = winner === 'app' ? 'odoo' : 'app';
  const side = (name) =>
    h(
      'div',
      { class: `versus ${winner === name ? 'won' : 'lost'}` },
      h('span', { class: 'label' }, t(`side.${name}`), ' · ', t(winner === name ? 'conflicts.won' : 'conflicts.lost')),
      show(conflict[name].value, conflict.field),
      h('span', { class: 'faint' }, when(conflict[name].at)),
    );
  return [
    h('p', {}, h('span', { class: 'faint' }, `${t('conflicts.base')} `), before(base, conflict.field)),
    h('div', { class: 'sides' }, side('app'), side('odoo')),
    h(
      'p',
      {},
      tellRule({ to: into, rule }),
      ' ',
      close && h('span', { class: 'faint' }, t('record.closeClocks')),
      ' ',
      h('span', { class: 'faint' }, tellClocks(app.at, odoo.at)),
    ),
    restoreButton({
      ...conflict,
      entity: record.entity,
      app_id: record.app_id,
      odoo_id: record.odoo_id,
      restored_at: restoredAt(conflict, record),
    }),
  ];
}

function restoredAt({ id }, { timeline }) {
  return timeline.find(({ kind, details }) => kind === 'restored' && details.id === id)?.at ?? null;
}
