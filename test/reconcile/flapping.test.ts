import t from 'tap';
import type { Flips } from '../../src/links/links.ts';
import { findFlapping, recordFlips } from '../../src/reconcile/flapping.ts';

const MINUTE = 60_000;
const write = (flips: Flips, to: 'app' | 'odoo', at: number, group = 'phone') =>
  recordFlips(flips, [{ field: group, to, written: 'ok' }], at);

/** Writes in turn, a minute apart. */
function inTurn(times: number): Flips {
  let flips: Flips = {};
  for (let index = 0; index < times; index += 1) flips = write(flips, index % 2 ? 'app' : 'odoo', index * MINUTE);
  return flips;
}

t.test('the fifth turn within ten minutes is one too many', async (t) => {
  t.equal(findFlapping(inTurn(3), [{ group: 'phone', to: 'app' }], 4 * MINUTE), null);
  t.equal(findFlapping(inTurn(4), [{ group: 'phone', to: 'odoo' }], 4 * MINUTE), 'phone');
  t.equal(findFlapping(inTurn(4), [{ group: 'phone', to: 'app' }], 4 * MINUTE), null, 'the same way again is no turn');
  t.equal(
    findFlapping(inTurn(4), [{ group: 'name', to: 'odoo' }], 4 * MINUTE),
    null,
    'another field is another matter',
  );
  t.equal(findFlapping(inTurn(4), [{ group: 'phone', to: 'odoo' }], 11 * MINUTE), null, 'long ago');
  t.equal(findFlapping({}, [{ group: 'phone', to: 'odoo' }], 0), null);
});

t.test('only turns are remembered, and only for a while', async (t) => {
  const once = write({}, 'odoo', 0);
  t.same(write(once, 'odoo', MINUTE), once, 'the same way again');
  t.same(write(once, 'app', MINUTE).phone, [
    { to: 'odoo', at: 0 },
    { to: 'app', at: MINUTE },
  ]);
  t.equal(write(inTurn(6), 'app', 6 * MINUTE).phone?.length, 4, 'no more than is needed');
  t.same(write(once, 'app', 20 * MINUTE, 'name'), { name: [{ to: 'app', at: 20 * MINUTE }] }, 'the old ones go');
});

t.test('what is still to be written is no turn', async (t) => {
  const once = write({}, 'odoo', 0);
  t.same(recordFlips(once, [{ field: 'phone', to: 'app', written: 'later' }], MINUTE), once);
});
