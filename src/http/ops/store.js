// All that the page shows is drawn from this one state: view = f(state). Nothing is kept in the document.

/**
 * @typedef {{ path: string[], query: Record<string, string> }} Route
 * @typedef {{ status: number, title: string, detail?: string | undefined, code?: string | undefined }} Problem
 */

const listeners = new Set();

export const state = {
  token: sessionStorage.getItem('token'),
  language: localStorage.getItem('language') ?? (navigator.language.toLowerCase().startsWith('fr') ? 'fr' : 'en'),
  theme: localStorage.getItem('theme') ?? 'system',
  shortcuts: localStorage.getItem('shortcuts') !== 'off',
  showEmpty: false,
  /** @type {Route} */
  route: { path: ['overview'], query: {} },
  /** What the view that is shown has loaded; null until it has. */
  data: /** @type {any} */ (null),
  /** @type {Problem | null} */
  problem: null,
  loading: false,
  /** Of GET /api/events. @type {'off' | 'connecting' | 'live' | 'gone' | 'no_database'} */
  link: 'off',
  goneSince: /** @type {number | null} */ (null),
  figures: /** @type {any} */ (null),
  runs: /** @type {any[]} */ ([]),
  health: /** @type {any} */ (null),
  /** Lag and depth since the page was opened. @type {{ lag: number, depth: number }[]} */
  history: [],
  /** What the last action came to. @type {{ kind: 'ok' | 'error', text?: string, problem?: Problem } | null} */
  notice: null,
  busy: false,
  /** @type {null | { title: string, lines: string[], confirm: string, run: () => unknown }} */
  question: null,
  help: false,
  signIn: { refused: false, busy: false },
};

/** @param {Partial<typeof state>} changes */
export function update(changes) {
  Object.assign(state, changes);
  for (const listener of listeners) listener();
}

/** @param {() => void} listener called after each change */
export function onUpdate(listener) {
  listeners.add(listener);
}

/** Kept over visits; nothing of it is about a record. @param {'language' | 'theme' | 'shortcuts'} name @param {string} value */
export function remember(name, value) {
  localStorage.setItem(name, value);
  update(name === 'shortcuts' ? { shortcuts: value !== 'off' } : { [name]: value });
}
