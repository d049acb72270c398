/** Both sides of a plan: the real ones to read from, and what was planned over them. */
import type { Backend } from './backends/backend.ts';
import { TAKES_ALL } from './backends/foresight.ts';
import type { Journal } from './backends/journal.ts';
import { createOdooBackend } from './backends/odoo/odoo-backend.ts';
import { readOnly } from './backends/odoo/read-only.ts';
import { createOverlay, readingOf } from './backends/overlay.ts';
import { type Context, createDirectory, odooOptions } from './context.ts';
import type { Links } from './links/links.ts';
import type { Ties } from './links/ties.ts';

/** @param memory of the plan: who is whose counterpart in it, placeholders included */
export async function createPlanSides(
  { config, cursors, app, odoo }: Context,
  memory: { readonly links: Links; readonly ties: Ties },
  journal: Journal,
): Promise<{ readonly app: Backend; readonly odoo: Backend }> {
  const { transport, version } = await odoo.connected();
  // A backend of its own: what it remembers of tags, companies and counterparts is true in this plan only.
  const directory = createDirectory(() => memory.links, memory.ties);
  const live = odooOptions(config, cursors, directory, { transport, version });
  let pretended = 0;
  const planned = createOdooBackend({
    ...live,
    transport: readOnly(transport, () => live.recallAction('find_external_ids')),
    tags: {
      ...live.tags,
      remember: () => Promise.resolve(),
      exclusively: (work) => work(),
      pretend: () => {
        pretended -= 1;
        return pretended;
      },
    },
    recallAction: async (name) => (name === 'find_external_ids' ? live.recallAction(name) : null),
  });
  return {
    app: createOverlay(readingOf(app), TAKES_ALL, journal),
    // The clock is measured by all calls of this process.
    odoo: createOverlay({ ...readingOf(planned), clock: odoo.clock }, planned.foresee(), journal),
  };
}
