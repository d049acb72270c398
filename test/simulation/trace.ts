/** What happened in a simulation, as a running hash and, where somebody wants to read it, as lines. */

export interface Trace {
  /** @param text must not hold anything that differs between two runs of a seed */
  note(at: number, text: string): void;
  hash(): string;
  lines(): readonly string[];
}

/** @param keep the lines too; a hash alone is what a million runs can afford */
export function createTrace(keep: boolean): Trace {
  // Two sums of 32 bits, FNV-1a and a second multiplier: what differs in one is unlikely to be equal in both.
  let [low, high] = [0x811c9dc5, 0x1b873593];
  const lines: string[] = [];
  return {
    note(at, text) {
      low = Math.imul(low ^ at, 0x01000193);
      for (let index = 0; index < text.length; index += 1) {
        const code = text.charCodeAt(index);
        low = Math.imul(low ^ code, 0x01000193);
        high = Math.imul(high ^ code, 0x5bd1e995) ^ (high >>> 13);
      }
      if (keep) lines.push(`${(at / 1_000).toFixed(3).padStart(9)}  ${text}`);
    },
    hash: () => `${hex(low)}${hex(high)}`,
    lines: () => lines,
  };
}

function hex(value: number): string {
  return (value >>> 0).toString(16).padStart(8, '0');
}
