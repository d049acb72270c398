/** What was there before: Odoo is told of the bridge, and everybody whom the app knows comes over. */
import type { Fields } from '../../people/people.ts';
import { waitUntil } from '../../people/wait-until.ts';
import { check, PATIENCE_MS, type Stage, secondsSince } from '../stage.ts';
import { TEACHERS, teacherNumber } from '../teachers.ts';

const NUMBERS = Array.from({ length: TEACHERS }, (_, index) => index + 1);

export async function installWebhooks({ world, odoo }: Stage): Promise<string> {
  await world.bridge.run('webhooks', 'install');
  // Its exit code tells whether all is as it should be.
  await world.bridge.run('webhooks', 'verify');
  const rules = (await odoo.call('base.automation', 'search_read', {
    domain: [['name', '=like', 'Bridge: %']],
    fields: ['name', 'active', 'trigger_field_ids'],
  })) as Fields[];
  const both = ['created or changed', 'deleted'].map((what) => `Bridge: res.partner ${what}`);
  check(
    both.every((name) => rules.some((rule) => rule.name === name)) && rules.every(({ active }) => active === true),
    'Odoo has its automation rules',
  );
  return `${rules.length} automation rules, and server actions and fields of its own, are in Odoo`;
}

export async function enterTeachers(stage: Stage): Promise<string> {
  const begun = performance.now();
  for (let start = 0; start < TEACHERS; start += 10) {
    const some = NUMBERS.slice(start, start + 10);
    await Promise.all(some.map((number) => stage.app.create('teachers', teacherNumber(stage, number))));
  }
  check((await countInOdoo(stage)) === 0, 'Odoo does not know them yet');
  return `entered in the app, which nobody listens to yet, in ${secondsSince(begun).toFixed(1)} s`;
}

export async function backfill(stage: Stage): Promise<string> {
  await stage.world.bridge.start();
  const begun = performance.now();
  const isThere = async () => (await countInOdoo(stage)) >= TEACHERS;
  await waitUntil('all teachers are in Odoo', isThere, PATIENCE_MS);
  const seconds = secondsSince(begun);
  await stage.calm();
  const pairs = await stage.agree();
  check(pairs === TEACHERS && (await countInOdoo(stage)) === TEACHERS, `there are ${TEACHERS} of them on either side`);
  const inApp = new Map((await stage.app.all('teachers')).map((teacher) => [teacher.name, teacher]));
  for (const number of NUMBERS) {
    const entered = teacherNumber(stage, number);
    const now = inApp.get(entered.name) ?? {};
    const changed = Object.keys(entered).filter((field) => now[field] !== entered[field]);
    check(changed.length === 0, `${entered.name} is in the app as entered, not otherwise in ${changed}`);
  }
  const rate = Math.round(TEACHERS / seconds);
  return `each once, equal in every field; there after ${seconds.toFixed(1)} s, ${rate} a second`;
}

function countInOdoo({ odoo, named }: Stage): Promise<number> {
  const domain = [['name', '=like', named('Teacher ___')]];
  return odoo.call('res.partner', 'search_count', { domain }).then(Number);
}
