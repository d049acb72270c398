/** Whether a record without a counterpart already has one on the other side. Pure. */

/** A record of the other side with the same match key (normalised e-mail). */
export interface Candidate {
  readonly id: string;
  /** Its name, folded. */
  readonly name: string;
  readonly isCompany: boolean;
  /** `free`: no full link. `same_entity`, `other_entity`: already linked to a record of that kind. */
  readonly linked: 'free' | 'same_entity' | 'other_entity';
}

export interface MatchQuestion {
  readonly name: string;
  readonly isCompany: boolean;
  readonly candidates: readonly Candidate[];
  /** How many records of this entity carry the key on the record's own side, itself included. */
  readonly ownSideCount: number;
}

export type MatchAnswer =
  | { readonly kind: 'create' }
  | { readonly kind: 'link'; readonly id: string }
  | { readonly kind: 'hold'; readonly detail: string; readonly candidates: readonly string[] };

/**
 * Links only when one candidate exists, of the same kind, with the same name, and the e-mail names one
 * record on both sides (a shared mailbox is no identity). Where a person would have to guess, it holds.
 */
export function chooseMatch(question: MatchQuestion): MatchAnswer {
  const candidates = question.candidates.filter(({ isCompany }) => isCompany === question.isCompany);
  const namesakes = candidates.filter(({ name }) => name === question.name);
  const taken = namesakes.find(({ linked }) => linked === 'same_entity');
  if (taken) return hold('A record with this e-mail and name is linked already: a possible duplicate.', namesakes);
  const [only] = namesakes;
  const free = candidates.filter(({ linked }) => linked === 'free');
  if (only === undefined) {
    if (free.length === 0) return { kind: 'create' };
    return hold('The e-mail is the same, the name is not.', free);
  }
  if (candidates.length > 1) return hold('Several records on the other side have this e-mail.', candidates);
  if (question.ownSideCount > 1) return hold('Several records on this side have this e-mail.', candidates);
  return { kind: 'link', id: only.id };
}

function hold(detail: string, candidates: readonly Candidate[]): MatchAnswer {
  return { kind: 'hold', detail, candidates: candidates.map(({ id }) => id) };
}
