/** What all commands have in common. Data goes to standard output, all else to standard error. */
import { type Config, readConfig } from './config.ts';
import { type Context, createContext } from './context.ts';
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

/** Runs a command inside a context and always closes it. */
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

/** The same for what sets work going: not on other sides than the bound ones. */
export function withinBound<T>(work: (context: Context) => Promise<T>): Promise<T> {
  return within(async (context) => {
    await refuseOthers(context);
    return work(context);
  });
}
