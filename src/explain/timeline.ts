/** What happened to a record, newest first. */
import type { Story, StoryLog } from '../links/stories.ts';
import { tellFlow, tellWritten } from './tell-why.ts';

export interface Happening {
  readonly at: string;
  readonly kind: 'webhook' | 'reconcile' | 'conflict' | 'restored' | 'write_open' | 'linked';
  readonly text: string;
  readonly details: Readonly<Record<string, unknown>>;
}

const NAMES = { app: 'the app', odoo: 'Odoo' } as const;

export function tellTimeline({ claimed, link, deliveries, logs, conflicts }: Story): readonly Happening[] {
  const happenings = [
    ...deliveries.map(({ source, at }) =>
      happening(at, 'webhook', `${source === 'app' ? 'The app' : 'Odoo'} said that it may have changed.`, { source }),
    ),
    ...logs.map((log) =>
      happening(log.at, 'reconcile', tellLog(log), {
        reconcile_id: log.reconcileId,
        outcome: log.outcome,
        direction: log.direction,
        fields: log.fields,
        decided: log.decided,
        message: log.message,
        error_code: log.errorCode,
        remedy: log.remedy,
      }),
    ),
    ...conflicts.map(({ decidedAt, id, field, base, app, odoo, winner, rule, close }) =>
      happening(decidedAt, 'conflict', `${field}: ${NAMES[winner]} won; the other value is kept as conflict ${id}.`, {
        id,
        field,
        base,
        app,
        odoo,
        winner,
        rule,
        close,
      }),
    ),
    ...conflicts.flatMap(({ restoredAt, id, field }) =>
      restoredAt ? [happening(restoredAt, 'restored', `${field}: what had lost conflict ${id} is back.`, { id })] : [],
    ),
    ...claimed.intents.map(({ side, kind, fields, sentAt, overAt }) =>
      happening(new Date(sentAt), 'write_open', `A write to ${NAMES[side]} is not known to be over.`, {
        side,
        kind,
        fields: Object.keys(fields),
        over_at: new Date(overAt).toISOString(),
      }),
    ),
    happening(link.createdAt, 'linked', 'The bridge began to keep it.', {}),
  ];
  return happenings.sort((left, right) => right.at.localeCompare(left.at));
}

function happening(at: Date, kind: Happening['kind'], text: string, details: Happening['details']): Happening {
  return { at: at.toISOString(), kind, text, details };
}

const OUTCOMES: Readonly<Record<string, string>> = {
  create: 'The counterpart was made.',
  link: 'The counterpart was found and linked.',
  update: 'What had changed was carried over.',
  conflict: 'Both sides had been edited; what lost is kept.',
  archive: 'It was archived on the other side.',
  merged: 'Odoo had merged its record into another: the link follows.',
  noted: 'What happened was noted, and nothing written.',
  noop: 'There was nothing to do.',
  again: 'Something moved meanwhile: it was looked at once more.',
  retry: 'It failed and is tried again.',
  wait: 'It had to wait.',
  park: 'It was set aside.',
  hold: 'It was held for a person.',
  renew: 'Its Odoo record was spent: it gets another.',
  ignored: 'A person said to leave both sides as they are.',
  out_of_scope: 'It went out of scope.',
  forget: 'It was forgotten.',
};

function tellLog({ outcome, decided, message }: StoryLog): string {
  const fields = (decided ?? []).map((decision) => `${decision.field}: ${tellFlow(decision)} ${tellWritten(decision)}`);
  return [OUTCOMES[outcome] ?? `Outcome: ${outcome}.`, ...(message ? [message] : []), ...fields].join(' ');
}
