import t from 'tap';
import { basicPassword, isKnownToken, readOdooWebhook } from '../../src/sources/odoo-webhook.ts';

const TOKENS = ['first-long-token', 'second-long-token'];
const read = (token: string | undefined, body: unknown) =>
  readOdooWebhook(token, Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)), TOKENS);
const BODY = { _model: 'res.partner', _id: 7, _action: 'Bridge(#1)', name: 'ignored' };

t.test('a notification with a token becomes a delivery', async (t) => {
  t.same(read('second-long-token', BODY), {
    kind: 'accepted',
    delivery: { source: 'odoo', deliveryId: null, entity: null, odooModel: 'res.partner', recordId: '7' },
  });
});

t.test('refused', async (t) => {
  t.match(read(undefined, BODY), { kind: 'unauthorized' });
  t.match(read('first-long-toke', BODY), { kind: 'unauthorized' });
  for (const body of [
    'x',
    '[]',
    {},
    { _model: 'res.partner' },
    { ...BODY, _id: '7' },
    { ...BODY, _id: 0 },
    { ...BODY, _id: 1e12 },
  ]) {
    t.match(read('first-long-token', body), { kind: 'unprocessable' }, JSON.stringify(body));
  }
  t.match(read('first-long-token', { ...BODY, _model: 'res.users' }), { kind: 'unprocessable', detail: /model/ });
});

t.test('the token of Basic authorization', async (t) => {
  const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;
  t.equal(basicPassword(basic('bridge:to:ken')), 'to:ken');
  t.equal(basicPassword('Bearer x'), undefined);
  t.equal(basicPassword(undefined), undefined);
  t.notOk(isKnownToken('', TOKENS));
});
