/** A bug that is planted on purpose: one exact text of one file, replaced by another while it is loaded. */
export interface Mutant {
  readonly name: string;
  /** The promise that it breaks. */
  readonly invariant: string;
  /** From the root of the project. */
  readonly file: string;
  readonly from: string;
  readonly to: string;
}
