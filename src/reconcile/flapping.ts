/** What the bridge writes back and forth: two programs that correct each other, or a rule that is wrong. Pure. */
import type { Side } from '../entities/define-entity.ts';
import type { FieldDecision } from '../links/field-decision.ts';
import type { Flips } from '../links/links.ts';

const WINDOW_MS = 600_000;
/** So many writes in turn within the window are no accident. */
const ENOUGH = 4;

export interface GroupFlow {
  readonly group: string;
  readonly to: Side;
}

/** @returns the name of a group that these flows would write back and forth once too often, or null */
export function findFlapping(flips: Flips, flows: readonly GroupFlow[], now: number): string | null {
  const flapping = flows.find(({ group, to }) => {
    const recent = within(flips[group] ?? [], now);
    return recent.length >= ENOUGH && recent.at(-1)?.to !== to;
  });
  return flapping?.group ?? null;
}

/**
 * Remembers what was written: only turns, so a value that goes the same way again and again is none. What a side leaves for
 * its next write has turned nothing yet, and may never be written.
 */
export function recordFlips(
  flips: Flips,
  decided: readonly Pick<FieldDecision, 'field' | 'to' | 'written'>[],
  now: number,
): Flips {
  const recorded: Record<string, Flips[string]> = {};
  for (const [group, entries] of Object.entries(flips)) {
    const recent = within(entries, now);
    if (recent.length > 0) recorded[group] = recent;
  }
  for (const { field, to, written } of decided) {
    const recent = recorded[field] ?? [];
    if (written === 'ok' && recent.at(-1)?.to !== to) recorded[field] = [...recent, { to, at: now }].slice(-ENOUGH);
  }
  return recorded;
}

function within(entries: Flips[string], now: number): Flips[string] {
  return entries.filter(({ at }) => at > now - WINDOW_MS);
}
