/** Faults on purpose: which calls they strike, how often, and what happens then. */
import type { Operation } from './access-rights.ts';

/** A call as it came in, whichever protocol it used. */
export interface SimulatedCall {
  readonly model: string;
  readonly method: string;
  readonly ids: readonly number[];
  readonly args: Readonly<Record<string, unknown>>;
  readonly context: Readonly<Record<string, unknown>>;
  readonly uid: number;
}

export type Fault =
  /** Waits for `until` at one of three moments; a promise that never settles is a server that hangs. */
  | {
      readonly kind: 'hold';
      readonly at: 'before-start' | 'before-commit' | 'after-commit';
      readonly until: Promise<void>;
    }
  /** Breaks the connection: before-commit nothing has happened, after-commit the work is done and nobody is told. */
  | { readonly kind: 'reset'; readonly at: 'before-start' | 'before-commit' | 'after-commit' }
  /** Sends half of the answer, then breaks the connection. */
  | { readonly kind: 'truncate' }
  /** Sends half of the answer, then nothing more. */
  | { readonly kind: 'stall' }
  /** Sends the answer in pieces of some bytes, one each so many milliseconds. */
  | { readonly kind: 'trickle'; readonly bytes: number; readonly everyMs: number }
  /** A proxy's answer instead of Odoo's: the call never reaches Odoo. */
  | {
      readonly kind: 'respond';
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
    }
  /** PostgreSQL gave up on the transaction five times. */
  | { readonly kind: 'serialization' }
  | { readonly kind: 'expired-key' }
  | { readonly kind: 'access-denied'; readonly operation: Operation };

export interface FaultRule {
  readonly fault: Fault;
  /** All calls when left out. */
  readonly when?: { readonly model?: string; readonly method?: string } | ((call: SimulatedCall) => boolean);
  /** How many calls it strikes; without end when left out. */
  readonly times?: number;
  /** Passes that many matching calls first. */
  readonly skip?: number;
  /** 0 to 1, drawn from the simulator's seed. */
  readonly probability?: number;
}

const HTML = { 'content-type': 'text/html; charset=utf-8' };

export const badGateway: Fault = {
  kind: 'respond',
  status: 502,
  headers: HTML,
  body: '<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>',
};

export function redirectTo(location: string): Fault {
  return { kind: 'respond', status: 302, headers: { ...HTML, location }, body: '<p>Moved</p>' };
}

export function tooManyRequests(retryAfterSeconds: number): Fault {
  const headers = { ...HTML, 'retry-after': String(retryAfterSeconds) };
  return { kind: 'respond', status: 429, headers, body: '<h1>Too Many Requests</h1>' };
}

export class Faults {
  readonly #random: () => number;
  #rules: { readonly rule: FaultRule; skip: number; left: number }[] = [];

  constructor(random: () => number) {
    this.#random = random;
  }

  /** @returns takes the rule away again */
  add(rule: FaultRule): () => void {
    const entry = { rule, skip: rule.skip ?? 0, left: rule.times ?? Number.POSITIVE_INFINITY };
    this.#rules.push(entry);
    return () => {
      this.#rules = this.#rules.filter((other) => other !== entry);
    };
  }

  clear(): void {
    this.#rules = [];
  }

  /** The fault that strikes this call, if any: the first rule that matches. */
  strike(call: SimulatedCall): Fault | undefined {
    for (const entry of this.#rules) {
      if (entry.left <= 0 || !matches(entry.rule, call)) continue;
      if (entry.rule.probability !== undefined && this.#random() >= entry.rule.probability) continue;
      if (entry.skip > 0) {
        entry.skip -= 1;
        continue;
      }
      entry.left -= 1;
      return entry.rule.fault;
    }
    return undefined;
  }
}

function matches({ when }: FaultRule, call: SimulatedCall): boolean {
  if (when === undefined) return true;
  if (typeof when === 'function') return when(call);
  return (when.model ?? call.model) === call.model && (when.method ?? call.method) === call.method;
}

/** Numbers in [0, 1) from a seed, the same on every machine (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
