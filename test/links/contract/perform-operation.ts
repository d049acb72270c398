/** Carries out an operation on a subject. What it returns must be the same for every implementation. */
import { digestRecord } from '../../../src/links/digest.ts';
import type { Base, Claim, ConflictEntry, Delivery, Next, Settlement } from '../../../src/links/links.ts';
import { MODELS, type NextKind, type Operation } from './random-operations.ts';
import { ERROR, INFO, toIntent, toSettlement } from './steps.ts';
import type { Subject } from './subject.ts';

/** A subject in the course of a sequence: its claims so far, and how many operations it has seen. */
export interface Course {
  readonly subject: Subject;
  readonly claims: Claim[];
  step: number;
}

const LISTED = ['1', '2', '3', '4', '5'];
const NEXT: Readonly<Record<NextKind, Next>> = {
  done: { kind: 'done' },
  'out of scope': { kind: 'done', outOfScope: true },
  again: { kind: 'again' },
  retry: { kind: 'retry', afterMs: 60_000, error: ERROR },
  wait: { kind: 'wait', afterMs: 60_000, error: ERROR },
  park: { kind: 'park', error: ERROR },
  hold: { kind: 'hold', hold: { kind: 'delete', detail: 'Too many.', candidates: ['1'] } },
  forget: { kind: 'forget' },
};
const toBase = (step: number): Base => ({
  app: { name: `name ${step % 3}`, active: step % 2 === 0 },
  odoo: { name: `NAME ${step % 3}`, active: step % 2 === 0, note: null },
  stamps: { app: `a${step}`, odoo: null },
  mapping: 'm1',
});
const toConflict = (step: number): ConflictEntry => ({
  field: 'name',
  base: null,
  app: { value: `a${step}`, at: step },
  odoo: { value: { street: 'b', zip: null }, at: step },
  winner: step % 2 === 0 ? 'app' : 'odoo',
  rule: 'later',
  close: false,
});

export async function perform(course: Course, operation: Operation): Promise<unknown> {
  const { subject, claims } = course;
  const { links, decisions } = subject;
  course.step += 1;
  switch (operation.do) {
    case 'mark app': {
      const { entity, id, priority } = operation;
      return links.markApp([{ entity, id: String(id) }], MODELS[entity], priority);
    }
    case 'mark odoo':
      return links.markOdoo(MODELS[operation.entity], [operation.id], [operation.entity], operation.priority);
    case 'receive':
      return links.receive(operation.deliveries.map(toDelivery));
    case 'hold new': {
      const { side, entity, id } = operation;
      return links.holdNew(side, entity, MODELS[entity], [String(id)], { kind: 'create', detail: 'd' });
    }
    case 'mark delivered':
      return links.markDelivered();
    case 'advance':
      return subject.advance(operation.ms);
    case 'claim': {
      const { entity, limit } = operation;
      const claim = await links.claim(entity, MODELS[entity], entity === 'apartment' ? limit : 100);
      if (claim) claims.push(claim);
      return claim?.links.map((link) => showLink(link)) ?? null;
    }
    case 'let pass':
      return decisions.release({ entity: operation.entity });
    case 'restore': {
      const { conflicts } = await subject.read();
      const conflict = conflicts[operation.conflict % conflicts.length];
      return decisions.restore(conflict?.id ?? '0');
    }
    case 'ask':
      return ask(course, operation);
    default: {
      const claim = claims[claims.length - 1 - (operation.claim % Math.max(1, claims.length))];
      return claim ? performOnClaim(course, operation, claim) : null;
    }
  }
}

function toDelivery({ entity, id, delivery }: { entity: string; id: number; delivery: number | null }): Delivery {
  const common = { odooModel: 'res.partner', recordId: String(id) };
  return delivery === null
    ? { ...common, source: 'odoo', deliveryId: null, entity: null }
    : { ...common, source: 'app', deliveryId: `m${delivery}`, entity };
}

type OnClaim = Extract<
  Operation,
  { readonly do: 'renew' | 'release' | 'announce' | 'attach' | 'repoint' | 'settle' | 'resolve' }
>;

