import t from 'tap';
import { createBelongings } from '../../../sandbox/world/belongings.ts';

t.test('everything is ended in reverse, once, and a failure keeps nothing from its end', async (t) => {
  const said: string[] = [];
  const ended: string[] = [];
  const belongings = createBelongings((text) => said.push(text));
  await belongings.own(async () => ended.push('first'));
  await belongings.own(() => Promise.reject(new Error('it hangs')));
  await belongings.own(async () => ended.push('last'));
  await Promise.all([belongings.end(), belongings.end()]);
  t.same(ended, ['last', 'first']);
  t.same(said, ['could not be ended: it hangs']);
});

t.test('what comes up after the end is ended at once, and whoever started it is told', async (t) => {
  const ended: string[] = [];
  const belongings = createBelongings(() => {});
  await belongings.end();
  await t.rejects(
    belongings.own(async () => ended.push('late')),
    { message: 'ended while starting' },
  );
  t.same(ended, ['late']);
});
