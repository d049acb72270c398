/** The reasons of the bridge in plain words, for people who have never read the code. Pure. */
import type { Side } from '../entities/define-entity.ts';
import type { FieldDecision } from '../links/field-decision.ts';
import type { GroupOutcome } from '../reconcile/merge-fields.ts';

const NAMES: Readonly<Record<Side, string>> = { app: 'the app', odoo: 'Odoo' };
const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
const time = (at: number | null) => (at === null ? 'unknown' : new Date(at).toISOString());

/** Why a value goes to a side: of a past decision, or of the one that the next pass would take. */
export function tellFlow({ to, rule, at }: Pick<FieldDecision, 'to' | 'rule' | 'at'>): string {
  const [from, into] = to === 'app' ? [NAMES.odoo, NAMES.app] : [NAMES.app, NAMES.odoo];
  const clocks = `the app at ${time(at.app)}, Odoo at ${time(at.odoo)}`;
  switch (rule) {
    case 'edited':
      return `Only ${from} has changed it since both last agreed: its value goes to ${into}.`;
    case 'empty':
      return `It was never agreed on, and ${into} has no value: that of ${from} goes there.`;
    case 'deleted':
      return 'Odoo no longer has the record: it is archived in the app.';
    case 'restored':
      return 'A person brought this value back: it goes to both sides, whoever edited last.';
    case 'created':
      return `The record is made in ${into} with the values of ${from}.`;
    case 'later':
      return `Both sides have changed it (${clocks}): ${from} was modified last, so its value wins.`;
    case 'tie':
      return `Both sides have changed it (${clocks}), and the clocks do not tell who was last: ${from} wins, as CONFLICT_TIE says.`;
    case 'own_stamp':
      return `The sides differ from what was agreed, and the last modification of ${into} is a write of the bridge itself, which proves no edit: the value of ${from} wins.`;
    case 'owner':
      return `${capital(from)} alone governs this field: what ${into} holds gives way.`;
    default:
      return `It goes from ${from} to ${into} (${rule}).`;
  }
}

const ENDS: Readonly<Record<FieldDecision['written'], (side: string) => string>> = {
  ok: (side) => `${side} confirmed the write.`,
  later: () => 'It is written in a pass of its own.',
  stale: (side) => `${side} had changed meanwhile: nothing was written, and both were compared again.`,
  missing: (side) => `${side} did not have the record any more: nothing was written.`,
  spent: (side) => `The record of ${side} has done its service: another one takes its place.`,
  refused: (side) => `${side} refused it.`,
  failed: (side) => `${side} did not answer, or failed: it is tried again.`,
  none: () => 'Nothing had to be written.',
};

/** What became of a write. */
export function tellWritten({ to, written }: Pick<FieldDecision, 'to' | 'written'>): string {
  return capital(ENDS[written](NAMES[to]));
}

/** What the next pass would do with a field, if both sides stay as they are. */
export function tellOutcome(outcome: GroupOutcome, decision: FieldDecision | null): string {
  if (decision) return tellFlow(decision);
  if (outcome.kind === 'agreed') return 'Both sides hold the same.';
  return 'Neither side has changed it since both last agreed: each holds it in its own way.';
}
