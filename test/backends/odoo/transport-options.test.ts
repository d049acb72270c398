import t from 'tap';
import type { ClockReading } from '../../../src/backends/odoo/transport.ts';
import { assertHeaderValues, parseOdooUrl, reportClock, rootOf } from '../../../src/backends/odoo/transport-options.ts';

const options = { url: 'http://127.0.0.1', database: 'travel', username: 'bot', apiKey: 'key' };

t.test('addresses', async (t) => {
  t.equal(rootOf(parseOdooUrl('https://odoo.example.com')), 'https://odoo.example.com');
  t.equal(rootOf(parseOdooUrl('http://odoo.example.com:8069/erp//')), 'http://odoo.example.com:8069/erp');
  const wrong = ['', 'odoo.example.com', 'ftp://odoo.example.com', 'https://bot:s3cret@odoo.example.com'];
  for (const url of [...wrong, 'https://bot@odoo.example.com', 'https://h/web?db=s3cret', 'https://h/#s3cret']) {
    t.throws(() => parseOdooUrl(url), { name: 'SetupError', code: 'bad_odoo_url', message: /^(?!.*s3cret)/ }, url);
  }
});

t.test('what a header cannot carry is told by the name of its variable', async (t) => {
  t.doesNotThrow(() => assertHeaderValues(options));
  for (const apiKey of ['', 's3cret\n', 's3 cret', 's3crét']) {
    const error = { name: 'SetupError', code: 'bad_odoo_credentials', message: /^ODOO_API_KEY (?!.*s3)/ };
    t.throws(() => assertHeaderValues({ ...options, apiKey }), error);
  }
  t.throws(() => assertHeaderValues({ ...options, database: 'vóyages' }), { message: /^ODOO_DB (?!.*yages)/ });
});

t.test('the clock is read from the start of the answer', async (t) => {
  const readings: ClockReading[] = [];
  const report = reportClock({ ...options, onClockReading: (reading) => readings.push(reading) });
  report('Mon, 23 Nov 2026 10:49:53 GMT');
  report('nonsense');
  report(null);
  reportClock(options)('Mon, 23 Nov 2026 10:49:53 GMT');
  t.equal(readings.length, 1);
  t.equal(readings[0]?.serverDate, Date.UTC(2026, 10, 23, 10, 49, 53));
  t.ok((readings[0]?.sentAt ?? 0) <= (readings[0]?.receivedAt ?? 0));
});
