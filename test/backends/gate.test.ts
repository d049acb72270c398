import t from 'tap';
import { createBreaker } from '../../src/backends/breaker.ts';
import { createGate, type Gate } from '../../src/backends/gate.ts';
import { RetryableError } from '../../src/errors.ts';

const gone = () => new RetryableError({ code: 'gone', message: 'Gone.', remedy: 'Wait.' }, 'not-applied', 60_000);
const newBreaker = () => createBreaker({ now: Date.now, random: Math.random, answers: new Set() });

t.test('who is refused does not even wait in line', async (t) => {
  let waited = 0;
  const limit: Gate = (call) => {
    waited += 1;
    return call();
  };
  const gate = createGate(newBreaker(), limit);
  t.equal(await gate(async () => 'well'), 'well');
  await t.rejects(gate(() => Promise.reject(gone())));
  await t.rejects(
    gate(async () => t.fail('it was called')),
    { code: 'gone' },
  );
  t.equal(waited, 2);
});

t.test('who stood in line while the side went away is refused at its turn', async (t) => {
  const turn = Promise.withResolvers<void>();
  const breaker = newBreaker();
  const waiting = createGate(breaker, async (call) => {
    await turn.promise;
    return call();
  })(async () => t.fail('it was called'));
  await t.rejects(createGate(breaker)(() => Promise.reject(gone())));
  turn.resolve();
  await t.rejects(waiting, { code: 'gone', outcome: 'not-applied' });
});
