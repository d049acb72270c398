// What the page does for a person: load a view, carry an action out, and say what came of it.
import { ApiError, get, post } from './api.js';
import { state, update } from './store.js';

/** @type {Record<string, { load?: (route: import('./store.js').Route, shown: number) => Promise<any> }>} */
let views = {};
let asked = 0;

/** @param {typeof views} known by the first part of their address */
export function registerViews(known) {
  views = known;
}

/** @param {unknown} error @returns {import('./store.js').Problem} */
export function toProblem(error) {
  if (error instanceof ApiError) return error.problem;
  throw error;
}

/** Loads what the address asks for. What is shown stays until the new is there, unless `fresh`. */
export async function reload(fresh = false) {
  if (state.token === null) return;
  asked += 1;
  const ticket = asked;
  update(fresh ? { data: null, problem: null, loading: true } : { loading: true });
  try {
    const shown = fresh ? 0 : (state.data?.data?.length ?? 0);
    const data = await views[state.route.path[0] ?? '']?.load?.(state.route, shown);
    if (ticket === asked) update({ data, problem: null, loading: false });
  } catch (error) {
    if (ticket === asked) update({ problem: toProblem(error), loading: false });
  }
}

/** As many rows as are shown already: nobody's place in a list is lost. @param {number} shown @param {number} [least] */
export const enough = (shown, least = 100) => Math.min(500, Math.max(shown, least));

/** The further rows of a list. @param {string} path @param {Record<string, unknown>} query */
export async function loadMore(path, query) {
  // A loading of what is shown that is under way would take the further rows away again.
  asked += 1;
  const ticket = asked;
  const { data } = state;
  update({ loading: false });
  await attempt(async () => {
    const page = await get(path, { ...query, cursor: data.next_cursor });
    if (ticket === asked) update({ data: { ...data, ...page, data: [...data.data, ...page.data] } });
  });
}

/**
 * Carries an action out, then loads the view again.
 * @param {() => Promise<string>} work what it came to, for the person
 */
export async function act(work) {
  update({ question: null });
  const isDone = await attempt(async () => update({ notice: { kind: 'ok', text: await work() } }));
  if (!isDone) return;
  await reload();
  // The next pass carries it out; the stream tells of most of it, but of no field.
  for (const later of [1_000, 3_000]) setTimeout(() => reload(), later);
}

/** @param {() => Promise<unknown>} work @returns {Promise<boolean>} */
async function attempt(work) {
  update({ busy: true });
  try {
    await work();
    return true;
  } catch (error) {
    update({ notice: { kind: 'error', problem: toProblem(error) } });
    return false;
  } finally {
    update({ busy: false });
  }
}

export { get, post };

/** `#/record/guest/42?by=odoo`. @returns {import('./store.js').Route} */
export function readAddress() {
  const [path = '', search = ''] = location.hash.replace(/^#\/?/, '').split('?');
  const parts = path.split('/').filter(Boolean).map(decodeURIComponent);
  return {
    path: parts[0] !== undefined && parts[0] in views ? parts : ['overview'],
    query: Object.fromEntries(new URLSearchParams(search)),
  };
}

/** Goes to the same view with other filters. @param {Record<string, string>} changes empty ones are left out */
export function filter(changes) {
  // Not what is shown: the browser tells of a new address later, and two changes at once would lose the first.
  const { path, query } = readAddress();
  const entries = Object.entries({ ...query, ...changes }).filter(([, value]) => value !== '');
  const search = new URLSearchParams(entries);
  location.hash = `#/${path.map(encodeURIComponent).join('/')}${search.size > 0 ? `?${search}` : ''}`;
}
