// Small charts as SVG: they tell a form; the figures stand beside them as text.
import { clock, number, t } from './i18n.js';
import { h } from './preact.js';

const [WIDTH, HEIGHT] = [120, 28];

/** A line over time, from zero. @param {number[]} values */
export function spark(values) {
  const highest = Math.max(1, ...values);
  const step = WIDTH / Math.max(1, values.length - 1);
  const y = (/** @type {number} */ value) => HEIGHT - 1 - (value / highest) * (HEIGHT - 3);
  const points = values.map((value, index) => `${(index * step).toFixed(1)},${y(value).toFixed(1)}`);
  const shared = {
    viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
    preserveAspectRatio: 'none',
    class: 'spark',
    'aria-hidden': 'true',
  };
  return h(
    'svg',
    shared,
    points.length > 1 && h('polygon', { points: `0,${HEIGHT} ${points.join(' ')} ${WIDTH},${HEIGHT}` }),
    points.length > 1 && h('polyline', { points: points.join(' ') }),
  );
}

/**
 * Bars, one for each minute, the series on top of each other.
 * @param {{ title: string, activity: any, series: string[] }} chart
 */
export function bars({ title, activity, series }) {
  const stacks = activity[series[0] ?? ''].map((_, minute) => series.map((name) => activity[name][minute]));
  const sums = stacks.map((stack) => stack.reduce((sum, count) => sum + count, 0));
  const highest = Math.max(...sums);
  const since = Date.parse(activity.since);
  const until = since + stacks.length * activity.step_seconds * 1_000;
  const totals = series.map((name) => [
    t(`overview.series.${name}`),
    activity[name].reduce((sum, count) => sum + count, 0),
  ]);
  const label = t('overview.chart.label', {
    title,
    from: clock(since),
    to: clock(until),
    totals: totals.map(([name, total]) => `${number(Number(total))} ${name}`).join(', '),
    max: highest,
  });
  return h(
    'figure',
    { class: 'chart' },
    h('figcaption', {}, h('strong', {}, title), h('span', { class: 'faint' }, `max ${number(highest)}`)),
    h(
      'svg',
      { viewBox: `0 0 ${stacks.length * 5} 60`, preserveAspectRatio: 'none', role: 'img', 'aria-label': label },
      stacks.map((stack, minute) => columns(stack, minute, Math.max(1, highest))),
    ),
    h('div', { class: 'axis', 'aria-hidden': 'true' }, h('span', {}, clock(since)), h('span', {}, clock(until))),
    h(
      'ul',
      { class: 'legend' },
      totals.map(([name, total], index) =>
        h('li', { class: `s${index}` }, `${name} `, h('b', {}, number(Number(total)))),
      ),
    ),
  );
}

/** @param {number[]} stack @param {number} minute @param {number} highest */
function columns(stack, minute, highest) {
  let below = 0;
  return stack.map((count, index) => {
    if (count === 0) return null;
    // What happened once among thousands is still to be seen.
    const height = Math.max(2, (count / highest) * 58);
    below += height;
    return h('rect', { class: `s${index}`, x: minute * 5, y: 60 - below, width: 4, height });
  });
}
