/** An explanation as text, for a person at a terminal. */
import type { Explanation } from './explain-record.ts';

type Field = Explanation['fields'][number];
type LastDecision = NonNullable<Field['last']>['decisions'][number];

/** The newest happenings; all of them are in the JSON. */
const NEWEST = 20;

export function printExplanation(record: Explanation): string {
  const { entity, app_id, odoo_model, odoo_id, situation, next, fields, timeline } = record;
  const happened = timeline.slice(0, NEWEST).map(({ at, text }) => `  ${at}  ${text}`);
  return [
    `${entity} ${app_id ?? '(not in the app)'} = ${odoo_id === null ? '(not in Odoo)' : `${odoo_model} ${odoo_id}`}, link ${record.link_id}`,
    '',
    situation.text,
    ...(situation.remedy ? [`To do: ${situation.remedy}`] : []),
    ...record.warnings.map(({ field, reason }) => `Warning about ${field}: ${reason}`),
    `The app:  ${tellSide(record.app)}`,
    `Odoo:     ${tellSide(record.odoo)}`,
    ...(next ? [`The next pass: ${next.why}`] : []),
    '',
    'Fields:',
    ...fields.flatMap(tellField),
    '',
    `What happened (newest first, times in UTC${timeline.length > NEWEST ? `, the last ${NEWEST} of ${timeline.length}` : ''}):`,
    ...happened,
  ].join('\n');
}

function tellSide(side: Explanation['app']): string {
  if (!side.reachable) return `away: ${side.error.message} ${side.error.remedy}`;
  if (!side.record) return side.absence === null ? 'no record' : `no record (${side.absence})`;
  const { id, modified } = side.record;
  if (!modified) return `record ${id}`;
  const ours = modified.by_bridge ? ', by the bridge itself' : '';
  return `record ${id}, last modified at ${modified.from}${ours}`;
}

/** As JSON, so that blanks are seen and nothing in them moves the cursor. */
function tellField({ field, base, app, odoo, next, last }: Field): string[] {
  const show = (value: unknown) => (value === undefined ? 'unknown' : JSON.stringify(value));
  const agreed =
    base === null ? 'never' : base.app === base.odoo ? show(base.app) : `${show(base.app)} / ${show(base.odoo)}`;
  const before = (event: LastDecision['event']) =>
    event ? `, after a webhook of ${event.source === 'app' ? 'the app' : 'Odoo'} at ${event.at}` : '';
  return [
    `  ${field}: app ${show(app)}, Odoo ${show(odoo)}, agreed ${agreed}`,
    ...(next ? [`    now: ${next.why}`] : []),
    ...(last?.decisions.map(({ why, event }) => `    ${last.at}${before(event)}: ${why}`) ?? []),
  ];
}
