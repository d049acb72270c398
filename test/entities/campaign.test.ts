import t from 'tap';
import { campaign } from '../../src/entities/campaign.ts';
import type { OdooReferences, OdooValues, Situation } from '../../src/entities/define-entity.ts';

const { app, odoo, sends } = campaign;
const [launch, cancel] = odoo.transitions ?? [];
const lists: Readonly<Record<string, number>> = { '1': 7, '2': 8 };
const references = (fields: readonly string[] = ['schedule_type', 'x_bridge_launched']) =>
  ({
    hasField: (_model: string, field: string) => fields.includes(field),
    linkedId: (_entity: string, id: string) => lists[id] ?? null,
    linkedAppId: (_entity: string, id: number) => Object.keys(lists).find((key) => lists[key] === id) ?? null,
  }) as unknown as OdooReferences;
const situation = (
  row: OdooValues,
  status: string,
  changes = { status } as Situation['changes'],
  has?: readonly string[],
): Situation => ({
  wanted: { status },
  changes,
  agreed: null,
  row: { id: 3, contact_list_ids: [7], ...row },
  about: null,
  references: references(has),
});

t.test('the campaign of the app', async (t) => {
  const fields = {
    subject: ' Rome ',
    body_html: '<p>x</p>',
    list_ids: ['2', '1'],
    status: 'ready',
    scheduled_at: null,
    sent: 3,
  };
  const record = app.decode(fields);
  t.match(record, { active: true, subject: 'Rome', list_ids: '1\n2', status: 'ready', sent: 3, opened: null });
  t.match(app.decode({ ...fields, deleted_at: '2026-11-25T00:00:00Z', list_ids: null }), {
    active: false,
    status: 'cancelled',
    list_ids: null,
  });
  t.same(app.encode({ active: true, odoo_state: 'done', sent: 2 }), { odoo_state: 'done', sent: 2 });
  t.same(campaign.parents(record), [
    { entity: 'mailing_list', id: '1' },
    { entity: 'mailing_list', id: '2' },
  ]);
  t.same([campaign.isWanted?.(record), campaign.isWanted?.({ status: 'cancelled' })], [true, false]);
  t.same(
    [sends?.isDue({ status: 'ready' }), sends?.isDue({ status: 'draft' }), sends?.isDue({})],
    [true, false, false],
  );
  t.same([sends?.wasHandedOver({ odoo_state: 'done' }), sends?.wasHandedOver({})], [true, false]);
  t.same(
    [sends?.leavesAt({ scheduled_at: '1970-01-01T00:00:01Z' }), sends?.leavesAt({ scheduled_at: 'soon' })],
    [1000, null],
  );
  t.same(sends?.lists({ list_ids: null }), []);
});

t.test('the mailing of Odoo', async (t) => {
  const row = { active: true, subject: 'Rome', body_html: false, contact_list_ids: [8, 9], state: 'draft', sent: 0 };
  t.match(odoo.decode(row, references()), {
    active: true,
    list_ids: "2\nOdoo's 9",
    odoo_state: 'draft',
    sent: 0,
    body_html: null,
  });
  const launched = { ...row, x_bridge_launched: '2026-11-25 10:00:00' };
  t.match(odoo.decode(launched, references()), { odoo_state: 'cancelled' });
  t.match(odoo.decode({ ...launched, state: 'done', active: false }, references()), {
    odoo_state: 'done',
    active: false,
  });
});

t.test('what is written', async (t) => {
  const changes = {
    subject: 'Rome',
    body_html: '<p>x</p>',
    list_ids: '1\n3',
    scheduled_at: '2036-01-01T12:00:00+02:00',
    status: 'ready',
    active: true,
  };
  t.same(odoo.encode(changes, null, references()), {
    values: {
      subject: 'Rome',
      body_html: '<p>x</p>',
      body_arch: '<p>x</p>',
      contact_list_ids: [7],
      schedule_date: '2036-01-01 10:00:00',
      schedule_type: 'scheduled',
    },
    deferred: ['status'],
    unheld: [],
  });
  t.same(odoo.encode({ status: 'draft', active: false }, null, references()).deferred, []);
  t.same(odoo.encode({ list_ids: '2', scheduled_at: null, active: true }, { state: 'in_queue' }, references()).values, {
    contact_list_ids: [[6, 0, [8]]],
    schedule_date: false,
    schedule_type: 'now',
    active: true,
  });
  t.same(odoo.encode({ scheduled_at: null }, { state: 'draft' }, references([])).values, { schedule_date: false });
  const late = odoo.encode({ subject: 'Paris', active: false }, { state: 'sending' }, references());
  t.match(late, { values: { active: false }, unheld: [{ field: 'subject', reason: /stays as it is/ }] });
});

t.test('launching', async (t) => {
  t.equal(launch?.isDue(situation({ state: 'draft' }, 'ready')), true);
  t.equal(launch?.isDue(situation({ state: 'draft' }, 'ready', {})), false, 'only when it becomes ready');
  t.equal(launch?.isDue(situation({ state: 'draft' }, 'draft')), false);
  t.equal(launch?.isDue(situation({ state: 'in_queue' }, 'ready')), false);
  t.equal(launch?.isDue(situation({ state: 'draft', x_bridge_launched: 'before' }, 'ready')), false, 'never twice');
  t.equal(launch?.refuse?.(situation({ state: 'draft' }, 'ready')), null);
  t.match(launch?.refuse?.(situation({ contact_list_ids: [] }, 'ready')), { code: 'mailing_without_list' });
  t.match(launch?.refuse?.(situation({}, 'ready', {}, [])), { code: 'mailing_not_set_up' });
  t.match(launch?.call(situation({}, 'ready')), { action: 'launch_mailing', context: { bridge_mailing: 3 } });
  t.equal(cancel?.isDue(situation({ state: 'in_queue' }, 'cancelled')), true);
  t.equal(cancel?.isDue(situation({ state: 'sending' }, 'cancelled')), false);
  t.equal(cancel?.isDue(situation({ state: 'in_queue' }, 'ready')), false);
  t.match(cancel?.call(situation({}, 'cancelled')), { method: 'action_cancel', ids: [3] });
});

t.test('the rest', async (t) => {
  t.same(odoo.onCreate(references()), {});
  t.equal(odoo.isCompany({}), false);
  t.same([odoo.ownedByOdoo({}), odoo.companies({})], [[], []]);
  t.same([campaign.same('sent', 1, 1), campaign.isEmpty('sent', null), campaign.matchKey({})], [true, true, null]);
  t.same([campaign.matchName({ subject: 'Rome' }), campaign.matchName({})], ['Rome', '']);
});
