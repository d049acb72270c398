import t from 'tap';
import { parseQuietHours, quietMsAt } from '../../src/reconcile/quiet-hours.ts';

const HOUR = 3_600_000;
const at = (time: string) => Date.parse(`2026-11-25T${time}Z`);

t.test('a night that begins before midnight', async (t) => {
  const night = parseQuietHours('21:00-08:00', 'UTC');
  t.equal(quietMsAt(night, at('20:59:59')), 0);
  t.equal(quietMsAt(night, at('21:00:00')), 11 * HOUR);
  t.equal(quietMsAt(night, at('23:30:30')), 8.5 * HOUR - 30_000);
  t.equal(quietMsAt(night, at('07:59:59.500')), 500);
  t.equal(quietMsAt(night, at('08:00:00')), 0);
  t.equal(quietMsAt(null, at('23:00:00')), 0);
});

t.test('a span of the day, by the clock of a place', async (t) => {
  const noon = parseQuietHours('12:00-13:00', 'Europe/Paris');
  t.equal(quietMsAt(noon, at('11:00:00')), HOUR, 'in winter Paris is an hour ahead');
  t.equal(quietMsAt(noon, at('12:00:00')), 0);
  t.equal(quietMsAt(noon, Date.parse('2026-07-01T10:30:00Z')), HOUR / 2, 'in summer two');
});
