/** The hours within which nobody is written to. */

export interface QuietHours {
  /** Minutes of the day, by the clock of the zone. */
  readonly from: number;
  readonly to: number;
  /** IANA name: `Europe/Paris`. */
  readonly zone: string;
}

const DAY = 1_440;

/** @param text `21:00-08:00`, as the configuration has checked it */
export function parseQuietHours(text: string, zone: string): QuietHours {
  const [h1 = 0, m1 = 0, h2 = 0, m2 = 0] = text.split(/[:-]/).map(Number);
  return { from: h1 * 60 + m1, to: h2 * 60 + m2, zone };
}

/** @returns how long after this instant they last, in milliseconds; 0 outside of them */
export function quietMsAt(hours: QuietHours | null, at: number): number {
  if (hours === null) return 0;
  const { from, to, zone } = hours;
  const now = minuteOfDay(at, zone);
  const since = (now - from + DAY) % DAY;
  const length = (to - from + DAY) % DAY;
  if (since >= length) return 0;
  return (length - since) * 60_000 - (at % 60_000);
}

function minuteOfDay(at: number, timeZone: string): number {
  const format = new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
  const [hour = 0, minute = 0] = format.format(at).split(':').map(Number);
  return hour * 60 + minute;
}
