/** The whole contract: the same checks, in the same words, for the simulator and for a real Odoo. */
import type { Test } from 'tap';
import { COVERED_CALLS } from '../../../sandbox/odoo-simulator/covered-calls.ts';
import { checkAdopt, checkExisting } from './adopting.ts';
import { checkFindExternalIds, checkLoadAndRead, checkSaveMulti, checkWriteIfUnchanged } from './bridge-actions.ts';
import { type ContractOdoo, calledPairs, openOdoo, type Recipe } from './contract-odoo.ts';
import { checkErrors, checkSignIn } from './errors.ts';
import { checkHidden } from './hiding.ts';
import { checkLoad, checkLoadRefusals } from './loading.ts';
import { checkMerge, checkMergeOfFamilies, checkMergeOfTags, checkMergeRefusals } from './merging.ts';
import { checkBumps, checkFirstContact, checkMovingSchool, checkSchool, checkTaxNumber } from './partner-sync.ts';
import { checkReferences, checkSearch, checkTags, checkValues } from './records.ts';
import { checkRights } from './rights.ts';
import { checkWebhooks } from './webhooks.ts';
import { checkDatabase } from './which-database.ts';
import { checkConcurrency, checkWriteDates } from './write-dates.ts';

const CHECKS: Readonly<Record<string, (t: Test, odoo: ContractOdoo) => Promise<void>>> = {
  'signing in': checkSignIn,
  refusals: checkErrors,
  'forms of values': checkValues,
  tags: checkTags,
  searching: checkSearch,
  references: checkReferences,
  rights: checkRights,
  'load()': checkLoad,
  'load() that is refused': checkLoadRefusals,
  write_date: checkWriteDates,
  'transactions at once': checkConcurrency,
  'the school trap': checkSchool,
  'the first contact of a company': checkFirstContact,
  'a new parent': checkMovingSchool,
  'tax numbers of a family': checkTaxNumber,
  'write_date of a family': checkBumps,
  'write if unchanged': checkWriteIfUnchanged,
  'load and read': checkLoadAndRead,
  'find external ids': checkFindExternalIds,
  'which ids exist': checkExisting,
  'which database': checkDatabase,
  adopt: checkAdopt,
  'a hidden record': checkHidden,
  merging: checkMerge,
  'merging tags': checkMergeOfTags,
  'merging families': checkMergeOfFamilies,
  'merging that is refused': checkMergeRefusals,
  web_save_multi: checkSaveMulti,
  webhooks: checkWebhooks,
};

export async function runContract(t: Test, recipe: Recipe): Promise<void> {
  for (const transport of ['xmlrpc', 'json2'] as const) {
    const odoo = openOdoo(recipe, transport);
    for (const [name, check] of Object.entries(CHECKS)) {
      await t.test(`${transport}: ${name}`, { timeout: 60_000 }, (inner) => check(inner, odoo));
    }
  }
  await t.test('the list of covered calls is what was called', async (inner) => {
    const real = [...calledPairs].filter((pair) => !/no[._]such|\._/.test(pair));
    inner.same(real.sort(), [...COVERED_CALLS].sort());
  });
}
