/** What doctor tells, and what a check is made of. */
import type { Config } from '../config.ts';
import type { Lab } from './lab.ts';

export interface Finding {
  readonly status: 'ok' | 'warn' | 'fail';
  /** One or two sentences, without any secret or value of a record. */
  readonly detail: string;
  /** What to do, of what is not ok. */
  readonly remedy?: string;
}

export interface Check extends Finding {
  /** Stable, lower-case, underscores. */
  readonly name: string;
}

export type Variable = keyof Config;

export interface Probe {
  readonly name: string;
  /** Variables without which there is nothing to look at. */
  readonly needs: readonly Variable[];
  /** @throws Unmet, or a BridgeError, whose remedy is then the check's */
  look(lab: Lab): Promise<Finding>;
}

export const ok = (detail: string): Finding => ({ status: 'ok', detail });
export const warn = (detail: string, remedy: string): Finding => ({ status: 'warn', detail, remedy });
export const fail = (detail: string, remedy: string): Finding => ({ status: 'fail', detail, remedy });

/** Something else has to be right first, and has a check of its own: that one is to be mended, not this. */
export class Unmet extends Error {
  override readonly name = 'Unmet';
  /** The name of that check. */
  readonly check: string;

  constructor(check: string) {
    super(check);
    this.check = check;
  }
}
