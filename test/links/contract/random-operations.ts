/** Any sequence of calls, in words that do not depend on ids: links and claims are named by their place. */
import fc from 'fast-check';
import type { GuardKind, Priority } from '../../../src/links/links.ts';

/**
 * Apartments live alone in their model and are marked one by one, so that it is certain which of them waits longest:
 * they are claimed in small portions. The others share Odoo records, and are claimed all at once.
 */
export const MODELS = {
  apartment: 'product.template',
  teacher: 'res.partner',
  tenant: 'res.partner',
  guest: 'res.partner',
} as const;
export type Kind = keyof typeof MODELS;

export type NextKind = 'done' | 'out of scope' | 'again' | 'retry' | 'wait' | 'park' | 'hold' | 'forget';

export type Operation =
  | { readonly do: 'mark app'; readonly entity: Kind; readonly id: number; readonly priority: Priority }
  | { readonly do: 'mark odoo'; readonly entity: Kind; readonly id: number; readonly priority: Priority }
  | { readonly do: 'receive'; readonly deliveries: readonly { entity: Kind; id: number; delivery: number | null }[] }
  | { readonly do: 'hold new'; readonly side: 'app' | 'odoo'; readonly entity: Kind; readonly id: number }
  | { readonly do: 'mark delivered' }
  | { readonly do: 'advance'; readonly ms: number }
  | { readonly do: 'claim'; readonly entity: Kind; readonly limit: number }
  | { readonly do: 'renew'; readonly claim: number }
  | { readonly do: 'release'; readonly claim: number; readonly afterMs: number }
  | {
      readonly do: 'announce';
      readonly claim: number;
      readonly kind: 'create' | 'update';
      readonly side: 'app' | 'odoo';
      readonly guard: GuardKind | null;
    }
  | {
      readonly do: 'attach';
      readonly claim: number;
      readonly link: number;
      readonly side: 'app' | 'odoo';
      readonly id: number;
    }
  | { readonly do: 'repoint'; readonly claim: number; readonly link: number; readonly id: number }
  | {
      readonly do: 'settle';
      readonly claim: number;
      /** Only this one of its links; all of them when null. */
      readonly link: number | null;
      readonly next: NextKind;
      readonly remembers: boolean;
      readonly keepsIntents: boolean;
      readonly wroteOdoo: boolean;
    }
  | { readonly do: 'let pass'; readonly entity: Exclude<Kind, 'apartment'> }
  | { readonly do: 'resolve'; readonly claim: number; readonly link: number }
  | { readonly do: 'restore'; readonly conflict: number }
  | { readonly do: 'ask'; readonly claim: number; readonly side: 'app' | 'odoo'; readonly entity: Kind };

const kind = fc.constantFrom<Kind>('apartment', 'teacher', 'tenant', 'guest');
const shared = fc.constantFrom('teacher' as const, 'tenant' as const, 'guest' as const);
const id = fc.integer({ min: 1, max: 4 });
const place = fc.nat(9);
const side = fc.constantFrom('app' as const, 'odoo' as const);
const priority = fc.constantFrom<Priority>(0, 1, 2, 3);
const next = fc.constantFrom<NextKind>(
  'done',
  'done',
  'out of scope',
  'again',
  'retry',
  'wait',
  'park',
  'hold',
  'forget',
);
const delivery = fc.record({ entity: shared, id, delivery: fc.option(fc.nat(7)) });
/** No few of them add up to near a lease, a delay or a look: the pace of the machine must decide nothing. */
const ms = fc.constantFrom(42_000, 42_000, 130_000, 407_000, 86_410_000);
const step = <T extends Operation['do'], R>(name: T, fields: { [K in keyof R]: fc.Arbitrary<R[K]> }) =>
  fc.record({ do: fc.constant(name), ...fields });

/** As often as the number says. */
const WEIGHTED = [
  [4, step('mark app', { entity: kind, id, priority })],
  [4, step('mark odoo', { entity: kind, id, priority })],
  [2, step('receive', { deliveries: fc.array(delivery, { minLength: 1, maxLength: 4 }) })],
  [1, step('hold new', { side, entity: kind, id })],
  [3, step('mark delivered', {})],
  [3, step('advance', { ms })],
  [8, step('claim', { entity: kind, limit: fc.integer({ min: 1, max: 2 }) })],
  [1, step('renew', { claim: place })],
  [1, step('release', { claim: place, afterMs: fc.constantFrom(0, 20_000) })],
  [
    4,
    step('announce', {
      claim: place,
      kind: fc.constantFrom('create' as const, 'update' as const),
      side,
      guard: fc.constantFrom(null, null, 'archive' as const, 'rewrite' as const),
    }),
  ],
  [4, step('attach', { claim: place, link: place, side, id })],
  [1, step('repoint', { claim: place, link: place, id })],
  [
    8,
    step('settle', {
      claim: place,
      link: fc.option(place),
      next,
      remembers: fc.boolean(),
      keepsIntents: fc.boolean(),
      wroteOdoo: fc.boolean(),
    }),
  ],
  [1, step('let pass', { entity: shared })],
  [1, step('resolve', { claim: place, link: place })],
  [1, step('restore', { conflict: place })],
  [2, step('ask', { claim: place, side, entity: kind })],
] as const;

export const operations: fc.Arbitrary<readonly Operation[]> = fc.array(
  fc.oneof(...WEIGHTED.map(([weight, arbitrary]) => ({ weight, arbitrary: arbitrary as fc.Arbitrary<Operation> }))),
  { minLength: 1, maxLength: 80, size: 'max' },
);
