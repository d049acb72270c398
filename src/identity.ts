/**
 * Which Odoo and which app the bridge's database belongs to. Its links are pairs of ids: on another Odoo, or with another
 * app, they would tie strangers together. So nothing is read or written there until a person says that it is meant.
 */
import { z } from 'zod';
import { readBirth, readUuid } from './backends/odoo/identify-odoo.ts';
import type { OdooTransport } from './backends/odoo/transport.ts';
import type { Config } from './config.ts';
import { SetupError } from './errors.ts';
import type { Cursors } from './links/cursors.ts';

/** Address and name are for people: an Odoo that moves keeps its birth and its uuid. */
const odooSchema = z.object({
  born: z.string(),
  /** Null as long as the bridge's user had no way to know it. */
  uuid: z.string().nullable(),
  url: z.string(),
  database: z.string(),
});
/** The contract gives an app no other name than its address. */
const appSchema = z.object({ url: z.string() });

export type OdooIdentity = z.infer<typeof odooSchema>;
export type AppIdentity = z.infer<typeof appSchema>;

export interface Identity {
  /** What the database is bound to; null before the first contact. */
  bound(): Promise<{ readonly app: AppIdentity | null; readonly odoo: OdooIdentity | null }>;
  /** The app that is configured. */
  readonly app: AppIdentity;
  /** The Odoo that answers. */
  tellOdoo(transport: OdooTransport): Promise<OdooIdentity>;
  /** @throws SetupError when another app is configured than the bound one */
  checkApp(): Promise<void>;
  /** To be called when the app has answered: the first one that does is the one. */
  keepApp(): Promise<void>;
  /** The first Odoo that answers is the one. @throws SetupError when it is another than the bound one */
  checkOdoo(transport: OdooTransport): Promise<void>;
  bind(app: AppIdentity, odoo: OdooIdentity): Promise<void>;
}

const APP = 'identity:app';
const ODOO = 'identity:odoo';

export function createIdentity(cursors: Cursors, config: Pick<Config, 'APP_URL' | 'ODOO_URL' | 'ODOO_DB'>): Identity {
  const app = { url: addressOf(config.APP_URL) };
  const here = { url: addressOf(config.ODOO_URL), database: config.ODOO_DB };
  // Asked at every request: once known to be right, it stays right as long as this process has its settings.
  let appIsBound = false;
  let appIsChecked = false;

  async function recallAction(): Promise<number | null> {
    const id = await cursors.read('odoo:action:find_external_ids');
    return id === null ? null : Number(id);
  }
  async function recall<T>(name: string, schema: z.ZodType<T>): Promise<T | null> {
    const text = await cursors.read(name);
    return text === null ? null : schema.parse(JSON.parse(text));
  }
  return {
    app,
    bound: async () => ({ app: await recall(APP, appSchema), odoo: await recall(ODOO, odooSchema) }),
    async tellOdoo(transport) {
      return { born: await readBirth(transport), uuid: await readUuid(transport, recallAction), ...here };
    },
    async checkApp() {
      if (appIsChecked) return;
      const bound = await recall(APP, appSchema);
      if (bound !== null && bound.url !== app.url) throw otherApp(app, bound);
      appIsChecked = true;
      appIsBound = bound !== null;
    },
    async keepApp() {
      if (appIsBound) return;
      await cursors.write(APP, JSON.stringify(app));
      appIsBound = true;
    },
    async checkOdoo(transport) {
      const bound = await recall(ODOO, odooSchema);
      const born = await readBirth(transport);
      // Before the uuid: an id of an action that was remembered for another Odoo must not be run in this one.
      if (bound !== null && bound.born !== born) throw otherOdoo(here, bound);
      const uuid = await readUuid(transport, recallAction);
      if (!isSameOdoo({ born, uuid }, bound)) throw otherOdoo(here, bound);
      const now = JSON.stringify({ born, uuid: uuid ?? bound?.uuid ?? null, ...here });
      if (now !== JSON.stringify(bound)) await cursors.write(ODOO, now);
    },
    async bind(newApp, newOdoo) {
      await cursors.write(APP, JSON.stringify(newApp));
      await cursors.write(ODOO, JSON.stringify(newOdoo));
    },
  };
}

/** A uuid that this user cannot read (any more) proves nothing; the birth then has to do. */
export function isSameOdoo(one: Pick<OdooIdentity, 'born' | 'uuid'>, bound: OdooIdentity | null): boolean {
  if (bound === null) return true;
  const uuidsDiffer = one.uuid !== null && bound.uuid !== null && one.uuid !== bound.uuid;
  return one.born === bound.born && !uuidsDiffer;
}

export const OTHER_SIDE: ReadonlySet<string> = new Set(['other_app', 'other_odoo']);

/** Without user, password, query and the like. */
function addressOf(url: string): string {
  const { origin, pathname } = new URL(url);
  return origin + pathname.replace(/\/+$/, '');
}

type Place = Pick<OdooIdentity, 'url' | 'database'>;

function otherOdoo(here: Place, bound: Place | null): SetupError {
  const name = (place: Place | null) => `"${place?.database}" at ${place?.url}`;
  return new SetupError({
    code: 'other_odoo',
    message: `This is another Odoo than the one that the bridge's database belongs to: it is ${name(here)}, and was ${name(bound)}. Nothing was read or written there.`,
    remedy:
      'Correct ODOO_URL and ODOO_DB; or, if this Odoo is meant, run "bridge rebind", which shows first what it would do.',
  });
}

function otherApp(here: AppIdentity, bound: AppIdentity): SetupError {
  return new SetupError({
    code: 'other_app',
    message: `This is another app than the one that the bridge's database belongs to: it is at ${here.url}, and was at ${bound.url}. Nothing was read or written there.`,
    remedy:
      'Correct APP_URL; or, if this app is meant or has moved, run "bridge rebind", which shows first what it would do.',
  });
}
