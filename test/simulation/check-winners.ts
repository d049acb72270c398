/** I5: each decision of a conflict is reviewed at the moment at which it is announced. */
import type { Backend, ClockOffset } from '../../src/backends/backend.ts';
import { type CanonicalChanges, readField, type Side } from '../../src/entities/define-entity.ts';
import { entityNamed } from '../../src/entities/registry.ts';
import type { Claim, ClaimedLink, ConflictEntry, Instants, Intent } from '../../src/links/links.ts';
import type { Store } from './database.ts';
import type { Change, Ledger } from './ledger.ts';
import { review, type Truth } from './reference-model.ts';
import type { SideClock } from './side-clock.ts';
import type { Violation } from './violation.ts';

export interface Reviewer {
  watchStore(store: Store, process: string): Store;
  watchBackend(backend: Backend, process: string): Backend;
  readonly violations: readonly Violation[];
  /** How many decisions were reviewed. */
  readonly reviewed: () => number;
}

/** Until a clock that was set is known again: the bridge reads both sides at least every five minutes. */
const CLOCK_NOTICED_MS = 15 * 60_000;

interface Read {
  readonly at: number;
  readonly stamp: string;
  readonly clock: ClockOffset;
}

export interface ReviewerOptions {
  readonly now: () => number;
  readonly ledger: () => Ledger;
  readonly clocks: () => Readonly<Record<Side, SideClock>>;
  readonly tie: Side;
  /** `entity appId odooId`, of all that was ever linked. */
  readonly pairs: () => ReadonlySet<string>;
}

