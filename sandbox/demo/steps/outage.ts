/** Odoo is cut off for a while; both sides go on. */
import type { Fields } from '../../people/people.ts';
import { waitUntil } from '../../people/wait-until.ts';
import { check, PATIENCE_MS, type Stage, secondsSince } from '../stage.ts';
import { nameOfTeacher } from '../teachers.ts';

/** Ten of them are edited on both sides, in different fields; the others on one side only. */
const EDITED_IN_APP = numbers(11, 30);
const EDITED_IN_ODOO = numbers(21, 40);

export async function surviveOutage(stage: Stage): Promise<string> {
  const { app, odoo, world, named } = stage;
  await stage.calm();
  const conflictsBefore = (await stage.conflicts()).length;
  const [appIds, partnerIds] = await Promise.all([
    findIds(app.all('teachers'), EDITED_IN_APP, stage),
    findIds(odoo.search([['name', '=like', named('Teacher ___')]]), EDITED_IN_ODOO, stage),
  ]);

  for (const wire of world.wires) await wire.cut();
  for (const [number, id] of appIds) await app.edit('teachers', id, { city: `Ville ${number}` });
  for (const [number, id] of partnerIds) await odoo.write(Number(id), { phone: `+33 9 00 00 00 ${number}` });
  await app.create('guests', { name: named('Inès Hors-Ligne') });
  await odoo.create({ name: named('Jean Coupé'), category_id: [[6, 0, [await odoo.tagId('Guest')]]] });
  const warns = async () => {
    const { status, sides } = (await world.bridge.ask('/healthz')) as { status: string; sides: Record<string, Fields> };
    return status === 'warn' && sides.odoo?.reachable === false && sides.app?.reachable === true;
  };
  await waitUntil('the bridge says that Odoo is away', warns, PATIENCE_MS);

  for (const wire of world.wires) await wire.mend();
  const begun = performance.now();
  await stage.agree(2 * PATIENCE_MS);
  const seconds = secondsSince(begun);
  await stage.calm();
  await stage.agree();
  const [teachers, partners] = await Promise.all([
    app.all('teachers'),
    odoo.search([['name', '=like', named('Teacher ___')]]),
  ]);
  for (const rows of [teachers, partners]) {
    const byName = new Map<unknown, Fields>(rows.map((row) => [row.name, row]));
    for (const number of EDITED_IN_APP)
      check(byName.get(nameOfTeacher(stage, number))?.city === `Ville ${number}`, `the city of ${number} has arrived`);
    for (const number of EDITED_IN_ODOO)
      check(
        byName.get(nameOfTeacher(stage, number))?.phone === `+33 9 00 00 00 ${number}`,
        `the phone of ${number} has arrived`,
      );
  }
  check((await stage.conflicts()).length === conflictsBefore, 'different fields are no conflict');
  return `20 edits and a new guest on either side; all agree ${seconds.toFixed(1)} s after Odoo was back`;
}

function numbers(from: number, to: number): readonly number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

async function findIds(
  reading: Promise<readonly Fields[]>,
  wanted: readonly number[],
  stage: Stage,
): Promise<readonly (readonly [number, string])[]> {
  const ids = new Map((await reading).map(({ name, id }) => [name, String(id)]));
  return wanted.map((number) => [number, ids.get(nameOfTeacher(stage, number)) ?? '']);
}
