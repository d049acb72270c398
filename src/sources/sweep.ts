/**
 * The sweep: once a night both sides are listed whole, and each pair is compared by content. It finds what no webhook
 * told and no poll could see, above all deletions; repairs go the same way as every edit. What it saw is certified.
 */
import { createHash } from 'node:crypto';
import type { Backend } from '../backends/backend.ts';
import type { Entity } from '../entities/define-entity.ts';
import type { Cursors } from '../links/cursors.ts';
import { type Links, type Pair, PRIORITY } from '../links/links.ts';
import { isAbsence } from './absence.ts';
import { comparePair, readDigests } from './compare-pair.ts';
import { markListed, markRecords } from './listing.ts';

export interface SweepContext {
  readonly links: Links;
  readonly cursors: Cursors;
  readonly app: Backend;
  readonly odoo: Backend;
  readonly now: () => number;
}

/** As contract §4 shapes it; times are RFC 3339. */
export interface Certificate {
  /** When the comparison began. */
  readonly at: string;
  /** Pairs of records in scope, compared by the content of all mapped fields. */
  readonly pairs: number;
  /** Pairs of which a record was gone, or not as last agreed. They are marked: what becomes of them is in the logs. */
  readonly differing: number;
  /** Names the content of all pairs: two sweeps that saw the same tell the same. */
  readonly digest: string;
  /** Entities that could not be compared: their Odoo app is not installed, or the app has no such collection. */
  readonly not_compared: readonly string[];
  /** The oldest change that was known and not applied when the sweep began; null when all was. */
  readonly oldest_unapplied: string | null;
}

const CERTIFICATE = 'certificate';
const PAIRS_AT_ONCE = 5_000;

interface Compared {
  readonly lines: string[];
  differing: number;
  oldest: number;
}

/**
 * @returns null when another process is at it
 * @throws when a side does not answer; the certificate of the last sweep then stays
 */
export async function sweep(context: SweepContext, entities: readonly Entity[]): Promise<Certificate | null> {
  const { cursors, now } = context;
  let certificate: Certificate | null = null;
  await cursors.withTryLock('sweep', async () => {
    const startedAt = now();
    const compared: Compared = { lines: [], differing: 0, oldest: startedAt };
    const notCompared: string[] = [];
    for (const entity of entities) {
      try {
        await sweepEntity(context, entity, startedAt, compared);
      } catch (error) {
        // Where there is none at all, the set-up is wrong, and nothing is certified.
        if (!isAbsence(error) || notCompared.length === entities.length - 1) throw error;
        notCompared.push(entity.name);
      }
    }
    const { lines, differing, oldest } = compared;
    certificate = {
      at: new Date(startedAt).toISOString(),
      pairs: lines.length,
      differing,
      digest: createHash('sha256').update(lines.sort().join('\n')).digest('hex'),
      not_compared: notCompared,
      oldest_unapplied: oldest < startedAt ? new Date(oldest).toISOString() : null,
    };
    await cursors.write(CERTIFICATE, JSON.stringify(certificate));
  });
  return certificate;
}

/** @returns what the last sweep that came to its end has seen; null before the first */
export async function readCertificate(cursors: Cursors): Promise<Certificate | null> {
  const text = await cursors.read(CERTIFICATE);
  return text === null ? null : JSON.parse(text);
}

async function sweepEntity(
  context: SweepContext,
  entity: Entity,
  startedAt: number,
  compared: Compared,
): Promise<void> {
  const { links, app } = context;
  const isTagged = await context.odoo.makes(entity);
  const seen: Record<'app' | 'odoo', ReadonlyMap<string, string>> = {
    app: await listMembers(context, context.app, entity),
    odoo: isTagged ? await listMembers(context, context.odoo, entity) : new Map<string, string>(),
  };
  let page: readonly Pair[] = [];
  do {
    page = await links.listPairs(entity.name, entity.odoo.model, page.at(-1)?.linkId ?? null, PAIRS_AT_ONCE);
    // Of what only the app makes, Odoo's other records of that model need not be read.
    if (!isTagged)
      seen.odoo = await readDigests(
        context.odoo,
        entity,
        page.map(({ odooId }) => String(odooId)),
      );
    const gone: string[] = [];
    const strayed: string[] = [];
    for (const { appId, odooId, agreed, dirtyAt } of page) {
      const listed = { app: seen.app.get(appId), odoo: seen.odoo.get(String(odooId)) };
      const found = comparePair(agreed, listed, startedAt);
      if (found.differs) compared.differing += 1;
      if (found.app === undefined || found.odoo === undefined) gone.push(appId);
      else if (!isTagged && found.odoo !== agreed?.odoo) strayed.push(appId);
      if (dirtyAt !== null) compared.oldest = Math.min(compared.oldest, dirtyAt);
      compared.lines.push(`${entity.name} ${appId} ${odooId} ${found.app ?? '-'} ${found.odoo ?? '-'}`);
    }
    // Only marked: whether they are deleted, hidden, or were left out of a listing, the pass finds out by their ids.
    await markRecords(links, app, entity, [...gone, ...strayed], PRIORITY.sweep);
  } while (page.length > 0);
  for (const backend of [context.app, context.odoo]) {
    // What waits for a person without a counterpart is no pair. Gone by now, it need not wait any longer.
    const halves = await links.listHalves(backend.side, entity.name, entity.odoo.model);
    const gone = halves.filter((id) => !seen[backend.side].has(id));
    await markRecords(links, backend, entity, gone, PRIORITY.sweep);
  }
}

/** @returns the digests of all records that the side lists as the entity's, by id */
async function listMembers(
  { links }: SweepContext,
  backend: Backend,
  entity: Entity,
): Promise<ReadonlyMap<string, string>> {
  const digests = new Map<string, string>();
  await markListed(links, backend, entity, {
    since: null,
    priority: PRIORITY.sweep,
    onPage(rows) {
      for (const { id, digest, member } of rows) if (member) digests.set(id, digest);
    },
  });
  return digests;
}
