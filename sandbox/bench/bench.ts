/** What a benchmark gets and what it gives. */
import type { Belongings } from '../world/belongings.ts';
import type { World, WorldOptions } from '../world/start-world.ts';

export interface BenchOptions {
  /** How many; each benchmark has its own idea. */
  readonly n: number;
  startWorld(options: Pick<WorldOptions, 'appWebhooks' | 'environment'>): Promise<World>;
  readonly belongings: Belongings;
  /** Progress: nothing that a program would read. */
  readonly say: (text: string) => void;
}

export interface BenchResult {
  /** The line for programs. */
  readonly figures: Readonly<Record<string, unknown>>;
  /** The same for people. */
  readonly lines: readonly string[];
  /** Whether the aim was met. */
  readonly isGood: boolean;
}

export interface Bench {
  readonly describe: string;
  readonly defaultN: number;
  run(options: BenchOptions): Promise<BenchResult>;
}
