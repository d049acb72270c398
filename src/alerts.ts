/**
 * Tells ALERT_WEBHOOK_URL what an operator should know: once for each cause, when it is over, and again when it came back. What
 * was told stands in the database, so that a restart repeats nothing, and of several processes one tells.
 */
import { type Cause, type CauseSources, findCauses, tellOver } from './alert-causes.ts';
import type { Context } from './context.ts';
import { describeError } from './errors.ts';
import { createKeyWatch } from './key-watch.ts';
import { createAlerts, type DueAlert } from './links/alerts.ts';

export interface AlertWatch {
  /** Looks and tells now; resolves when that is done. Never rejects. */
  lookNow(): Promise<void>;
  stop(): Promise<void>;
}

export interface AlertOptions {
  readonly pollEveryMs: number;
  /** Milliseconds between two looks. */
  readonly everyMs?: number;
}

const POST_MS = 10_000;
const FIRST_PAUSE_MS = 15_000;
const LONGEST_PAUSE_MS = 3_600_000;

/** What is posted. `text` is what chats show that take such webhooks (Slack, Mattermost, …). */
interface Message {
  readonly text: string;
  /** In the words of Prometheus' Alertmanager. */
  readonly status: 'firing' | 'resolved';
  readonly kind: string;
  readonly subject: string;
  readonly since: string;
  /** When it was over. */
  readonly until?: string;
  readonly instance: string;
  readonly detail: Cause['detail'];
}

export function startAlerts(context: Context, { pollEveryMs, everyMs = 15_000 }: AlertOptions): AlertWatch {
  const { db, cursors, config, log } = context;
  const url = config.ALERT_WEBHOOK_URL;
  const alerts = createAlerts(db);
  const keyWatch = createKeyWatch(context);
  const sources: CauseSources = { alerts, cursors, pollEveryMs, now: Date.now };
  const stopping = new AbortController();
  let last = Promise.resolve();
  let idle = true;

  async function look(): Promise<void> {
    await keyWatch.look();
    if (url === undefined) return;
    try {
      await cursors.withTryLock('alerts', () => tell(url));
    } catch (error) {
      log.warn({ code: describeError(error).code }, 'alerts could not be looked at; it is tried again soon');
    }
  }

  async function tell(address: string): Promise<void> {
    const causes = await findCauses(sources);
    await alerts.keep(causes);
    for (const due of await alerts.due()) {
      const cause = causes.find(({ kind, subject }) => kind === due.kind && subject === due.subject);
      if (stopping.signal.aborted) return;
      const problem = await post(address, toMessage(due, cause), stopping.signal);
      if (problem === null) {
        await alerts.sent(due);
        continue;
      }
      log.warn({ code: problem }, 'ALERT_WEBHOOK_URL did not take an alert; it is tried again');
      await alerts.failed(due, Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(due.attempts, 10)));
      // The others would fare no better, and each may hang for as long.
      return;
    }
  }

  /** @param cause as it is now; of what is over there is none */
  function toMessage({ kind, subject, since: begin, over }: DueAlert, cause: Cause | undefined): Message {
    const instance = config.BRIDGE_INSTANCE;
    const about = { kind, subject, since: begin.toISOString() };
    return cause
      ? { text: `Bridge ${instance}: ${cause.text}`, status: 'firing', ...about, instance, detail: cause.detail }
      : {
          text: `Bridge ${instance}: resolved, ${tellOver({ kind, subject })}`,
          status: 'resolved',
          ...about,
          ...(over && { until: over.toISOString() }),
          instance,
          detail: {},
        };
  }

  /** One after the other: what is asked for now shall see what is so now. */
  function lookNow(): Promise<void> {
    idle = false;
    const mine = last.then(look).then(() => {
      if (last === mine) idle = true;
    });
    last = mine;
    return mine;
  }

  const timer = setInterval(() => idle && lookNow(), everyMs);
  void lookNow();
  return {
    lookNow,
    async stop() {
      clearInterval(timer);
      stopping.abort();
      await last;
    },
  };
}

/** @returns a code of what went wrong, or null. The address may be a secret, and so may what it answers. */
async function post(url: string, message: Message, stopping: AbortSignal): Promise<string | null> {
  try {
    const answer = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(message),
      redirect: 'manual',
      signal: AbortSignal.any([AbortSignal.timeout(POST_MS), stopping]),
    });
    await answer.body?.cancel();
    return answer.ok ? null : `alert_http_${answer.status}`;
  } catch {
    return 'alert_not_sent';
  }
}
