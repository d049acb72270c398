/** All rows of a subject without what may differ between two stores: ids, tokens, and a moment's difference in time. */
import type { Rows, StoredLink, Subject } from './subject.ts';

/** Times are told to the next ten seconds that no sequence of operations comes near. */
export interface Shown {
  readonly rows: unknown;
  /** Distances to now, in milliseconds, in one order for all stores. */
  readonly times: readonly (readonly [what: string, ms: number])[];
}

const nameOf = ({ entity, appId, odooId }: StoredLink) => `${entity} ${appId ?? '-'} ${odooId ?? '-'}`;

export async function show(subject: Subject): Promise<Shown> {
  const rows = await subject.read();
  const now = subject.now();
  const names = new Map(rows.links.map((link) => [link.id, nameOf(link)]));
  const nameById = (id: string) => names.get(id) ?? 'gone';
  const links = [...rows.links].sort((left, right) => (nameOf(left) < nameOf(right) ? -1 : 1));
  return {
    rows: {
      links: links.map((link) => showLink(link, rows)),
      bases: Array.from(rows.bases, ([id, base]) => [nameById(id), base] as const).sort(byFirst),
      intents: rows.intents
        .map(({ linkId, sentAt, overAt, ...intent }) => [`${nameById(linkId)} ${intent.key}`, intent] as const)
        .sort(byFirst),
      deliveries: rows.deliveries.map(({ lookAt, ...delivery }) => JSON.stringify(delivery)).sort(),
      conflicts: rows.conflicts.map(({ id, linkId, restoredAt, ...conflict }) => ({
        ...conflict,
        link: nameById(linkId),
        restored: restoredAt !== null,
      })),
      logs: rows.logs.map(({ linkId, ...log }) => log),
      guardUses: rows.guardUses.map(({ linkId, kind }) => `${nameById(linkId)} ${kind}`).sort(),
    },
    times: links.flatMap((link) =>
      (['stateSince', 'dirtyAt', 'leaseUntil'] as const).map(
        (column) => [`${nameOf(link)} ${column}`, link[column] === null ? 0 : link[column] - now] as const,
      ),
    ),
  };
}

const byFirst = ([left]: readonly [string, unknown], [right]: readonly [string, unknown]) => (left < right ? -1 : 1);

function showLink(link: StoredLink, { conflicts }: Rows): unknown {
  const { id, stateSince, dirtyAt, leaseToken, leaseUntil, nextAttemptAt, restoring, ...row } = link;
  return {
    ...row,
    leased: leaseToken !== null,
    waits: nextAttemptAt !== null,
    restoring: restoring && {
      values: restoring.values,
      conflict: conflicts.findIndex((conflict) => conflict.id === restoring.conflictId),
    },
  };
}
