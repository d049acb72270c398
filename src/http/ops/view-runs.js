// Manual syncs: starting one, and following it.
import { act, enough, get, loadMore, post } from './actions.js';
import { duration, exact, has, t } from './i18n.js';
import { h } from './preact.js';
import { state } from './store.js';
import { ask, button, chip, fault, row, select, table, when } from './ui.js';

const LIMIT = 20;

export async function load(_route, shown) {
  const [list, overview] = await Promise.all([
    get('api/sync/runs', { limit: enough(shown, LIMIT) }),
    get('api/overview'),
  ]);
  return { ...list, entities: overview.entities };
}

const collectionName = (collection) => {
  if (has(`runs.collection.${collection}`)) return t(`runs.collection.${collection}`);
  const entity = state.data?.entities.find((known) => known.collection === collection)?.entity;
  return entity ? t(`entity.${entity}`) : collection;
};

export function render() {
  const { data, runs } = state;
  if (!data) return h('p', { class: 'lead' }, t('runs.lead'));
  // What is under way comes by the stream, each second.
  const listed = data.data.map((run) => runs.find(({ id }) => id === run.id) ?? run);
  const begun = runs.filter(({ id }) => !data.data.some((run) => run.id === id));
  return [
    h('p', { class: 'lead' }, t('runs.lead')),
    startForm(data.entities),
    runTable([...begun, ...listed]),
    data.next_cursor &&
      h(
        'p',
        { class: 'more' },
        button(t('app.more'), () => loadMore('api/sync/runs', { limit: LIMIT })),
      ),
  ];
}

/** @param {any[]} runs */
export function runTable(runs) {
  return table({
    label: t('runs.title'),
    columns: ['run', 'state', 'progress', 'result', 'started', 'actions'].map((name) => t(`column.${name}`)),
    rows: runs.map(runRow),
    empty: h('strong', {}, t('runs.empty')),
  });
}

function runRow(run) {
  return row(run.id, [
    [h('a', { href: `#/run/${run.id}` }, collectionName(run.collection)), run.dry_run && chip('dry', t('runs.dry'))],
    chip(run.status),
    progress(run),
    [results(run), run.error && h('p', { class: 'error' }, fault(run.error))],
    when(run.started_at),
    run.status === 'running' ? cancelButton(run) : null,
  ]);
}

function progress({ id, status, total, done, eta_seconds, started_at, finished_at, collection }) {
  const isRunning = status === 'running';
  const took = finished_at ? (Date.parse(finished_at) - Date.parse(started_at)) / 1_000 : null;
  const rest = isRunning
    ? eta_seconds === null
      ? t('runs.listing')
      : t('runs.eta', { time: duration(eta_seconds) })
    : took === null
      ? null
      : t('runs.took', { time: duration(took) });
  return h(
    'div',
    { class: 'progress' },
    h('progress', {
      value: done,
      max: Math.max(1, total),
      'aria-label': `${collectionName(collection)}: ${done}/${total}`,
      key: id,
    }),
    h('span', {}, t('runs.of', { done, total }), ' ', h('span', { class: 'faint' }, rest)),
  );
}

const COUNTS = ['created', 'updated', 'unchanged', 'conflicts', 'parked', 'held'];

function results(run) {
  const told = COUNTS.filter((name) => run[name] > 0);
  if (told.length === 0) return h('span', { class: 'faint' }, '–');
  return told.map((name) => h('span', { class: `count of-${name}` }, t(`runs.${name}`, { n: run[name] })));
}

function cancelButton({ id, total, done, collection }) {
  const run = () =>
    act(async () => {
      await post(`api/sync/runs/${id}/cancel`);
      return t('runs.cancelled');
    });
  return button(
    t('runs.cancel'),
    () =>
      ask({
        title: t('runs.cancelTitle'),
        lines: [t('runs.cancelLine', { n: total - done })],
        confirm: t('runs.cancelTitle').replace(/\s*\?$/, ''),
        run,
      }),
    { about: collectionName(collection) },
  );
}

function startForm(entities) {
  const collections = ['contacts', ...entities.map(({ collection }) => collection), 'all'];
  return h(
    'form',
    { class: 'card start', onSubmit: start },
    h('h2', {}, t('runs.start')),
    h(
      'div',
      { class: 'filters' },
      select(
        t('runs.collection'),
        'collection',
        collections.map((name) => [name, collectionName(name)]),
        'contacts',
      ),
      h(
        'label',
        { class: 'field grow' },
        h('span', {}, t('runs.ids')),
        h('input', { name: 'ids', autocomplete: 'off', spellcheck: false, 'aria-describedby': 'ids-hint' }),
        h('span', { class: 'faint', id: 'ids-hint' }, t('runs.idsHint')),
      ),
      h(
        'label',
        { class: 'field' },
        h('span', {}, t('runs.since')),
        h('input', { name: 'since', type: 'datetime-local', 'aria-describedby': 'since-hint' }),
        h('span', { class: 'faint', id: 'since-hint' }, t('runs.sinceHint')),
      ),
      h('button', { type: 'submit', class: 'primary' }, t('runs.go')),
    ),
    h('label', { class: 'check' }, h('input', { type: 'checkbox', name: 'dry' }), t('runs.dryHint')),
  );
}

/** How many records the bridge knows of it. */
function known(collection) {
  const chosen = state.data.entities.filter(
    ({ entity, collection: own }) =>
      collection === 'all' ||
      own === collection ||
      (collection === 'contacts' && ['teacher', 'tenant', 'guest'].includes(entity)),
  );
  return chosen.reduce((sum, { links }) => sum + links, 0);
}

function start(event) {
  event.preventDefault();
  const form = event.currentTarget;
  const field = (name) => new FormData(form).get(name)?.toString() ?? '';
  const collection = field('collection');
  const ids = field('ids')
    .split(/[\s,]+/)
    .filter(Boolean);
  const since = field('since') === '' ? null : new Date(field('since')).toISOString();
  const isDry = field('dry') !== '';
  const run = () =>
    act(async () => {
      const scope = { ...(ids.length > 0 && { ids }), ...(since && { since }), ...(isDry && { dry_run: true }) };
      const { run_id } = await post(`api/sync/${collection}`, scope);
      form.reset();
      if (isDry) location.hash = `#/run/${run_id}`;
      return t('runs.started');
    });
  // Nothing is written: there is nothing to be asked.
  if (isDry) return run();
  const lines = [
    ids.length > 0 ? t('runs.line.ids', { n: ids.length }) : t('runs.line.all', { n: known(collection) }),
    ...(since && ids.length === 0 ? [t('runs.line.since', { time: exact(since) })] : []),
    t('runs.line2'),
  ];
  return ask({ title: `${t('runs.start')}: ${collectionName(collection)}`, lines, confirm: t('runs.go'), run });
}
