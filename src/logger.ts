/** JSON logs to standard output, where a person reads them in words, and to a rotated file. Only fields on the list below are ever written. */
import { mkdirSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { styleText } from 'node:util';
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
  ...['reqId', 'compareAndSet', 'collection', 'instance', 'faults', 'held', 'pairs', 'differing'],
]);

export interface LoggerOptions {
  readonly level: string;
  /** Path of the log file; null writes none. */
  readonly file: string | null;
  /** False keeps standard output for the command's own data. */
  readonly stdout?: boolean;
  /** Where to write instead of standard output, and whether a person reads it there: on a terminal, by default. */
  readonly output?: NodeJS.WritableStream;
  readonly pretty?: boolean;
  /** Size at which the file is put aside, such as `20M`, and how many of those are kept. */
  readonly maxSize?: string;
  readonly maxFiles?: number;
}

export interface BridgeLogger {
  readonly log: Logger;
  close(): Promise<void>;
}

export function createLogger(options: LoggerOptions): BridgeLogger {
  const { level, file, stdout = true, output = process.stdout, pretty = process.stdout.isTTY === true } = options;
  const streams: { level: string; stream: NodeJS.WritableStream }[] = [];
  if (stdout) streams.push({ level, stream: pretty ? inWords(output) : output });
  const { stream: rotated, problem } = file === null ? {} : openRotated(file, options);
  if (rotated) streams.push({ level, stream: rotated });
  const log = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }), log: keepAllowed },
      // An error object holds whatever its thrower put in: its class is all that is kept.
      serializers: { err: (error: unknown) => (error instanceof Error ? error.name : typeof error) },
    },
    pino.multistream(streams as pino.StreamEntry[]),
  );
  filterChildren(log);
  if (problem) log.warn({ code: problem }, 'LOG_FILE cannot be written to; the log is on standard output alone');
  return { log, close: () => new Promise((resolve) => (rotated ? rotated.end(() => resolve()) : resolve())) };
}

/** What a child logger carries along passes no formatter. Children inherit this from their parent. */
function filterChildren(log: Logger): void {
  const { child } = log;
  log.child = function filtered(this: Logger, bindings, options) {
    return child.call(this, keepAllowed(bindings), options);
  } as Logger['child'];
}

/** A disk that is full or not ours must not end the bridge: the lines are on standard output as well. */
function openRotated(file: string, { maxSize = '20M', maxFiles = 10 }: LoggerOptions) {
  try {
    mkdirSync(dirname(file), { recursive: true });
  } catch (error) {
    return { problem: String((error as NodeJS.ErrnoException).code) };
  }
  const stream = createStream(basename(file), { path: dirname(file), size: maxSize, maxFiles });
  stream.on('error', () => {});
  return { stream };
}

function keepAllowed(values: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([key]) => ALLOWED.has(key) || key === 'err'));
}

const STYLES: Readonly<Record<string, Parameters<typeof styleText>[0]>> = {
  warn: 'yellow',
  error: 'red',
  fatal: 'red',
};

/** What pino writes for machines, one line for a person each. */
function inWords(output: NodeJS.WritableStream): NodeJS.WritableStream {
  return { write: (line: string) => output.write(toWords(line)) } as NodeJS.WritableStream;
}

/** `12:00:07.123 WARN  record parked  entity=teacher code=…` */
function toWords(line: string): string {
  const { time, level, msg, ...fields } = JSON.parse(line) as Record<string, unknown>;
  const shown = Object.entries(fields).map(
    ([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  const name = String(level);
  const head = styleText(STYLES[name] ?? 'gray', `${String(time).slice(11, 23)} ${name.toUpperCase().padEnd(5)}`);
  // Some of the words are Odoo's or the app's: no control character of theirs may reach the terminal.
  const words = [String(msg ?? ''), ...shown].join(' ').replace(/\p{Cc}+/gu, ' ');
  return `${head} ${words}\n`;
}
