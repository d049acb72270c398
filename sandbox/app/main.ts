/** Runs the travel app by itself, configured by its environment. */
import { pino } from 'pino';
import { z } from 'zod';
import { startTravelApp } from './start-app.ts';

const ENVIRONMENT = z.object({
  APP_DATABASE_URL: z.string('is required').min(1, 'is required'),
  APP_API_TOKEN: z.string('is required').regex(/^\S{16,}$/, 'must have at least 16 characters and no blanks'),
  BRIDGE_WEBHOOK_URL: z.url().optional(),
  BRIDGE_WEBHOOK_SECRET: z.string().optional(),
  HOST: z.string().default('127.0.0.1'),
  PORT: z.coerce.number().int().min(0).max(65_535).default(4_000),
});

const parsed = ENVIRONMENT.safeParse(process.env);
if (!parsed.success) {
  for (const issue of parsed.error.issues) process.stderr.write(`${issue.path.join('.')}: ${issue.message}\n`);
  process.exit(2);
}

const env = parsed.data;
const logger = pino();
const app = await startTravelApp({
  databaseUrl: env.APP_DATABASE_URL,
  apiToken: env.APP_API_TOKEN,
  host: env.HOST,
  port: env.PORT,
  logger,
  ...(env.BRIDGE_WEBHOOK_URL === undefined
    ? {}
    : { webhook: { url: env.BRIDGE_WEBHOOK_URL, secret: env.BRIDGE_WEBHOOK_SECRET ?? '' } }),
});
logger.info({ url: app.url }, 'travel app is up');

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    app.close().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  });
}
