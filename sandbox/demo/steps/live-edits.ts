/** One edit at a time, while everything runs. */
import { waitUntil } from '../../people/wait-until.ts';
import { check, PATIENCE_MS, type Stage } from '../stage.ts';

export async function createInApp({ app, odoo, named, agree }: Stage): Promise<string> {
  const name = named('Camille Moreau');
  const begun = performance.now();
  await app.create('teachers', { name, email: 'camille@example.org', city: 'Nantes', country: 'FR' });
  const partner = await odoo.appears(name);
  const took = performance.now() - begun;
  check(partner.city === 'Nantes' && partner.customer_rank === 1, 'Camille is a customer and lives in Nantes');
  await agree();
  return `in Odoo after ${took.toFixed(0)} ms`;
}

export async function changePhone({ app, odoo, named, agree }: Stage): Promise<string> {
  const phone = '+33 2 40 00 00 00';
  const { id: partnerId } = await odoo.appears(named('Camille Moreau'));
  const [teacher] = await app.find('teachers', named('Camille Moreau'));
  const begun = performance.now();
  await odoo.write(partnerId, { phone });
  const isThere = async () => (await app.look('teachers', String(teacher?.id))).phone === phone;
  await waitUntil('the phone is in the app', isThere, PATIENCE_MS);
  const took = performance.now() - begun;
  await agree();
  return `in the app after ${took.toFixed(0)} ms`;
}

export async function createInOdoo({ app, odoo, named, agree }: Stage): Promise<string> {
  const name = named('Paul Renard');
  const values = { name, email: 'paul@example.org', category_id: [[6, 0, [await odoo.tagId('Teacher')]]] };
  const begun = performance.now();
  await odoo.create(values);
  const find = async () => (await app.find('teachers', name))[0];
  const teacher = await waitUntil('Paul is in the app', find, PATIENCE_MS);
  const took = performance.now() - begun;
  check(teacher.email === 'paul@example.org', 'Paul has his e-mail');
  await agree();
  check((await odoo.find(name)).length === 1, 'Paul is in Odoo once');
  return `in the app after ${took.toFixed(0)} ms`;
}

export async function archiveAndRestore({ app, odoo, named, agree }: Stage): Promise<string> {
  const id = await app.create('tenants', { name: named('Zoé Adam') });
  const { id: partnerId } = await odoo.appears(named('Zoé Adam'));
  const isActiveInOdoo = async () => (await odoo.read(partnerId)).active === true;
  const isActiveInApp = async () => (await app.look('tenants', id)).deleted_at === null;
  await app.archive('tenants', id);
  await waitUntil('she is archived in Odoo', async () => !(await isActiveInOdoo()), PATIENCE_MS);
  await odoo.write(partnerId, { active: true });
  await waitUntil('she is back in the app', isActiveInApp, PATIENCE_MS);
  await odoo.write(partnerId, { active: false });
  await waitUntil('she is archived in the app', async () => !(await isActiveInApp()), PATIENCE_MS);
  await app.restore('tenants', id);
  await waitUntil('she is back in Odoo', isActiveInOdoo, PATIENCE_MS);
  await agree();
  return 'the same two records, twice there and back';
}
