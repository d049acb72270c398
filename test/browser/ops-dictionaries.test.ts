/** Both languages of the page are whole: the same keys and places for values, each in use, and words for each code. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { PROBLEMS } from '../../src/http/problems.ts';
import { linkState } from '../../src/http/shapes.ts';

const FOLDER = join(import.meta.dirname, '../../src/http/ops');

type Dictionary = Readonly<Record<string, string | { readonly one: string; readonly other: string }>>;

async function read(language: string): Promise<Dictionary> {
  const loaded = (await import(join(FOLDER, `${language}.js`))) as Record<string, Dictionary>;
  return loaded[language] ?? {};
}

const texts = (entry: Dictionary[string] = '') => (typeof entry === 'string' ? [entry] : [entry.one, entry.other]);
const places = (text: string) => [...new Set(text.match(/\{\w+\}/g))].sort();

t.test('the dictionaries of the page', async (t) => {
  const [en, fr] = await Promise.all([read('en'), read('fr')]);
  t.ok(Object.keys(en).length > 200);
  t.same(Object.keys(fr), Object.keys(en), 'the same keys, in the same order');
  for (const [key, entry] of Object.entries(en)) {
    const wanted = places(texts(entry).at(-1) ?? '');
    for (const text of [...texts(entry), ...texts(fr[key])]) t.same(places(text), wanted, `${key}: ${text}`);
  }

  const names = (await readdir(FOLDER)).filter((name) => name.endsWith('.js') && !/^(en|fr|fr-faults)\.js$/.test(name));
  const code = (await Promise.all(names.map((name) => readFile(join(FOLDER, name), 'utf8')))).join('\n');
  // What is put together from a name, `state.${name}`, stands for all keys of that form.
  const literal = new Set([...code.matchAll(/'([a-z]\w*(?:\.\w+)+)'/gi)].map(([, key = '']) => key));
  const forms = [...code.matchAll(/`([a-z]\w*\.[^`]*\$\{[^`]*)`/gi)].map(
    ([, form = '']) => new RegExp(`^${form.replaceAll('.', '\\.').replaceAll(/\$\{[^}]*\}/g, '\\w+')}$`),
  );
  for (const key of Object.keys(en)) t.ok(literal.has(key) || forms.some((form) => form.test(key)), `${key} is in use`);
  for (const [, key = ''] of code.matchAll(/\bt\('([^']+)'/g)) t.ok(key in en, `${key} is known`);
});

t.test('each state and each situation of a record has its words', async (t) => {
  const en = await read('en');
  for (const state of linkState.options) t.ok(`state.${state}` in en, state);
  const source = await readFile(join(FOLDER, '../../explain/tell-state.ts'), 'utf8');
  const kinds = [...source.matchAll(/^ {4}\| '(\w+)'/gm)].map(([, kind = '']) => kind);
  t.ok(kinds.includes('agreed') && kinds.length > 8, `${kinds.length} situations`);
  for (const kind of kinds) t.ok(`record.situation.${kind}` in en, kind);
});

/** Codes of a bridge that did not start, which has no page, and of programs that do without it. */
const ELSEWHERE = ['It does not start', 'Programs that call Odoo without the bridge'];

t.test('each code that the page may show has its words and its remedy in French', async (t) => {
  const page = await readFile(join(import.meta.dirname, '../../docs/troubleshooting.md'), 'utf8');
  // test/docs.test.ts holds the tables of this page to the codes in the sources.
  const sections = page.split(/^## /m).filter((section) => !ELSEWHERE.includes(section.split('\n')[0] ?? ''));
  const cells = sections.flatMap((section) => [...section.matchAll(/^\| (.+?) \|/gm)].map(([, cell = '']) => cell));
  const codes = cells.flatMap((cell) => [...cell.matchAll(/`([a-z][a-z0-9_]+)`/g)].map(([, code = '']) => code));
  const wanted = new Set([...codes, ...Object.keys(PROBLEMS)]);
  t.ok(wanted.size > 120, `${wanted.size} codes`);
  const { frFaults } = (await import(join(FOLDER, 'fr-faults.js'))) as {
    frFaults: ReadonlyMap<string, { readonly why: string; readonly remedy: string }>;
  };
  t.same([...frFaults.keys()].sort(), [...wanted].sort());
  for (const [code, { why, remedy }] of frFaults) {
    for (const text of [why, remedy]) t.match(text, /^\S.*[.…]$/, `${code}: a whole sentence`);
    t.notMatch(why + remedy, /'/, `${code}: the apostrophe of French`);
  }
});
