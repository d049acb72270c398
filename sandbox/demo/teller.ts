/** A story told as it goes, each step of it timed, and either checked or failed. */
export interface StepResult {
  readonly title: string;
  readonly seconds: number;
  readonly detail: string;
}

export interface Teller {
  say(text: string): void;
  /** Runs one step; a failure ends the story. @param work returns what was seen, in a few words */
  step(title: string, work: () => Promise<string>): Promise<void>;
  readonly results: readonly StepResult[];
}

export function createTeller(write: (line: string) => void): Teller {
  const startedAt = performance.now();
  const results: StepResult[] = [];
  const stamp = () => `${((performance.now() - startedAt) / 1000).toFixed(1).padStart(6)} s`;
  return {
    results,
    say: (text) => write(`${stamp()}  ${text}`),
    async step(title, work) {
      const begun = performance.now();
      write(`${stamp()}  … ${title}`);
      try {
        const detail = await work();
        const seconds = (performance.now() - begun) / 1000;
        results.push({ title, seconds, detail });
        write(`${stamp()}  ✓ ${detail}`);
      } catch (error) {
        write(`${stamp()}  ✗ ${title}`);
        throw error;
      }
    },
  };
}
