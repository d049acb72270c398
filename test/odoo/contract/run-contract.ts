/** The whole contract: the same checks for the simulator and for real Odoos. */
import type { Test } from 'tap';
import { COVERED_CALLS } from '../../../sandbox/odoo-simulator/covered-calls.ts';
import { checkAdopt, checkExisting } from './adopting.ts';
import {
  checkFindExternalIds,
  checkLaunch,
  checkLoadAndRead,
  checkSaveMulti,
  checkWriteIfUnchanged,
} from './bridge-actions.ts';
import { type ContractOdoo, calledPairs, openOdoo, type Recipe } from './contract-odoo.ts';
import { checkErrors, checkSignIn } from './errors.ts';
import { checkHidden } from './hiding.ts';
import { checkLoad, checkLoadRefusals } from './loading.ts';
import { checkMerge, checkMergeOfFamilies, checkMergeOfTags, checkMergeRefusals } from './merging.ts';
import { checkContacts, checkFamilies, checkMerges, checkMissingFeatures } from './odoo14.ts';
import { checkBumps, checkFirstContact, checkMovingSchool, checkSchool, checkTaxNumber } from './partner-sync.ts';
import { checkReferences, checkSearch, checkTags, checkValues } from './records.ts';
import { checkRights } from './rights.ts';
import { checkWebhooks } from './webhooks.ts';
import { checkDatabase, checkKeys } from './which-database.ts';
import { checkConcurrency, checkWriteDates } from './write-dates.ts';

type Checks = Readonly<Record<string, (t: Test, odoo: ContractOdoo) => Promise<void>>>;

/** In every version, in the words of each (`dialect.ts`). */
const ALIKE: Checks = {
  'signing in': checkSignIn,
  refusals: checkErrors,
  tags: checkTags,
  'load()': checkLoad,
  write_date: checkWriteDates,
  'transactions at once': checkConcurrency,
  'write if unchanged': checkWriteIfUnchanged,
  'load and read': checkLoadAndRead,
  'find external ids': checkFindExternalIds,
  'which ids exist': checkExisting,
  'which database': checkDatabase,
  adopt: checkAdopt,
  'launch nothing': checkLaunch,
  'a hidden record': checkHidden,
};

const IN_19: Checks = {
  'forms of values': checkValues,
  searching: checkSearch,
  references: checkReferences,
  rights: checkRights,
  'API keys': checkKeys,
  'load() that is refused': checkLoadRefusals,
  'the school trap': checkSchool,
  'the first contact of a company': checkFirstContact,
  'a new parent': checkMovingSchool,
  'tax numbers of a family': checkTaxNumber,
  'write_date of a family': checkBumps,
  merging: checkMerge,
  'merging tags': checkMergeOfTags,
  'merging families': checkMergeOfFamilies,
  'merging that is refused': checkMergeRefusals,
  web_save_multi: checkSaveMulti,
  webhooks: checkWebhooks,
};

const IN_14: Checks = {
  'what is missing': checkMissingFeatures,
  contacts: checkContacts,
  families: checkFamilies,
  merging: checkMerges,
};

export async function runContract(t: Test, recipe: Recipe): Promise<void> {
  const [transports, own] =
    recipe.major === 19 ? [['xmlrpc', 'json2'] as const, IN_19] : ([['xmlrpc'], IN_14] as const);
  for (const transport of transports) {
    const odoo = openOdoo(recipe, transport);
    for (const [name, check] of Object.entries({ ...ALIKE, ...own })) {
      await t.test(`${transport}: ${name}`, { timeout: 60_000 }, (inner) => check(inner, odoo));
    }
  }
  // The simulator stands for 19.
  if (recipe.major !== 19) return;
  await t.test('the list of covered calls is what was called', async (inner) => {
    const real = [...calledPairs].filter((pair) => !/no[._]such|\._/.test(pair));
    inner.same(real.sort(), [...COVERED_CALLS].sort());
  });
}
