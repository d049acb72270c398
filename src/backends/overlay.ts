/**
 * A side as it would be after the writes that are planned: reads go to the real side, and what was planned is laid over
 * what they return. Writes stay here. So the engine can be run as it is, and nothing but this page knows that it is a plan.
 */
import { type CanonicalRecord, type Entity, readField, type Side } from '../entities/define-entity.ts';
import { diffRecords } from '../entities/field-diffs.ts';
import type { Backend, NamedRecord, SideRecord, UpdateOperation, WriteResult } from './backend.ts';
import { comesLater, type Foreseen, type Foresight } from './foresight.ts';
import type { Journal } from './journal.ts';

const READS = [
  'side',
  'read',
  'makes',
  'readChanged',
  'findMatches',
  'classifyMissing',
  'missingReferences',
  'leftOut',
  'findCreated',
  'findKeys',
  'clock',
] as const;
/** The half of a backend that changes nothing. */
export type Reading = Pick<Backend, (typeof READS)[number]>;

/** Without the writing half, so that not even a mistake can reach it. */
export function readingOf(backend: Backend): Reading {
  return Object.fromEntries(READS.map((name) => [name, backend[name]])) as unknown as Reading;
}

/**
 * Ids of what is only to be made. Odoo counts from 1; an id of the app never has a comma. They go into the links of the
 * plan, and must never be asked of a real side.
 */
export function placeholder(side: Side, number: number): string {
  return side === 'odoo' ? `-${number}` : `planned,${number}`;
}

export function isPlaceholder(side: Side, id: string): boolean {
  return id.startsWith(side === 'odoo' ? '-' : 'planned,');
}

/** What is planned for one record. */
interface Layer {
  readonly id: string;
  raw: Readonly<Record<string, unknown>>;
  /** By entity: one record may be several people to the app. */
  values: ReadonlyMap<string, CanonicalRecord>;
  at: Pick<SideRecord, 'stamp' | 'modified'>;
  readonly madeAt: SideRecord['modified'] | null;
  readonly memberOf: Set<string>;
  removed: boolean;
}

