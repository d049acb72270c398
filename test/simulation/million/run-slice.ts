/** Goes on with a record for a while. */
import { runSeeds } from '../run-seeds.ts';
import { findGaps } from './ranges.ts';
import { addProgress, type SimulationRecord, writeRecord } from './record.ts';

export interface SliceOptions {
  readonly path: string;
  readonly threads: number;
  /** No seeds are taken up after so long. */
  readonly limitMs: number;
  /** So much, at most, is lost by a kill. */
  readonly checkpointMs: number;
}

/** @param begun without the seeds that are run now. @returns with them, as it was written last */
export async function runSlice(begun: SimulationRecord, options: SliceOptions): Promise<SimulationRecord> {
  const { path, threads, limitMs, checkpointMs } = options;
  const gaps = findGaps(begun.done, begun.seeds);
  if (begun.complete && gaps.length === 0) return begun;
  const startedAt = performance.now();
  let record = begun;
  let written = startedAt;

  async function checkpoint(): Promise<void> {
    written = performance.now();
    const { user, system } = process.cpuUsage();
    record = {
      ...record,
      complete: findGaps(record.done, record.seeds).length === 0,
      wallMs: begun.wallMs + Math.round(written - startedAt),
      cpuMs: begun.cpuMs + Math.round((user + system) / 1_000),
      updatedAt: new Date().toISOString(),
    };
    await writeRecord(path, record);
  }

  // One after the other: two at once would share a file.
  let writing = checkpoint();
  for (const gap of gaps) {
    await runSeeds(gap, {
      threads,
      limitMs: limitMs - (performance.now() - startedAt),
      onProgress(range, progress) {
        record = addProgress(record, range, progress);
        if (performance.now() - written < checkpointMs) return;
        written = performance.now();
        writing = writing.then(checkpoint);
      },
    });
  }
  await writing;
  await checkpoint();
  return record;
}
