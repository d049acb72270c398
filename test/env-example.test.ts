import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';

const ROOT = join(import.meta.dirname, '..');
const read = (file: string) => readFile(join(ROOT, file), 'utf8');

function findNames(text: string, pattern: RegExp): readonly string[] {
  return [...text.matchAll(pattern)].map((match) => match[1] ?? '');
}

t.test('.env.example explains each variable of the configuration, and no other', async (t) => {
  const example = await read('.env.example');
  const inConfig = findNames(await read('src/config.ts'), /^ {2}([A-Z_]+):/gm);
  const inCompose = findNames(await read('compose.yaml'), /\$\{(\w+):\?/g);
  t.ok(inConfig.length > 20 && inCompose.length > 0, 'the names are found at all');
  const explained = findNames(example, /^#?([A-Z_]+)=/gm);
  t.same(new Set(explained), new Set([...inConfig, ...inCompose]));
  t.equal(explained.length, new Set(explained).size, 'once each');
  for (const name of explained) t.match(example, new RegExp(`^# .*\\n(#?[A-Z_]+=.*\\n)*#?${name}=`, 'm'), name);
});
