import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import t from 'tap';
import { createLogger } from '../src/logger.ts';

function collect() {
  const lines: string[] = [];
  const output = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk));
      done();
    },
  });
  return { lines, output };
}

t.test('for machines: one line of JSON, and only what is on the list', async (t) => {
  const { lines, output } = collect();
  const file = join(t.testdir(), 'logs', 'bridge.log');
  const { log, close } = createLogger({ level: 'info', file, output, pretty: false });
  log.debug({ code: 'x' }, 'not told');
  log.child({ reqId: 'r1', email: 'ada@example.org' }).warn({ entity: 'teacher', name: 'Ada', held: 3 }, 'told');
  log.error(new Error('ada@example.org'), 'failed');
  log.error({ err: 'ada@example.org' }, 'failed');
  await close();
  t.equal(lines.length, 3);
  const [first = '', second = '', third = ''] = lines;
  const { time, ...rest } = JSON.parse(first);
  t.match(time, /^\d{4}-\d\d-\d\dT/);
  t.same(rest, { level: 'warn', reqId: 'r1', entity: 'teacher', held: 3, msg: 'told' });
  t.match(JSON.parse(second), { err: 'Error', msg: 'failed' });
  t.match(JSON.parse(third), { err: 'string' });
  t.equal(await readFile(file, 'utf8'), lines.join(''), 'the file has the same');
});

t.test('for a person: words, and no control characters of others', async (t) => {
  const { lines, output } = collect();
  const { log, close } = createLogger({ level: 'info', file: null, output, pretty: true });
  log.warn({ entity: 'teacher', linkIds: ['1', '2'] }, 'record \u001b[2Jparked');
  log.info({});
  await close();
  const plain = lines.map(stripVTControlCharacters);
  t.match(plain[0], /^\d\d:\d\d:\d\d\.\d{3} WARN {2}record {2}\[2Jparked entity=teacher linkIds=\["1","2"\]\n$/);
  t.match(plain[1], /^[\d:.]+ INFO {2} *\n$/);
  t.notOk(lines[0]?.includes('\u001b[2J'));
});

t.test('the file is put aside when it is full, and only so many are kept', async (t) => {
  const folder = t.testdir();
  const { log, close } = createLogger({
    level: 'info',
    file: join(folder, 'bridge.log'),
    stdout: false,
    maxSize: '2K',
    maxFiles: 3,
  });
  for (let index = 0; index < 400; index += 1) {
    log.info({ code: `line_${index}` }, 'a line of some length, so that the file is soon full');
    if (index % 10 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  await close();
  const files = (await readdir(folder)).filter((name) => name.endsWith('.log') || name.includes('bridge.log'));
  const kept = files.filter((name) => !name.endsWith('.txt'));
  t.ok(kept.length >= 2 && kept.length <= 5, kept.join(' '));
  for (const name of kept) t.ok((await stat(join(folder, name))).size < 60_000, name);
  const texts = await Promise.all(kept.map((name) => readFile(join(folder, name), 'utf8')));
  t.match(texts.join(''), /line_399/, 'the newest line is kept');
  t.notMatch(texts.join(''), /line_0"/, 'the oldest is not');
});

t.test('a file that cannot be written ends nothing, and is told of', async (t) => {
  const { lines, output } = collect();
  const none = createLogger({ level: 'info', file: '/dev/null/none/bridge.log', output, pretty: false });
  t.match(JSON.parse(lines[0] ?? '{}'), { level: 'warn', code: 'ENOTDIR', msg: /^LOG_FILE cannot be written to/ });
  none.log.info({}, 'on');
  t.equal(lines.length, 2);
  await none.close();
  const full = createLogger({ level: 'info', file: '/dev/full', output, pretty: false });
  full.log.info({}, 'on');
  t.equal(lines.length, 3);
  await full.close();
});

t.test('every field that the bridge logs is on the list', async (t) => {
  const sources = await readdir('src', { recursive: true });
  const { lines, output } = collect();
  const { log } = createLogger({ level: 'debug', file: null, output, pretty: false });
  for (const file of sources.filter((name) => name.endsWith('.ts'))) {
    const text = await readFile(join('src', file), 'utf8');
    for (const [, fields = ''] of text.matchAll(/\blog(?:\.\w+|\[level\])\(\s*\{([^{}]*)\}/g)) {
      const names = fields.split(',').flatMap((part) => /^\s*(\w+)\s*(:|$)/.exec(part)?.[1] ?? []);
      for (const name of names) {
        log.info({ [name]: 1 }, '');
        t.ok(name in JSON.parse(lines.at(-1) ?? '{}'), `${name} of ${file}`);
      }
    }
  }
});
