/** What the core is put to work with: by the process, by the commands, and by a plan over places of its own. */
import type { Backend } from './backends/backend.ts';
import type { Context } from './context.ts';
import { createMailing } from './mailing.ts';
import type { Log, ReconcileContext } from './reconcile/context.ts';

interface Places extends Pick<Context, 'config' | 'cursors' | 'db' | 'links' | 'app'> {
  readonly odoo: Backend;
  readonly log: Log;
}

export function reconcileContext(context: Places): ReconcileContext {
  const { config } = context;
  return {
    ...context,
    now: Date.now,
    random: Math.random,
    policy: { tie: config.CONFLICT_TIE, scope: config.CONFLICT_SCOPE },
    instance: config.BRIDGE_INSTANCE,
    callMaxMs: config.ODOO_CALL_MAX_SECONDS * 1000,
    mailing: createMailing(context),
  };
}
