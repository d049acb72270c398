/** What the pages show and point to is there: links, headings, and the code of the integration guide in both languages. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import t from 'tap';
import { entities } from '../src/entities/registry.ts';

const ROOT = join(import.meta.dirname, '..');
const read = (file: string) => readFile(join(ROOT, file), 'utf8');

async function findPages(): Promise<readonly string[]> {
  const docs = await readdir(join(ROOT, 'docs'), { recursive: true });
  return ['README.md', 'CONTRIBUTING.md', ...docs.filter((file) => file.endsWith('.md')).map((file) => `docs/${file}`)];
}

/** As GitHub makes them of headings. */
function findAnchors(page: string): readonly string[] {
  return [...page.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\- _]/gu, '')
      .replaceAll(' ', '-'),
  );
}

function withoutCode(page: string): string {
  return page
    .replaceAll(/^```.*?^```$/gms, '')
    .replaceAll(/^ {4}.*$/gm, '')
    .replaceAll(/`[^`\n]*`/g, '');
}

/** Its fenced blocks that name the file that they are of. */
function findExamples(page: string): readonly { file: string; code: string }[] {
  const blocks = page.matchAll(/^```\w+ (\S+)\n(.*?)\n```$/gms);
  return [...blocks].map(([, file = '', code = '']) => ({ file, code }));
}

t.test('every link leads to a page, and to a heading of it', async (t) => {
  let links = 0;
  for (const page of await findPages()) {
    const text = await read(page);
    for (const [, target = ''] of withoutCode(text).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^https?:/.test(target)) continue;
      links += 1;
      const [path = '', anchor] = target.split('#');
      const file = path === '' ? page : relative(ROOT, join(ROOT, dirname(page), path));
      const there = await stat(join(ROOT, file)).catch(() => null);
      if (!t.ok(there, `${page} links to ${file}`) || anchor === undefined) continue;
      t.ok(findAnchors(await read(file)).includes(anchor), `${page} links to ${file}#${anchor}`);
    }
  }
  t.ok(links > 50, `${links} links`);
});

t.test('the README leads to every page', async (t) => {
  const text = await read('README.md');
  for (const page of await findPages()) {
    if (page.startsWith('docs/') && !page.startsWith('docs/adr/')) t.ok(text.includes(`](${page})`), page);
  }
});

t.test('the code of the integration guide is that of the examples, in both languages', async (t) => {
  const [english, french] = [await read('docs/integration.md'), await read('docs/integration.fr.md')];
  const examples = findExamples(english);
  for (const { file, code } of examples) {
    const source = await read(file);
    t.ok(`\n${source}`.includes(`\n${code}\n`), `as in ${file}: ${code.split('\n')[0]}`);
  }
  const count = (language: string) =>
    examples.filter(({ file }) => file.startsWith(`docs/examples/${language}/`)).length;
  t.same(['typescript', 'python', 'php'].map(count), [5, 5, 5], 'each language shows the same five things');
  t.same(findExamples(french), examples);
});

t.test('both languages name the same requests and fields, and every collection', async (t) => {
  const [english, french] = [await read('docs/integration.md'), await read('docs/integration.fr.md')];
  const named = (page: string) => {
    const rows = page.split('\n').filter((line) => line.startsWith('|'));
    const words = rows.flatMap((row) => [...row.matchAll(/`([a-z_]+)`/g)].map(([, word = '']) => word));
    return new Set(words);
  };
  const kinds = new Set(entities.map(({ name }) => name));
  const without = (words: ReadonlySet<string>) => [...words].filter((word) => !kinds.has(word)).sort();
  t.same(without(named(french)), without(named(english)));
  t.ok(named(english).size > 60, 'there are many');
  for (const { collection, name } of entities) {
    for (const page of [english, french])
      t.ok(page.includes(`\`${collection}\``) && page.includes(`\`${name}\``), name);
  }
});
