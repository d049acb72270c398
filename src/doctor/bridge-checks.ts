/** The bridge itself: its settings, its database, its disk, and its doors as the world finds them. */
import { createHmac, randomUUID } from 'node:crypto';
import { access, constants, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isMigrated } from '../db/migrate.ts';
import { describeError } from '../errors.ts';
import { createIdentity, OTHER_SIDE } from '../identity.ts';
import { type Finding, fail, ok, type Probe, Unmet, warn } from './check.ts';
import type { Lab } from './lab.ts';
import { ODOO_ACCESS } from './odoo-checks.ts';

const configuration: Probe = {
  name: 'configuration',
  needs: [],
  async look({ inspected }) {
    const { faults, settings } = inspected;
    if (faults.size > 0) {
      const all = [...faults].map(([variable, fault]) => `${variable} ${fault}`).join('; ');
      return fail(`${all}.`, 'Set them as .env.example explains.');
    }
    const lists = ['BRIDGE_API_TOKENS', 'APP_WEBHOOK_SECRETS', 'ODOO_WEBHOOK_TOKENS'] as const;
    const empty = lists.filter((name) => settings[name]?.length === 0);
    if (empty.length === 0) return ok('All settings are valid.');
    return warn(
      `Not set: ${empty.join(', ')}. Nobody may use what they open.`,
      'Set them as .env.example explains: API, webhooks of the app, webhooks of Odoo.',
    );
  },
};

const database: Probe = {
  name: 'database',
  needs: ['DATA_DIR'],
  async look(lab) {
    const variable = lab.inspected.settings.DATABASE_URL === undefined ? 'DATA_DIR' : 'DATABASE_URL';
    if (lab.inspected.faults.has('DATABASE_URL')) return fail('DATABASE_URL is malformed.', 'Mend it: postgres://…');
    const opened = await lab.openedDatabase().catch((error: unknown) => describeDatabase(error, variable));
    if (opened === null) {
      return warn(
        'DATABASE_URL is not set, and the bridge has not made a database of its own yet.',
        'Start the bridge once (npm start), or set DATABASE_URL.',
      );
    }
    return 'status' in opened ? opened : ok('The database answers.');
  },
};

function describeDatabase(error: unknown, variable: string): Finding {
  const { code, message, remedy } = describeError(error);
  if (code !== 'internal') return fail(message, remedy);
  const reason = (error as { code?: unknown }).code;
  const shown = typeof reason === 'string' && /^[A-Z0-9_]+$/.test(reason) ? ` (${reason})` : '';
  return fail(
    `The database does not answer${shown}.`,
    `Check ${variable}: address, name, user and password, and that PostgreSQL runs and lets this machine in.`,
  );
}

const migrations: Probe = {
  name: 'migrations',
  needs: ['DATA_DIR'],
  async look(lab) {
    const { db } = await lab.database();
    const right = await isMigrated(db).catch(() => false);
    if (right) return ok('All migrations are applied.');
    return fail('The database lacks migrations.', 'Run "bridge migrate", or start the bridge, which does it first.');
  },
};

const sides: Probe = {
  name: 'sides',
  needs: [...ODOO_ACCESS, 'APP_URL'],
  async look(lab) {
    const { cursors } = await lab.database();
    const { transport } = await lab.odoo();
    const readOnly = { ...cursors, write: () => Promise.resolve() };
    const identity = createIdentity(readOnly, {
      APP_URL: lab.setting('APP_URL'),
      ODOO_URL: lab.setting('ODOO_URL'),
      ODOO_DB: lab.setting('ODOO_DB'),
    });
    try {
      await identity.checkApp();
      await identity.checkOdoo(transport);
      return ok('The database belongs to this app and this Odoo, or to none yet.');
    } catch (error) {
      const { code, message, remedy } = describeError(error);
      if (OTHER_SIDE.has(code)) return fail(message, remedy);
      if (code !== 'internal') throw error;
      throw new Unmet('migrations');
    }
  },
};

const LOW_BYTES = 1024 ** 3;
const NONE_BYTES = 100 * 1024 ** 2;

function disk(name: string, variable: 'DATA_DIR' | 'LOG_FILE'): Probe {
  return {
    name,
    needs: [variable],
    async look(lab) {
      const path = lab.setting(variable);
      const folder = await nearest(variable === 'DATA_DIR' ? path : dirname(path));
      const writable = await access(folder, constants.W_OK).then(
        () => true,
        () => false,
      );
      if (!writable) return fail(`${variable} cannot be written to.`, 'Give the account of the bridge write access.');
      const { bavail, bsize } = await statfs(folder);
      return describeSpace(variable, bavail * bsize);
    },
  };
}

/** It may be made only at the first start. */
async function nearest(folder: string): Promise<string> {
  const there = await access(folder).then(
    () => true,
    () => false,
  );
  return there ? folder : nearest(dirname(folder));
}

