// The door: a token, kept in this tab alone.
import { ApiError, cleanToken, get, signOut } from './api.js';
import { t } from './i18n.js';
import { h } from './preact.js';
import { state, update } from './store.js';
import { fault } from './ui.js';

/** @param {{ onSignIn: () => void, settings: any }} options */
export function signInPage({ onSignIn, settings }) {
  const { refused, busy, problem } = /** @type {any} */ (state.signIn);
  const text = problem ?? (refused ? t('signIn.refused') : null);
  return h(
    'main',
    { class: 'sign-in' },
    h(
      'form',
      { class: 'card', onSubmit: (/** @type {any} */ event) => signIn(event, onSignIn) },
      h('p', { class: 'brand' }, h('strong', {}, 'odoo-bridge')),
      h('h1', {}, t('signIn.title')),
      h('p', { class: 'faint', id: 'token-hint' }, t('signIn.lead')),
      h(
        'label',
        { class: 'field' },
        h('span', {}, t('signIn.token')),
        h('input', {
          type: 'password',
          name: 'token',
          autocomplete: 'current-password',
          autofocus: true,
          spellcheck: false,
          'aria-describedby': 'token-hint token-problem',
          'aria-invalid': text !== null,
        }),
      ),
      h('p', { class: 'error', id: 'token-problem', role: 'alert' }, text),
      h('button', { type: 'submit', class: 'primary', 'aria-busy': busy }, t('signIn.go')),
    ),
    h('div', { class: 'settings' }, settings),
  );
}

/** @param {any} event @param {() => void} onSignIn */
async function signIn(event, onSignIn) {
  event.preventDefault();
  const input = event.currentTarget.elements.token;
  const token = cleanToken(input.value);
  const refuse = (/** @type {any} */ problem) =>
    update({ token: null, signIn: /** @type {any} */ ({ refused: false, busy: false, problem }) });
  if (token === '') return refuse(t('signIn.empty'));
  update({ signIn: { refused: false, busy: true } });
  try {
    state.token = token;
    await get('api/parked', { limit: 1 });
    sessionStorage.setItem('token', token);
    update({ token, signIn: { refused: false, busy: false } });
    onSignIn();
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    state.token = null;
    const { status, title, detail, code } = error.problem;
    if (status === 401) signOut(true);
    else refuse(status === 0 ? t('signIn.gone') : fault({ code, message: [title, detail].filter(Boolean).join(' ') }));
    input.select();
  }
}
