/** A sample of `npm run demo -- --chaos --exit` (two minutes by itself): the command itself, as a person runs it. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import t from 'tap';
import { z } from 'zod';

t.setTimeout(240_000);

const MAIN = join(import.meta.dirname, '..', '..', 'sandbox', 'demo', 'main.ts');
const figuresSchema = z.looseObject({
  kills: z.number(),
  edits: z.number(),
  created: z.number(),
  outages: z.number(),
  events_lost: z.number(),
  acknowledged: z.number(),
  pairs: z.number(),
});

async function runDemo(dataDir: string, ...args: string[]) {
  const env = { PATH: process.env.PATH, HOME: process.env.HOME, DATA_DIR: dataDir };
  const child = spawn(process.execPath, [MAIN, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const code = new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve));
  const [output, complaints] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { code: await code, output, complaints };
}

t.test('kills, outages and lost events while people work: nothing is lost, doubled or different', async (t) => {
  const args = ['--chaos', '--exit', '--simulator', '--minutes', '0.2'];
  const { code, output, complaints } = await runDemo(t.testdir(), ...args);
  t.comment(output, complaints);
  const line = output.split('\n').find((each) => each.startsWith('{')) ?? '';
  const figures = figuresSchema.parse(JSON.parse(line));
  t.match(figures, { lost: 0, lost_edits: 0, duplicates: 0, differing: 0, waiting: 0, odoo: 'simulator' });
  t.ok(figures.kills >= 3 && figures.outages >= 1 && figures.events_lost >= 1, 'things went wrong');
  t.ok(figures.edits + figures.created >= 20 && figures.pairs >= 8, 'people were at work');
  t.ok(figures.acknowledged > 0, 'and the bridge was told of it');
  t.match(output, /nobody is there twice, nothing is lost: [\d.]+ s after all was healed/);
  t.equal(code, 0);
});

t.test('it says how it is used', async (t) => {
  for (const args of [['--chaos', '--minutes', '0'], ['--seed', '-1'], ['--nonsense']]) {
    const { code, complaints } = await runDemo(t.testdir(), ...args);
    t.equal(code, 2);
    t.match(complaints, /^usage: npm run demo/);
  }
});
