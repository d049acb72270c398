/** What deploy/ offers to Prometheus and Grafana asks only for what a bridge really tells. */
import { readFile } from 'node:fs/promises';
import t, { type Test } from 'tap';
import { parse } from 'yaml';
import { z } from 'zod';
import { createMetrics } from '../src/metrics.ts';
import { type ReadMetrics, readMetrics } from './support/read-metrics.ts';

const rulesSchema = z.strictObject({
  groups: z.array(
    z.strictObject({
      name: z.string(),
      rules: z.array(
        z.strictObject({
          alert: z.string().regex(/^Bridge[A-Z]\w+$/),
          expr: z.string(),
          for: z
            .string()
            .regex(/^\d+[smhd]$/)
            .optional(),
          labels: z.strictObject({ severity: z.enum(['critical', 'warning']) }),
          annotations: z.strictObject({ summary: z.string(), description: z.string() }),
        }),
      ),
    }),
  ),
});
const dashboardSchema = z.looseObject({
  title: z.string(),
  panels: z.array(
    z.looseObject({
      title: z.string(),
      gridPos: z.object({ x: z.number(), y: z.number(), w: z.number(), h: z.number() }),
      targets: z.array(z.looseObject({ expr: z.string(), refId: z.string() })),
    }),
  ),
});

/** Of a bridge at rest: names, types and labels do not depend on what happens. */
async function told(): Promise<ReadMetrics> {
  const metrics = createMetrics();
  const delivery = {
    source: 'app',
    deliveryId: '1',
    entity: 'teacher',
    odooModel: 'res.partner',
    recordId: '1',
  } as const;
  metrics.delivered('app', delivery, 'accepted');
  await metrics.time('app', () => Promise.resolve());
  const { body } = await metrics.render({
    queue: async () => ({ depth: 0, oldest_seconds: 0, parked: 0, held: 0 }),
    lastPoll: async () => new Date(),
    keyEnd: async () => Date.now(),
    clock: () => ({ offsetMs: 0, uncertaintyMs: 1 }),
    isOpen: () => false,
  });
  return readMetrics(body);
}

/** Labels that the scraping adds, and the one of a histogram's steps. */
const ADDED = ['instance', 'job', 'le'];
const LABELS = ['side', 'source', 'entity', 'outcome', 'decision', 'winner', 'reason'];

function checkExpression(t: Test, expression: string, metrics: ReadMetrics): void {
  const names = expression.match(/\b(bridge|process|nodejs)_\w+/g) ?? (expression.match(/^up\b/) ? ['up'] : []);
  t.ok(names.length > 0, `it asks for something: ${expression}`);
  for (const name of names.filter((name) => name !== 'up')) {
    const family = name.replace(/_(bucket|sum|count)$/, '');
    t.ok(metrics.types.has(name) || metrics.types.get(family) === 'histogram', `${name} is told`);
    const isCounter = metrics.types.get(name) === 'counter' || metrics.types.get(family) === 'histogram';
    t.equal(
      new RegExp(`(rate|increase)\\(${name}\\b`).test(expression),
      isCounter,
      `${name} is asked for as what it is`,
    );
  }
  const used = [...expression.matchAll(/\b(?:by|without) \(([^)]*)\)/g)].flatMap(([, list = '']) => list.split(/,\s*/));
  const matched = [...expression.matchAll(/[{,]\s*(\w+)=~?"/g)].map(([, label = '']) => label);
  for (const label of [...used, ...matched]) t.ok([...ADDED, ...LABELS].includes(label), `the label ${label}`);
  for (const [open, close] of ['()', '{}', '[]']) {
    t.equal(
      expression.split(open ?? '').length,
      expression.split(close ?? '').length,
      `${open}${close} in ${expression}`,
    );
  }
}

t.test('the alert rules', async (t) => {
  const metrics = await told();
  const { groups } = rulesSchema.parse(parse(await readFile('deploy/prometheus/alerts.yml', 'utf8')));
  const rules = groups.flatMap(({ rules }) => rules);
  t.equal(new Set(rules.map(({ alert }) => alert)).size, rules.length, 'each name once');
  for (const { expr } of rules) checkExpression(t, expr, metrics);
  const scrape = parse(await readFile('deploy/prometheus/scrape.yml', 'utf8'));
  t.match(scrape, { scrape_configs: [{ job_name: 'odoo-bridge', authorization: { type: 'Bearer' } }] });
});

t.test('the dashboard', async (t) => {
  const metrics = await told();
  const { panels } = dashboardSchema.parse(JSON.parse(await readFile('deploy/grafana/odoo-bridge.json', 'utf8')));
  const expressions = panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));
  for (const expression of expressions) checkExpression(t, expression, metrics);
  for (const name of metrics.types.keys()) {
    if (name.startsWith('bridge_'))
      t.ok(
        expressions.some((one) => one.includes(name)),
        `${name} is shown`,
      );
  }
  for (const { title, gridPos } of panels) t.ok(gridPos.x + gridPos.w <= 24, `${title} fits`);
});

t.test('the page about monitoring names every metric', async (t) => {
  const page = await readFile('docs/monitoring.md', 'utf8');
  for (const name of (await told()).types.keys()) if (name.startsWith('bridge_')) t.ok(page.includes(name), name);
});
