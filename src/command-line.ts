/** What all commands have in common. Data goes to standard output, all else to standard error. */
import { userInfo } from 'node:os';
import { type Config, readConfig } from './config.ts';
import { type Context, createContext } from './context.ts';
import { type Act, tellSubject } from './links/audit.ts';
import { createLogger } from './logger.ts';
import { refuseOthers } from './refuse-others.ts';

export const EXIT = { ok: 0, error: 1, usage: 2, drift: 3, guard: 4 } as const;

export interface Output {
  readonly json?: boolean;
}

export function print(value: unknown, { json }: Output, human: () => string): void {
  process.stdout.write(json ? `${JSON.stringify(value)}\n` : `${human()}\n`);
}

/** As fast as it is taken off. Whoever does not want the rest (`| head`) ends the command. */
export function printChunk(chunk: Uint8Array | string): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.once('error', reject);
    process.stdout.write(chunk, () => {
      process.stdout.off('error', reject);
      resolve();
    });
  });
}

/** Runs a command that only looks inside a context, and always closes it. */
export async function within<T>(
  work: (context: Context, config: Config) => Promise<T>,
  { bound = true } = {},
): Promise<T> {
  const config = readConfig();
  const logger = createLogger({ level: config.LOG_LEVEL, file: config.LOG_FILE, stdout: false });
  const context = await createContext(config, logger, { bound });
  try {
    return await work(context, config);
  } finally {
    await context.close();
  }
}

export interface CommandAct<T> {
  /** As the interface calls it, where it has it: `pauseEntity`. */
  readonly operation: string;
  /** What it is about: of its members, those that `tellSubject` knows are kept. */
  readonly subject?: object;
  /** Why a result is none: a code, else null. */
  readonly refusal?: (result: T) => string | null;
}

/** Runs a command that changes something or takes data away: its row in the audit stands before it begins. */
export function acting<T>(act: CommandAct<T>, work: (context: Context, config: Config) => Promise<T>): Promise<T> {
  return within((context, config) => audited(context, act, () => work(context, config)));
}

/** The same for what sets work going: not on other sides than the bound ones. */
export function withinBound<T>(act: CommandAct<T>, work: (context: Context) => Promise<T>): Promise<T> {
  return acting(act, async (context) => {
    await refuseOthers(context);
    return work(context);
  });
}

/** The part of a command that changes something, where not all of it does. */
export function audited<T>(
  { audit }: Context,
  { operation, subject, refusal }: CommandAct<T>,
  work: () => Promise<T>,
): Promise<T> {
  const act: Act = { via: 'command', who: systemUser(), operation, subject: tellSubject(subject) };
  return audit.run(act, work, refusal);
}

function systemUser(): string {
  try {
    return userInfo().username;
  } catch {
    // Containers run as numbers that have no name.
    return `uid ${process.getuid?.()}`;
  }
}
