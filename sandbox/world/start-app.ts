/** The travel app, as a program of its own. */
import { join } from 'node:path';
import type { Belongings } from './belongings.ts';
import { startProgram } from './child-process.ts';
import { findFreePort } from './free-port.ts';

export interface WebhookTarget {
  readonly url: string;
  /** `whsec_…` */
  readonly secret: string;
}

export interface AppOptions {
  readonly databaseUrl: string;
  readonly token: string;
  readonly logFile: string;
  readonly webhook: WebhookTarget | null;
}

const MAIN = join(import.meta.dirname, '..', 'app', 'main.ts');
const USUAL_PORT = 4000;

/** @returns where it listens */
export async function startApp(options: AppOptions, belongings: Belongings): Promise<string> {
  const { webhook } = options;
  const app = startProgram(MAIN, {
    env: {
      APP_DATABASE_URL: options.databaseUrl,
      APP_API_TOKEN: options.token,
      ...(webhook && { BRIDGE_WEBHOOK_URL: webhook.url, BRIDGE_WEBHOOK_SECRET: webhook.secret }),
      PORT: String(await findFreePort(USUAL_PORT)),
    },
    readyLine: /"url":"([^"]+)".*travel app is up/,
    logFile: options.logFile,
  });
  const ready = app.ready;
  ready.catch(() => {});
  await belongings.own(() => app.stop());
  return (await ready)[1] ?? '';
}
