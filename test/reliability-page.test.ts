/** docs/reliability.md promises a test for each fault: each file that it names is there, and has a test of that title. */
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import t from 'tap';

const ROOT = join(import.meta.dirname, '..');

interface Named {
  readonly file: string;
  readonly title: string;
}

/** The last cell of each row: the file in backquotes, a colon, the title. */
function findNamed(page: string): readonly Named[] {
  return [...page.matchAll(/\| `(test\/[^`]+)`: (.+) \|$/gm)].map(([, file = '', title = '']) => ({ file, title }));
}

/** Where a title has a part that is filled in, that part must be written in some file of the folder. */
function hasTitle(title: string, source: string, folder: string): boolean {
  const literals = source.matchAll(/\btest\(\s*(?:'((?:\\.|[^'\\])*)'|"((?:\\.|[^"\\])*)"|`((?:\\.|[^`\\])*)`)/g);
  return [...literals].some(([, single, double, template]) => {
    if (template === undefined) return (single ?? double)?.replaceAll(/\\(.)/g, '$1') === title;
    const parts = template.split(/\$\{[^}]*\}/).map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'));
    const filled = new RegExp(`^${parts.join('(.+?)')}$`).exec(title)?.slice(1);
    return filled?.every((value) => folder.includes(value) || /^-?\d+$/.test(value)) === true;
  });
}

async function readFolder(file: string): Promise<string> {
  const folder = join(ROOT, dirname(file));
  const names = (await readdir(folder)).filter((name) => name.endsWith('.ts'));
  return (await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')))).join('\n');
}

t.test('each test that the page names is there', async (t) => {
  const named = findNamed(await readFile(join(ROOT, 'docs', 'reliability.md'), 'utf8'));
  t.ok(named.length >= 40, `${named.length} tests are named`);
  for (const { file, title } of named) {
    const source = await readFile(join(ROOT, file), 'utf8').catch(() => null);
    t.ok(source !== null && hasTitle(title, source, await readFolder(file)), `${file}: ${title}`);
  }
});

t.test('each row of the tables of faults names a test', async (t) => {
  const page = await readFile(join(ROOT, 'docs', 'reliability.md'), 'utf8');
  const tables = page.split('\n\n').filter((part) => part.startsWith('| what happens |'));
  t.equal(tables.length, 5);
  const rows = tables.flatMap((table) => table.trimEnd().split('\n').slice(2));
  t.same(
    rows.filter((row) => findNamed(row).length === 0),
    [],
  );
});

t.test('it would notice what is not there', async (t) => {
  const source = `t.test('plain', …); t.test(\`a \${kind}, over \${way}\`, …); t.test(\n  "it's", …)`;
  const folder = "const KINDS = { hang: 1 }; const WAYS = ['json2'];";
  for (const title of ['plain', 'a hang, over json2', "it's", 'a 5, over json2'])
    t.ok(hasTitle(title, source, folder), title);
  for (const title of ['plai', 'plainer', 'a stall, over json2', 'a hang, under json2', '']) {
    t.notOk(hasTitle(title, source, folder), title);
  }
});
