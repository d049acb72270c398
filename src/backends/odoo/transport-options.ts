/** What both transports are given, and what can be told wrong about it before any call. */
import { SetupError } from '../../errors.ts';
import type { ClockReading } from './transport.ts';

export interface TransportOptions {
  /** Address of Odoo, without user name or password. */
  readonly url: string;
  readonly database: string;
  readonly username: string;
  /** An API key; XML-RPC also takes the password. */
  readonly apiKey: string;
  /** Deadline of a call, in milliseconds. */
  readonly timeoutMs?: number;
  /** Answers larger than this are given up. */
  readonly maxResponseBytes?: number;
  /** Told the server's time with each answer. */
  readonly onClockReading?: (reading: ClockReading) => void;
}

export const TIMEOUT_MS = 60_000;
export const MAX_RESPONSE_BYTES = 64 * 1024 * 1024;

/** @throws SetupError when it is no address of a server */
export function parseOdooUrl(value: string): URL {
  const url = URL.canParse(value) ? new URL(value) : null;
  const right = url !== null && /^https?:$/.test(url.protocol);
  if (right && [url.username, url.password, url.search, url.hash].every((part) => part === '')) return url;
  throw new SetupError({
    code: 'bad_odoo_url',
    message: 'ODOO_URL is not an address that can be used.',
    remedy: 'Write it as https://host or https://host/path, without user name, password, question mark or #.',
  });
}

/** The address without a slash at its end. */
export function rootOf(url: URL): string {
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
}

/**
 * The database and the key of JSON-2 travel in headers. `fetch` would refuse others at each call, in an error that
 * quotes the key and looks like a broken connection.
 * @throws SetupError naming the variable, not its value
 */
export function assertHeaderValues({ database, apiKey }: TransportOptions): void {
  for (const [variable, value] of Object.entries({ ODOO_DB: database, ODOO_API_KEY: apiKey })) {
    if (/^[\x21-\x7e]+$/.test(value)) continue;
    throw new SetupError({
      code: 'bad_odoo_credentials',
      message: `${variable} is empty or has a blank, a line break or an accented letter in it.`,
      remedy: `Copy ${variable} again, without anything before or after it.`,
    });
  }
}

/** Starts a reading: the request leaves now. The function returned is to be called when the answer begins. */
export function reportClock(options: TransportOptions): (date: string | null) => void {
  const sentAt = Date.now();
  return (date) => {
    const serverDate = Date.parse(date ?? '');
    if (Number.isFinite(serverDate)) options.onClockReading?.({ serverDate, sentAt, receivedAt: Date.now() });
  };
}
