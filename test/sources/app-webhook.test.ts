import { createHmac } from 'node:crypto';
import t from 'tap';
import { type AppWebhookRequest, readAppWebhook } from '../../src/sources/app-webhook.ts';

const NOW = 1_800_000_000_000;
const secret = (fill: string) => `whsec_${Buffer.alloc(24, fill).toString('base64')}`;
const [CURRENT, PREVIOUS] = [secret('a'), secret('b')];
const EVENT = JSON.stringify({ type: 'teacher.updated', timestamp: 'x', data: { id: '42', extra: 'ignored' } });

/** Signs as the specification says, by its own computation. */
function signed(body: string, more: { id?: string; at?: number; by?: string } = {}): AppWebhookRequest {
  const { id = 'msg_1', at = NOW / 1000, by = CURRENT } = more;
  const key = Buffer.from(by.replace('whsec_', ''), 'base64');
  const signature = createHmac('sha256', key).update(`${id}.${at}.${body}`).digest('base64');
  return { id, timestamp: String(at), signature: `v1,${signature}`, body: Buffer.from(body) };
}
const read = (request: AppWebhookRequest, secrets = [CURRENT, PREVIOUS]) => readAppWebhook(request, secrets, NOW);

t.test('a signed event becomes a delivery that only names its record', async (t) => {
  t.same(read(signed(EVENT)), {
    kind: 'accepted',
    delivery: { source: 'app', deliveryId: 'msg_1', entity: 'teacher', odooModel: 'res.partner', recordId: '42' },
  });
});

t.test('while a secret is replaced both are good, and a sender may sign with several', async (t) => {
  t.match(read(signed(EVENT, { by: PREVIOUS })), { kind: 'accepted' });
  const request = signed(EVENT);
  t.match(read({ ...request, signature: `v1a,xyz v1,AAAA ${request.signature}` }), { kind: 'accepted' });
});

t.test('refused as not authentic', async (t) => {
  const request = signed(EVENT);
  const refused = (changed: Partial<AppWebhookRequest>) =>
    t.match(read({ ...request, ...changed }), { kind: 'unauthorized' });
  refused({ signature: undefined });
  refused({ id: undefined });
  refused({ timestamp: undefined });
  refused({ timestamp: 'soon' });
  refused({ id: 'x'.repeat(300) });
  refused({ id: 'msg_2' });
  refused({ body: Buffer.from(`${EVENT} `) });
  refused({ signature: 'v1,AAAA' });
  refused({ signature: request.signature?.replace('v1,', 'v2,') });
  t.match(read(request, []), { kind: 'unauthorized' }, 'without a secret nobody is let in');
});

t.test('the timestamp may be 300 s off either way', async (t) => {
  for (const off of [-300, 300]) t.match(read(signed(EVENT, { at: NOW / 1000 + off })), { kind: 'accepted' });
  for (const off of [-301, 301]) t.match(read(signed(EVENT, { at: NOW / 1000 + off })), { kind: 'unauthorized' });
});

t.test('authentic but not an event that the bridge knows', async (t) => {
  const unprocessable = (event: unknown) =>
    t.match(read(signed(typeof event === 'string' ? event : JSON.stringify(event))), { kind: 'unprocessable' });
  unprocessable('no json');
  unprocessable('[]');
  unprocessable({ type: 'teacher', data: { id: '1' } });
  unprocessable({ type: 'unicorn.updated', data: { id: '1' } });
  unprocessable({ type: 'teacher.updated' });
  for (const id of ['', 7, 'a,b', 'a\u0000', 'x'.repeat(129)]) unprocessable({ type: 'teacher.updated', data: { id } });
  t.match(read({ ...signed(EVENT), id: '' }), { kind: 'unauthorized' });
});