export function createReviewer({ now, ledger, clocks, tie, pairs }: ReviewerOptions): Reviewer {
  /** By process: one that stood still decides by what it has read, not by what another one has. */
  const reads = new Map<string, Read>();
  const violations: Violation[] = [];
  /** Edits that passed for a write of ours without an answer: under the stamp of that write they go on to, once it is settled. */
  const mistaken = new Set<Change>();
  /** Which link announced a creation or an adoption, by its name. */
  const announcedBy = new Map<string, string>();
  /** When the bridge was last seen to be wrong about a clock: it takes some readings to notice that it was set. */
  const wrongAt: Record<Side, number> = { app: Number.NEGATIVE_INFINITY, odoo: Number.NEGATIVE_INFINITY };
  let reviewed = 0;

  /** @returns null when the truth cannot be told from what was read: a clock was set, or two wrote in one second */
  function truthOf(process: string, link: ClaimedLink, side: Side): Truth | null {
    const { edits, intents } = link;
    const record = recordOf(link, side);
    const read = reads.get(`${process} ${side} ${record}`);
    if (!read) return null;
    const clock = clocks()[side];
    const history = ledger()
      .of(side, record)
      .filter(({ at }) => at <= read.at)
      .map((change) => (isAdoptedByOther(link, change) ? { ...change, author: 'person' as const } : change));
    const versions = history.filter(({ stamp }) => stamp === read.stamp);
    const version = versions.at(-1);
    if (!version || new Set(versions.map(({ author }) => author)).size > 1) return null;
    if (findMistakable(link, side, history).length > 0) return null;
    // Under the stamp of a write of ours nobody sees that a record was saved as it is, or in a field that no one maps.
    const covered = edits[side] !== null || intents.some((one) => one.kind === 'update' && one.side === side);
    const byPeople = history.filter(({ author, at }) => author === 'person' && at <= version.at);
    const edit = byPeople.at(-1);
    const mapped = entityNamed(link.entity).groups.flatMap(({ fields }) => fields);
    // What comes along with another parent company is that company's.
    const shows = ({ changes, raw }: Change) =>
      mapped.some((field) => field in changes && !(field === 'vat' && raw.includes('parent_id')));
    const known = rememberedEdit(link, side);
    const unseen = known !== null && version.author === 'bridge' && isTakenBack(history, known.to, mapped);
    const seenUntil = unseen ? known.to : now();
    const seen = covered ? byPeople.findLast((one) => one.begunAt <= seenUntil && shows(one)) : edit;
    const ours = covered || read.stamp === (side === 'app' ? link.ownAppStamp : link.ownOdooStamp);
    if (ours && [edit, seen].some((one) => one && mistaken.has(one))) return null;
    // As our creation made it, though its answer was lost: saved so that nothing shows, its stamp still counts as ours.
    const isAsMade = intents.some((one) => one.kind === 'create' && one.side === side) && !byPeople.some(shows);
    const since = Math.min(edit?.begunAt ?? now(), version.begunAt);
    // What was edited in the very millisecond in which a clock was set may bear a stamp of before.
    if (clock.jumpedAt() >= since) return null;
    if (isWrong(side, read.clock) || (known !== null && wrongAt[side] >= since)) return null;
    return {
      // What a write of ours covered shows when it came to be there, not when its transaction had begun.
      editedAt: (covered ? edit?.at : edit?.begunAt) ?? null,
      seenAt: seen?.begunAt ?? null,
      writtenByBridge: version.author === 'bridge' || isAsMade,
      remembered: false,
      uncertaintyMs: read.clock.uncertaintyMs,
    };
  }

  /**
   * The tag that ties the partner to another record moves its stamp, too (docs/adr/0006). Until it is answered no link
   * says that they share it: to this record it is as if somebody in Odoo had saved it without changing anything.
   */
  function isAdoptedByOther({ id }: ClaimedLink, { kind, key }: Change): boolean {
    return kind === 'update' && key !== undefined && announcedBy.get(key) !== id;
  }

  function rememberMistakable(process: string, link: ClaimedLink): void {
    for (const side of ['app', 'odoo'] as const) {
      const record = recordOf(link, side);
      const read = reads.get(`${process} ${side} ${record}`);
      const history = ledger()
        .of(side, record)
        .filter(({ at }) => read && at <= read.at);
      for (const change of findMistakable(link, side, history)) mistaken.add(change);
    }
  }

  function isWrong(side: Side, { offsetMs, uncertaintyMs }: ClockOffset): boolean {
    if (now() - clocks()[side].jumpedAt() > CLOCK_NOTICED_MS) return false;
    return Math.abs(offsetMs - clocks()[side].offset()) > uncertaintyMs + 1;
  }

  /** Through a partner that stands for several records the edit of one is the bridge's write to another. */
  function isShared(odooId: number | null): boolean {
    return [...pairs()].filter((pair) => pair.endsWith(` ${odooId}`)).length > 1;
  }

  /** Where a write of ours was not answered, a stamp may be its own, and cover an edit of any time since it was sent. */
  function doubt(truth: Truth, link: ClaimedLink, side: Side): Truth {
    const sent = writesTo(link, side).map(({ sentAt }) => sentAt);
    const unanswered = sent.length === 0 ? 0 : now() - Math.min(...sent);
    const remembered = rememberedEdit(link, side);
    const wide = remembered ? now() - remembered.from : 0;
    const uncertaintyMs = truth.uncertaintyMs + Math.max(unanswered, wide);
    return { ...truth, remembered: remembered !== null, uncertaintyMs };
  }

  function reviewIntents(process: string, claim: Claim, intents: Parameters<Store['links']['recordIntents']>[1]): void {
    for (const { linkId, conflicts } of intents) {
      const link = claim.links.find(({ id }) => id === linkId);
      if (!link || conflicts.length === 0 || isShared(link.odooId)) continue;
      const truths = [truthOf(process, link, 'app'), truthOf(process, link, 'odoo')];
      const [app, odoo] = [truths[0] && doubt(truths[0], link, 'app'), truths[1] && doubt(truths[1], link, 'odoo')];
      if (!app || !odoo) continue;
      for (const entry of conflicts) {
        if (isNobodysEdit(entry)) continue;
        reviewed += 1;
        const wrong = review(entry, { app, odoo }, tie);
        if (wrong === null) continue;
        const detail = `link ${linkId} ${link.entity} ${link.appId} ${link.odooId}: ${entry.winner} won ${entry.field} by ${entry.rule}, but ${wrong}`;
        violations.push({ invariant: 'I5', detail });
      }
    }
  }

  return {
    watchStore: ({ links, cursors }, process) => ({
      cursors,
      links: {
        ...links,
        recordIntents(claim, intents) {
          // What the store refuses to a worker whose lease is over is no decision.
          const announced = links.recordIntents(claim, intents);
          for (const { kind, key, linkId } of intents) if (kind === 'create') announcedBy.set(key, linkId);
          const review = (ours: ReadonlySet<string>) =>
            reviewIntents(
              process,
              claim,
              intents.filter(({ linkId }) => ours.has(linkId)),
            );
          void announced.then(
            ({ ours }) => review(ours),
            () => {},
          );
          return announced;
        },
        settle(claim, settlements, info) {
          for (const { link } of settlements) rememberMistakable(process, link);
          return links.settle(claim, settlements, info);
        },
      },
    }),
    watchBackend: (backend, process) => ({
      ...backend,
      async read(entity, ids) {
        const records = await backend.read(entity, ids);
        const clock = backend.clock();
        if (isWrong(backend.side, clock)) wrongAt[backend.side] = now();
        for (const { id, stamp } of records) {
          const record = backend.side === 'app' ? `${entity.name}:${id}` : id;
          reads.set(`${process} ${backend.side} ${record}`, { at: now(), stamp, clock });
        }
        return records;
      },
    }),
    violations,
    reviewed: () => reviewed,
  };
}

