/** What the engine tells the store: which records it tied together, and what it says lost. Looks on, alters nothing. */
import type { CanonicalChanges, Side } from '../../src/entities/define-entity.ts';
import type { ClaimedLink, ConflictEntry } from '../../src/links/links.ts';
import type { Store } from './database.ts';
import type { Change } from './ledger.ts';

export interface Witness {
  watch(store: Store): Store;
  /** `entity appId odooId`, ever since the start. */
  readonly pairs: ReadonlySet<string>;
  /** When a field of a link was first agreed on, by `link field`. */
  readonly agreedAt: ReadonlyMap<string, number>;
  /** Links that were tied to more than one Odoo record. */
  readonly moved: ReadonlySet<string>;
  readonly conflicts: readonly { readonly link: ClaimedLink; readonly entry: ConflictEntry }[];
  /** Writes that were announced, until it was settled what became of them. */
  readonly announced: readonly Announcement[];
  /** Cursors that went back (I13). */
  readonly backwards: readonly string[];
}

export interface Announcement {
  readonly linkId: string;
  readonly side: Side;
  readonly kind: 'create' | 'update';
  readonly key: string;
  readonly fields: CanonicalChanges;
  /** What the link had agreed on of Odoo's record until then. */
  readonly agreed: CanonicalChanges;
  readonly at: number;
  readonly until: number;
}

export function createWitness(now: () => number): Witness {
  const agreedAt = new Map<string, number>();
  const pairs = new Set<string>();
  const moved = new Set<string>();
  const partners = new Map<string, number>();
  const conflicts: { link: ClaimedLink; entry: ConflictEntry }[] = [];
  const backwards: string[] = [];
  const announced: Announcement[] = [];

  function end(linkId: string, open: readonly string[]): void {
    announced.forEach((one, index) => {
      if (one.linkId !== linkId || one.until < now() || open.includes(one.key)) return;
      announced[index] = { ...one, until: now() };
    });
  }

  function see({ id, entity, appId, odooId }: ClaimedLink): void {
    if (appId === null || odooId === null) return;
    pairs.add(`${entity} ${appId} ${odooId}`);
    const known = partners.get(id);
    if (known !== undefined && known !== odooId) moved.add(id);
    partners.set(id, odooId);
  }

  return {
    watch: ({ links, cursors }) => ({
      links: {
        ...links,
        async claim(...args) {
          const claim = await links.claim(...args);
          claim?.links.forEach(see);
          return claim;
        },
        async attach(claim, linkId, counterpart) {
          const attached = await links.attach(claim, linkId, counterpart);
          const link = claim.links.find(({ id }) => id === linkId);
          const { side, id } = counterpart;
          if (attached && link) see({ ...link, ...(side === 'app' ? { appId: id } : { odooId: Number(id) }) });
          return attached;
        },
        async recordIntents(claim, intents) {
          const agreed = new Map(claim.links.map(({ id, base }) => [id, base?.odoo ?? {}]));
          for (const { linkId, side, kind, key, fields } of intents) {
            const known = { linkId, side, kind, key, fields, agreed: agreed.get(linkId) ?? {} };
            announced.push({ ...known, at: now(), until: Number.POSITIVE_INFINITY });
          }
          return links.recordIntents(claim, intents);
        },
        async settle(claim, settlements, info) {
          for (const { link, openIntents = [] } of settlements) end(link.id, openIntents);
          for (const { link, base, conflicts: entries = [] } of settlements) {
            for (const field of Object.keys(base?.app ?? {})) {
              const name = `${link.id} ${field}`;
              if (base && field in base.odoo && !agreedAt.has(name)) agreedAt.set(name, now());
            }
            for (const entry of entries) conflicts.push({ link, entry });
          }
          return links.settle(claim, settlements, info);
        },
      },
      cursors: {
        ...cursors,
        async advance(name, time) {
          const before = await cursors.read(name);
          await cursors.advance(name, time);
          const after = await cursors.read(name);
          if (after === null || (before !== null && Date.parse(after) < Date.parse(before))) backwards.push(name);
        },
      },
    }),
    pairs,
    agreedAt,
    moved,
    conflicts,
    announced,
    backwards,
  };
}

/** The records that this one was ever tied to, as the ledger names them. */
export function counterparts({ pairs }: Witness, { side, record }: Pick<Change, 'side' | 'record'>): string[] {
  return [...pairs].flatMap((pair) => {
    const [entity = '', appId = '', odooId = ''] = pair.split(' ');
    if (side === 'app') return record === `${entity}:${appId}` ? [odooId] : [];
    return record === odooId ? [`${entity}:${appId}`] : [];
  });
}
