/** What `bridge webhooks` tells of one thing that should be in Odoo. */

/** In what it differs from what it should be. */
export type Drift =
  | 'disabled'
  | 'model'
  | 'trigger'
  | 'fields'
  | 'filter'
  | 'actions'
  | 'address'
  | 'token'
  | 'content'
  | 'code';

export interface SetupItem {
  readonly name: string;
  /** `altered` and `extra` are drift, as is `missing`; `failed` is a self-test that nothing came of. */
  readonly state: 'ok' | 'created' | 'repaired' | 'missing' | 'altered' | 'extra' | 'removed' | 'skipped' | 'failed';
  /** Of what is or was altered. */
  readonly drift?: readonly Drift[];
  /** Why it was skipped or failed, and what to do. */
  readonly detail?: string;
}

/** Whether Odoo is not as it should be. */
export function hasDrift(items: readonly SetupItem[]): boolean {
  return items.some(({ state }) => state === 'missing' || state === 'altered' || state === 'extra');
}
