/** A link as the checks see it: what the in-memory store tells of its rows. */
export interface LinkView {
  readonly id: string;
  readonly entity: string;
  readonly appId: string | null;
  readonly odooId: number | null;
  readonly state: 'active' | 'parked' | 'held' | 'out_of_scope';
  readonly dirty: boolean;
  /** Code of the error it is parked for, or kind of the hold. */
  readonly reason: string | null;
}
