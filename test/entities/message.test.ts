import t from 'tap';
import type { OdooReferences } from '../../src/entities/define-entity.ts';
import { message, toRecord } from '../../src/entities/message.ts';

const { app, odoo, sends } = message;
const none = {} as OdooReferences;

t.test('the message of the app', async (t) => {
  const to = { entity: 'guest', id: 'a:b' };
  const fields = {
    channel: 'whatsapp',
    to,
    template: 'welcome',
    variables: { b: 'b', a: 'a', c: 'c' },
    about: { entity: 'travel' },
  };
  const record = app.decode(fields);
  t.match(record, {
    active: true,
    to: 'guest:a:b',
    about: null,
    variables: '{"a":"a","b":"b","c":"c"}',
    delivery_state: null,
  });
  t.match(app.decode({}), { active: true, variables: null });
  t.match(app.decode({ deleted_at: 'x', variables: {} }), { active: false, variables: null, to: null });
  t.same(message.parents(record), [to]);
  t.same(message.parents({ about: 'travel:1' }), [{ entity: 'travel', id: '1' }]);
  t.same([toRecord(null), toRecord('guest')], [null, null]);
  t.same(app.encode({ active: true, delivery_state: 'sent' }), { delivery_state: 'sent' });
  t.same([sends?.isDue({}), sends?.leavesAt({}), sends?.lists({})], [true, null, []]);
  t.same([sends?.wasHandedOver({ delivery_state: 'sent' }), sends?.wasHandedOver({})], [true, false]);
});

t.test('what Odoo keeps', async (t) => {
  t.same(odoo.decode({ state: 'error', failure_reason: 'no number' }, none), {
    active: true,
    delivery_state: 'error',
    failure_reason: 'no number',
  });
  const notifications = [{ notification_status: 'exception', gateway_failure_reason: 'blocked' }];
  t.match(odoo.decode({ notifications }, none), { delivery_state: 'exception', failure_reason: 'blocked' });
  t.match(odoo.decode({ notifications: [] }, none), { delivery_state: null });
  t.match(odoo.encode({ template: 'other', delivery_state: 'x' }, {}, none), {
    values: {},
    unheld: [{ field: 'template' }],
  });
  t.same(odoo.onCreate(none), {});
  t.equal(odoo.isCompany({}), false);
  t.same([odoo.ownedByOdoo({}), odoo.companies({})], [[], []]);
  t.same([message.same('to', 'a', 'a'), message.isEmpty('to', null), message.matchKey({})], [true, true, null]);
  t.same([message.matchName({ template: 'welcome' }), message.matchName({})], ['welcome', '']);
});
