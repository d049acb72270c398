import t from 'tap';
import { makeCast } from './make-cast.ts';
import { receiveWebhooks } from './receive-webhooks.ts';
import { startTestApp } from './start-test-app.ts';

t.test('a travel goes from the form to the quote, and no way back', async (t) => {
  const receiver = await receiveWebhooks(t);
  const app = await startTestApp(t, { webhook: receiver.target });
  await makeCast(app);
  const { json: travel } = await app.send('POST', '/api/travels', { title: 'Rome', teacher_id: '1' });
  t.match(travel, { id: '1', status: 'submitted', quote_amount: null });

  const early = await app.send('POST', '/api/travels/1/validate-quote');
  t.match(early, { status: 422, json: { errors: [{ field: 'quote_amount', message: /is required/ }] } });
  const quote = { quote_amount: '8400', currency: 'EUR' };
  const quoted = await app.send('POST', '/api/travels/1/validate-quote', quote);
  t.match(quoted, { status: 200, json: { status: 'quote_validated', quote_amount: '8400.00', currency: 'EUR' } });
  const again = await app.send('POST', '/api/travels/1/validate-quote');
  t.match(again, { status: 422, json: { errors: [{ field: 'status', message: /only while it is submitted/ }] } });
  const back = await app.send('PATCH', '/api/travels/1', { status: 'submitted' });
  t.match(back.json.errors, [{ field: 'status', message: 'cannot go from quote_validated to submitted' }]);

  t.match((await app.send('POST', '/api/travels/1/cancel')).json, { status: 'cancelled' });
  t.match(await app.send('PATCH', '/api/travels/1', { status: 'quote_validated' }), { status: 422 });
  t.match(await app.send('PATCH', '/api/travels/1', { notes: 'They will ask again' }), { status: 200 });
  await receiver.waitFor(7);
  const told = receiver.received.map(({ body }) => `${body.type} ${body.data.id}`);
  const updates = Array(3).fill('travel.updated 1');
  t.same(told.slice(3).sort(), ['travel.created 1', ...updates], 'told at every step, and of no refused one');
});

t.test('an action on what somebody else has changed, or on nothing, is refused', async (t) => {
  const app = await startTestApp(t);
  await makeCast(app);
  const { json: seen } = await app.send('POST', '/api/travels', { title: 'Rome', teacher_id: '1' });
  await app.send('PATCH', '/api/travels/1', { notes: 'new' });
  const stale = await app.send('POST', '/api/travels/1/cancel', undefined, { 'if-match': `"${seen.updated_at}"` });
  t.equal(stale.status, 412);
  t.match((await app.send('GET', '/api/travels/1')).json, { status: 'submitted' });
  await app.send('POST', '/api/travels/1/archive');
  const away = await app.send('POST', '/api/travels/1/cancel');
  t.match(away, { status: 422, json: { errors: [{ field: 'deleted_at', message: 'is set: restore it first' }] } });
  t.equal((await app.send('POST', '/api/travels/9/cancel')).status, 404);
  t.equal((await app.send('POST', '/api/travels/1/explode')).status, 404);
  t.equal((await app.send('POST', '/api/guests/1/cancel')).status, 404);
});

t.test('of many people who validate a quote at the same time, one does', async (t) => {
  const app = await startTestApp(t);
  await makeCast(app);
  await app.send('POST', '/api/travels', { title: 'Rome', teacher_id: '1', quote_amount: '1', currency: 'EUR' });
  const answers = await Promise.all(Array.from({ length: 8 }, () => app.send('POST', '/api/travels/1/validate-quote')));
  t.same(answers.map(({ status }) => status).sort(), [200, ...Array(7).fill(422)]);
});

t.test('the bridge may write what the rules for people would refuse', async (t) => {
  const app = await startTestApp(t);
  await makeCast(app);
  const travel = { title: 'Rome', teacher_id: '1', status: 'quote_validated', quote_amount: '1', currency: 'EUR' };
  await app.send('POST', '/api/travels', travel);
  const fields = { quote_amount: null, start_date: '2027-04-12', end_date: '2027-04-11' };
  const { json } = await app.batch('travels', { op: 'update', id: '1', idempotency_key: 'a', fields });
  t.match(json.results, [{ status: 'ok', record: fields }], 'what Odoo holds is how it is');
  t.match(await app.send('PATCH', '/api/travels/1', { notes: 'x' }), { status: 200 }, 'and people may edit the rest');
});

t.test('the page of a travel: typed values go with an action, and the teacher is a click away', async (t) => {
  const app = await startTestApp(t);
  await makeCast(app);
  const form = await app.send('GET', '/travels/new');
  t.match(form.text, '<option value="1">Ada</option>', 'teachers are offered');
  t.notMatch(form.text, 'name="status"');
  t.notMatch(form.text, 'odoo_stage');
  const created = await app.submit('/travels', { title: 'Rome', teacher_id: '1', participants: '28' });
  t.equal(created.headers.get('location'), '/travels/1?done=created');
  const page = await app.send('GET', '/travels/1');
  t.match(page.text, 'formaction="/travels/1/validate-quote"');
  t.match(page.text, '<dd>Submitted</dd>');
  const list = await app.send('GET', '/travels');
  t.match(list.text, '<a href="/teachers/1">Ada</a>');

  const refused = await app.submit('/travels/1/validate-quote', { title: 'Rome II', quote_amount: '12,50' });
  t.equal(refused.status, 422);
  t.match(refused.text, 'Quote must be an amount');
  t.match(refused.text, 'value="Rome II"', 'what was typed is still there');
  const done = await app.submit('/travels/1/validate-quote', { quote_amount: '12.50', currency: 'EUR' });
  t.equal(done.headers.get('location'), '/travels/1?done=acted');
  t.match((await app.send('GET', '/api/travels/1')).json, { quote_amount: '12.50', status: 'quote_validated' });
  const late = await app.submit('/travels/1/validate-quote', {});
  t.match(late.text, 'Status is quote_validated, and this is possible only while it is submitted');
});
