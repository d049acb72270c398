/** Whether Odoo is there, is one that the bridge knows, and lets it in. */

import { type KeyExpiry, readKeyExpiry } from '../backends/odoo/key-expiry.ts';
import { firstVersionWith, hasFeature } from '../backends/odoo/versions.ts';
import { describeError } from '../errors.ts';
import { type Finding, fail, ok, type Probe, Unmet, type Variable, warn } from './check.ts';
import { describeClock } from './describe-clock.ts';
import type { Lab } from './lab.ts';
import { lookAtTls } from './look-at-tls.ts';

/** What all checks need that call Odoo. */
export const ODOO_ACCESS: readonly Variable[] = ['ODOO_URL', 'ODOO_DB', 'ODOO_USERNAME', 'ODOO_API_KEY'];

const OLDEST = 14;
const TRIED = [14, 19];
const SOON_DAYS = 14;
const DAY_MS = 86_400_000;

const url: Probe = {
  name: 'odoo_url',
  needs: ['ODOO_URL'],
  async look(lab) {
    const { full } = await lab.version();
    return ok(`An Odoo answers there (${full}).`);
  },
};

const tls: Probe = {
  name: 'odoo_tls',
  needs: ['ODOO_URL'],
  look: (lab) => lookAtTls('ODOO_URL', lab.setting('ODOO_URL'), lab.timeoutMs),
};

const version: Probe = {
  name: 'odoo_version',
  needs: ['ODOO_URL'],
  async look(lab) {
    const told = await lab.version().catch(() => {
      throw new Unmet('odoo_url');
    });
    const { major, full } = told;
    if (major < OLDEST)
      return fail(`Odoo ${full} is older than the bridge knows.`, `Update Odoo to ${OLDEST} or later.`);
    if (lab.inspected.settings.ODOO_TRANSPORT === 'json2' && !hasFeature(told, 'json2')) {
      const since = firstVersionWith('json2');
      return fail(
        `Odoo ${full} has no JSON-2 API; it came with ${since}.`,
        'Set ODOO_TRANSPORT to auto or xmlrpc, or leave it out.',
      );
    }
    const events = hasFeature(told, 'webhooks')
      ? 'It can post webhooks.'
      : 'It has no webhooks: the poller alone serves.';
    if (TRIED.includes(major)) return ok(`Odoo ${full}. ${events}`);
    return warn(
      `Odoo ${full} was never tried with this version of the bridge. ${events}`,
      `Try it on a copy first; ${TRIED.join(' and ')} were run.`,
    );
  },
};

const database: Probe = {
  name: 'odoo_database',
  needs: ODOO_ACCESS,
  async look(lab) {
    const problem = await trySigningIn(lab);
    if (problem === null || problem.code === 'invalid_credentials') return ok('Odoo has a database of that name.');
    if (problem.code === 'unknown_database') return fail(problem.message, problem.remedy);
    throw new Unmet('odoo_key');
  },
};

const key: Probe = {
  name: 'odoo_key',
  needs: ODOO_ACCESS,
  async look(lab) {
    const problem = await trySigningIn(lab);
    if (problem === null) return ok(`Odoo lets the user in, over ${(await lab.odoo()).transport.kind}.`);
    if (problem.code === 'unknown_database') throw new Unmet('odoo_database');
    return fail(problem.message, problem.remedy);
  },
};

/** @returns null when Odoo let us in */
async function trySigningIn(lab: Lab) {
  try {
    await lab.signedIn();
    return null;
  } catch (error) {
    if (error instanceof Unmet) throw error;
    return describeError(error);
  }
}

const keyExpiry: Probe = {
  name: 'odoo_key_expiry',
  needs: ODOO_ACCESS,
  async look(lab) {
    const { transport } = await lab.odoo();
    return describeExpiry(await readKeyExpiry(transport), Date.now());
  },
};

/** Odoo tells neither which of the keys is ours nor when a password ends: the first that ends may be it. */
function describeExpiry({ keys, firstEnd }: KeyExpiry, now: number): Finding {
  if (keys === 0) {
    return warn(
      'The user has no API key: ODOO_API_KEY seems to be the password.',
      'Make an API key in the preferences of the user and set ODOO_API_KEY to it; JSON-2 takes nothing else.',
    );
  }
  if (firstEnd === null) return ok('The API keys of the user never end.');
  const day = new Date(firstEnd).toISOString().slice(0, 10);
  const which = keys === 1 ? 'The API key' : `One of the ${keys} API keys of the user`;
  if (firstEnd - now > SOON_DAYS * DAY_MS) return ok(`${which} ends on ${day}.`);
  return warn(
    `${which} ends on ${day}.`,
    'Make a new one in the preferences of the user, set ODOO_API_KEY to it and restart the bridge.',
  );
}

const clock: Probe = {
  name: 'odoo_clock',
  needs: ODOO_ACCESS,
  async look(lab) {
    await lab.odoo();
    return lab.clocks.odoo.isMeasured()
      ? describeClock(lab.clocks.odoo, "Odoo's")
      : warn('Odoo does not tell its time.', 'Let the proxy before Odoo pass the header Date on.');
  },
};

export const ODOO_CHECKS: readonly Probe[] = [url, tls, version, database, key, keyExpiry, clock];
