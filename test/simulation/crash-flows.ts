/** Small stories of one or two records, each told whole: what there was, what people do, and what it must lead to. */
import { teacher } from '../../src/entities/teacher.ts';
import type { Operation, Schedule } from './operations.ts';
import type { World } from './world.ts';

export interface Flow {
  readonly name: string;
  /** What there was before the bridge first started; it has been carried over when the story begins. */
  readonly born: readonly Operation[];
  /** What people do, so many milliseconds after the first of it. */
  readonly story: readonly (readonly [at: number, what: Operation])[];
  /** With fewer of them it could not be done: a story that needs less has become empty. */
  readonly least: { readonly calls: number; readonly remoteWrites: number };
  /** The process dies after this call of the store, before the story goes on: not one of the calls that are struck. */
  readonly diesAfter?: string;
  /** When all of it is over, if that takes longer than until after the next poll. */
  readonly endsMs?: number;
  /** @returns what there is of both records, as `sideBySide` tells it */
  readonly leadsTo: readonly string[];
  /** Webhooks are lost, and the next poll finds what happened. */
  readonly polled?: boolean;
}

/** The first of it happens then, well after all that was there has been carried over, and well before the next poll. */
export const STORY_MS = 30_000;
/** All of it is over then, the next poll included, unless something goes wrong. */
export const STORY_ENDS_MS = 85_000;

const WITHOUT = { tags: [], values: {}, school: null } as const;
const inApp = (person: number, phone: string): Operation => ({
  kind: 'app_create',
  entity: 'teacher',
  person,
  fields: { phone },
});
const inOdoo = (person: number, phone: string): Operation => ({
  kind: 'odoo_create',
  tags: ['teacher'],
  person,
  values: { phone },
  school: null,
});
const appEdit = (fields: Readonly<Record<string, string | null>>): Operation => ({
  kind: 'app_edit',
  entity: 'teacher',
  pick: 0,
  fields,
});
const odooEdit = (values: { phone?: string; comment?: string; city?: string }): Operation => ({
  kind: 'odoo_edit',
  pick: { partner: 0 },
  values,
  takesMs: 0,
});

export const FLOWS: readonly Flow[] = [
  {
    name: 'created in the app',
    born: [],
    story: [[0, inApp(1, '1')]],
    least: { calls: 10, remoteWrites: 1 },
    leadsTo: ['Person 1 1 active | Person 1 1 active'],
  },
  {
    name: 'created in the app, with a school that Odoo does not know',
    born: [],
    story: [
      [
        0,
        {
          kind: 'app_create',
          entity: 'teacher',
          person: 1,
          fields: { phone: '1', school: 'Lycée Hugo', city: 'Lyon' },
        },
      ],
    ],
    least: { calls: 12, remoteWrites: 2 },
    leadsTo: ['Person 1 1 active Lyon | Person 1 1 active Lyon', '| Lycée Hugo - active'],
  },
  {
    name: 'created in the app, with a language and a country that Odoo does not know',
    born: [],
    story: [
      [0, { kind: 'app_create', entity: 'teacher', person: 1, fields: { phone: '1', language: 'pt', country: 'XX' } }],
    ],
    least: { calls: 10, remoteWrites: 1 },
    leadsTo: ['Person 1 1 active XX pt | Person 1 1 active'],
  },
  {
    name: 'created in Odoo',
    born: [],
    story: [[0, inOdoo(1, '1')]],
    least: { calls: 10, remoteWrites: 1 },
    leadsTo: ['Person 1 1 active | Person 1 1 active'],
  },
  {
    name: 'created on both sides at once',
    born: [],
    story: [
      [0, inApp(1, '1')],
      [0, inOdoo(1, '1')],
    ],
    least: { calls: 10, remoteWrites: 0 },
    leadsTo: ['Person 1 1 active | Person 1 1 active'],
  },
  {
    name: 'created in the app, where Odoo has the same person with other values',
    born: [{ kind: 'odoo_create', ...WITHOUT, person: 1, values: { city: 'Ulm' } }],
    story: [[0, inApp(1, '1')]],
    least: { calls: 10, remoteWrites: 1 },
    leadsTo: ['Person 1 1 active Ulm | Person 1 1 active Ulm'],
  },
  {
    name: 'changed in the app',
    born: [inApp(1, '1')],
    story: [[0, appEdit({ phone: '2' })]],
    least: { calls: 8, remoteWrites: 1 },
    leadsTo: ['Person 1 2 active | Person 1 2 active'],
  },
  {
    name: 'changed in Odoo',
    born: [inApp(1, '1')],
    story: [[0, odooEdit({ phone: '2' })]],
    least: { calls: 8, remoteWrites: 1 },
    leadsTo: ['Person 1 2 active | Person 1 2 active'],
  },
  {
    name: 'changed on both sides, in different fields',
    born: [inApp(1, '1')],
    story: [
      [0, appEdit({ phone: '2' })],
      [0, odooEdit({ city: 'Ulm' })],
    ],
    least: { calls: 10, remoteWrites: 2 },
    leadsTo: ['Person 1 2 active Ulm | Person 1 2 active Ulm'],
  },
  {
    name: 'one field changed on both sides, Odoo last',
    born: [inApp(1, '1')],
    story: [
      [0, appEdit({ phone: '2' })],
      [5_000, odooEdit({ phone: '3' })],
    ],
    polled: true,
    least: { calls: 10, remoteWrites: 1 },
    leadsTo: ['Person 1 3 active | Person 1 3 active'],
  },
  {
    name: 'one field changed on both sides, the app last',
    born: [inApp(1, '1')],
    story: [
      [0, odooEdit({ phone: '3' })],
      [5_000, appEdit({ phone: '2' })],
    ],
    polled: true,
    least: { calls: 10, remoteWrites: 1 },
    leadsTo: ['Person 1 2 active | Person 1 2 active'],
  },
  {
    name: 'archived in the app',
    born: [inApp(1, '1')],
    story: [[0, { kind: 'app_archive', entity: 'teacher', pick: 0 }]],
    least: { calls: 8, remoteWrites: 1 },
    leadsTo: ['Person 1 1 archived | Person 1 1 archived'],
  },
  {
    name: 'archived in Odoo',
    born: [inApp(1, '1')],
    story: [[0, { kind: 'odoo_archive', pick: { partner: 0 } }]],
    least: { calls: 8, remoteWrites: 1 },
    leadsTo: ['Person 1 1 archived | Person 1 1 archived'],
  },
  {
    name: 'changed in the app, and in Odoo while the bridge writes there',
    born: [inApp(1, '1')],
    story: [
      [0, { kind: 'intrude', side: 'odoo', operation: odooEdit({ city: 'Ulm' }) }],
      [0, appEdit({ phone: '2' })],
    ],
    least: { calls: 10, remoteWrites: 2 },
    leadsTo: ['Person 1 2 active Ulm | Person 1 2 active Ulm'],
  },
  {
    name: 'merged in Odoo into a partner of nobody',
    born: [inApp(1, '1'), { kind: 'odoo_create', ...WITHOUT, person: 2 }],
    story: [[0, { kind: 'odoo_merge', pick: { like: 'teacher', pick: 0 }, into: { partner: 0 } }]],
    least: { calls: 8, remoteWrites: 1 },
    leadsTo: ['Person 2 1 active | Person 2 1 active'],
  },
  {
    name: 'created in the app, changed on both sides before that is settled, Odoo last',
    born: [],
    story: [
      [0, inApp(1, '1')],
      [10_000, appEdit({ phone: '2' })],
      [15_000, odooEdit({ phone: '3' })],
    ],
    diesAfter: 'attach',
    endsMs: STORY_MS + 130_000,
    least: { calls: 20, remoteWrites: 1 },
    leadsTo: ['Person 1 3 active | Person 1 3 active'],
  },
  {
    name: 'created in the app, then given another e-mail, while a namesake takes the old one',
    born: [],
    story: [
      [0, inApp(1, '1')],
      [1_000, appEdit({ name: 'Person 2', email: 'p2@example.org' })],
      [2_000, inApp(1, '3')],
    ],
    endsMs: STORY_MS + 130_000,
    least: { calls: 25, remoteWrites: 3 },
    leadsTo: ['Person 2 1 active | Person 2 1 active', 'Person 1 3 active | Person 1 3 active'],
  },
  {
    name: 'created in Odoo, found by the poll',
    born: [],
    story: [[0, inOdoo(1, '1')]],
    polled: true,
    least: { calls: 12, remoteWrites: 1 },
    leadsTo: ['Person 1 1 active | Person 1 1 active'],
  },
];

