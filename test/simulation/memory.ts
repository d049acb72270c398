/** What the parts of the in-memory store work on. */
import type { LinksSettings } from '../../src/links/postgres-links.ts';
import type { Tables } from './memory-rows.ts';
import type { SettleEntry } from './memory-settle.ts';
import type { Keep } from './memory-values.ts';

export interface Memory {
  readonly tables: Tables;
  readonly settings: LinksSettings;
  /** Bridge milliseconds. */
  readonly now: () => number;
  /** 0 up to 1. */
  readonly random: () => number;
  readonly nextToken: () => string;
  /** What every value goes through that is stored, or handed out. */
  readonly keep: Keep;
  readonly onSettle: (entry: SettleEntry) => void;
}
