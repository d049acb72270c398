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

t.test('troubleshooting knows every error code, and none that there is not', async (t) => {
  const sources = await readdir(join(ROOT, 'src'), { recursive: true });
  const codes = new Set<string>();
  for (const file of sources.filter((name) => name.endsWith('.ts'))) {
    for (const code of findCodes(await read(`src/${file}`))) codes.add(code);
  }
  t.ok(codes.size > 100, `${codes.size} codes are found`);
  const page = await read('docs/troubleshooting.md');
  const first = page.split('\n').flatMap((line) => /^\| (.+?) \|/.exec(line)?.[1] ?? []);
  const listed = first.flatMap((cell) => [...cell.matchAll(/`([a-z]+(?:_[a-z0-9]+)+|internal|flapping|redirected)`/g)]);
  const known = new Set(listed.map(([, code = '']) => code));
  t.same([...codes].filter((code) => !known.has(code)).sort(), [], 'all are explained');
  const held = ['delete', 'rewrite', 'create', 'match', 'merged'].map((kind) => `held_${kind}`);
  t.same([...known].filter((code) => !codes.has(code) && !held.includes(code)).sort(), [], 'and there are no others');
});

/** The codes of the errors that a source can raise: in their detail, or given to a helper that makes it. */
function findCodes(source: string): readonly string[] {
  const inDetail = [...source.matchAll(/\bcode: ('[a-z_0-9]+'|[^,{}\n]+ \? '[a-z_0-9]+' : '[a-z_0-9]+')/g)];
  const given = [...source.matchAll(/\b(?:lostAnswer|wrongState)\(('[a-z_0-9]+')/g)];
  const found = [...inDetail, ...given].flatMap(([, text = '']) => [...text.matchAll(/'([a-z_0-9]+)'/g)]);
  return found.map(([, code = '']) => code);
}

const STEPS = [
  ['src/sources/app-webhook.ts', 'readAppWebhook'],
  ['src/links/deliveries.ts', 'receive'],
  ['src/reconcile/reconcile.ts', 'reconcile'],
  ['src/backends/odoo/update-records.ts', 'updateRecords'],
] as const;

t.test('the architecture names files and functions that there are', async (t) => {
  const page = await read('docs/architecture.md');
  for (const [, file = ''] of page.matchAll(/`((?:src|test)\/[\w./-]+)`/g)) {
    t.ok(await stat(join(ROOT, file)).catch(() => null), file);
  }
  const [story = ''] = /^## One event.*?(?=^## )/ms.exec(page) ?? [];
  const files = (await readdir(join(ROOT, 'src'), { recursive: true })).filter((name) => name.endsWith('.ts'));
  const source = (await Promise.all(files.map((file) => read(`src/${file}`)))).join('\n');
  const functions = [...story.matchAll(/`([a-z]+[A-Za-z]*)`/g)]
    .map(([, name = '']) => name)
    .filter((name) => name !== 'stale');
  t.ok(functions.length >= 9, functions.join(', '));
  for (const name of functions) t.match(source, new RegExp(`export (?:async )?function ${name}\\b`), name);
  for (const [step, [file, name]] of STEPS.entries()) {
    const [paragraph = ''] = new RegExp(`^\\*\\*${step + 1}\\. .*?(?=\n\n)`, 'ms').exec(story) ?? [];
    t.ok(paragraph.includes(`\`${file}\``) && paragraph.includes(`\`${name}\``), `step ${step + 1}`);
    t.match(await read(file), `function ${name}(`);
  }
});
