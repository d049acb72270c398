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
  const right = url !== null && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '';
  if (right) return url;
  throw new SetupError({
    code: 'bad_odoo_url',
    message: 'ODOO_URL is not an address that can be used.',
    remedy: 'Write it as https://host or https://host/path, without user name or password.',
  });
}

/** Tells when the server's clock showed the time of its `Date` header. */
export function reportClock(options: TransportOptions, date: string | null | undefined, sentAt: number): void {
  const serverDate = Date.parse(date ?? '');
  if (Number.isFinite(serverDate)) options.onClockReading?.({ serverDate, sentAt, receivedAt: Date.now() });
}
