/** What people type in: each text is used once, so that it tells where it came from. */
import type { AppFields } from './operations.ts';
import type { PartnerValues } from './partner-row.ts';
import type { Random } from './random.ts';
import { REFUSED_BY_APP } from './sim-app.ts';
import { REFUSED_BY_ODOO } from './sim-odoo.ts';

const SCHOOLS = ['Lycée Hugo', 'Collège Zola', 'École Curie'] as const;

export interface Maker {
  readonly random: Random;
  readonly entities: readonly string[];
  /** The word with a number that no other text has. */
  text(word: string): string;
}

export function drawSchool(random: Random): string | null {
  return random.chance(0.3) ? random.pick(SCHOOLS) : null;
}

/** One to three fields as the app names them. */
export function appFields(maker: Maker, entity: string): AppFields {
  const { random, text } = maker;
  const fields: Record<string, string | null> = {};
  for (let left = random.pick([1, 1, 2, 3]); left > 0; left -= 1) {
    const choice = random.weighted({
      phone: 8,
      street: 3,
      address: 3,
      notes: 4,
      vat: 2,
      type: 2,
      language: 2,
      name: 2,
      email: 1,
      bad: 0.5,
      school: 2,
    });
    if (choice === 'phone') fields.phone = random.pick([text('+33'), text('+33  0'), null]);
    if (choice === 'street') fields.street = random.pick([text('Rue'), null]);
    if (choice === 'address')
      Object.assign(fields, {
        street: text('Rue'),
        city: text('Lyon'),
        country: random.pick(['FR', 'DE', 'XX', null]),
      });
    if (choice === 'notes') fields.notes = random.pick([text('a <b> & c'), text('two\nlines'), null]);
    if (choice === 'vat') fields.vat = random.pick([text('fr'), text('FR'), null]);
    if (choice === 'type') fields.type = random.pick(['customer', 'supplier', 'both', 'none', null]);
    if (choice === 'language') fields.language = random.pick(['fr', 'fr-FR', 'en', 'pt', null]);
    if (choice === 'name') fields.name = text('Name');
    if (choice === 'email')
      fields.email = random.chance(0.8)
        ? `${text('e').replace(' ', '')}@example.org`
        : `p${random.between(0, 9)}@example.org`;
    if (choice === 'bad') fields.phone = REFUSED_BY_ODOO;
    if (choice === 'school' && entity === 'teacher') fields.school = random.chance(0.8) ? random.pick(SCHOOLS) : null;
  }
  return Object.keys(fields).length > 0 ? fields : { phone: text('+33') };
}

export function partnerValues({ random, text }: Maker): PartnerValues {
  const values: Record<string, unknown> = {};
  for (let left = random.pick([1, 1, 2, 3]); left > 0; left -= 1) {
    const choice = random.weighted({
      phone: 8,
      street: 3,
      address: 3,
      comment: 4,
      vat: 2,
      rank: 2,
      lang: 2,
      name: 2,
      email: 1,
      bad: 0.5,
      website: 1,
    });
    if (choice === 'phone') values.phone = random.pick([text('+49'), text('+49  0'), false]);
    if (choice === 'street') values.street = random.pick([text('Weg'), false]);
    if (choice === 'address')
      Object.assign(values, { street: text('Weg'), city: text('Ulm'), country_id: random.pick([75, 57, false]) });
    if (choice === 'comment') values.comment = random.pick([`<p>${text('c &amp; d')}</p>`, false]);
    if (choice === 'vat') values.vat = random.pick([text('de'), false]);
    if (choice === 'rank') values[random.pick(['customer_rank', 'supplier_rank'])] = random.pick([0, 1, 2]);
    if (choice === 'lang') values.lang = random.pick(['en_US', 'fr_FR', false]);
    if (choice === 'name') values.name = text('Nom');
    if (choice === 'email')
      values.email = random.chance(0.8)
        ? `${text('o').replace(' ', '')}@example.org`
        : `p${random.between(0, 9)}@example.org`;
    if (choice === 'bad') values.phone = REFUSED_BY_APP;
    if (choice === 'website') values.website = text('https://w');
  }
  return values;
}
