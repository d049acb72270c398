/** What the core needs to know before anybody is written to: what is new, when it is night, who is on which list. */
import type { Context } from './context.ts';
import { mailingList } from './entities/mailing-list.ts';
import { newSinceCursor } from './links/cursors.ts';
import { PRIORITY } from './links/links.ts';
import { findMentioning } from './links/mentions.ts';
import type { Mailing } from './reconcile/context.ts';
import { parseQuietHours, quietMsAt } from './reconcile/quiet-hours.ts';

export function createMailing({
  config,
  cursors,
  db,
  links,
}: Pick<Context, 'config' | 'cursors' | 'db' | 'links'>): Mailing {
  const { QUIET_HOURS: hours, QUIET_HOURS_ZONE: zone } = config;
  const quiet = hours === undefined ? null : parseQuietHours(hours, zone);
  return {
    async newSince(entity) {
      const since = await cursors.read(newSinceCursor(entity));
      return since === null ? null : Date.parse(since);
    },
    quietMs: (at) => quietMsAt(quiet, at),
    async markListsOf(people) {
      const { name, odoo } = mailingList;
      const lists = await findMentioning(db, name, odoo.roster ?? '', people);
      await links.markApp(lists, odoo.model, PRIORITY.live);
    },
  };
}
