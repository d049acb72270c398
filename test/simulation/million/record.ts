/** What is known of the seeds that were run with one state of the code, kept in a file that a kill leaves whole. */
import { readFile, rename, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import type { Progress, SeedRange } from '../run-seeds.ts';
import { addRange, formatRanges, parseRanges } from './ranges.ts';

const violationSchema = z.object({ seed: z.number(), invariant: z.string(), detail: z.string() });

const entrySchema = z.object({
  /** sha256 of the code, see code-hash.ts. */
  code: z.string(),
  /** How many seeds, from 1 on, the record is meant to have. */
  seeds: z.number(),
  complete: z.boolean(),
  done: z.string().transform(parseRanges),
  schedules: z.number(),
  violations: z.array(violationSchema),
  steps: z.number(),
  reviewed: z.number(),
  /** The hashes of all traces, one upon the other. */
  hash: z.string(),
  wallMs: z.number(),
  /** Of all threads. */
  cpuMs: z.number(),
  startedAt: z.string(),
  updatedAt: z.string(),
});
const recordSchema = entrySchema.extend({ previous: entrySchema.nullable() });

type Entry = z.output<typeof entrySchema>;
export type SimulationRecord = z.output<typeof recordSchema>;

export function startRecord(code: string, seeds: number, previous: Entry | null): SimulationRecord {
  const now = new Date().toISOString();
  return {
    code,
    seeds,
    complete: false,
    done: [],
    schedules: 0,
    violations: [],
    steps: 0,
    reviewed: 0,
    hash: '00000000',
    wallMs: 0,
    cpuMs: 0,
    startedAt: now,
    updatedAt: now,
    previous,
  };
}

/** Adds what became of some seeds that are not in it yet. */
export function addProgress(record: SimulationRecord, range: SeedRange, progress: Progress): SimulationRecord {
  const broken = progress.failures.flatMap(({ seed, violations }) => violations.map((one) => ({ seed, ...one })));
  const hash = (Number.parseInt(record.hash, 16) ^ progress.hash) >>> 0;
  return {
    ...record,
    done: addRange(record.done, range),
    schedules: record.schedules + progress.schedules,
    violations: [...record.violations, ...broken].sort((left, right) => left.seed - right.seed),
    steps: record.steps + progress.steps,
    reviewed: record.reviewed + progress.reviewed,
    hash: hash.toString(16).padStart(8, '0'),
  };
}

/** @returns null when there is no such file */
export async function readRecord(path: string): Promise<SimulationRecord | null> {
  try {
    return recordSchema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}

/** Whoever is killed at it leaves the old file or the new one. */
export async function writeRecord(path: string, record: SimulationRecord): Promise<void> {
  const toJson = (entry: Entry) => ({ ...entry, done: formatRanges(entry.done) });
  const json = { ...toJson(record), previous: record.previous && toJson(record.previous) };
  await writeFile(`${path}.new`, `${JSON.stringify(json, null, 2)}\n`);
  await rename(`${path}.new`, path);
}

/** The record to go on with: of this very code, or a new one. One that was complete is kept until the next is. */
export function resume(found: SimulationRecord | null, code: string, seeds: number): SimulationRecord {
  if (found === null) return startRecord(code, seeds, null);
  if (found.code === code) return { ...found, seeds };
  const { previous, ...entry } = found;
  return startRecord(code, seeds, entry.complete ? entry : previous);
}
