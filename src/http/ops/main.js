// The page: what stands around the views, its addresses, and the beginning.
import { readAddress, registerViews, reload } from './actions.js';
import { signOut } from './api.js';
import { exact, t } from './i18n.js';
import { installKeys, KEYS } from './keys.js';
import { follow, sampleHistory } from './live.js';
import { h, render } from './preact.js';
import { signInPage } from './sign-in.js';
import { onUpdate, remember, state, update } from './store.js';
import { button, chip, Modal, problemBox, problemText } from './ui.js';
import * as conflicts from './view-conflicts.js';
import * as held from './view-held.js';
import * as overview from './view-overview.js';
import * as parked from './view-parked.js';
import * as record from './view-record.js';
import * as records from './view-records.js';
import * as run from './view-run.js';
import * as runs from './view-runs.js';

/** In the order of the keys 1 to 6. */
const MENU = ['overview', 'records', 'conflicts', 'parked', 'held', 'runs'];
/** @type {Record<string, { load: (route: any, shown: number) => Promise<any>, render: () => any }>} */
const VIEWS = { overview, records, record, conflicts, parked, held, runs, run };

function page() {
  if (state.token === null) return signInPage({ onSignIn: begin, settings: settings() });
  const view = VIEWS[state.route.path[0] ?? ''] ?? overview;
  return h(
    'div',
    { class: 'page' },
    h('a', { class: 'skip', href: '#content', onClick: skip }, t('app.skip')),
    sidebar(),
    h(
      'main',
      { id: 'content', tabIndex: -1 },
      gone(),
      h(
        'header',
        { class: 'head' },
        h(
          'div',
          {},
          view === record && h('a', { class: 'back', href: '#/records' }, `← ${t('record.back')}`),
          view === run && h('a', { class: 'back', href: '#/runs' }, `← ${t('runs.back')}`),
          h('h1', { tabIndex: -1 }, heading()),
        ),
        h('span', { class: 'faint', 'aria-live': 'polite' }, state.loading && !state.data ? t('app.loading') : null),
        button(t('app.refresh'), () => reload(), { kind: 'quiet' }),
      ),
      h('div', { role: 'status', 'aria-live': 'polite' }, notice()),
      state.problem && problemBox(state.problem, () => reload()),
      view.render(),
    ),
    state.question && questionDialog(state.question),
    state.help && helpDialog(),
  );
}

/** @param {any} event the address stays that of the view */
function skip(event) {
  event.preventDefault();
  document.getElementById('content')?.focus();
}

/** @returns {string} */
function heading() {
  const [name = 'overview'] = state.route.path;
  if (name === 'run') return t('runs.one');
  if (name !== 'record') return t(`nav.${name}`);
  return state.data?.record ? record.nameOf(state.data.record) : t('column.record');
}

function sidebar() {
  const { figures, route, link } = state;
  const [current] = route.path;
  const item = (/** @type {string} */ name, /** @type {number} */ index) => {
    const count = name === 'parked' || name === 'held' ? figures?.[name] : name === 'runs' ? state.runs.length : 0;
    const isCurrent = current === name || `${current}s` === name;
    return h(
      'li',
      {},
      h(
        'a',
        { href: `#/${name}`, 'aria-current': isCurrent ? 'page' : undefined },
        h('span', {}, t(`nav.${name}`)),
        count > 0 && h('span', { class: name === 'runs' ? 'badge is-quiet' : 'badge' }, count),
        h('kbd', { 'aria-hidden': 'true' }, index + 1),
      ),
    );
  };
  return h(
    'div',
    { class: 'sidebar' },
    h(
      'p',
      { class: 'brand' },
      h('strong', {}, 'odoo-bridge'),
      chip(link, t(`link.${link === 'off' ? 'connecting' : link}`)),
    ),
    h('nav', { 'aria-label': t('app.views') }, h('ul', {}, MENU.map(item))),
    h(
      'div',
      { class: 'settings' },
      settings(),
      button(t('app.keys'), () => update({ help: true }), { kind: 'quiet' }),
      button(t('app.signOut'), () => signOut(false), { kind: 'quiet' }),
    ),
  );
}

function settings() {
  const choose = (/** @type {'theme' | 'language'} */ name, /** @type {[string, string][]} */ options) =>
    h(
      'label',
      { class: 'field' },
      h('span', {}, t(`app.${name}`)),
      h(
        'select',
        { value: state[name], onChange: (/** @type {any} */ event) => remember(name, event.currentTarget.value) },
        options.map(([value, text]) =>
          h('option', { value, selected: value === state[name], lang: name === 'language' ? value : undefined }, text),
        ),
      ),
    );
  return [
    choose(
      'theme',
      ['system', 'light', 'dark'].map((theme) => [theme, t(`app.theme.${theme}`)]),
    ),
    choose('language', [
      ['en', 'English'],
      ['fr', 'Français'],
    ]),
  ];
}

