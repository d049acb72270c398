// The bridge's own API, always with the token in a header: an address would end up in logs and histories.
import { state, update } from './store.js';

/** What the bridge answered instead of data; status 0 when it did not answer. */
export class ApiError extends Error {
  /** @param {number} status @param {Partial<import('./store.js').Problem>} problem */
  constructor(status, { title = `HTTP ${status}`, detail, code }) {
    super(title);
    /** @type {import('./store.js').Problem} */
    this.problem = { status, title, detail, code };
  }
}

/** @param {string} path @param {Record<string, unknown>} [query] what is empty is left out */
export function get(path, query = {}) {
  const filled = Object.entries(query).filter(([, value]) => value !== undefined && value !== null && value !== '');
  const search = new URLSearchParams(filled.map(([name, value]) => [name, String(value)]));
  return ask(search.size > 0 ? `${path}?${search}` : path, {});
}

/** @param {string} path @param {object} [body] */
export function post(path, body = {}) {
  return ask(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}

/** @param {string} path @param {RequestInit} options */
async function ask(path, options) {
  const response = await send(path, options);
  const body = await response.json().catch(() => ({}));
  // A bridge that cannot work tells so with 503, and with its whole report.
  if (response.ok || ('status' in body && body.status === 'fail')) return body;
  throw new ApiError(response.status, body);
}

/** @param {string} path @param {RequestInit} options */
export async function send(path, options) {
  const { token } = state;
  const headers = { ...options.headers, authorization: `Bearer ${token}` };
  let response;
  try {
    response = await fetch(path, { ...options, headers, cache: 'no-store', credentials: 'omit' });
  } catch {
    throw new ApiError(0, {});
  }
  if (response.status === 401 && state.token === token) signOut(true);
  return response;
}

/** @param {boolean} refused the bridge does not know the token (any more) */
export function signOut(refused) {
  sessionStorage.removeItem('token');
  const empty = { data: null, problem: null, figures: null, runs: [], health: null, history: [], question: null };
  update({ ...empty, token: null, link: 'off', notice: null, help: false, signIn: { refused, busy: false } });
}

/** @param {string} text without what no header may hold, such as a blank line that was pasted along @returns {string} */
export function cleanToken(text) {
  return text.replaceAll(/[^\x21-\x7e]/g, '');
}
