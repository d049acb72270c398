/** A broken promise: which of the invariants of the design, and how it shows. */
export interface Violation {
  readonly invariant: string;
  readonly detail: string;
}
