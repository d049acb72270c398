/** JSON logs to standard output and to a rotated file. Only fields on the list below are ever written. */
import { mkdirSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import pino, { type Logger } from 'pino';
import { createStream } from 'rotating-file-stream';

/**
 * What a log line may say. A field that is not named here is dropped: redaction by name always forgets one,
 * and a record's values must never reach a log.
 */
const ALLOWED = new Set([
  ...[
    'reconcileId',
    'entity',
    'side',
    'links',
    'outcomes',
    'refused',
    'linkId',
    'linkIds',
    'appId',
    'odooId',
    'next',
    'code',
  ],
  ...[
    'marked',
    'pauseMs',
    'where',
    'address',
    'port',
    'version',
    'transport',
    'migrations',
    'database',
    'signal',
    'runId',
  ],
  ...['reqId', 'compareAndSet', 'collection', 'instance', 'faults'],
]);

export interface LoggerOptions {
  readonly level: string;
  /** Path of the log file; null writes none. */
  readonly file: string | null;
  /** False keeps standard output for the command's own data. */
  readonly stdout?: boolean;
}

export interface BridgeLogger {
  readonly log: Logger;
  close(): Promise<void>;
}

export function createLogger({ level, file, stdout = true }: LoggerOptions): BridgeLogger {
  const streams: { level: string; stream: NodeJS.WritableStream }[] = [];
  if (stdout) streams.push({ level, stream: process.stdout });
  const rotated = file === null ? null : openRotated(file);
  if (rotated) streams.push({ level, stream: rotated });
  const log = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }), log: keepAllowed, bindings: keepAllowed },
      // An error object holds whatever its thrower put in: its class is all that is kept.
      serializers: { err: (error: unknown) => (error instanceof Error ? error.name : typeof error) },
    },
    pino.multistream(streams as pino.StreamEntry[]),
  );
  return { log, close: () => new Promise((resolve) => (rotated ? rotated.end(() => resolve()) : resolve())) };
}

function openRotated(file: string) {
  mkdirSync(dirname(file), { recursive: true });
  const stream = createStream(basename(file), { path: dirname(file), size: '20M', maxFiles: 10 });
  // A full disk must not end the bridge: the lines are on standard output as well.
  stream.on('error', () => {});
  return stream;
}

function keepAllowed(values: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([key]) => ALLOWED.has(key) || key === 'err'));
}
