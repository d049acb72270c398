import t from 'tap';
import { createTally } from '../../src/accounting/check-entries.ts';
import { CSV_HEADER } from '../../src/accounting/csv.ts';
import { FEC_HEADER } from '../../src/accounting/fec.ts';
import { type ExportFormat, renderEntries } from '../../src/accounting/render-entries.ts';
import { sampleEntry } from './sample-entry.ts';

async function render(format: ExportFormat, count: number) {
  const tally = createTally();
  async function* entries() {
    for (let index = 0; index < count; index += 1) yield sampleEntry({ number: `FAC/${index}` });
  }
  let text = '';
  for await (const piece of renderEntries(entries(), { format, currency: 'EUR', tally })) text += piece;
  return { text, totals: tally.finish(count) };
}

t.test('a FEC ends without an empty line', async (t) => {
  const { text, totals } = await render('fec', 2);
  const lines = text.split('\r\n');
  t.equal(lines.length, 7);
  t.equal(lines[0], FEC_HEADER);
  t.match(lines[6], /^FAC\t.*\tFAC\/1\t/);
  t.match(totals, { entries: 2, lines: 6, debit: '240.00' });
  t.equal((await render('fec', 0)).text, FEC_HEADER);
});

t.test('each line of a CSV has its end', async (t) => {
  const { text } = await render('csv', 1);
  const lines = text.split('\r\n');
  t.equal(lines.length, 5);
  t.same([lines[0], lines[4]], [CSV_HEADER, '']);
});
