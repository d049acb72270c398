/** A plan for a terminal, in the manner of a diff. */
import type { PlannedChange } from './links/run-changes.ts';

const MARKS: Readonly<Record<PlannedChange['action'], string>> = {
  create: '+',
  update: '~',
  archive: '-',
  restore: '+',
  delete: '-',
  link: '=',
  hold: '!',
  park: '!',
  wait: '…',
};

/** @returns its lines; a last one says so when there is nothing to do */
export function printPlan(changes: readonly PlannedChange[]): readonly string[] {
  return changes.length === 0 ? ['Nothing would change.'] : changes.flatMap(printChange);
}

function printChange({ entity, app_id, odoo_id, action, to, ...change }: PlannedChange): readonly string[] {
  const ids = [app_id === null ? [] : `app ${app_id}`, odoo_id === null ? [] : `Odoo ${odoo_id}`].flat();
  const place = to === null ? '' : action === 'delete' ? ` in ${to}` : ` → ${to}`;
  const { fields, steps = [], later = [], conflicts = [], reason } = change;
  const told = [
    ...Object.entries(fields).map(([field, { from, to: value }]) => `${field}: ${show(from)} → ${show(value)}`),
    ...conflicts.map(({ field, winner, rule }) => `${field} is contested: ${winner} wins (${rule})`),
    ...steps.map((step) => `step: ${step}`),
    ...(later.length > 0 ? [`later, as Odoo makes it: ${later.join(', ')}`] : []),
    ...(reason ? [`${reason.message} ${reason.remedy ?? ''}`.trim()] : []),
    ...(reason?.candidates ? [`candidates: ${reason.candidates.join(', ')}`] : []),
  ];
  return [
    `${MARKS[action]} ${action} ${entity} (${ids.join(', ') || 'new'})${place}`,
    ...told.map((line) => `    ${line}`),
  ];
}

const LONGEST = 80;

/** Long texts are cut; JSON, so that outer blanks and line breaks can be seen. */
function show(value: unknown): string {
  const text = value === null ? 'empty' : JSON.stringify(value);
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text;
}
