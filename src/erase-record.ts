/** Erasing a record for whom the law says so: what the bridge remembers of it goes, and what remains elsewhere is told. */
import type { SideRecord } from './backends/backend.ts';
import type { Entity } from './entities/define-entity.ts';
import { entityNamed } from './entities/registry.ts';
import type { ErrorDetail } from './errors.ts';
import { lookAtRecord, type RecordNow } from './explain/look-at-record.ts';
import type { ErasedLink, Erasures, Related, Removed } from './links/erasures.ts';
import type { Stories, StoryRequest } from './links/stories.ts';
import type { ReconcileContext } from './reconcile/context.ts';

export interface Erasure {
  readonly entity: string;
  readonly app_id: string | null;
  readonly odoo_model: string;
  readonly odoo_id: number | null;
  readonly erased_at: string;
  /** How many rows went. */
  readonly removed: Removed;
  /** Other records that the bridge knows and that may be about the same person: each is erased by itself. */
  readonly related: readonly { readonly entity: string; readonly app_id: string; readonly why: Related['why'] }[];
  /** Where it may still be, in plain words. */
  readonly remains: readonly string[];
}

export type EraseAnswer = { readonly erased: Erasure } | { readonly refused: ErrorDetail };

/** Once more does no harm: what came of it since then goes too. @returns null when the bridge knows no such record */
export async function eraseRecord(
  context: ReconcileContext & { readonly stories: Stories; readonly erasures: Erasures },
  request: StoryRequest,
): Promise<EraseAnswer | null> {
  const story = await context.stories.read(request);
  if (!story) return null;
  const entity = entityNamed(request.entity);
  const { id, appId, odooId } = story.claimed;
  const link: ErasedLink = { id, entity: entity.name, odooModel: entity.odoo.model, appId, odooId };
  if (story.link.state !== 'erased') {
    const refused = whyNot(entity, link, await lookAtRecord(context, entity, story.claimed));
    if (refused) return { refused };
  }
  const related = await context.erasures.findRelated(link);
  const done = await context.erasures.erase(link);
  if (!done) return { refused: BUSY };
  return {
    erased: {
      entity: entity.name,
      app_id: appId,
      odoo_model: entity.odoo.model,
      odoo_id: odooId,
      erased_at: done.erasedAt.toISOString(),
      removed: done.removed,
      related: related.map(({ entity: name, id: app_id, why }) => ({ entity: name, app_id, why })),
      remains: tellRemains(link),
    },
  };
}

const BUSY: ErrorDetail = {
  code: 'record_in_work',
  message: 'A pass is at work on it or on a mailing list that it is on, or a write may still land. Nothing was erased.',
  remedy: 'Try again in a moment. If that does not help, look why the record or the list is parked.',
};

/** What is alive would only come back: the bridge would stop to keep equal what people still use. */
function whyNot(entity: Entity, link: ErasedLink, { app, odoo, next }: RecordNow): ErrorDetail | null {
  const away = !app.reachable ? app.error : !odoo.reachable ? odoo.error : null;
  if (away) {
    const message = `Whether it is still alive is not known: ${away.message} Nothing was erased.`;
    return { code: 'side_away', message, remedy: away.remedy };
  }
  const alive = [
    ...(livesInApp('record' in app ? app.record : null) ? [`the app (${entity.name} ${link.appId})`] : []),
    ...(livesInOdoo(entity, 'record' in odoo ? odoo.record : null) ? [`Odoo (${link.odooModel} ${link.odooId})`] : []),
  ];
  if (alive.length > 0) {
    const message = `It is still in use in ${alive.join(' and in ')}. Nothing was erased.`;
    const remedy = `Delete it there, or overwrite what is personal and archive it${entity.odoo.membership.kind === 'tag' ? ' (in Odoo it is enough to take its tag away, if it is somebody else as well)' : ''}; then erase it here.`;
    return { code: 'record_lives', message, remedy };
  }
  const absence = next?.seen.absence?.kind;
  if (absence === 'merged') {
    const message = 'Odoo merged it into another record, which may still be in use. Nothing was erased.';
    return {
      code: 'record_merged',
      message,
      remedy: 'Wait for the next poll, which follows it there; then try again.',
    };
  }
  // Without an id in the app nothing tells what became of it.
  if (absence === 'hidden' || (absence === 'unexplained' && link.appId !== null)) {
    const message =
      'Odoo does not show the record to the bridge, and does not say that it was deleted. Nothing was erased.';
    return { code: 'record_hidden', message, remedy: 'Let an administrator look at it there; delete or archive it.' };
  }
  return null;
}

function livesInApp(record: SideRecord | null): boolean {
  return record !== null && record.values.active !== false && record.raw.deleted_at == null;
}

function livesInOdoo(entity: Entity, record: SideRecord | null): boolean {
  return record !== null && record.values.active !== false && record.memberOf.includes(entity.name);
}

function tellRemains({ entity, odooModel, appId, odooId }: ErasedLink): readonly string[] {
  return [
    ...(appId === null
      ? []
      : [`The app: what it keeps of ${entity} ${appId} itself. Archived is not erased: overwrite or delete it there.`]),
    ...(odooId === null
      ? []
      : [
          `Odoo: ${odooModel} ${odooId}, if it was archived and not deleted, with the history below its form; contacts of mailing lists, messages, attachments, leads. Its app Privacy Lookup finds them by name and address; without it, search for both. Invoices have to be kept.`,
        ]),
    `The bridge: the ids above, so that nothing makes it again, and that it was erased. Copies of its database from before still have all of it: after restoring one, erase again.`,
  ];
}
