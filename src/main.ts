/** The process: configuration, start, graceful end. */
import { ConfigError, readConfig } from './config.ts';
import { BridgeError } from './errors.ts';
import { createLogger } from './logger.ts';
import { serve } from './serve.ts';

/** Serves until SIGTERM or SIGINT. */
export async function main(): Promise<void> {
  try {
    const config = readConfig();
    const logger = createLogger({ level: config.LOG_LEVEL, file: config.LOG_FILE });
    const bridge = await serve(config, logger);
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.once(signal, () => {
        logger.log.info({ signal }, 'ending: what is in work is finished first');
        void bridge.stop().then(() => process.exit(0));
      });
    }
  } catch (error) {
    process.stderr.write(`${explain(error)}\n`);
    process.exitCode = 1;
  }
}

function explain(error: unknown): string {
  if (error instanceof ConfigError) return error.message;
  if (error instanceof BridgeError) return `${error.message}\n${error.remedy}`;
  const code = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : '';
  return `The bridge could not start${code}. Check DATABASE_URL, HOST and PORT; the log file may say more.`;
}

if (import.meta.main) await main();
