/**
 * I2: nobody is made anew on a side where a record of the same name and e-mail was there to be found, and two of the
 * same name and e-mail are never made at the same time.
 */
import type { Backend, CreateOperation } from '../../src/backends/backend.ts';
import type { Entity, Side } from '../../src/entities/define-entity.ts';
import type { Store } from './database.ts';
import type { Violation } from './violation.ts';
import type { World } from './world.ts';

export interface Lookout {
  /** One process's way to a side. */
  watchBackend(backend: Backend): Backend;
  watchStore(store: Store): Store;
  violations(): readonly Violation[];
}

/** From the lookup of a record's counterpart until it is tied to the one that was made. */
interface Creation {
  readonly side: Side;
  readonly entity: string;
  readonly person: string;
  readonly key: string;
  readonly id: string;
  readonly lookedAt: number;
  /** Null as long as it is not tied to its record. */
  tiedAt: number | null;
}

interface Look {
  readonly at: number;
  /** Records that were there, with their names. */
  readonly found: ReadonlyMap<string, string>;
}

export function createLookout(now: () => number, world: () => World): Lookout {
  const creations: Creation[] = [];
  const tries = new Map<string, number>();
  const violations: Violation[] = [];

  /** People of this e-mail whom the bridge can always see, by id. */
  function findPeople(side: Side, entity: Entity, matchKey: string): ReadonlyMap<string, string> {
    const { app, odoo } = world();
    const decoded =
      side === 'app'
        ? app
            .rows(entity)
            .filter(({ id }) => !app.wasHidden(entity, id))
            .map((row) => [row.id, entity.app.decode(row)] as const)
        : odoo
            .rows()
            .filter(({ id, is_company }) => !is_company && !odoo.wasHidden(id))
            .map(({ id, name, email }) => [String(id), { name: name || null, email: email || null }] as const);
    const people = decoded.filter(([, record]) => entity.matchKey(record) === matchKey);
    return new Map(people.map(([id, record]) => [id, entity.matchName(record)]));
  }

  function inspect(side: Side, entity: Entity, { key, values }: CreateOperation, look: Look): void {
    const there = findPeople(side, entity, entity.matchKey(values) ?? '');
    const name = entity.matchName(values);
    for (const [id, before] of look.found) {
      if (before !== name || there.get(id) !== name) continue;
      violations.push({ invariant: 'I2', detail: `${side}: ${key} is made, although ${id} is the same person` });
    }
  }

  function watchBackend(backend: Backend): Backend {
    const { side } = backend;
    const looks = new Map<string, Look>();
    const place = (entity: Entity, matchKey: string) => `${entity.name} ${matchKey}`;
    return {
      ...backend,
      findMatches(entity, keys) {
        for (const key of keys) looks.set(place(entity, key), { at: now(), found: findPeople(side, entity, key) });
        return backend.findMatches(entity, keys);
      },
      async create(entity, operations, options) {
        const begun = operations.map((operation) => {
          const matchKey = entity.matchKey(operation.values);
          const look = matchKey === null ? undefined : looks.get(place(entity, matchKey));
          // A second try cannot tell a namesake from what the first one made.
          const isFirst = tries.get(operation.key) === 1;
          if (look && isFirst) inspect(side, entity, operation, look);
          return look && isFirst ? look.at : null;
        });
        const results = await backend.create(entity, operations, options);
        operations.forEach(({ key, values }, index) => {
          const [lookedAt, result] = [begun[index] ?? null, results[index]];
          if (lookedAt === null || result?.kind !== 'ok') return;
          const person = `${entity.matchKey(values)} ${entity.matchName(values)}`;
          creations.push({ side, entity: entity.name, person, key, id: result.id, lookedAt, tiedAt: null });
        });
        return results;
      },
    };
  }

  /** One partner may stand for records of several kinds, so that there all kinds count. */
  function isSamePerson(left: Creation, right: Creation): boolean {
    return (
      left.side === right.side && left.person === right.person && (left.side === 'odoo' || left.entity === right.entity)
    );
  }

  function findSimultaneous(): Violation[] {
    return creations.flatMap((one, index) =>
      creations.slice(index + 1).flatMap((other) => {
        if (!isSamePerson(one, other) || one.tiedAt === null || other.tiedAt === null) return [];
        if (one.tiedAt <= other.lookedAt || other.tiedAt <= one.lookedAt) return [];
        return [
          { invariant: 'I2', detail: `${one.side}: ${one.key} and ${other.key} are the same person, made at once` },
        ];
      }),
    );
  }

  return {
    watchBackend,
    watchStore: ({ links, cursors }) => ({
      cursors,
      links: {
        ...links,
        recordIntents(claim, intents) {
          for (const { kind, key } of intents) if (kind === 'create') tries.set(key, (tries.get(key) ?? 0) + 1);
          return links.recordIntents(claim, intents);
        },
        async attach(claim, linkId, counterpart) {
          const attached = await links.attach(claim, linkId, counterpart);
          const made = creations.find(
            ({ side, entity, id, tiedAt }) =>
              side === counterpart.side && entity === claim.entity && id === counterpart.id && tiedAt === null,
          );
          if (attached && made) made.tiedAt = now();
          return attached;
        },
      },
    }),
    violations: () => [...violations, ...findSimultaneous()],
  };
}
