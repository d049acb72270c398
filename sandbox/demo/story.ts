/** The story of the demo. Every step is checked on both sides, past the bridge: in the app's pages and in Odoo itself. */
import type { World } from '../world/start-world.ts';
import { setStage } from './stage.ts';
import { backfill, enterTeachers, installWebhooks } from './steps/backfill.ts';
import { prepareACampaign } from './steps/campaign.ts';
import { invoiceTheTravel } from './steps/invoice.ts';
import { lastOneWins } from './steps/last-one-wins.ts';
import { archiveAndRestore, changePhone, createInApp, createInOdoo } from './steps/live-edits.ts';
import { moveOneOfThree } from './steps/one-school.ts';
import { surviveOutage } from './steps/outage.ts';
import { stayQuiet } from './steps/quiet.ts';
import { letAnApartment, orderATravel } from './steps/travel.ts';
import { TEACHERS } from './teachers.ts';
import type { Teller } from './teller.ts';

export async function tellStory(world: World, teller: Teller): Promise<void> {
  const stage = setStage(world);
  await teller.step('Odoo is told where to post', () => installWebhooks(stage));
  await teller.step(`${TEACHERS} teachers are in the app`, () => enterTeachers(stage));
  await teller.step('the bridge starts: they are backfilled', () => backfill(stage));
  await teller.step('a teacher is created in the app', () => createInApp(stage));
  await teller.step('a phone is changed in Odoo', () => changePhone(stage));
  await teller.step('a partner with the tag Teacher is created in Odoo', () => createInOdoo(stage));
  await teller.step('one of three teachers of a school moves', () => moveOneOfThree(stage));
  await teller.step('archived and restored, from either side', () => archiveAndRestore(stage));
  // The simulator is an Odoo with nothing but Contacts.
  if (world.odoo.kind !== 'simulator') {
    await teller.step('an apartment is let', () => letAnApartment(stage));
    await teller.step('a travel is ordered and its quote validated', () => orderATravel(stage));
    await teller.step('it is invoiced and paid', () => invoiceTheTravel(stage));
    await teller.step('a mailing list, and a campaign to it', () => prepareACampaign(stage));
  }
  await teller.step('both change one field, the app last', () => lastOneWins(stage, 'app'));
  await teller.step('both change one field, Odoo last', () => lastOneWins(stage, 'odoo'));
  await teller.step('Odoo is cut off, edits go on, Odoo is back', () => surviveOutage(stage));
  await teller.step('then it is quiet', () => stayQuiet(stage));
}
