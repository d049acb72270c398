// Server-sent events by fetch: EventSource cannot send a header, and the token belongs into no address.
import { ApiError, send } from './api.js';
import { state, update } from './store.js';

/** The bridge says something at least each 10 seconds. */
const SILENCE_MS = 25_000;
const HISTORY = 150;

let current = new AbortController();

/**
 * Follows the bridge until the token changes; comes back by itself, each time after a longer pause.
 * @param {(event: string) => void} onNews told when something has changed, or the bridge is back (`back`)
 */
export async function follow(onNews) {
  current.abort();
  current = new AbortController();
  const { signal } = current;
  const { token } = state;
  let failures = 0;
  update({ link: 'connecting' });
  while (!signal.aborted && state.token === token && token !== null) {
    try {
      await readEvents(signal, (event, data) => {
        const wasGone = state.link !== 'live';
        if (event === 'trouble') return update({ link: 'no_database', goneSince: state.goneSince ?? Date.now() });
        failures = 0;
        if (event === 'figures') update({ figures: data, link: 'live', goneSince: null });
        if (event === 'runs') update({ runs: data, link: 'live', goneSince: null });
        onNews(wasGone ? 'back' : event);
      });
    } catch (error) {
      if (error instanceof ApiError && error.problem.status === 401) return;
    }
    if (signal.aborted || state.token !== token) return;
    update({ link: 'gone', goneSince: state.goneSince ?? Date.now() });
    failures += 1;
    await new Promise((resolve) => setTimeout(resolve, Math.min(10_000, 500 * 2 ** failures)));
  }
}

/** @param {AbortSignal} signal @param {(event: string, data: any) => void} onEvent */
async function readEvents(signal, onEvent) {
  const silence = new AbortController();
  let timer = setTimeout(() => silence.abort(), SILENCE_MS);
  try {
    const response = await send('api/events', { signal: AbortSignal.any([signal, silence.signal]) });
    if (!response.ok || !response.body) throw new ApiError(response.status, {});
    let text = '';
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), SILENCE_MS);
      const blocks = (text + value).split('\n\n');
      text = blocks.pop() ?? '';
      for (const block of blocks) {
        const event = /^event: (.*)$/m.exec(block)?.[1];
        const data = /^data: (.*)$/m.exec(block)?.[1];
        if (event && data) onEvent(event, JSON.parse(data));
      }
    }
  } finally {
    clearTimeout(timer);
    silence.abort();
  }
}

/** Events come only with changes; a line over time needs the moments between, too. */
export function sampleHistory() {
  const { figures, link, history } = state;
  if (link !== 'live' || !figures) return;
  const point = { lag: figures.oldest_seconds, depth: figures.depth };
  update({ history: [...history, point].slice(-HISTORY) });
}
