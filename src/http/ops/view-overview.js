// How everything is: both sides, what waits, the last hour, the last certificate, and each entity.
import { act, get, post } from './actions.js';
import { bars, spark } from './charts.js';
import { duration, number, t } from './i18n.js';
import { h } from './preact.js';
import { state, update } from './store.js';
import { ask, button, chip, facts, fault, row, table, when } from './ui.js';

export async function load() {
  // Both sides are asked for it, which may take seconds: the rest does not wait.
  get('healthz').then(
    (health) => update({ health }),
    () => undefined,
  );
  return get('api/overview');
}

export function render() {
  const { data, health } = state;
  return [
    banner(health),
    h('div', { class: 'tiles' }, tiles()),
    h('h2', {}, t('overview.sides')),
    h('div', { class: 'cards' }, sideCard('app', health), sideCard('odoo', health), certificateCard(health)),
    data && [
      h('h2', {}, t('overview.hour')),
      h(
        'div',
        { class: 'cards' },
        bars({ title: t('overview.chart.events'), activity: data.activity, series: ['app_events', 'odoo_events'] }),
        bars({ title: t('overview.chart.carried'), activity: data.activity, series: ['carried'] }),
        bars({ title: t('overview.chart.troubles'), activity: data.activity, series: ['conflicts', 'troubles'] }),
      ),
      h('h2', {}, t('overview.entities')),
      entityTable(data.entities),
    ],
  ];
}

function banner(health) {
  if (!health) return h('p', { class: 'banner is-checking' }, t('overview.checking'));
  if (health.status === 'fail') return bannerOf('fail', t('overview.fail'), [t('overview.fail.detail')]);
  const away = ['app', 'odoo'].filter((side) => !health.sides[side].reachable);
  const { parked = health.parked, held = health.held, paused = health.paused ?? [] } = state.figures ?? {};
  const reasons = [
    ...away.map((side) => t('overview.away', { side: t(`side.${side}`) })),
    parked > 0 && h('a', { href: '#/parked' }, t('overview.parked', { n: parked })),
    held > 0 && h('a', { href: '#/held' }, t('overview.held', { n: held })),
    paused.length > 0 && t('overview.paused', { entities: paused.map((entity) => t(`entity.${entity}`)).join(', ') }),
  ].filter(Boolean);
  if (reasons.length === 0) return bannerOf('ok', t('overview.ok'), [t('overview.ok.detail')]);
  return bannerOf('warn', t('overview.warn'), reasons);
}

function bannerOf(kind, title, reasons) {
  return h(
    'p',
    { class: `banner is-${kind}` },
    h('strong', {}, title),
    reasons.map((reason) => h('span', { class: 'reason' }, reason)),
  );
}

function tiles() {
  const { figures, history } = state;
  const tile = (name, value, line, href, isBad = false) =>
    h(
      href ? 'a' : 'div',
      { class: `tile ${isBad ? 'is-bad' : ''}`, href, key: name },
      h('span', { class: 'label' }, t(href ? `overview.${name}.label` : `overview.${name}`)),
      h('span', { class: 'figure' }, figures ? value : '…'),
      h('span', { class: 'faint' }, t(`overview.${name}.hint`)),
      line && h('div', { title: t('overview.since') }, spark(line)),
    );
  const { oldest_seconds = 0, depth = 0, parked = 0, held = 0 } = figures ?? {};
  return [
    tile(
      'lag',
      duration(oldest_seconds),
      history.map(({ lag }) => lag),
    ),
    tile(
      'depth',
      number(depth),
      history.map((point) => point.depth),
    ),
    tile('parked', number(parked), null, '#/parked', parked > 0),
    tile('held', number(held), null, '#/held', held > 0),
  ];
}

