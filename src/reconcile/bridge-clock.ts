/** What the stamps of the sides mean on the bridge's own clock. Pure. */
import type { Backend, ClockOffset, SideRecord } from '../backends/backend.ts';
import type { Side } from '../entities/define-entity.ts';
import type { Instants } from '../links/links.ts';

/** An edit is decided upon within a day of being made, unless all stands still. */
const SET_BACK_MS = 86_400_000;

/** Both clocks as they are now, without what they were. */
export function readClocks(sides: Readonly<Record<Side, Pick<Backend, 'clock'>>>): Readonly<Record<Side, ClockOffset>> {
  const read = (side: Side) => {
    const { offsetMs, uncertaintyMs } = sides[side].clock();
    return { offsetMs, uncertaintyMs };
  };
  return { app: read('app'), odoo: read('odoo') };
}

/** The stamp as an interval of bridge time: its own resolution, widened by how well the clock is known. */
export function onBridgeClock({ modified }: Pick<SideRecord, 'modified'>, clock: ClockOffset): Instants {
  return {
    from: modified.from - clock.offsetMs - clock.uncertaintyMs,
    to: modified.to - clock.offsetMs + clock.uncertaintyMs,
  };
}

/**
 * What is remembered of an edit after its stamp is gone. A stamp of the future was given before the side's clock was set
 * back, nobody knows by how much; an edit of the future would win against all that comes before.
 */
export function asPast({ from, to }: Instants, now: number): Instants {
  return from > now ? { from: now - SET_BACK_MS, to: now } : { from, to };
}