/** As the ledger names it. */
function recordOf({ entity, appId, odooId }: ClaimedLink, side: Side): string {
  return side === 'app' ? `${entity}:${appId}` : String(odooId);
}

function writesTo({ intents }: ClaimedLink, side: Side): readonly Intent[] {
  return intents.filter((intent) => intent.kind === 'update' && intent.side === side);
}

/** A write without an answer carries along what it knew of the edit that it covers. */
function rememberedEdit(link: ClaimedLink, side: Side): Instants | null {
  return link.edits[side] ?? writesTo(link, side).find(({ edited }) => edited !== null)?.edited ?? null;
}

/**
 * Who writes by chance the very value of a write of ours that got no answer cannot be told from it; nor who writes one
 * that says the same (`en` for `en-US`), since a side may keep what we sent in such a spelling of its own.
 */
function findMistakable(link: ClaimedLink, side: Side, history: readonly Change[]): readonly Change[] {
  const { same } = entityNamed(link.entity);
  const sent = writesTo(link, side);
  return history.filter(
    ({ author, at, changes }) =>
      author === 'person' &&
      sent.some(
        ({ fields, sentAt }) =>
          at > sentAt &&
          Object.entries(changes).some(
            ([field, value]) => field in fields && same(field, readField(fields, field), value),
          ),
      ),
  );
}

/**
 * Whether people have taken back themselves all that they changed since. Once a write of ours has put its stamp over
 * theirs, that cannot be told from a record that nobody touched.
 */
function isTakenBack(history: readonly Change[], since: number, mapped: readonly string[]): boolean {
  const touched = mapped.filter((field) =>
    history.some(({ author, begunAt, changes }) => author === 'person' && begunAt > since && field in changes),
  );
  return touched.every((field) => {
    const changes = history.filter((one) => field in one.changes);
    const [before, last] = [changes.findLast(({ begunAt }) => begunAt <= since), changes.at(-1)];
    return last?.author === 'person' && before?.changes[field] === last.changes[field];
  });
}

/**
 * Two spellings of one value: whoever wins, nothing is lost. And a rank above one stays, so that our own write of the
 * other one may leave the partner as both.
 */
function isNobodysEdit({ field, base, app, odoo }: ConflictEntry): boolean {
  if (spell(app.value) === spell(odoo.value)) return true;
  if (field === 'type') return odoo.value === 'both';
  if (field !== 'record') return false;
  const agreed = (base as { readonly odoo: CanonicalChanges } | null)?.odoo ?? {};
  const inOdoo = Object.entries(odoo.value as CanonicalChanges);
  return inOdoo.every(([name, value]) =>
    name === 'type' ? value === 'both' : spell(value) === spell(agreed[name] ?? null),
  );
}

function spell(value: unknown): string {
  return JSON.stringify(value).replaceAll(' ', '').toUpperCase();
}
