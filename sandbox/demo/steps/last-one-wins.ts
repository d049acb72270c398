/** Both change the same field, and the bridge sees it only afterwards. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Fields } from '../../people/people.ts';
import { waitUntil } from '../../people/wait-until.ts';
import { APART_MS, check, PATIENCE_MS, type Stage } from '../stage.ts';
import { nameOfTeacher } from '../teachers.ts';

interface Side {
  edit(phone: string): Promise<unknown>;
  phone(): Promise<unknown>;
}

export async function lastOneWins(stage: Stage, winner: 'app' | 'odoo'): Promise<string> {
  const { app, odoo, world } = stage;
  const name = nameOfTeacher(stage, winner === 'app' ? 1 : 2);
  const [[teacher], [partner]] = await Promise.all([app.find('teachers', name), odoo.find(name)]);
  check(teacher !== undefined && partner !== undefined, `${name} is on both sides`);
  const appId = String(teacher.id);
  const sides: Record<'app' | 'odoo', Side> = {
    app: {
      edit: (phone) => app.edit('teachers', appId, { phone }),
      phone: async () => (await app.look('teachers', appId)).phone,
    },
    odoo: {
      edit: (phone) => odoo.write(partner.id, { phone }),
      phone: async () => (await odoo.read(partner.id)).phone,
    },
  };
  const loser = winner === 'app' ? 'odoo' : 'app';
  const [first, last] = ['+33 1 11 11 11 11', '+33 2 22 22 22 22'];

  await stage.calm();
  const before = await stage.conflicts();
  world.bridge.pause();
  await sides[loser].edit(first);
  await sleep(APART_MS);
  await sides[winner].edit(last);
  check((await sides.app.phone()) !== (await sides.odoo.phone()), 'the two sides differ');
  world.bridge.resume();

  const hasWon = async () => (await sides[loser].phone()) === last;
  await waitUntil(`the later edit, of ${winner}, has come over`, hasWon, PATIENCE_MS);
  await stage.calm();
  check((await sides[winner].phone()) === last, 'the later edit is still where it was made');
  const fresh = (await stage.conflicts()).filter(({ id }) => !before.some((known) => known.id === id));
  const [conflict] = fresh;
  check(fresh.length === 1 && conflict?.app_id === appId && conflict.field === 'phone', 'one conflict was noted');
  check(conflict.winner === winner && conflict.close === false, `it says that ${winner} was later, beyond doubt`);
  check((conflict[loser] as Fields).value === first, 'it keeps the losing value');
  await stage.agree();
  return `${winner === 'app' ? 'the app' : 'Odoo'} was later and won; the other value is in GET /api/conflicts`;
}
