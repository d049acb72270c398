import t from 'tap';
import { createBreaker } from '../../src/backends/breaker.ts';
import { look } from '../../src/backends/look.ts';
import { RetryableError, SetupError, TerminalError } from '../../src/errors.ts';

const detail = (code: string) => ({ code, message: `It is ${code}.`, remedy: 'Mend it.' });
const away = (code = 'away', retryAfterMs?: number) => new RetryableError(detail(code), 'unknown', retryAfterMs);

/** A side whose answers the test gives, and how many calls reached it. */
function startSide(random = () => 1) {
  let time = 1_000_000;
  let reached = 0;
  const breaker = createBreaker({ now: () => time, random, answers: new Set(['busy_record', 'no_right']) });
  const ask = (answer: unknown = 'well') =>
    breaker.run(async () => {
      reached += 1;
      const given = await answer;
      if (given instanceof Error) throw given;
      return given;
    });
  return {
    breaker,
    ask,
    /** The code that the caller gets to see. */
    fail: (error: Error) => ask(error).then(String, (seen: unknown) => (seen as RetryableError).code),
    reached: () => reached,
    pass: (milliseconds: number) => {
      time += milliseconds;
    },
  };
}

async function trip(side: ReturnType<typeof startSide>, error: Error = away()): Promise<void> {
  for (let times = 0; times < 3; times += 1) await side.fail(error);
}

t.test('three failures in a row open it, not three with an answer between them', async (t) => {
  const side = startSide();
  for (const answer of [away(), away(), 'well', away(), away()]) {
    if (answer instanceof Error) await side.fail(answer);
    else t.equal(await side.ask(answer), answer);
  }
  t.equal(side.breaker.state(), 'closed');
  await side.fail(away());
  t.equal(side.breaker.state(), 'open');
});

t.test('while it is open calls fail at once, with the reason and what is left of the pause', async (t) => {
  const side = startSide();
  await trip(side, away('gone'));
  side.pass(400);
  const refused = { name: 'RetryableError', ...detail('gone'), outcome: 'not-applied', retryAfterMs: 600 };
  await t.rejects(side.ask(), refused);
  t.throws(() => side.breaker.check(), refused);
  t.equal(side.reached(), 3, 'the side is left alone');
});

t.test('after the pause one call is let through; its success closes', async (t) => {
  const side = startSide();
  await trip(side);
  side.pass(1_000);
  t.equal(side.breaker.state(), 'half_open');
  side.breaker.check();
  const answer = Promise.withResolvers<string>();
  const probe = side.ask(answer.promise);
  await t.rejects(side.ask(), { code: 'away', outcome: 'not-applied', retryAfterMs: 1_000 }, 'only one');
  answer.resolve('back');
  t.equal(await probe, 'back');
  t.equal(side.breaker.state(), 'closed');
  await side.fail(away());
  await side.fail(away());
  t.equal(side.breaker.state(), 'closed', 'it counts from the beginning');
});

t.test('each failed try doubles the pause, up to a minute, and jitter takes up to half of it off', async (t) => {
  for (const [random, share] of [
    [1, 1],
    [0, 0.5],
  ] as const) {
    const side = startSide(() => random);
    await trip(side);
    for (const pause of [1, 2, 4, 8, 16, 32, 60, 60, 60, 60, 60, 60, 60]) {
      side.pass(pause * share * 1_000 - 1);
      t.equal(side.breaker.state(), 'open', `${pause} s`);
      side.pass(1);
      t.equal(side.breaker.state(), 'half_open');
      t.equal(await side.fail(away()), 'away');
    }
    side.pass(60_000);
    await side.ask();
    await trip(side);
    await t.rejects(side.ask(), { code: 'away', retryAfterMs: 1_000 * share }, 'and from one second again');
  }
});

t.test('what the side itself asks for opens at once and is kept to the millisecond', async (t) => {
  const side = startSide(() => 0.3);
  await side.fail(away('slow_down', 7_777));
  await t.rejects(side.ask(), { code: 'slow_down', retryAfterMs: 7_777 });
  side.pass(7_776);
  t.equal(side.breaker.state(), 'open');
  side.pass(1);
  await side.fail(away('gone'));
  t.equal(side.breaker.state(), 'open', 'a failed try never leaves it half open');
  side.pass(1_000);
  t.equal(await side.ask(), 'well');
  await side.fail(away('slow_down', 0));
  t.equal(side.breaker.state(), 'closed', 'no time at all is no wish');
});

t.test('a wish told to a late call counts, the longest one; other late answers do not', async (t) => {
  const side = startSide();
  const answers = Array.from({ length: 5 }, () => Promise.withResolvers<unknown>());
  const late = answers.map(({ promise }) => side.ask(promise).catch(() => null));
  const answer = (index: number, value: unknown) => {
    answers[index]?.resolve(value);
    return late[index];
  };
  await trip(side);
  await answer(0, 'well');
  t.equal(side.breaker.state(), 'open', 'it was sent before the side went away');
  await answer(1, away());
  await t.rejects(side.ask(), { code: 'away', retryAfterMs: 1_000 }, 'nor does it lengthen the pause');
  await answer(2, away('slow_down', 30_000));
  await answer(3, away('slow_down', 20_000));
  await t.rejects(side.ask(), { code: 'slow_down', retryAfterMs: 30_000 });
  await answer(4, 'well');
  await t.rejects(side.ask(), { code: 'slow_down', retryAfterMs: 30_000 });
});

t.test('errors about a record, a right or the bridge itself say that the side answers', async (t) => {
  const right = new SetupError(detail('no_right'));
  for (const error of [new TerminalError(detail('refused')), right, away('busy_record'), new TypeError('bug')]) {
    const side = startSide();
    await trip(side, error);
    await trip(side, error);
    t.equal(side.breaker.state(), 'closed', error.name);
    await trip(side);
    side.pass(1_000);
    await side.fail(error);
    t.equal(side.breaker.state(), 'closed', `${error.name} of the one call`);
  }
});

t.test('a refused key is not tried on and on', async (t) => {
  const side = startSide();
  await trip(side, new SetupError(detail('bad_key')));
  await t.rejects(side.ask(), { name: 'RetryableError', code: 'bad_key' });
  await t.rejects(
    look(() => side.ask()),
    { code: 'bad_key' },
    'not even by a look',
  );
  t.equal(side.reached(), 3);
});

t.test('a look never trips it, sees through it, and closes it with good news', async (t) => {
  const side = startSide();
  for (let times = 0; times < 5; times += 1) await look(() => side.fail(away()));
  t.equal(side.breaker.state(), 'closed');
  await trip(side);
  t.equal(await look(() => side.fail(away('still_away'))), 'still_away', 'the truth of now');
  await t.rejects(side.ask(), { code: 'away', retryAfterMs: 1_000 }, 'the pause is as it was');
  t.equal(await look(() => side.ask()), 'well');
  t.equal(side.breaker.state(), 'closed');
});

t.test(
  'a look does not disturb a side that asked for a pause, and honours it when it is the one who is told',
  async (t) => {
    const side = startSide();
    await look(() => side.fail(away('slow_down', 5_000)));
    t.equal(side.breaker.state(), 'open');
    await t.rejects(
      look(() => side.ask()),
      { code: 'slow_down', retryAfterMs: 5_000 },
    );
    t.equal(side.reached(), 1);
    side.pass(5_000);
    t.equal(await look(() => side.fail(away())), 'away');
    t.equal(side.breaker.state(), 'open', 'when a try is due it is that try');
  },
);
