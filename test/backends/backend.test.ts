import { test } from 'tap';
import { joinWrites, nothingDone, type WriteResult } from '../../src/backends/backend.ts';
import { RetryableError } from '../../src/errors.ts';

const first = { ...nothingDone('7'), stamp: 'first', values: { phone: '1' } };
const busy = { code: 'busy', message: 'Busy.', remedy: 'Wait.' };

test('an edit of two writes, of which the first is done', async (t) => {
  const done: WriteResult = { ...nothingDone('7'), stamp: 'second', values: { phone: '1', active: false } };
  t.equal(joinWrites(first, done, 'active'), done, 'both done');

  const rest = { ...first, deferred: ['active'] };
  t.same(joinWrites(first, { kind: 'stale' }, 'active'), rest, 'edited in between: its field is left to be written');
  t.same(joinWrites(first, { kind: 'missing' }, 'active'), rest, 'gone in between');
  t.same(joinWrites(first, { kind: 'refused', error: busy }, 'active'), rest, 'refused by itself');
  const turnedAway: WriteResult = { kind: 'failed', error: new RetryableError(busy, 'not-applied') };
  t.same(joinWrites(first, turnedAway, 'active'), rest, 'turned away: the first is done all the same');

  const lost: WriteResult = { kind: 'failed', error: new RetryableError(busy, 'unknown') };
  t.equal(joinWrites(first, lost, 'active'), lost, 'its answer was lost: both are looked for');
});
