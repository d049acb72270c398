/** Thrown when another worker may have taken over: nothing more is written, the rest is given back. */
export class LeaseLost extends Error {
  override readonly name = 'LeaseLost';
}
