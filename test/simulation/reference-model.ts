/**
 * Who should win, by the rules of "last modification wins" and by what really happened: a model of its own, which
 * knows the true times of all edits and nothing of the engine (I5).
 */
import type { Side } from '../../src/entities/define-entity.ts';

/** What really happened to the record of one side until it was read. */
export interface Truth {
  /** When a person last modified it; null when only the bridge has. */
  readonly editedAt: number | null;
  /** The same, but for edits that left nothing to see. */
  readonly seenAt: number | null;
  /** Whether the version that was read is one that the bridge wrote: its stamp proves no edit. */
  readonly writtenByBridge: boolean;
  /** Whether the bridge remembers the edit that its own write has covered: that is evidence, too. */
  readonly remembered: boolean;
  /** How wrong the bridge may be about this side's clock, in milliseconds. */
  readonly uncertaintyMs: number;
}

export interface Ruling {
  readonly winner: Side;
  readonly rule: string;
  readonly close: boolean;
}

/** Odoo tells whole seconds. */
const RESOLUTION_MS = 1_000;
const ROUNDING_MS = 5;

/** @returns what is wrong with the ruling, or null */
export function review(ruling: Ruling, truth: Readonly<Record<Side, Truth>>, tie: Side): string | null {
  const { winner, rule, close } = ruling;
  const loser: Side = winner === 'app' ? 'odoo' : 'app';
  const [won, lost] = [truth[winner], truth[loser]];
  switch (rule) {
    case 'owner':
      return close ? 'an owner wins without a doubt' : null;
    case 'own_stamp':
      if (!close) return 'a win without evidence must be flagged as close';
      return lost.writtenByBridge && (won.remembered || !won.writtenByBridge)
        ? null
        : `the loser's stamp is not the bridge's own, or the winner's is`;
    case 'later': {
      if (close) return 'a proved order is not close';
      if (won.editedAt === null) return 'the winner was never edited';
      const ahead = won.editedAt - (lost.seenAt ?? Number.NEGATIVE_INFINITY);
      return ahead > -ROUNDING_MS ? null : `the loser was edited ${-ahead} ms later`;
    }
    case 'tie': {
      if (!close) return 'a tie must be flagged as close';
      if (winner !== tie) return `ties go to ${tie}`;
      // An edit that the bridge's own write has covered since is remembered with the doubt of that time.
      if (won.editedAt === null || lost.editedAt === null || won.writtenByBridge || lost.writtenByBridge) return null;
      const apart = Math.abs(won.editedAt - lost.editedAt);
      const doubt = RESOLUTION_MS + 2 * (won.uncertaintyMs + lost.uncertaintyMs) + ROUNDING_MS;
      return apart <= doubt ? null : `no tie: the edits are ${apart} ms apart, the doubt is ${doubt} ms`;
    }
    default:
      return `the rule ${rule} is not known`;
  }
}
