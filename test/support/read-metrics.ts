/** Reads the text format of Prometheus as strictly as its own tools do: every line is looked at. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface ReadMetrics {
  /** By the name of the metric. */
  readonly types: ReadonlyMap<string, string>;
  readonly samples: readonly Sample[];
  /** The value of the only sample with these labels; undefined when there is none. */
  value(name: string, labels?: Readonly<Record<string, string>>): number | undefined;
}

const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*';
const HELP = new RegExp(`^# HELP (${NAME}) (.+)$`);
const TYPE = new RegExp(`^# TYPE (${NAME}) (counter|gauge|histogram|summary|untyped)$`);
const LABEL = '([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\\\\n]|\\\\[\\\\"n])*)"';
const SAMPLE = new RegExp(`^(${NAME})(?:\\{((?:${LABEL},?)*)\\})? ([+-]?(?:[0-9.]+(?:e[+-]?[0-9]+)?|Inf)|NaN)$`);
const BASE_UNITS = /_(seconds|bytes|total|info|ratio)$/;

/** @throws Error naming the line that is not as the format says */
export function readMetrics(text: string): ReadMetrics {
  if (!text.endsWith('\n')) throw new Error('the text does not end with a line feed');
  const types = new Map<string, string>();
  const helped = new Set<string>();
  const seen = new Set<string>();
  const samples: Sample[] = [];
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const [, helpName] = HELP.exec(line) ?? [];
    if (helpName !== undefined) {
      if (helped.has(helpName)) throw new Error(`a second HELP: ${line}`);
      helped.add(helpName);
      continue;
    }
    const [, typeName, type] = TYPE.exec(line) ?? [];
    if (typeName !== undefined && type !== undefined) {
      if (types.has(typeName)) throw new Error(`a second TYPE: ${line}`);
      types.set(typeName, type);
      continue;
    }
    const parts = SAMPLE.exec(line);
    if (!parts) throw new Error(`no sample: ${line}`);
    const [, name = '', inner = ''] = parts;
    const value = Number(parts.at(-1)?.replace('Inf', 'Infinity'));
    const labels = Object.fromEntries(
      [...inner.matchAll(new RegExp(LABEL, 'g'))].map(([, key = '', text = '']) => [key, text]),
    );
    const series = `${name} ${JSON.stringify(Object.entries(labels).sort())}`;
    if (seen.has(series)) throw new Error(`a second time: ${line}`);
    seen.add(series);
    const family = familyOf(name, types);
    if (family === undefined || !helped.has(family)) throw new Error(`before its HELP and TYPE: ${line}`);
    samples.push({ name, labels, value });
  }
  checkNames(types);
  checkHistograms(types, samples);
  return {
    types,
    samples,
    value: (name, labels = {}) => {
      const wanted = Object.entries(labels);
      const found = samples.filter(
        (one) => one.name === name && wanted.every(([key, text]) => one.labels[key] === text),
      );
      if (found.length > 1) throw new Error(`${name} has ${found.length} samples with these labels`);
      return found[0]?.value;
    },
  };
}

function familyOf(name: string, types: ReadonlyMap<string, string>): string | undefined {
  if (types.has(name)) return name;
  const family = name.replace(/_(bucket|sum|count)$/, '');
  return ['histogram', 'summary'].includes(types.get(family) ?? '') ? family : undefined;
}

/** What `promtool check metrics` complains about, of the bridge's own. */
function checkNames(types: ReadonlyMap<string, string>): void {
  for (const [name, type] of types) {
    if (!name.startsWith('bridge_')) continue;
    if ((type === 'counter') !== name.endsWith('_total')) throw new Error(`${name} is a ${type}`);
    if (type === 'histogram' && !BASE_UNITS.test(name)) throw new Error(`${name} has no base unit`);
    if (/_(milliseconds|ms|minutes|kilobytes|percent)\b/.test(name)) throw new Error(`${name} has no base unit`);
  }
}

function checkHistograms(types: ReadonlyMap<string, string>, samples: readonly Sample[]): void {
  for (const [family] of [...types].filter(([, type]) => type === 'histogram')) {
    const buckets = samples.filter(({ name }) => name === `${family}_bucket`);
    const series = Map.groupBy(buckets, ({ labels: { le: _, ...others } }) => JSON.stringify(others));
    for (const [labels, steps] of series) {
      const values = steps.map(({ value }) => value);
      if (values.some((value, index) => value < (values[index - 1] ?? 0))) throw new Error(`${family} ${labels} falls`);
      if (steps.at(-1)?.labels.le !== '+Inf') throw new Error(`${family} ${labels} does not end with +Inf`);
      const count = samples.find(({ name, labels: of }) => name === `${family}_count` && JSON.stringify(of) === labels);
      if (count?.value !== values.at(-1)) throw new Error(`${family} ${labels}: the count is not that of +Inf`);
    }
  }
}
