// Two languages, each whole: a test holds the dictionaries to the same keys.
import { en } from './en.js';
import { fr } from './fr.js';
import { frFaults } from './fr-faults.js';
import { state } from './store.js';

/** @type {Record<string, Record<string, string | { one: string, other: string }>>} */
const DICTIONARIES = { en, fr };

/**
 * @param {string} key
 * @param {Record<string, string | number>} [values] `n` chooses between one and several
 */
export function t(key, values = {}) {
  const entry = DICTIONARIES[state.language]?.[key] ?? key;
  const text = typeof entry === 'string' ? entry : entry[plural(Number(values.n))];
  return text.replaceAll(/\{(\w+)\}/g, (whole, name) => {
    const value = values[name];
    return value === undefined ? whole : typeof value === 'number' ? number(value) : value;
  });
}

/**
 * What a code means and what to do about it. Null where the bridge's own sentences say it: in English, and of a code
 * that the page does not know.
 * @param {string | undefined} code of an error, a problem, or `held_` with a kind of hold
 */
export const tellCode = (code) => (state.language === 'fr' && code && frFaults.get(code)) || null;

/** @param {string} key @returns {boolean} */
export const has = (key) => key in en;

/** @param {number} n @returns {'one' | 'other'} */
function plural(n) {
  return new Intl.PluralRules(state.language).select(n) === 'one' ? 'one' : 'other';
}

/** @param {number} value */
export function number(value) {
  return new Intl.NumberFormat(state.language).format(value);
}

/** The exact time, with its zone. @param {string | number} at */
export function exact(at) {
  return new Intl.DateTimeFormat(state.language, { dateStyle: 'medium', timeStyle: 'long' }).format(new Date(at));
}

/** The same, shorter, in the midst of a sentence. @param {string | number} at */
export function moment(at) {
  return new Intl.DateTimeFormat(state.language, { dateStyle: 'short', timeStyle: 'medium' }).format(new Date(at));
}

/** The hour and minute. @param {string | number} at */
export function clock(at) {
  return new Intl.DateTimeFormat(state.language, { hour: '2-digit', minute: '2-digit' }).format(new Date(at));
}

/** @type {[Intl.RelativeTimeFormatUnit, number][]} */
const UNITS = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1],
];

/** "3 minutes ago". @param {string | number} at */
export function ago(at) {
  const seconds = Math.round((new Date(at).getTime() - Date.now()) / 1_000);
  const [unit, size] = UNITS.find(([, length]) => Math.abs(seconds) >= length) ?? ['second', 1];
  const format = new Intl.RelativeTimeFormat(state.language, { numeric: 'auto', style: 'short' });
  return format.format(Math.round(seconds / Number(size)), /** @type {Intl.RelativeTimeFormatUnit} */ (unit));
}

/** "3 min 20 s". @param {number} seconds */
export function duration(seconds) {
  if (seconds < 60) return t('time.seconds', { n: Math.round(seconds) });
  if (seconds < 3_600) return t('time.minutes', { n: Math.floor(seconds / 60), s: Math.round(seconds % 60) });
  if (seconds < 86_400)
    return t('time.hours', { n: Math.floor(seconds / 3_600), m: Math.round((seconds % 3_600) / 60) });
  return t('time.days', { n: Math.floor(seconds / 86_400), h: Math.round((seconds % 86_400) / 3_600) });
}
