/** The variables of the bridge in a file for `node --env-file`, for its command line; gone when the demo is. */
import { rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { Belongings } from '../world/belongings.ts';
import type { Bridge } from '../world/prepare-bridge.ts';

/** @returns its path */
export async function keepVariables({ env }: Bridge, belongings: Belongings): Promise<string> {
  const file = join(env.DATA_DIR ?? '.', 'bridge.env');
  const lines = Object.entries(env).map(([name, value]) => `${name}=${quote(value)}\n`);
  await belongings.own(() => rm(file, { force: true }));
  await writeFile(file, lines.join(''), { mode: 0o600 });
  return relative('.', file);
}

/** Such files know no escapes. */
function quote(value: string): string {
  const mark = [`'`, '"', '`'].find((one) => !value.includes(one)) ?? '';
  return `${mark}${value}${mark}`;
}