function gone() {
  const { link, goneSince } = state;
  if (goneSince === null || (link !== 'gone' && link !== 'no_database')) return null;
  const [title, detail] = link === 'gone' ? ['gone.title', 'gone.detail'] : ['gone.database', 'gone.databaseDetail'];
  return h(
    'div',
    { class: 'notice is-error', role: 'alert' },
    h('div', {}, h('strong', {}, t(title, { time: exact(goneSince) })), h('p', {}, t(detail))),
  );
}

function notice() {
  if (!state.notice) return null;
  const { kind, text, problem } = state.notice;
  return h(
    'div',
    { class: `notice is-${kind}` },
    h('div', {}, problem ? problemText(problem) : h('strong', {}, text)),
    h(
      'button',
      { type: 'button', class: 'quiet', 'aria-label': t('app.dismiss'), onClick: () => update({ notice: null }) },
      '✕',
    ),
  );
}

/** @param {NonNullable<typeof state.question>} question */
function questionDialog({ title, lines, confirm, run }) {
  const close = () => update({ question: null });
  return h(
    Modal,
    { title, onClose: close, key: 'question' },
    lines.map((line) => h('p', {}, line)),
    h('div', { class: 'bar end' }, button(t('app.cancel'), close), button(confirm, run, { kind: 'primary' })),
  );
}

function helpDialog() {
  const close = () => update({ help: false });
  const toggle = (/** @type {any} */ event) => remember('shortcuts', event.currentTarget.checked ? 'on' : 'off');
  return h(
    Modal,
    { title: t('keys.title'), onClose: close, key: 'help' },
    h(
      'dl',
      { class: 'keys' },
      KEYS.map(([keys, name]) => [
        h(
          'dt',
          {},
          keys.map((key) => h('kbd', {}, key)),
        ),
        h('dd', {}, t(`keys.${name}`)),
      ]),
    ),
    h(
      'label',
      { class: 'check' },
      h('input', { type: 'checkbox', checked: state.shortcuts, onChange: toggle }),
      t('keys.on'),
    ),
    h('div', { class: 'bar end' }, button(t('app.close'), close, { kind: 'primary' })),
  );
}

function onAddress() {
  const before = state.route.path.join('/');
  update({ route: readAddress(), question: null, help: false });
  const isOther = state.route.path.join('/') !== before;
  if (isOther) update({ notice: null });
  void reload(isOther);
  if (!isOther) return;
  document.querySelector('main')?.scrollTo(0, 0);
  scrollTo(0, 0);
  requestAnimationFrame(() => document.querySelector('h1')?.focus({ preventScroll: true }));
}

/** News come in bursts: a view is loaded again at most each two seconds. @type {ReturnType<typeof setTimeout> | null} */
let due = null;

function onNews(/** @type {string} */ event) {
  if (event === 'back') void reload();
  // One record asks both sides: not for news of others.
  if (event === 'back' || due !== null || state.route.path[0] === 'record') return;
  due = setTimeout(() => {
    due = null;
    if (state.data && !state.busy && !state.loading) void reload();
  }, 2_000);
}

function begin() {
  void reload(true);
  void follow(onNews);
}

function draw() {
  const { language, theme, token } = state;
  document.documentElement.lang = language;
  document.documentElement.dataset.theme = theme;
  const view = token === null ? t('signIn.title') : heading();
  document.title = `${view} · odoo-bridge`;
  render(page(), /** @type {HTMLElement} */ (document.getElementById('root')));
}

let isDue = false;
onUpdate(() => {
  if (isDue) return;
  isDue = true;
  queueMicrotask(() => {
    isDue = false;
    draw();
  });
});

registerViews(VIEWS);
addEventListener('hashchange', onAddress);
installKeys(MENU);
update({ route: readAddress() });
if (state.token !== null) begin();
setInterval(() => {
  if (document.hidden) return;
  sampleHistory();
}, 2_000);
setInterval(() => {
  if (document.hidden || state.token === null) return;
  // Relative times grow old, and sides come and go without telling.
  update({});
  if (state.route.path[0] === 'overview' && !state.loading && state.link === 'live') void reload();
}, 20_000);