export function createOverlay(reading: Reading, foresight: Foresight, journal: Journal): Backend {
  const { side } = reading;
  const layers = new Map<string, Layer>();
  /** Ids by what they may be matched by; those that were, but are not any more, too. */
  const matchable = new Map<string, Set<string>>();
  /** Under which keys records are to be found again: both ways. */
  const names = new Map<string, string>();
  const namesOf = new Map<string, string[]>();
  let made = 0;

  const placeOf = ({ name, odoo }: Entity) => (side === 'odoo' ? odoo.model : name);
  const keyOf = (entity: Entity, id: string) => `${placeOf(entity)}:${id}`;
  const real = <T extends { readonly id: string }>(records: readonly T[]) =>
    records.filter(({ id }) => !isPlaceholder(side, id));
  const now = () => foresight.stampOf(Date.now() + reading.clock().offsetMs);

  /** Records as they were read, with what is planned for them; those that would be gone are left out. */
  async function layOver(entity: Entity, ids: readonly string[], records: readonly SideRecord[]) {
    const byId = new Map(records.map((record) => [record.id, record]));
    const planned = ids.flatMap((id) => {
      const layer = layers.get(keyOf(entity, id));
      const record = byId.get(id) ?? null;
      if (layer === undefined || layer.removed || (record === null && layer.madeAt === null)) return [];
      return [{ layer, id, record, raw: { ...record?.raw, ...layer.raw }, stamp: layer.at.stamp }];
    });
    const looks = await foresight.look(entity, planned);
    const shown = new Map(
      planned.map(({ id, layer }, index) => [id, cover(entity, looks[index] as SideRecord, layer)]),
    );
    return ids.flatMap((id) => {
      const layer = layers.get(keyOf(entity, id));
      return (layer === undefined ? byId.get(id) : shown.get(id)) ?? [];
    });
  }

  async function read(entity: Entity, ids: readonly string[]): Promise<readonly SideRecord[]> {
    const known = ids.filter((id) => !isPlaceholder(side, id));
    return layOver(entity, ids, known.length === 0 ? [] : await reading.read(entity, known));
  }

  function layerOf(entity: Entity, id: string, isNew = false): Layer {
    const key = keyOf(entity, id);
    const at = now();
    const layer = layers.get(key) ?? {
      ...{ id, raw: {}, values: new Map(), at, madeAt: isNew ? at.modified : null },
      memberOf: new Set(isNew ? [entity.name] : []),
      removed: false,
    };
    layers.set(key, layer);
    return layer;
  }

  /** What another entity wrote before, the record's own form tells from now on. */
  function lay(entity: Entity, layer: Layer, { raw, held, removed }: Foreseen): void {
    layer.raw = { ...layer.raw, ...raw };
    layer.values = new Map([[entity.name, { ...layer.values.get(entity.name), ...held }]]);
    layer.at = now();
    layer.removed = removed;
  }

  function remember(entity: Entity, record: SideRecord): void {
    const key = entity.matchKey(record.values);
    if (key === null) return;
    const place = `${placeOf(entity)}:${key}`;
    matchable.set(place, (matchable.get(place) ?? new Set()).add(record.id));
  }

  /** What a write, or the steps that go along with it, would leave behind. */
  async function apply(
    entity: Entity,
    { record, changes, agreed }: UpdateOperation,
    seen: Foreseen,
  ): Promise<WriteResult> {
    const { result, writes, steps, removed } = seen;
    const { id } = record;
    if (!writes && steps.length === 0) return result.kind === 'ok' ? tell(result, record, changes, null) : result;
    const layer = layerOf(entity, id);
    lay(entity, layer, seen);
    if (removed) {
      journal.note({ entity: entity.name, side, id, action: 'delete', steps });
      return result;
    }
    const [after = record] = await layOver(entity, [id], [record]);
    const fields = { ...diffRecords(record.values, after.values), ...signalled(entity, changes, agreed ?? {}) };
    journal.note({ entity: entity.name, side, id, action: 'update', fields, steps });
    remember(entity, after);
    return result.kind === 'ok' ? tell(result, after, changes, layer.at.stamp) : result;
  }

  /** What Odoo is told and does not hold: it is seen in what it does. */
  function signalled({ odoo }: Entity, changes: CanonicalRecord, agreed: CanonicalRecord) {
    const told = side === 'odoo' ? (odoo.signals ?? []).filter((field) => field in changes) : [];
    const pick = (from: CanonicalRecord) => Object.fromEntries(told.map((field) => [field, readField(from, field)]));
    return diffRecords(pick(agreed), pick(changes));
  }

  return {
    ...reading,
    read,
    async findMatches(entity, keys) {
      const found = await reading.findMatches(entity, keys);
      const planned = new Set(keys.flatMap((key) => [...(matchable.get(`${placeOf(entity)}:${key}`) ?? [])]));
      for (const { id } of found) planned.delete(id);
      const ids = found.map(({ id }) => id);
      const records = [...(await layOver(entity, ids, found)), ...(await read(entity, [...planned]))];
      return records.filter(({ values }) => keys.includes(entity.matchKey(values) ?? ''));
    },
    async create(entity, operations) {
      const seen = await foresight.creates(entity, operations);
      const results: WriteResult[] = [];
      for (const [index, { key, values }] of operations.entries()) {
        const one = seen[index] as Foreseen;
        if (one.result.kind !== 'ok') {
          results.push(one.result);
          continue;
        }
        made += 1;
        const id = placeholder(side, made);
        const layer = layerOf(entity, id, true);
        lay(entity, layer, one);
        name(entity, id, key);
        const [after] = (await read(entity, [id])) as [SideRecord];
        const { active, ...fields } = { ...diffRecords({}, after.values), ...signalled(entity, values, {}) };
        const born = active?.to === true || active === undefined ? fields : { active, ...fields };
        const later = comesLater(entity, side);
        journal.note({ entity: entity.name, side, id, action: 'create', fields: born, later, steps: one.steps });
        remember(entity, after);
        results.push(tell({ ...one.result, id }, after, values, layer.at.stamp));
      }
      return results;
    },
    async update(entity, operations) {
      const seen = await foresight.updates(entity, operations);
      const results: WriteResult[] = [];
      for (const [index, operation] of operations.entries()) {
        results.push(await apply(entity, operation, seen[index] as Foreseen));
      }
      return results;
    },
    async accompany(entity, operations) {
      const seen = await foresight.accompanies(entity, operations);
      return operations.map(({ record: { id } }, index) => {
        const { result, steps } = seen[index] as Foreseen;
        if (steps.length > 0) journal.note({ entity: entity.name, side, id, action: 'update', steps });
        return result;
      });
    },
    async adopt(entity, records) {
      const found = await read(
        entity,
        records.map(({ id }) => id),
      );
      for (const { id, memberOf } of found) {
        const writes = !memberOf.includes(entity.name);
        journal.note({ entity: entity.name, side, id, action: 'link', writes });
        if (!writes) continue;
        const layer = layerOf(entity, id);
        layer.memberOf.add(entity.name);
        layer.at = now();
      }
      await nameRecords(entity, records);
      const stamps = found.map(({ id, stamp }) => [id, layers.get(keyOf(entity, id))?.at.stamp ?? stamp] as const);
      return new Map(side === 'odoo' ? stamps : []);
    },
    nameRecords,
    async classifyMissing(entity, records) {
      const gone = records.filter(({ id }) => layers.get(keyOf(entity, id))?.removed);
      const absences = await reading.classifyMissing(entity, real(records));
      return new Map([...absences, ...gone.map(({ id }) => [id, { kind: 'deleted' }] as const)]);
    },
    async createReferences(keys) {
      foresight.pretendReferences(keys);
      for (const name of keys) {
        journal.note({
          entity: 'school',
          side,
          id: name,
          action: 'create',
          fields: { name: { from: null, to: name } },
        });
      }
    },
    async findCreated(entity, keys) {
      const found = await reading.findCreated(entity, keys);
      const planned = keys.flatMap((key) => {
        const id = names.get(`${placeOf(entity)}:${key}`);
        return id === undefined ? [] : [[key, id] as const];
      });
      return new Map([...planned, ...found]);
    },
    async findKeys(entity, ids) {
      const known = ids.filter((id) => !isPlaceholder(side, id));
      const found = new Map(await reading.findKeys(entity, known));
      for (const id of ids) {
        const given = namesOf.get(keyOf(entity, id)) ?? [];
        if (given.length > 0) found.set(id, [...(found.get(id) ?? []), ...given]);
      }
      return found;
    },
  };

  async function nameRecords(entity: Entity, records: readonly NamedRecord[]): Promise<void> {
    if (side === 'app') return;
    for (const { id, key } of records) name(entity, id, key);
  }

  function name(entity: Entity, id: string, key: string): void {
    const place = `${placeOf(entity)}:${key}`;
    if (names.has(place)) return;
    names.set(place, id);
    namesOf.set(keyOf(entity, id), [...(namesOf.get(keyOf(entity, id)) ?? []), key]);
  }
}

function cover(entity: Entity, record: SideRecord, { at, madeAt, memberOf, values }: Layer): SideRecord {
  return {
    ...record,
    ...at,
    ...(madeAt && { created: madeAt }),
    values: { ...record.values, ...values.get(entity.name) },
    memberOf: [...new Set([...record.memberOf, ...memberOf])],
  };
}

/** What the record would hold of what was sent. */
function tell(
  result: WriteResult & { kind: 'ok' },
  { id, values }: SideRecord,
  sent: CanonicalRecord,
  stamp: string | null,
): WriteResult {
  const fields = Object.keys(sent).map((field) => [field, readField(values, field)] as const);
  return { ...result, id, stamp, values: Object.fromEntries(fields) };
}
