// What waits for a person: guards let pass, matches are decided one by one.
import { act, enough, filter, get, post } from './actions.js';
import { t } from './i18n.js';
import { h } from './preact.js';
import { state } from './store.js';
import {
  ask,
  button,
  chip,
  holdName,
  holdReason,
  odooLink,
  recordLink,
  recordPath,
  row,
  select,
  table,
  titleOf,
  when,
} from './ui.js';
import { entityFilter, moreButton } from './view-records.js';

const GUARDS = ['delete', 'rewrite', 'create'];
const KINDS = [...GUARDS, 'match', 'merged'];
const asked = ({ query }) => ({ entity: query.entity });

export async function load(route, shown) {
  const [list, overview] = await Promise.all([
    get('api/held', { ...asked(route), limit: enough(shown) }),
    get('api/overview'),
  ]);
  return { ...list, entities: overview.entities, odooUrl: overview.odoo_url };
}

export function render() {
  const { data, route } = state;
  const { kind } = route.query;
  return [
    h('p', { class: 'lead' }, t('held.lead')),
    h(
      'div',
      { class: 'filters' },
      entityFilter(route.query),
      select(
        t('held.kind'),
        'kind',
        [['', t('app.all')], ...KINDS.map((name) => [name, holdName(name)])],
        kind,
        (value) => filter({ kind: value }),
      ),
      data && releaseAll(data, route.query),
    ),
    data && [
      table({
        label: t('held.title'),
        columns: ['record', 'kind', 'note', 'since', 'actions'].map((name) => t(`column.${name}`)),
        rows: data.data
          .filter((held) => !kind || held.kind === kind)
          .map((held) =>
            row(held.id, [
              recordLink(held),
              chip('held', holdName(held.kind)),
              holdReason(held),
              when(held.since),
              h('div', { class: 'bar' }, heldButtons(held, data.odooUrl)),
            ]),
          ),
        empty: h('strong', {}, t(Object.keys(route.query).length > 0 ? 'records.empty' : 'held.empty')),
      }),
      moreButton('api/held', asked(route)),
    ],
  ];
}

/** Of what is held by a guard, all that the filters choose: also what is not on the page. */
function releaseAll({ entities }, query) {
  const { entity, kind } = query;
  const counts = GUARDS.filter((guard) => !kind || guard === kind).map((guard) => ({
    guard,
    n: entities
      .filter((known) => !entity || known.entity === entity)
      .reduce((sum, { held_by_kind }) => sum + (held_by_kind[guard] ?? 0), 0),
  }));
  const total = counts.reduce((sum, { n }) => sum + n, 0);
  if (total === 0) return null;
  const kinds = counts.filter(({ n }) => n > 0).map(({ guard, n }) => `${n} × ${holdName(guard)}`);
  const run = () => release({ ...(entity && { entity }), ...(kind && { kind }) });
  const lines = [t('held.releaseMany', { n: total, kinds: kinds.join(', ') }), t('held.releaseLine2')];
  return button(
    t('held.releaseAll', { n: total }),
    () => ask({ title: t('held.releaseTitle'), lines, confirm: t('held.release'), run }),
    { kind: 'careful' },
  );
}

function release(body) {
  return act(async () => {
    const { released } = await post('api/held/release', body);
    return t('held.released', { n: released });
  });
}

function resolve(id, body) {
  return act(async () => {
    await post(`api/held/${id}/resolve`, body);
    return t('held.resolved');
  });
}

/**
 * What a person can say to it.
 * @param {any} held with its `id`, that of the link, `kind` and `candidates` @param {string} odooUrl to look at these
 */
export function heldButtons(held, odooUrl) {
  const { id, kind, entity, app_id, odoo_model, candidates } = held;
  const record = titleOf(held);
  const question = (name, confirm, run, lines) => () => ask({ title: t(`held.${name}Title`), lines, confirm, run });
  const ignore = button(
    t('held.ignore'),
    question('ignore', t('held.ignore'), () => resolve(id, { ignore: true }), [t('held.ignoreLine', { record })]),
    { about: record, kind: 'quiet' },
  );
  if (GUARDS.includes(kind)) {
    const lines = [t(`held.releaseOne.${kind}`, { record })];
    const pass = question('release', t('held.release'), () => release({ ids: [id] }), lines);
    return [button(t('held.release'), pass, { about: record }), ignore];
  }
  // A record of one side is linked with one of the other.
  const isInOdoo = app_id !== null;
  const side = t(`side.${isInOdoo ? 'odoo' : 'app'}`);
  const links = (candidates ?? []).flatMap((candidate) => [
    isInOdoo
      ? odooLink(odooUrl, odoo_model, candidate, `Odoo ${candidate}`, 'candidate')
      : h('a', { class: 'candidate', href: recordPath({ entity, app_id: candidate }) }, `${side} ${candidate}`),
    button(
      t('held.link', { id: candidate }),
      question('link', t('held.link', { id: candidate }), () => resolve(id, { link: candidate }), [
        t('held.linkLine', { record, side, id: candidate }),
      ]),
      { about: record },
    ),
  ]);
  const create = button(
    t('held.create'),
    question('create', t('held.create'), () => resolve(id, { create: true }), [t('held.createLine', { record })]),
    { about: record },
  );
  return [...links, create, ignore];
}
