/** A look: somebody asks how a side is. It must neither trip the breaker nor stand in line behind the work. */
import { AsyncLocalStorage } from 'node:async_hooks';

const looking = new AsyncLocalStorage<true>();

/** All calls that come of `work`, however deep, are known as looks. */
export function look<T>(work: () => Promise<T>): Promise<T> {
  return looking.run(true, work);
}

export function isLook(): boolean {
  return looking.getStore() === true;
}
