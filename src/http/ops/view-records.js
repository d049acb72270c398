// All links, by kind, state, name and id.
import { enough, filter, get, loadMore } from './actions.js';
import { t } from './i18n.js';
import { h } from './preact.js';
import { state } from './store.js';
import { button, cause, holdName, linkState, recordLink, row, said, select, table } from './ui.js';

export const ENTITIES = ['teacher', 'tenant', 'guest', 'apartment', 'travel', 'invoice', 'document'].concat(
  'mailing_list',
  'campaign',
  'message',
);
const STATES = ['active', 'parked', 'held', 'out_of_scope', 'erased'];

const asked = ({ query }) => ({ entity: query.entity, state: query.state, q: query.q });

export function load(route, shown) {
  return get('api/links', { ...asked(route), limit: enough(shown) });
}

export const entityFilter = (query) =>
  select(
    t('column.entity'),
    'entity',
    [['', t('app.all')], ...ENTITIES.map((entity) => [entity, t(`entity.${entity}`)])],
    query.entity,
    (entity) => filter({ entity }),
  );

/** The rows that did not fit on the page before. */
export function moreButton(path, query) {
  return state.data?.next_cursor
    ? h(
        'p',
        { class: 'more' },
        button(t('app.more'), () => loadMore(path, query)),
      )
    : null;
}

export function render() {
  const { data, route } = state;
  const { query } = route;
  const isFiltered = Object.keys(query).length > 0;
  return [
    h('p', { class: 'lead' }, t('records.lead')),
    h(
      'form',
      {
        class: 'filters',
        role: 'search',
        onSubmit: (/** @type {any} */ event) => {
          event.preventDefault();
          filter({ q: new FormData(event.currentTarget).get('q')?.toString().trim() ?? '' });
        },
      },
      h(
        'label',
        { class: 'field' },
        h('span', {}, t('records.search')),
        h('input', {
          type: 'search',
          name: 'q',
          defaultValue: query.q ?? '',
          maxLength: 128,
          autocomplete: 'off',
          spellcheck: false,
        }),
      ),
      entityFilter(query),
      select(
        t('column.state'),
        'state',
        [['', t('app.all')], ...STATES.map((name) => [name, t(`state.${name}`)])],
        query.state,
        (value) => filter({ state: value }),
      ),
      h('button', { type: 'submit' }, t('app.apply')),
    ),
    data && [
      table({
        label: t('records.title'),
        columns: ['record', 'state', 'app', 'odoo', 'note'].map((name) => t(`column.${name}`)),
        rows: data.data.map((link) =>
          row(link.id, [
            recordLink(link),
            linkState(link),
            link.app_id ?? h('span', { class: 'faint' }, t('records.inApp')),
            link.odoo_id === null
              ? h('span', { class: 'faint' }, t('records.inOdoo'))
              : [h('span', { class: 'faint' }, `${link.odoo_model} `), link.odoo_id],
            note(link),
          ]),
        ),
        empty: [h('strong', {}, t(isFiltered ? 'records.empty' : 'records.none')), h('p', {}, t('records.emptyHint'))],
      }),
      moreButton('api/links', asked(route)),
    ],
  ];
}

function note({ error, hold, warnings }) {
  if (error) return cause(error);
  if (hold) return [holdName(hold.kind), ': ', cause({ code: `held_${hold.kind}`, message: hold.detail })];
  const [first, ...others] = warnings ?? [];
  if (!first) return null;
  return [h('code', {}, first.field), ' ', said(first.reason), others.length > 0 && ` (+${others.length})`];
}
