import t from 'tap';
import { makeScene } from './make-cast.ts';
import { receiveWebhooks } from './receive-webhooks.ts';
import { startTestApp } from './start-test-app.ts';

t.test('a campaign is marked ready, is not changed any more, and counts what Odoo counts', async (t) => {
  const app = await startTestApp(t);
  await makeScene(app);
  const mail = { subject: 'Spring', body_html: '<p>Hello</p>' };
  await app.send('POST', '/api/campaigns', mail);
  const early = await app.send('POST', '/api/campaigns/1/ready');
  t.match(early, { status: 422, json: { errors: [{ field: 'list_ids', message: /at least one/ }] } });
  const ready = await app.send('POST', '/api/campaigns/1/ready', { list_ids: ['1'] });
  t.match(ready, { status: 200, json: { status: 'ready', list_ids: ['1'] } });
  const late = await app.send('PATCH', '/api/campaigns/1', { subject: 'Summer' });
  t.match(late.json.errors, [{ field: 'subject', message: 'cannot be changed: the campaign is ready' }]);
  t.equal((await app.send('POST', '/api/campaigns/1/archive')).status, 422);

  const fields = { odoo_state: 'done', sent: 3, delivered: 2, opened: 1, clicked: 0, bounced: 1 };
  const { json } = await app.batch('campaigns', { op: 'update', id: '1', idempotency_key: 'a', fields });
  t.match(json.results, [{ status: 'ok', record: fields }]);
  const wrong = { op: 'update', id: '1', idempotency_key: 'b', fields: { sent: -1, opened: 1.5 } };
  const errors = [{ field: 'sent' }, { field: 'opened' }];
  t.match((await app.batch('campaigns', wrong)).json.results, [{ status: 'invalid', errors }]);
  t.match((await app.send('POST', '/api/campaigns/1/cancel')).json, { status: 'cancelled', sent: 3 });
  t.equal((await app.send('POST', '/api/campaigns/1/ready')).status, 422);
});

t.test('a message needs somebody to go to, and is not changed once it is on its way', async (t) => {
  const app = await startTestApp(t);
  await makeScene(app);
  const nowhere = await app.send('POST', '/api/messages', { template: 'hello' });
  t.match(nowhere.json.errors, [{ field: 'to', message: 'or a phone is required' }]);
  const { json: message } = await app.send('POST', '/api/messages', { template: 'hello', phone: '+33 6 12 34 56 78' });
  t.match(message, { channel: 'whatsapp', to: null, variables: {} });
  t.equal((await app.send('PATCH', '/api/messages/1', { template: 'hi' })).status, 200);
  const fields = { delivery_state: 'sent' };
  await app.batch('messages', { op: 'update', id: '1', idempotency_key: 'a', fields });
  const late = await app.send('PATCH', '/api/messages/1', { template: 'hey' });
  t.match(late.json.errors, [{ field: 'template', message: 'cannot be changed: the message is on its way' }]);
});

t.test('Odoo tells who does not want to be written to; only those whom the app knows', async (t) => {
  const app = await startTestApp(t);
  await makeScene(app);
  const tell = async (opted_out: unknown, key: string) => {
    const { json } = await app.batch('mailing-lists', {
      op: 'update',
      id: '1',
      idempotency_key: key,
      fields: { opted_out },
    });
    return json.results[0];
  };
  const out = [{ entity: 'teacher', id: '1' }];
  t.match(await tell(out, 'a'), { status: 'ok', record: { opted_out: out, members: out } });
  const stranger = { status: 'invalid', errors: [{ field: 'opted_out.0', message: /no guest 7/ }] };
  t.match(await tell([{ entity: 'guest', id: '7' }], 'b'), stranger);
  t.match(await tell(null, 'c'), { status: 'ok', record: { opted_out: [] } }, 'nothing is an empty list');
});

