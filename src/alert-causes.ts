/** What there is to tell an operator now: one cause each, in words, without any value of a record. */
import { readKeyEnd } from './key-watch.ts';
import type { AlertKey, Alerts } from './links/alerts.ts';
import type { Cursors } from './links/cursors.ts';

export interface Cause extends AlertKey {
  readonly kind: 'parked' | 'guard' | 'poll_stopped' | 'key_expires';
  /** What happened and what to do. */
  readonly text: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

export interface CauseSources {
  readonly alerts: Alerts;
  readonly cursors: Cursors;
  /** Milliseconds between two polls. */
  readonly pollEveryMs: number;
  readonly now: () => number;
}

const OVER: Readonly<Record<string, (subject: string) => string>> = {
  parked: (code) => `no record is set aside with the error ${code} any more.`,
  guard: (subject) => {
    const [entity = '', kind = ''] = subject.split(':');
    return `no ${HELD[kind] ?? kind} of ${entity} wait for a person any more.`;
  },
  poll_stopped: (side) => `polls of ${side} are finished again.`,
  key_expires: (day) => `no API key of the bridge's user in Odoo ends on ${day} any more.`,
};

/** Written once: since then polls that were never made are late, whichever process looks. */
const FIRST_LOOK = 'alerts:first_look';

/** What there is to say of a cause that is over; an older or newer version may have told of one that this one does not know. */
export function tellOver({ kind, subject }: AlertKey): string {
  return OVER[kind]?.(subject) ?? `${kind} ${subject} is over.`;
}

/** So many polls in a row may fail, and not fewer minutes than that, before it is told. */
const MISSED_POLLS = 3;
const LEAST_MS = 300_000;
const SOON_MS = 14 * 86_400_000;
const HELD: Readonly<Record<string, string>> = { delete: 'archivings', rewrite: 'rewrites', create: 'new records' };

export async function findCauses(sources: CauseSources): Promise<readonly Cause[]> {
  const { cursors } = sources;
  if ((await cursors.read(FIRST_LOOK)) === null) await cursors.write(FIRST_LOOK, '');
  const found = await Promise.all([
    parked(sources),
    guards(sources),
    stoppedPoll(sources, 'app'),
    stoppedPoll(sources, 'odoo'),
    keyExpires(sources),
  ]);
  return found.flat();
}

async function parked({ alerts }: CauseSources): Promise<Cause[]> {
  const groups = await alerts.parkedGroups();
  return groups.map(({ code, remedy, count, entities }) => ({
    kind: 'parked',
    subject: code,
    text: `${count} record(s) were set aside with the error ${code} (${entities.join(', ')}). ${remedy}`,
    detail: { error_code: code, remedy, count, entities },
  }));
}

async function guards({ alerts }: CauseSources): Promise<Cause[]> {
  const tripped = await alerts.trippedGuards();
  return tripped.map(({ entity, kind, count }) => ({
    kind: 'guard',
    subject: `${entity}:${kind}`,
    text: `${count} ${HELD[kind] ?? kind} of ${entity} wait for a person. Look at GET /api/held, and release them if they are meant.`,
    detail: { entity, held: kind, count },
  }));
}

/** One cause per side: when a side is away, the polls of all its entities stop. */
async function stoppedPoll(sources: CauseSources, side: 'app' | 'odoo'): Promise<Cause[]> {
  const { alerts, cursors, pollEveryMs, now } = sources;
  const before = now() - Math.max(LEAST_MS, MISSED_POLLS * pollEveryMs);
  const lastPoll = await cursors.movedAt(`poll:${side}:`);
  const since = lastPoll ?? (await cursors.movedAt(FIRST_LOOK));
  if (since === null || since.getTime() >= before) return [];
  const entities = await alerts.stalePolls(side, new Date(before));
  const last = lastPoll === null ? 'yet' : `since ${lastPoll.toISOString()}`;
  const of = entities.length === 0 ? '' : ` (${entities.join(', ')})`;
  return [
    {
      kind: 'poll_stopped',
      subject: side,
      text: `No poll of ${side} was finished ${last}${of}. Run "bridge doctor", and look at the log.`,
      detail: { side, entities, last_poll: lastPoll?.toISOString() ?? null },
    },
  ];
}

async function keyExpires({ cursors, now }: CauseSources): Promise<Cause[]> {
  const end = await readKeyEnd(cursors);
  if (end === null || end - now() > SOON_MS) return [];
  const day = new Date(end).toISOString().slice(0, 10);
  return [
    {
      kind: 'key_expires',
      // A new key is another cause.
      subject: day,
      text: `An API key of the bridge's user in Odoo ends on ${day}. Make a new one in the preferences of the user, set ODOO_API_KEY to it and restart the bridge.`,
      detail: { ends_at: new Date(end).toISOString() },
    },
  ];
}
