/** What Odoo cannot hold is left alone there, as long as it is as the decision saw it. */
import t, { type Test } from 'tap';
import { startOdooSimulator } from '../../../sandbox/odoo-simulator/start-simulator.ts';
import { type OdooAddress, odooPerson } from '../../../sandbox/people/people.ts';
import type { WriteResult } from '../../../src/backends/backend.ts';
import { entityNamed } from '../../../src/entities/registry.ts';
import { realOdoo } from '../../support/odoo-lab.ts';
import { openBackend } from '../../support/open-backend.ts';

t.setTimeout(280_000);

const guest = entityNamed('guest');
/** In no Odoo that the tests run. */
const LANGUAGE = 'pt-PT';

function openOdoo(place: OdooAddress) {
  const person = odooPerson(place);
  const backend = openBackend(place, ['guest']);
  return {
    person,
    make: (name: string) => person.create({ name, lang: false }),
    /** Reads the partners, lets happen what happens, and tells them the language. */
    async tell(ids: readonly number[], meanwhile: () => Promise<unknown> | undefined): Promise<readonly WriteResult[]> {
      const records = await backend.read(guest, ids.map(String));
      await meanwhile();
      const changes = { language: LANGUAGE };
      const whole = { language: LANGUAGE };
      const operations = records.map((record) => ({ key: `guest:${record.id}`, record, changes, whole, agreed: null }));
      return backend.update(guest, operations, { quiet: false });
    },
  };
}

async function tellLanguage(t: Test, place: OdooAddress): Promise<void> {
  const { person, make, tell } = openOdoo(place);
  const [kept, other, edited, gone] = [
    await make('kept'),
    await make('other'),
    await make('edited'),
    await make('gone'),
  ];
  const before = await person.read(kept);

  const results = await tell([kept, other, edited, gone], async () => {
    await person.write(other, { comment: 'of another field' });
    await person.write(edited, { lang: 'en_US' });
    await person.call('res.partner', 'unlink', {}, [gone]);
  });

  const settled = { kind: 'ok', stamp: null, values: { language: null }, warnings: [{ field: 'language' }] };
  t.match(results, [settled, settled, { kind: 'stale' }, { kind: 'missing' }]);
  t.equal((await person.read(kept)).write_date, before.write_date, 'nothing was written');
  t.equal((await person.read(edited)).lang, 'en_US');
}

t.test('the simulator: a language that it does not have', async (t) => {
  const simulator = await startOdooSimulator();
  t.teardown(() => simulator.close());
  const { url, database, username, apiKey } = simulator;
  await tellLanguage(t, { url, database, username, apiKey });
});

t.test('Odoo 19: a language that it does not have', async (t) => {
  const place = await realOdoo(t);
  if (place) await tellLanguage(t, place);
});

t.test('a look without an answer leaves no write behind that might still land', async (t) => {
  const simulator = await startOdooSimulator();
  t.teardown(() => simulator.close());
  const { url, database, username, apiKey } = simulator;
  const { make, tell } = openOdoo({ url, database, username, apiKey });
  const [result] = await tell([await make('kept')], async () => {
    const when = { model: 'res.partner', method: 'search_read' };
    simulator.faults.add({ fault: { kind: 'reset', at: 'after-commit' }, when, times: 1 });
  });
  t.match(result, { kind: 'failed', error: { name: 'RetryableError', outcome: 'not-applied' } });
});
