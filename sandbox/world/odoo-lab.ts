/** A real Odoo 19 of our own (scripts/odoo-lab.sh), with a fresh database that goes when we go. */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { OdooAddress } from '../people/people.ts';
import type { Belongings } from './belongings.ts';
import { findFreePort } from './free-port.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const SCRIPT = join(ROOT, 'scripts', 'odoo-lab.sh');
const USUAL_PORT = 8069;

/** A lab that runs already serves others too: it is used, and left running. */
export async function startOdooLab(say: (text: string) => void, belongings: Belongings): Promise<OdooAddress> {
  const running = await findRunningLab();
  const url = running ?? `http://127.0.0.1:${process.env.ODOO_LAB_PORT ?? (await findFreePort(USUAL_PORT))}`;
  // For each command: they write the port into the configuration that the server and the next command read.
  const env = { ODOO_LAB_PORT: new URL(url).port };
  if (running === null) {
    say('bringing up a real Odoo 19: about a minute the first time, seconds after');
    await runLab(['install'], { say, env, belongings });
    // Owned before it starts: a start that fails half-way has to be stopped as well.
    await belongings.own(() => runLab(['stop'], { env }));
    await runLab(['start'], { say, env, belongings });
  }
  const database = `demo_${randomBytes(4).toString('hex')}`;
  await belongings.own(() => runLab(['drop', database], { env }));
  await runLab(['fresh', database], { say, env, belongings });
  const { output } = await runLab(['apikey', database], { env, belongings });
  const apiKey = output.trim();
  if (!apiKey) throw new Error('the lab gave no API key');
  return { url, database, username: 'admin', apiKey };
}

/** @returns where it listens, or null */
async function findRunningLab(): Promise<string | null> {
  try {
    const { told } = await runLab(['status'], {});
    return /http:\/\/127\.0\.0\.1:\d+/.exec(told)?.[0] ?? null;
  } catch {
    return null;
  }
}

interface RunOptions {
  readonly say?: (text: string) => void;
  readonly env?: Readonly<Record<string, string>>;
  /** Where given, the command ends when everything does. */
  readonly belongings?: Belongings;
}

/** @returns what the script printed, and what it told on standard error. @throws with its last line */
async function runLab(args: readonly string[], { say, env, belongings }: RunOptions) {
  const child = spawn('bash', [SCRIPT, ...args], {
    cwd: ROOT,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let output = '';
  const told: string[] = [];
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  createInterface({ input: child.stderr }).on('line', (line) => {
    told.push(line);
    say?.(line.replace(/^\[odoo-lab\] /, '  '));
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
    // The server that `start` leaves behind may hold our pipes open for ever.
    child.once('exit', (code) => setTimeout(() => resolve(code), 500));
  });
  await belongings?.own(async () => {
    // The script and whatever download it waits for.
    if (child.exitCode === null && child.signalCode === null && child.pid) process.kill(-child.pid, 'SIGTERM');
    await ended.catch(() => null);
  });
  const code = await ended;
  if (code === 0) return { output, told: told.join('\n') };
  throw new Error((told.at(-1) ?? `odoo-lab.sh ${args[0]} ended with ${code}`).replace(/^\[odoo-lab\] (ERROR: )?/, ''));
}