async function performOnClaim({ subject, step }: Course, operation: OnClaim, claim: Claim): Promise<unknown> {
  const { links, decisions } = subject;
  const entity = claim.entity as keyof typeof MODELS;
  const toPlaces = (ids: Iterable<string>) => placesOf(claim, ids);
  const chosen =
    'link' in operation && operation.link !== null ? claim.links[operation.link % claim.links.length] : null;
  switch (operation.do) {
    case 'renew':
      return toPlaces(await links.renewLease(claim));
    case 'release':
      return links.release(claim, operation.afterMs);
    case 'announce': {
      const { kind, side, guard } = operation;
      const times = { sentAt: subject.now(), overAt: subject.now() + 150_000 };
      const { ours, held } = await links.recordIntents(
        claim,
        claim.links.map(({ id }, place) =>
          toIntent(id, {
            kind,
            side,
            key: `${step}-${place}`,
            ...times,
            ...(guard && { guard }),
            conflicts: [toConflict(step)],
          }),
        ),
      );
      return { ours: toPlaces(ours), held: toPlaces(held.keys()), kinds: [...held.values()] };
    }
    case 'attach':
      return links.attach(claim, chosen?.id ?? '', {
        side: operation.side,
        id: String(operation.id),
        odooModel: MODELS[entity],
      });
    case 'repoint':
      return links.repoint(claim, chosen?.id ?? '', MODELS[entity], operation.id);
    case 'settle':
      return links.settle(
        claim,
        (chosen ? [chosen] : claim.links).map((link) =>
          toSettlement(
            link,
            settlementOf(
              operation,
              step,
              link.intents.map(({ key }) => key),
            ),
          ),
        ),
        INFO,
      );
    case 'resolve':
      return decisions.resolve(chosen?.id ?? '', { kind: 'link', id: '3' });
  }
}

function settlementOf(
  { next, remembers, keepsIntents, wroteOdoo }: Extract<Operation, { readonly do: 'settle' }>,
  step: number,
  keys: readonly string[],
): Partial<Settlement> {
  return {
    next: NEXT[next],
    outcome: next,
    logged: remembers,
    wroteOdoo,
    ...(keepsIntents && { openIntents: keys }),
    ...(remembers && {
      base: toBase(step),
      ownOdooStamp: `o${step}`,
      ownAppStamp: step % 2 === 0 ? null : `a${step}`,
      edits: { app: { from: step, to: step + 0.5, strayed: { step } }, odoo: null },
      flips: { name: [{ to: 'odoo', at: step }] },
      conflicts: [toConflict(step)],
      warnings: step % 2 === 0 ? [] : [{ field: 'language', reason: 'not installed' }],
      fields: ['name'],
    }),
  };
}

async function ask(
  { subject, claims, step }: Course,
  { claim, side, entity }: Extract<Operation, { readonly do: 'ask' }>,
) {
  const { links } = subject;
  const asked = claims[claims.length - 1 - (claim % Math.max(1, claims.length))];
  const digest = digestRecord(toBase(step)[side]);
  const listed = LISTED.map((id) => ({ id, digest, member: Number(id) % 2 === step % 2 }));
  const { changed, unlinked } = await links.filterChanged(side, entity, MODELS[entity], listed);
  const pairs = await links.listPairs(entity, MODELS[entity], null, 100);
  const halves = await links.listHalves(side, entity, MODELS[entity]);
  const occupants = await links.findOccupants(side, entity, MODELS[entity], LISTED);
  const ids = asked?.links.map(({ id }) => id) ?? [];
  return {
    dirty: await links.findDirty(),
    linked: await links.countLinked(entity),
    changed: [...changed].sort(),
    unlinked: [...unlinked].sort(),
    pairs: pairs
      .map(({ appId, odooId, agreed, dirtyAt }) =>
        JSON.stringify([appId, odooId, agreed?.app, agreed?.odoo, dirtyAt !== null]),
      )
      .sort(),
    halves: [...halves].sort(),
    occupants: occupants.map(({ linkId, ...occupant }) => JSON.stringify(occupant)),
    maybeOurs: asked ? placesOf(asked, await links.findMaybeOurs(side, ids)) : [],
  };
}

/** Ids differ between two stores; the places in a claim do not. */
function placesOf({ links }: Claim, ids: Iterable<string>): readonly number[] {
  return Array.from(ids, (wanted) => links.findIndex(({ id }) => id === wanted)).sort();
}

function showLink({ id, dirtyAt, restoring, intents, ...link }: Claim['links'][number]) {
  return {
    ...link,
    restoring: restoring?.values ?? null,
    intents: intents
      .map(({ key, kind, side, fields, conflicts, edited }) => ({ key, kind, side, fields, conflicts, edited }))
      .sort(byKey),
  };
}

const byKey = (left: { key: string }, right: { key: string }) => (left.key < right.key ? -1 : 1);