function sideCard(side, health) {
  const report = health?.sides[side];
  const isUp = report?.reachable;
  const { clock_offset_ms, uncertainty_ms } = report ?? {};
  const isMeasured = Number.isFinite(uncertainty_ms) && uncertainty_ms < 1e9;
  return h(
    'section',
    { class: 'card', key: side },
    h('h3', {}, t(`side.${side}`), report && chip(isUp ? 'up' : 'down', t(isUp ? 'side.up' : 'side.down'))),
    report && !isUp && h('p', { class: 'error' }, fault(report.error)),
    report &&
      facts([
        report.version && [t('side.version'), report.version],
        report.transport && [t('side.transport'), report.transport],
        typeof report.compare_and_set === 'boolean' && [
          t('side.cas'),
          t(report.compare_and_set ? 'app.yes' : 'app.no'),
        ],
        isUp && [
          t('side.clock'),
          isMeasured
            ? t('side.clockValue', { ms: Math.round(clock_offset_ms), u: Math.round(uncertainty_ms) })
            : t('side.unknown'),
        ],
        [t('side.breaker'), t(`side.breaker.${report.breaker}`)],
        [t('side.lastPoll'), when(health.last_poll[side])],
      ]),
  );
}

function certificateCard(health) {
  const certificate = health?.certificate;
  if (!certificate) {
    const text = health ? t('overview.certificate.none') : null;
    return h('section', { class: 'card' }, h('h3', {}, t('overview.certificate')), h('p', { class: 'faint' }, text));
  }
  const { at, pairs, differing, digest, not_compared, oldest_unapplied } = certificate;
  const isEqual = differing === 0;
  return h(
    'section',
    { class: 'card' },
    h('h3', {}, t('overview.certificate')),
    h(
      'p',
      {},
      chip(
        isEqual ? 'up' : 'held',
        t(`overview.certificate.${isEqual ? 'equal' : 'differing'}`, { n: isEqual ? pairs : differing }),
      ),
    ),
    facts([
      [t('overview.certificate.at'), when(at)],
      [t('overview.certificate.pairs'), number(pairs)],
      [t('overview.certificate.digest'), h('code', { title: digest }, digest.slice(0, 12))],
      oldest_unapplied && [t('overview.certificate.unapplied'), when(oldest_unapplied)],
      not_compared?.length > 0 && [
        t('overview.certificate.notCompared'),
        not_compared.map((entity) => t(`entity.${entity}`)).join(', '),
      ],
    ]),
  );
}

function entityTable(entities) {
  const figure = (entity, count, name) =>
    count === 0
      ? h('span', { class: 'faint' }, '0')
      : h(
          'a',
          { href: name === 'links' ? `#/records?entity=${entity}` : `#/records?entity=${entity}&state=${name}` },
          number(count),
        );
  return table({
    label: t('overview.entities'),
    columns: ['entity', 'links', 'waiting', 'parked', 'held', 'outOfScope', 'state', 'actions'].map((name) =>
      t(`column.${name}`),
    ),
    rows: entities.map(({ entity, links, waiting, parked, held, out_of_scope, paused }) =>
      row(entity, [
        t(`entity.${entity}`),
        figure(entity, links, 'links'),
        waiting === 0 ? h('span', { class: 'faint' }, '0') : number(waiting),
        figure(entity, parked, 'parked'),
        figure(entity, held, 'held'),
        figure(entity, out_of_scope, 'out_of_scope'),
        paused ? chip('paused') : waiting > 0 ? chip('waiting') : h('span', { class: 'faint' }, '–'),
        paused ? resumeButton(entity) : pauseButton(entity, links),
      ]),
    ),
    empty: null,
  });
}

function pauseButton(entity, links) {
  const name = t(`entity.${entity}`);
  const run = () =>
    act(async () => {
      await post(`api/entities/${entity}/pause`);
      return t('pause.done', { entity: name });
    });
  const lines = [t('pause.line', { n: links }), t('pause.line2')];
  return button(
    t('pause.do'),
    () => ask({ title: t('pause.title', { entity: name }), lines, confirm: t('pause.do'), run }),
    { about: name },
  );
}

function resumeButton(entity) {
  const name = t(`entity.${entity}`);
  const run = () =>
    act(async () => {
      await post(`api/entities/${entity}/resume`);
      return t('resume.done', { entity: name });
    });
  return button(t('resume.do'), run, { about: name, kind: 'primary' });
}
