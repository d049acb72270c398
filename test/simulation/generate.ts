/** Makes a schedule from a seed. Each leaves some kinds of events out altogether, so that the rest meet more often. */
import { CALL_FAULTS } from './call-faults.ts';
import { appFields, drawSchool, type Maker, partnerValues } from './draw-values.ts';
import type { Fault, Happening, Operation, Pick, Schedule } from './operations.ts';
import { createRandom, type Random } from './random.ts';

const OPERATIONS = {
  app_edit: 26,
  odoo_edit: 22,
  both_edit: 12,
  app_create: 3,
  odoo_create: 3,
  both_create: 2,
  twins: 1,
  parting: 1,
  app_archive: 2,
  app_restore: 2,
  app_touch: 2,
  odoo_archive: 2,
  odoo_restore: 2,
  odoo_unlink: 1,
  odoo_merge: 1,
  odoo_tag: 2,
  odoo_touch: 3,
  company_address: 2,
  odoo_right: 1,
  app_hide: 1,
  clock: 1,
  intrude: 6,
} as const;
type Choice = keyof typeof OPERATIONS;

const ALWAYS: ReadonlySet<string> = new Set<Choice>(['app_edit', 'odoo_edit', 'both_edit', 'intrude']);
const FAULTS: Readonly<Record<Fault['kind'], number>> = {
  call: 6,
  outage: 1,
  webhooks: 3,
  crash: 3,
  stall: 2,
  database: 2,
};

const EDITS = 60;

export function generate(seed: number): Schedule {
  const random = createRandom(seed, 1);
  const entities = random.pick([
    ['teacher'],
    ['teacher'],
    ['guest'],
    ['teacher', 'guest'],
    ['teacher', 'tenant', 'guest'],
  ]);
  let words = 0;
  const maker: Maker = {
    random,
    entities,
    text(word) {
      words += 1;
      return `${word} ${words}`;
    },
  };
  const born = Array.from({ length: random.between(3, 6) }, (_, person) => bornOf(maker, person)).flat();
  const weights = leaveSomeOut(random, OPERATIONS, ALWAYS);
  const happenings: Happening[] = [];
  let at = random.between(0, 20_000);
  while (happenings.length < EDITS) {
    at += pause(random);
    for (const what of draw(maker, random.weighted(weights))) {
      happenings.push({ at, what });
      if (random.chance(0.5)) at += random.between(0, 2_000);
    }
  }
  const faultWeights = leaveSomeOut(random, FAULTS, new Set(['call']));
  const faults = Array.from({ length: random.between(5, 9) }, () => ({
    at: random.between(0, at),
    what: drawFault(random, random.weighted(faultWeights)),
  }));
  const polls = random.chance(0.85);
  return {
    seed,
    salt: 0,
    entities,
    processes: random.chance(0.7) ? 2 : 1,
    workers: random.chance(0.3) ? 2 : 1,
    batchSize: random.pick([2, 5, 50]),
    pageSize: random.pick([2, 4, 50]),
    overlapMs: random.pick([100_000, 100_000, 300_000]),
    tie: random.pick(['odoo', 'app']),
    scope: random.chance(0.15) ? 'record' : 'field',
    early: random.chance(0.4),
    offsets: { app: drawOffset(random), odoo: drawOffset(random) },
    polls,
    sweeps: polls && random.chance(0.4),
    born,
    happenings: [...happenings, ...faults].sort((left, right) => left.at - right.at),
  };
}

function leaveSomeOut<T extends string>(
  random: Random,
  weights: Readonly<Record<T, number>>,
  always: ReadonlySet<string>,
): Readonly<Record<T, number>> {
  const entries = Object.entries<number>(weights);
  const kept = entries.map(([name, weight]) => [name, always.has(name) || random.chance(0.5) ? weight : 0]);
  return Object.fromEntries(kept);
}

function pause(random: Random): number {
  const kind = random.next();
  if (kind < 0.35) return random.between(0, 300);
  return kind < 0.65 ? random.between(300, 3_000) : random.between(3_000, 18_000);
}

function drawOffset(random: Random): number {
  return random.pick([0, random.between(-1_000, 1_000), random.between(-300_000, 300_000)]);
}

function bornOf(maker: Maker, person: number): Operation[] {
  const { random } = maker;
  const entity = random.pick(maker.entities);
  const inApp: Operation = {
    kind: 'app_create',
    entity,
    person,
    fields: random.chance(0.5) ? appFields(maker, entity) : {},
  };
  const values = random.chance(0.5) ? partnerValues(maker) : {};
  const inOdoo: Operation = { kind: 'odoo_create', tags: tagsFor(maker, entity), person, values, school: null };
  return random.pick([[inApp], [inOdoo], [inApp, inOdoo]]);
}

function tagsFor({ random, entities }: Maker, entity: string): string[] {
  return random.chance(0.15) ? [...new Set([entity, random.pick(entities)])] : [entity];
}