export function toSchedule(
  { born, story, polled = false, endsMs = STORY_ENDS_MS }: Flow,
  seed: number,
  processes: number,
): Schedule {
  const lastAt = Math.max(...story.map(([at]) => at));
  const silence = (side: 'app' | 'odoo') =>
    ({ at: STORY_MS - 1, what: { kind: 'webhooks', side, mode: 'lose', forMs: lastAt + 2 } }) as const;
  return {
    seed,
    salt: 0,
    entities: ['teacher'],
    processes,
    workers: 1,
    batchSize: 50,
    pageSize: 50,
    overlapMs: 300_000,
    tie: 'odoo',
    scope: 'field',
    early: false,
    offsets: { app: 0, odoo: 0 },
    polls: true,
    sweeps: false,
    born,
    happenings: [
      ...(polled ? [silence('app'), silence('odoo')] : []),
      ...story.map(([at, what]) => ({ at: STORY_MS + at, what })),
      // Nothing; but until it "happens" whoever lies in wait for a write goes on waiting.
      { at: endsMs, what: { kind: 'webhooks', side: 'app', mode: 'double', forMs: 0 } },
    ],
  };
}

/** For `inspect`: what is not as the flow leads to. */
export const checkEnd =
  ({ leadsTo }: Pick<Flow, 'leadsTo'>) =>
  (world: World): readonly string[] => {
    const [found, wanted] = [sideBySide(world).join('; '), leadsTo.join('; ')];
    return found === wanted ? [] : [`there is ${found}, and not ${wanted}`];
  };

/** All records there are, each teacher of the app beside the partner of that name: name, phone, and whatever else it has. */
export function sideBySide({ app, odoo }: World): readonly string[] {
  const rest = odoo.rows().map((row) => ({
    name: row.name,
    told: tell(row.name, row.phone, row.active, [row.city, row.country_id, row.lang]),
  }));
  const pairs = app.rows(teacher).map((row) => {
    const place = rest.findIndex(({ name }) => name === row.name);
    const [partner] = place < 0 ? [] : rest.splice(place, 1);
    const { name, phone, deleted_at, city, country, language } = row;
    return `${tell(name, phone, deleted_at === null, [city, country, language])} | ${partner?.told ?? ''}`;
  });
  return [...pairs, ...rest.map(({ told }) => `| ${told}`)];
}

function tell(name: unknown, phone: unknown, active: boolean, more: readonly unknown[]): string {
  // English is what everybody in Odoo speaks unless somebody says otherwise.
  const known = more.filter((value) => value && !/^en.US$/.test(String(value)));
  return [name, phone || '-', active ? 'active' : 'archived', ...known].join(' ');
}
