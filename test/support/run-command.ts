/** The `bridge` command as a process of its own, as an operator runs it. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const CLI = join(import.meta.dirname, '..', '..', 'src', 'cli.ts');

export function runCommand(environment: Readonly<Record<string, string>>, ...args: string[]): Promise<Ran> {
  const env = { PATH: process.env.PATH ?? '', LOG_LEVEL: 'warn', ...environment };
  return new Promise((resolve) => {
    execFile(process.execPath, [CLI, ...args], { env, maxBuffer: 50_000_000 }, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : error === null ? 0 : -1, stdout, stderr });
    });
  });
}