t.test('lists and texts are typed in as rows', async (t) => {
  const app = await startTestApp(t);
  await makeScene(app);
  const members = { 'members.0.party': 'teacher/1', 'members.1.party': '', 'members.2.party': ' guest / 1 ' };
  t.equal((await app.submit('/mailing-lists', { name: 'Spring', ...members })).status, 303);
  t.match((await app.send('GET', '/api/mailing-lists/2')).json.members, [
    { entity: 'teacher', id: '1' },
    { entity: 'guest', id: '1' },
  ]);
  const refused = await app.submit('/mailing-lists', { name: 'Spring', 'members.0.party': 'guest/9' });
  t.match(refused.text, '<a href="#members.0.party">Members, row 1: is not there: there is no guest 9</a>');
  t.match(refused.text, /<input id="members.0.party"[^>]* value="guest\/9"[^>]* aria-invalid="true"/);
  const { json: list } = await app.send('GET', '/api/mailing-lists/2');
  await app.send('PATCH', '/api/mailing-lists/2', { members: [] });
  const overtaken = { if_updated_at: list.updated_at, 'members.0.party': 'teacher/1' };
  const stale = await app.submit('/mailing-lists/2', overtaken);
  t.equal(stale.status, 409);
  t.match(stale.text, 'Now: empty', 'what the list is now is told beside what was typed');
  await app.send('PATCH', '/api/mailing-lists/2', { members: list.members });
  t.match((await app.send('GET', '/mailing-lists/2')).text, '<a href="/guests/1">Gil</a>');

  await app.submit('/campaigns', {
    subject: 'Spring',
    body_html: '<p>Hello</p>',
    'list_ids.0.id': '2',
    scheduled_at: '2027-03-20T07:30',
  });
  const { json: campaign } = await app.send('GET', '/api/campaigns/1');
  t.match(campaign, { list_ids: ['2'], scheduled_at: '2027-03-20T07:30:00.000Z' });
  const page = await app.send('GET', '/campaigns/1');
  t.match(page.text, /name="scheduled_at" type="datetime-local" value="2027-03-20T07:30"/);
  t.equal((await app.submit('/campaigns/1/ready', {})).status, 303);
  const frozen = await app.send('GET', '/campaigns/1');
  t.match(frozen.text, '<a href="/mailing-lists/2">Spring</a>');
  t.match(frozen.text, '<dd>2027-03-20 07:30 UTC</dd>');
  t.match(frozen.text, '&lt;p&gt;Hello&lt;/p&gt;', 'the mail is shown as text: it is not the page');

  const variables = { 'variables.0.name': 'first_name', 'variables.0.value': 'Gil' };
  await app.submit('/messages', { to: 'guest/1', template: 'hello', channel: 'whatsapp', ...variables });
  t.match((await app.send('GET', '/api/messages/1')).json, { variables: { first_name: 'Gil' } });
  await app.submit('/messages/1', { 'variables.0.name': '', 'variables.0.value': '' });
  t.same((await app.send('GET', '/api/messages/1')).json.variables, {});
});

t.test('each collection is told by its entity', async (t) => {
  const receiver = await receiveWebhooks(t);
  const app = await startTestApp(t, { webhook: receiver.target });
  await makeScene(app);
  await app.send('POST', '/api/campaigns', { subject: 'Spring', body_html: '<p>Hello</p>' });
  await app.send('POST', '/api/messages', { phone: '+33 6 12 34 56 78' });
  await app.send('POST', '/api/invoices', { customer: { entity: 'tenant', id: '1' } });
  await app.send('POST', '/api/documents', { owner: { entity: 'invoice', id: '1' }, filename: 'x.txt' });
  await receiver.waitFor(10);
  const entities = 'teacher tenant guest apartment travel invoice document mailing_list campaign message'.split(' ');
  t.same(receiver.received.map(({ body }) => body.type).sort(), entities.map((entity) => `${entity}.created`).sort());
});
