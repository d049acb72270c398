// One run; of a dry run, each change that it would make.
import { enough, get } from './actions.js';
import { has, t } from './i18n.js';
import { h } from './preact.js';
import { state } from './store.js';
import { tellRule } from './tell.js';
import { chip, fault, recordLink, row, table } from './ui.js';
import { show } from './value.js';
import { moreButton } from './view-records.js';
import { runTable } from './view-runs.js';

/** @param {any} route @returns {string} */
const changesOf = ({ path }) => `api/sync/runs/${encodeURIComponent(path[1] ?? '')}/changes`;

export async function load(route, shown) {
  const [run, overview] = await Promise.all([
    get(`api/sync/runs/${encodeURIComponent(route.path[1] ?? '')}`),
    get('api/overview'),
  ]);
  // A run that writes has left its changes in the records themselves.
  const nothing = { data: [], next_cursor: null };
  const changes = run.dry_run ? await get(changesOf(route), { limit: enough(shown) }) : nothing;
  return { ...changes, run, entities: overview.entities };
}

export function render() {
  const { data, route } = state;
  if (!data) return null;
  const run = state.runs.find(({ id }) => id === data.run.id) ?? data.run;
  return [
    runTable([run]),
    run.dry_run && [
      h('h2', {}, t('changes.title')),
      h('p', { class: 'lead' }, t('changes.lead')),
      table({
        label: t('changes.title'),
        columns: ['record', 'change', 'fields', 'note'].map((name) => t(`column.${name}`)),
        rows: data.data.map((change, index) => changeRow(change, index)),
        empty: h('strong', {}, t(run.status === 'done' ? 'changes.empty' : 'changes.notYet')),
      }),
      moreButton(changesOf(route), {}),
    ],
  ];
}

function changeRow(change, index) {
  const { app_id, odoo_id, action, to, fields } = change;
  const hasRecord = app_id !== null || odoo_id !== null;
  return row(String(index), [
    hasRecord ? recordLink(change) : t(`one.${change.entity}`),
    [chip(`action-${action}`, actionName(action)), to && h('span', { class: 'faint' }, ` → ${t(`side.${to}`)}`)],
    h('ul', { class: 'changes' }, Object.entries(fields).map(fieldItem)),
    notes(change),
  ]);
}

const actionName = (action) => (has(`change.${action}`) ? t(`change.${action}`) : action);

function fieldItem([field, { from, to }]) {
  return h('li', {}, h('code', {}, field), ' ', show(from, field), ' → ', h('b', {}, show(to, field)));
}

function notes({ steps = [], later = [], conflicts = [], reason }) {
  return [
    conflicts.map(({ field, winner, rule }) =>
      h('p', {}, h('code', {}, field), ' ', tellRule({ to: winner === 'app' ? 'odoo' : 'app', rule })),
    ),
    steps.length > 0 && h('p', {}, t('changes.steps', { steps: steps.join(', ') })),
    later.length > 0 && h('p', {}, t('changes.later', { fields: later.join(', ') })),
    reason && h('p', {}, fault({ ...reason, message: reason.message ?? reason.code })),
    reason?.candidates && h('p', { class: 'faint' }, reason.candidates.join(', ')),
  ];
}
