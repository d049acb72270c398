// Records that were set aside with an error: by error, and one by one.
import { act, enough, filter, get, post } from './actions.js';
import { number, t } from './i18n.js';
import { h } from './preact.js';
import { state } from './store.js';
import { ask, button, fault, recordLink, row, table, titleOf, when } from './ui.js';
import { entityFilter, moreButton } from './view-records.js';

const asked = ({ query }) => ({ entity: query.entity });

export async function load(route, shown) {
  const [list, groups] = await Promise.all([
    get('api/parked', { ...asked(route), limit: enough(shown) }),
    get('api/parked', { group: 'error_code' }),
  ]);
  return { ...list, groups: groups.data };
}

export function render() {
  const { data, route } = state;
  if (!data) return h('p', { class: 'lead' }, t('parked.lead'));
  const { code } = route.query;
  const rows = data.data.filter(({ error }) => !code || error?.code === code);
  return [
    h('p', { class: 'lead' }, t('parked.lead')),
    data.groups.length > 0 && [
      h('h2', {}, t('parked.groups')),
      h(
        'div',
        { class: 'cards groups' },
        data.groups.map((group) => groupCard(group, code)),
      ),
      h('h2', {}, t('parked.list')),
      h('div', { class: 'filters' }, entityFilter(route.query)),
    ],
    table({
      label: t('parked.list'),
      columns: ['record', 'error', 'attempts', 'since', 'actions'].map((name) => t(`column.${name}`)),
      rows: rows.map((parked) =>
        row(parked.id, [
          recordLink(parked),
          [h('code', {}, parked.error?.code), ' ', fault(parked.error)],
          number(parked.attempts),
          when(parked.since),
          retryButton(parked),
        ]),
      ),
      empty: h('strong', {}, t(data.groups.length > 0 ? 'records.empty' : 'parked.empty')),
    }),
    moreButton('api/parked', asked(route)),
  ];
}

function groupCard({ error_code, message, remedy, count, since }, chosen) {
  const isChosen = chosen === error_code;
  const run = () => retry({ error_code });
  const lines = [t('parked.retryLine', { n: count, code: error_code }), t('parked.retryLine2')];
  return h(
    'section',
    { class: 'card', key: error_code },
    h('h3', {}, h('code', {}, error_code), h('span', { class: 'faint' }, t('parked.count', { n: count }))),
    h('p', {}, fault({ code: error_code, message, remedy })),
    h('p', { class: 'faint' }, t('column.since'), ' ', when(since)),
    h(
      'div',
      { class: 'bar' },
      button(t('parked.retryAll', { n: count }), () =>
        ask({ title: t('parked.retryTitle'), lines, confirm: t('parked.retry'), run }),
      ),
      h(
        'button',
        {
          type: 'button',
          class: 'quiet',
          'aria-pressed': isChosen,
          onClick: () => filter({ code: isChosen ? '' : error_code }),
        },
        t('parked.filter', { code: error_code }),
      ),
    ),
  );
}

function retry(body) {
  return act(async () => {
    const { retried } = await post('api/parked/retry', body);
    return t('parked.retried', { n: retried });
  });
}

/** @param {any} parked with its `id`, that of the link */
export function retryButton(parked) {
  return button(t('parked.retry'), () => retry({ ids: [parked.id] }), {
    about: titleOf(parked),
  });
}
