import t from 'tap';
import type { ReadBackRecord, RunReport } from '../src/links/runs.ts';
import { describeRun, showProgress } from '../src/run-progress.ts';

const RUN: RunReport = {
  id: '00000000-0000-4000-8000-000000000000',
  status: 'running',
  dry_run: false,
  collection: 'guests',
  total: 10,
  done: 3,
  created: 1,
  updated: 1,
  unchanged: 1,
  conflicts: 0,
  parked: 0,
  held: 0,
  started_at: '2026-01-01T00:00:00.000Z',
  finished_at: null,
  eta_seconds: 7,
  read_back: null,
};

t.test('progress stands in one line of a terminal, and nowhere else', async (t) => {
  const written: string[] = [];
  const write = (text: string) => written.push(text);
  const progress = showProgress({ isTTY: true, write });
  progress.show(RUN);
  progress.show({ ...RUN, done: 10, eta_seconds: null });
  progress.end();
  t.same(written, ['\r\u001b[K3 of 10, about 7 s left', '\r\u001b[K10 of 10', '\r\u001b[K']);
  const none = showProgress({ write });
  none.show(RUN);
  none.end();
  t.equal(written.length, 3);
});

t.test('a run in words', async (t) => {
  const error = { code: 'x', message: 'It failed.', remedy: 'Try again.' };
  t.equal(describeRun(RUN), 'running: 3 of 10, created 1, updated 1, unchanged 1, conflicts 0, parked 0, held 0');
  t.match(describeRun({ ...RUN, status: 'failed', error }), /^failed.*\nIt failed\.\nTry again\.$/);
  t.match(
    describeRun({ ...RUN, status: 'done', read_back: { error } }),
    /^done.*\nIt could not be read back: It failed\.\nTry again\.$/,
  );
  const record: ReadBackRecord = {
    entity: 'guest',
    app_id: '42',
    odoo_id: 7,
    reason: 'created',
    app: 'as_agreed',
    odoo: 'as_agreed',
    odoo_url: 'https://odoo.example/odoo/res.partner/7',
  };
  const counts = { app: 3, odoo: 2, pairs: 2, differing: 1 };
  const read_back = {
    ...counts,
    at: '2026-01-01T00:00:00.000Z',
    entities: [{ entity: 'guest', ...counts }],
    not_compared: ['campaign', 'message'],
    records: [{ ...record, reason: 'differing', app: 'changed', odoo: 'missing' } as const, record],
    left_out: 4,
  };
  t.equal(
    describeRun({ ...RUN, status: 'done', read_back })
      .split('\n')
      .slice(1)
      .join('\n'),
    [
      'Read back: 3 in the app, 2 in Odoo, 2 pairs compared, 1 differing',
      'Not compared: campaign, message',
      '  differing guest 42 (app: changed, Odoo: missing) https://odoo.example/odoo/res.partner/7',
      '  created guest 42 https://odoo.example/odoo/res.partner/7',
      'and 4 more',
    ].join('\n'),
  );
  const whole = { ...read_back, not_compared: [], left_out: 0 };
  t.notMatch(describeRun({ ...RUN, status: 'done', read_back: whole }), /Not compared|more/);
});