function draw(maker: Maker, choice: Choice): Operation[] {
  const { random, entities } = maker;
  const entity = random.pick(entities);
  const pick = random.between(0, 30);
  const partner = drawPick(maker);
  switch (choice) {
    case 'app_edit':
      return [{ kind: choice, entity, pick, fields: appFields(maker, entity) }];
    case 'odoo_edit':
      return [odooEdit(maker, partner)];
    case 'both_edit':
      return random.chance(0.5)
        ? [
            { kind: 'app_edit', entity, pick, fields: appFields(maker, entity) },
            odooEdit(maker, { like: entity, pick }),
          ]
        : [
            odooEdit(maker, { like: entity, pick }),
            { kind: 'app_edit', entity, pick, fields: appFields(maker, entity) },
          ];
    case 'app_create':
      return [{ kind: choice, entity, person: random.between(0, 9), fields: {} }];
    case 'odoo_create':
      return [
        {
          kind: choice,
          tags: tagsFor(maker, entity),
          person: random.between(0, 9),
          values: {},
          school: drawSchool(random),
        },
      ];
    case 'both_create': {
      const person = random.between(10, 19);
      const pair: Operation[] = [
        { kind: 'app_create', entity, person, fields: {} },
        { kind: 'odoo_create', tags: [entity], person, values: {}, school: null },
      ];
      return random.chance(0.5) ? pair : pair.reverse();
    }
    case 'twins': {
      // Entered twice at about the same time: the second one waits for a person.
      const person = random.between(20, 25);
      const born: Operation = random.chance(0.5)
        ? { kind: 'app_create', entity, person, fields: {} }
        : { kind: 'odoo_create', tags: [entity], person, values: {}, school: null };
      return [born, born];
    }
    case 'parting':
      // Edited in the app and deleted in Odoo at about the same time.
      return [
        { kind: 'app_edit', entity, pick, fields: appFields(maker, entity) },
        { kind: 'odoo_unlink', pick: { like: entity, pick } },
      ];
    case 'app_archive':
    case 'app_restore':
    case 'app_touch':
      return [{ kind: choice, entity, pick }];
    case 'app_hide':
      return [{ kind: choice, entity, pick, forMs: random.between(5_000, 120_000) }];
    case 'odoo_archive':
    case 'odoo_restore':
    case 'odoo_unlink':
    case 'odoo_touch':
      return [{ kind: choice, pick: partner }];
    case 'odoo_merge':
      return [{ kind: choice, pick: partner, into: drawPick(maker) }];
    case 'odoo_tag':
      return [{ kind: choice, pick: partner, entity, add: random.chance(0.6) }];
    case 'company_address':
      return [{ kind: choice, pick, values: { street: maker.text('Avenue'), city: maker.text('Ville') } }];
    case 'odoo_right':
      return [
        {
          kind: choice,
          pick: partner,
          right: random.pick(['hidden', 'readonly']),
          forMs: random.between(5_000, 120_000),
        },
      ];
    case 'clock':
      return [{ kind: choice, side: random.pick(['app', 'odoo']), jumpMs: drawJump(random) }];
    case 'intrude': {
      const side = random.pick(['app', 'odoo'] as const);
      // Mostly on the side that is being written, where it is the record itself that is edited.
      const edit = random.chance(0.8)
        ? (`${side}_edit` as const)
        : random.pick(['app_edit', 'odoo_edit', 'app_archive', 'odoo_archive'] as const);
      const [operation] = draw(maker, edit);
      return operation ? [{ kind: choice, side, operation }] : [];
    }
  }
}

function drawJump(random: Random): number {
  return random.pick([-300_000, -60_000, -2_000, 1_000, 300_000]) + random.between(-900, 900);
}

function drawPick({ random, entities }: Maker): Pick {
  if (random.chance(0.5)) return { partner: random.between(0, 30) };
  return { like: random.pick(entities), pick: random.between(0, 30) };
}

function odooEdit(maker: Maker, pick: Pick): Operation {
  const { random } = maker;
  const takesMs = random.chance(0.15) ? random.between(500, 60_000) : 0;
  const moves = random.chance(0.06) ? { school: drawSchool(random) } : {};
  return { kind: 'odoo_edit', pick, values: partnerValues(maker), takesMs, ...moves };
}

function drawFault(random: Random, kind: Fault['kind']): Fault {
  const side = random.pick(['app', 'odoo'] as const);
  switch (kind) {
    case 'call':
      return {
        kind,
        side,
        fault: random.pick(CALL_FAULTS),
        count: random.pick([1, 1, 2, 4]),
        writesOnly: random.chance(0.7),
      };
    case 'webhooks':
      return { kind, side, mode: random.pick(['lose', 'double', 'delay']), forMs: random.between(5_000, 120_000) };
    case 'crash':
      return {
        kind,
        process: random.between(0, 1),
        resumes: random.between(1, 40),
        downMs: random.between(1_000, 60_000),
      };
    case 'outage':
      return { kind, side, forMs: random.between(10_000, 200_000) };
    case 'stall':
      return {
        kind,
        process: random.between(0, 1),
        resumes: random.between(1, 20),
        ms: random.pick([2_000, 20_000, 100_000, 100_000]),
      };
    case 'database':
      return { kind, mode: random.pick(['before', 'after']), count: random.pick([1, 2, 5]) };
  }
}
