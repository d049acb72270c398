/**
 * So long after a write was announced its calls are begun: one whose answer is lost must surely be over when the
 * announcement ends. What has not had its turn by then is announced anew.
 */
const BEGIN_WITHIN_MS = 10_000;

/** @returns whether another call may begin, asked now: the first one always may */
export function createTurns(): () => boolean {
  const until = Date.now() + BEGIN_WITHIN_MS;
  let first = true;
  return () => {
    const may = first || Date.now() < until;
    first = false;
    return may;
  };
}
