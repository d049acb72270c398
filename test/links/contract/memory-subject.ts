/** The store of the simulation as a subject. */
import { createMemoryStore, type MemoryStore } from '../../simulation/memory-links.ts';
import { createRandom } from '../../simulation/random.ts';
import { ENTITIES, type Rows, type Subject, type SubjectSettings } from './subject.ts';

const START = Date.UTC(2026, 10, 23, 14, 0, 0);

/** @param clock moves by itself where it is given; otherwise only `advance` moves the time */
export function createMemorySubject(
  { guardPercent = 5, looksAgain = false }: SubjectSettings = {},
  clock = () => START,
): Subject {
  let passed = 0;
  const now = () => clock() + passed;
  const store = createMemoryStore({
    settings: { entitiesOf: () => ENTITIES, guardPercent, looksAgain: () => looksAgain },
    now,
    random: createRandom(1).next,
  });
  return {
    ...store.connect(),
    now,
    read: async () => readTables(store),
    async connect() {
      const connection = store.connect();
      return { ...connection, crash: async () => connection.disconnect() };
    },
    async advance(ms) {
      passed += ms;
    },
  };
}

function readTables({ tables }: MemoryStore): Rows {
  return {
    links: Array.from(tables.links.values(), ({ dirtyOrder, made, ...row }) => row),
    bases: new Map(tables.bases),
    intents: [...tables.intents.values()]
      .flat()
      .sort((left, right) => left.made - right.made)
      .map(({ made, since, ...intent }) => intent),
    deliveries: Array.from(tables.deliveries.values(), ({ id, receivedAt, ...row }) => row),
    conflicts: [...tables.conflicts.values()],
    logs: [...tables.logs],
    guardUses: Array.from(tables.guardUses.values(), ({ usedAt, ...use }) => use).sort(
      (left, right) => Number(left.linkId) - Number(right.linkId) || (left.kind < right.kind ? -1 : 1),
    ),
  };
}
