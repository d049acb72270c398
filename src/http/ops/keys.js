// One key for what is done often. They can be switched off, for who speaks to the computer.
import { reload } from './actions.js';
import { remember, state, update } from './store.js';

/** For the help: the keys, and what they do. @type {[string[], string][]} */
export const KEYS = [
  [['1', '…', '6'], '1'],
  [['j', 'k'], 'next'],
  [['Enter'], 'open'],
  [['/'], 'search'],
  [['r'], 'refresh'],
  [['t'], 'theme'],
  [['l'], 'language'],
  [['?'], 'help'],
  [['Esc'], 'escape'],
];

/** @param {readonly string[]} menu by the digits from 1 on */
export function installKeys(menu) {
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (state.token === null || !state.shortcuts || state.question || state.help) return;
    if (event.target instanceof Element && event.target.closest('input, select, textarea')) return;
    const run = keyed(menu)[event.key];
    if (!run) return;
    event.preventDefault();
    run();
  });
}

/** @param {readonly string[]} menu @returns {Record<string, () => unknown>} */
function keyed(menu) {
  return {
    ...Object.fromEntries(menu.map((name, index) => [String(index + 1), () => go(name)])),
    j: () => step(1),
    k: () => step(-1),
    '/': () => /** @type {HTMLElement | null} */ (document.querySelector('.filters input, .filters select'))?.focus(),
    r: () => reload(),
    t: () => remember('theme', isDark() ? 'light' : 'dark'),
    l: () => remember('language', state.language === 'fr' ? 'en' : 'fr'),
    '?': () => update({ help: true }),
  };
}

/** @param {string} name */
function go(name) {
  location.hash = `#/${name}`;
}

function isDark() {
  return state.theme === 'system' ? matchMedia('(prefers-color-scheme: dark)').matches : state.theme === 'dark';
}

/** To the first thing that can be pressed in the next row that has one. @param {number} by */
function step(by) {
  const rows = [...document.querySelectorAll('tbody tr')].filter((row) => row.querySelector('a, button'));
  const at = rows.findIndex((row) => row.contains(document.activeElement));
  const next = rows[at === -1 && by < 0 ? rows.length - 1 : at + by];
  /** @type {HTMLElement | null} */ (next?.querySelector('a, button') ?? null)?.focus();
}