function describeSpace(variable: string, bytes: number): Finding {
  const room = `There are ${(bytes / 1024 ** 3).toFixed(1)} GiB free for ${variable}.`;
  const remedy = 'Make room on the disk, or move it to a larger one.';
  if (bytes < NONE_BYTES) return fail(room, remedy);
  return bytes < LOW_BYTES ? warn(room, remedy) : ok(room);
}

const address: Probe = {
  name: 'bridge_address',
  needs: ['BRIDGE_PUBLIC_URL'],
  async look(lab) {
    const answer = await knock(lab, '/livez', {}).catch(() => null);
    if (answer === 200) return ok('A bridge answers at BRIDGE_PUBLIC_URL.');
    return warn(
      answer === null
        ? 'Nobody answers at BRIDGE_PUBLIC_URL, as far as this machine can tell.'
        : `BRIDGE_PUBLIC_URL answers with HTTP ${answer}, not as a bridge.`,
      'Start the bridge; check BRIDGE_PUBLIC_URL, and the proxy before the bridge.',
    );
  },
};

/** Signed rightly, and about nothing: 422 says that the signature was taken, and nothing is stored. */
const signature: Probe = {
  name: 'app_webhook_signature',
  needs: ['BRIDGE_PUBLIC_URL', 'APP_WEBHOOK_SECRETS'],
  async look(lab) {
    const body = JSON.stringify({ type: 'doctor.asks', data: { id: '1' } });
    const send = (secret: string) => knock(lab, '/webhooks/app', { body, headers: sign(secret, body) });
    const wrong = await send(`whsec_${Buffer.alloc(32).toString('base64')}`).catch(() => unmetAddress());
    for (const [index, secret] of lab.setting('APP_WEBHOOK_SECRETS').entries()) {
      const finding = judge(await send(secret), `secret ${index + 1} of APP_WEBHOOK_SECRETS`);
      if (finding !== null) return finding;
    }
    if (wrong === 401) return ok('The running bridge takes events that are signed with our secrets, and no others.');
    return fail(`An event with a wrong signature is answered with HTTP ${wrong}, not 401.`, PROXY);
  },
};

/** The same for the door of Odoo. */
const odooToken: Probe = {
  name: 'odoo_webhook_token',
  needs: ['BRIDGE_PUBLIC_URL', 'ODOO_WEBHOOK_TOKENS'],
  async look(lab) {
    const body = JSON.stringify({ _model: 'bridge.doctor', _id: 1 });
    const send = (token: string) => {
      const authorization = `Basic ${Buffer.from(`bridge:${token}`).toString('base64')}`;
      return knock(lab, '/webhooks/odoo', { body, headers: { authorization } });
    };
    const wrong = await send('no-token-of-this-bridge').catch(() => unmetAddress());
    for (const [index, token] of lab.setting('ODOO_WEBHOOK_TOKENS').entries()) {
      const finding = judge(await send(token), `token ${index + 1} of ODOO_WEBHOOK_TOKENS`);
      if (finding !== null) return finding;
    }
    if (wrong === 401) return ok('The running bridge takes our tokens, and no others.');
    return fail(`An event with a wrong token is answered with HTTP ${wrong}, not 401.`, PROXY);
  },
};

const PROXY = 'Check BRIDGE_PUBLIC_URL, and that the proxy before the bridge passes bodies and headers on as they are.';

function judge(status: number, what: string): Finding | null {
  if (status === 422) return null;
  if (status === 401) {
    return fail(`The running bridge does not take ${what}.`, 'Restart the bridge with the settings as they are now.');
  }
  return fail(`An event with ${what} is answered with HTTP ${status}, not 422.`, PROXY);
}

function unmetAddress(): never {
  throw new Unmet('bridge_address');
}

/** As the contract says: Standard Webhooks 1.0. */
function sign(secret: string, body: string): Record<string, string> {
  const id = `doctor_${randomUUID()}`;
  const timestamp = String(Math.floor(Date.now() / 1_000));
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
  const digest = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${digest}` };
}

async function knock(
  lab: Lab,
  path: string,
  { body, headers }: { readonly body?: string; readonly headers?: Record<string, string> },
): Promise<number> {
  const url = lab.setting('BRIDGE_PUBLIC_URL').replace(/\/+$/, '') + path;
  const signal = AbortSignal.timeout(Math.min(5_000, lab.timeoutMs));
  const content = body === undefined ? {} : { method: 'POST', body };
  const answer = await fetch(url, {
    ...content,
    headers: { ...headers, ...(body !== undefined && { 'content-type': 'application/json' }) },
    redirect: 'manual',
    signal,
  });
  await answer.arrayBuffer();
  return answer.status;
}

export const BRIDGE_CHECKS: readonly Probe[] = [
  configuration,
  database,
  migrations,
  sides,
  disk('disk_data', 'DATA_DIR'),
  disk('disk_log', 'LOG_FILE'),
  address,
  signature,
  odooToken,
];
