/** Odoo would hand the address of one contact of a company on to all the others. */
import { isDeepStrictEqual } from 'node:util';
import { waitUntil } from '../../people/wait-until.ts';
import { check, PATIENCE_MS, type Stage } from '../stage.ts';

export async function moveOneOfThree({ app, odoo, named, calm, agree }: Stage): Promise<string> {
  const school = named('Lycée Colin');
  const names = ['Anne Colin', 'Béatrice Colin', 'Chloé Colin'].map(named);
  const ids: string[] = [];
  for (const name of names) {
    ids.push(await app.create('teachers', { name, school, street: `chez ${name}`, city: 'Pau', country: 'FR' }));
  }
  const read = () => Promise.all(names.map(async (name) => (await odoo.find(name))[0]));
  const allHaveTheirs = async () => (await read()).every((row, index) => row?.street === `chez ${names[index]}`);
  await waitUntil('all three are in Odoo with their address', allHaveTheirs, PATIENCE_MS);
  await calm();
  const schools = await odoo.find(school);
  const [lycee] = schools;
  check(
    schools.length === 1 && lycee?.street === false && lycee.city === false,
    'one school, with no address of theirs',
  );
  const before = await read();
  check(
    before.every((row) => row?.parent_id === lycee.id),
    'all three belong to it',
  );

  await app.edit('teachers', ids[0] ?? '', { street: '1 rue Neuve', city: 'Dax' });
  const hasMoved = async () => {
    const [anne] = await read();
    return anne?.street === '1 rue Neuve' && anne.city === 'Dax';
  };
  await waitUntil('Anne has moved in Odoo', hasMoved, PATIENCE_MS);
  await calm();
  // With their write_date: they have not even been written.
  check(isDeepStrictEqual((await read()).slice(1), before.slice(1)), 'the other two are untouched');
  check(isDeepStrictEqual(await odoo.find(school), schools), 'the school is untouched');
  await agree();
  return 'one has moved; the other two and the school have not even been written';
}
