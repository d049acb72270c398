/** How a record stands, and what a person can do about it, in plain words. */
import type { ErrorDetail } from '../errors.ts';
import type { Hold } from '../links/links.ts';
import type { Story } from '../links/stories.ts';
import type { Decision } from '../reconcile/decide.ts';
import { HOLDS } from '../reconcile/reconcile.ts';
import type { RecordNow } from './look-at-record.ts';

export interface Situation {
  readonly kind:
    | 'erased'
    | 'parked'
    | 'held'
    | 'paused'
    | 'in_work'
    | 'waiting'
    | 'queued'
    | 'side_away'
    | 'out_of_scope'
    | 'differing'
    | 'agreed';
  readonly text: string;
  /** Null when there is nothing to do. */
  readonly remedy: string | null;
}

/** What weighs most comes first: a parked record of a paused entity is parked. */
export function tellSituation({ claimed, link, paused }: Story, now: RecordNow): Situation {
  const { entity } = claimed;
  if (link.state === 'erased') {
    const text = `It was erased at ${link.stateSince.toISOString()}: its ids are kept, so that nothing makes it again, and it is never written.`;
    return { kind: 'erased', text, remedy: null };
  }
  if (link.state === 'parked') return tellParked(link.error, link.id);
  if (link.state === 'held' && link.hold) return tellHeld(link.hold, link.id);
  if (paused) {
    const text = `A person has paused ${entity}: events are kept, and nothing is written on either side.`;
    return { kind: 'paused', text, remedy: `bridge resume ${entity}` };
  }
  if (link.inWork) return { kind: 'in_work', text: 'A pass is at work on it just now.', remedy: 'Ask again.' };
  if (link.dirtySince) {
    const since = link.dirtySince.toISOString();
    if (!link.error) {
      const text = `It was marked at ${since} and is looked at as soon as its turn comes.`;
      return { kind: 'queued', text, remedy: null };
    }
    const parent = link.waitsFor ? ` It goes on when ${link.waitsFor.entity} ${link.waitsFor.id} has its record.` : '';
    const again = link.nextAttemptAt ? ` The next try is at ${link.nextAttemptAt.toISOString()}.` : '';
    return { kind: 'waiting', text: `${link.error.message}${parent}${again}`, remedy: link.error.remedy };
  }
  return tellCalm(link.state, now);
}

function tellParked(error: ErrorDetail | null, id: string): Situation {
  const again = `Then: POST /api/parked/retry {"ids":["${id}"]}, or edit the record on either side.`;
  return {
    kind: 'parked',
    text: `It is set aside: ${error?.message ?? 'no reason was kept.'}`,
    remedy: [error?.remedy, again].filter(Boolean).join(' '),
  };
}

function tellHeld({ kind, detail, candidates = [] }: Hold, id: string): Situation {
  const passing = `bridge held release --ids ${id} lets it pass; bridge held resolve ${id} --ignore leaves both sides as they are.`;
  const choosing = `bridge held resolve ${id} with --link ID (one of ${candidates.join(', ') || 'the other side'}), --create or --ignore.`;
  const byPerson = kind === 'match' || kind === 'merged';
  return { kind: 'held', text: `It waits for a person: ${detail}`, remedy: byPerson ? choosing : passing };
}

function tellCalm(state: Story['link']['state'], { app, odoo, next }: RecordNow): Situation {
  if (state === 'out_of_scope') {
    const text =
      'It is out of scope: its Odoo record lost the tag of the entity, or a person said to leave both as they are.';
    return { kind: 'out_of_scope', text, remedy: 'Give the record its tag in Odoo again, if it is to be kept equal.' };
  }
  if (!app.reachable || !odoo.reachable) {
    const text = 'A side is away: whether both are equal is not known now.';
    const error = app.reachable ? odoo : app;
    return { kind: 'side_away', text, remedy: 'error' in error ? error.error.remedy : null };
  }
  const isCalm = next?.decision?.kind === 'noop';
  if (isCalm)
    return { kind: 'agreed', text: 'There is nothing to do: both sides are as they should be.', remedy: null };
  const text = 'The sides differ, and nothing has told the bridge so yet.';
  return { kind: 'differing', text, remedy: 'The next poll or sweep finds it; bridge sync --ids does it at once.' };
}

/** What the next pass would do with the record as a whole. */
export function tellDecision(decision: Decision | null): string {
  if (!decision) return 'A write of the bridge may still land: what comes next is decided when it is over.';
  switch (decision.kind) {
    case 'noop':
      return decision.reason === 'agreed'
        ? 'Nothing: both sides are as they should be.'
        : 'Nothing: it is archived, or not wanted in Odoo, and Odoo does not have it.';
    case 'forget':
      return 'Forget it: it ties nothing together.';
    case 'out_of_scope':
      return 'Leave it alone: its Odoo record is not one of this entity.';
    case 'renew':
      return 'Make another record in Odoo: Odoo no longer has this one, and the app alone governs whether there is one.';
    case 'create':
      return decision.in === 'odoo'
        ? 'Look for its counterpart in Odoo, and make it there if there is none.'
        : 'Look for its counterpart in the app, and make it there if there is none.';
    case 'update':
      return 'Write what is told of each field below.';
    case 'hold':
      return `Hold it for a person: ${HOLDS[decision.why].detail}`;
  }
}
