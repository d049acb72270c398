/** Aborted by Ctrl-C or SIGTERM. However often they come: npm hands them on as well, and who ends is not to be cut off. */
export function listenForInterrupt(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => controller.abort());
  return controller.signal;
}

export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}

/** @throws Interrupted as soon as the signal comes, whatever becomes of the work */
export async function unlessInterrupted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  work.catch(() => {});
  return Promise.race([work, untilInterrupted(signal).then(() => Promise.reject(new Interrupted('interrupted')))]);
}

export function untilInterrupted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
