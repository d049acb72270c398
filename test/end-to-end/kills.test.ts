/** A sample of `npm run kills` (500 kills by itself, 20 on a real Odoo): the command itself, as a person runs it. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import t from 'tap';
import { z } from 'zod';

t.setTimeout(240_000);

const MAIN = join(import.meta.dirname, '..', '..', 'sandbox', 'kills', 'main.ts');
const figuresSchema = z.looseObject({
  kills: z.number(),
  edits: z.number(),
  created: z.number(),
  acknowledged: z.number(),
  pairs: z.number(),
});

async function runKills(dataDir: string, ...args: string[]) {
  const env = { PATH: process.env.PATH, HOME: process.env.HOME, DATA_DIR: dataDir };
  const child = spawn(process.execPath, [MAIN, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const code = new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve));
  const [output, progress] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { code: await code, output, progress };
}

t.test('processes are killed while people work: nothing is lost, doubled or different', async (t) => {
  const { code, output, progress } = await runKills(t.testdir(), '--kills', '20', '--json');
  t.comment(progress);
  const figures = figuresSchema.parse(JSON.parse(output.trimEnd().split('\n').at(-1) ?? ''));
  t.match(figures, { lost: 0, lost_edits: 0, duplicates: 0, differing: 0, waiting: 0, odoo: 'simulator' });
  t.ok(figures.kills >= 20, 'they were killed');
  t.ok(figures.edits >= 20 && figures.created >= 12 && figures.pairs >= 8, 'people were at work');
  t.ok(figures.acknowledged > figures.edits / 2, 'and the bridge was told of it');
  t.equal(code, 0);
});

t.test('it says how it is used', async (t) => {
  for (const args of [['--kills', '1'], ['--odoo', 'mine'], ['--nonsense']]) {
    const { code, progress } = await runKills(t.testdir(), ...args);
    t.equal(code, 2);
    t.match(progress, /^usage: npm run kills/);
  }
});
