/** What the pages and the JSON of people have in common. */
import type { Collection } from '../data/collection.ts';
import type { Refusal } from '../data/decide-operation.ts';
import { Problem } from '../problem.ts';
import { requireCollection } from '../require-collection.ts';
import { type Action, listActions } from './actions.ts';

/** @throws a 404 problem when records of this collection know no such action */
export function requireAction(params: { readonly collection: string; readonly action: string }): {
  readonly collection: Collection;
  readonly action: Action;
} {
  const collection = requireCollection(params.collection);
  const action = listActions(collection).find(({ name }) => name === params.action);
  if (action === undefined) throw new Problem(404, 'There is nothing at this address.');
  return { collection, action };
}

export function asProblem(result: Refusal): Problem {
  switch (result.status) {
    case 'invalid':
      return new Problem(422, 'Some fields are not valid.', { errors: result.errors });
    case 'not_found':
      return new Problem(404, 'There is no such record.');
    case 'stale':
      return new Problem(412, 'Somebody else has changed this record meanwhile.');
  }
}
