/** Odoo may be away, or set up wrongly, when the bridge starts: the connection is made at the first call that needs it. */
import type { Backend } from '../backend.ts';
import { UNMEASURED } from '../clock-offset.ts';
import type { OdooBackend } from './odoo-backend.ts';
import type { ClockReading } from './transport.ts';
import { hasFeature } from './versions.ts';

export interface DeferredOdoo extends Backend {
  connected(): Promise<OdooBackend>;
  /** Webhooks of Odoo 17 and 18 leave before the transaction commits. True as long as the version is not known. */
  postsBeforeCommit(): boolean;
  close(): Promise<void>;
}

/** @param connect called again after each failure; one connection is shared by all callers */
export function deferOdoo(connect: (observe: (reading: ClockReading) => void) => Promise<OdooBackend>) {
  let connecting: Promise<OdooBackend> | null = null;
  let backend: OdooBackend | null = null;
  const early: ClockReading[] = [];

  function observe(reading: ClockReading): void {
    if (backend) backend.observeDate(reading);
    else early.push(reading);
  }

  function connected(): Promise<OdooBackend> {
    connecting ??= connect(observe).then(
      (made) => {
        backend = made;
        for (const reading of early.splice(0)) made.observeDate(reading);
        return made;
      },
      (error: unknown) => {
        connecting = null;
        throw error;
      },
    );
    return connecting;
  }

  const deferred: DeferredOdoo = {
    side: 'odoo',
    read: async (entity, ids) => (await connected()).read(entity, ids),
    makes: async (entity) => (await connected()).makes(entity),
    readChanged: async (entity, since, cursor) => (await connected()).readChanged(entity, since, cursor),
    findMatches: async (entity, keys) => (await connected()).findMatches(entity, keys),
    create: async (entity, operations, options) => (await connected()).create(entity, operations, options),
    update: async (entity, operations, options) => (await connected()).update(entity, operations, options),
    accompany: async (entity, operations) => (await connected()).accompany(entity, operations),
    adopt: async (entity, records) => (await connected()).adopt(entity, records),
    nameRecords: async (entity, records) => (await connected()).nameRecords(entity, records),
    classifyMissing: async (entity, records) => (await connected()).classifyMissing(entity, records),
    missingReferences: async (entity, changes) => (await connected()).missingReferences(entity, changes),
    leftOut: async (entity, records) => (await connected()).leftOut(entity, records),
    createReferences: async (keys) => (await connected()).createReferences(keys),
    findKeys: async (entity, ids) => (await connected()).findKeys(entity, ids),
    findCreated: async (entity, keys) => (await connected()).findCreated(entity, keys),
    clock: () => backend?.clock() ?? UNMEASURED,
    connected,
    postsBeforeCommit: () => backend === null || !hasFeature(backend.version, 'postsAfterCommit'),
    close: async () => backend?.transport.close(),
  };
  return deferred;
}
