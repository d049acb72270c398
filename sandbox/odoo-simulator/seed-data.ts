/** What a fresh Odoo holds: countries, languages, the models and fields that are known here, the first users. */

import { randomUUID } from 'node:crypto';
import { withImplied } from './access-rights.ts';
import type { Environment, User, World } from './environment.ts';
import { SCHEMA } from './schema.ts';
import type { Row, Transaction } from './tables.ts';

const COUNTRIES =
  'AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS XI XK YE YT ZA ZM ZW';

const LANGUAGES = [
  ['en_US', 'English (US)', 'en'],
  ['fr_FR', 'French / Français', 'fr'],
  ['de_DE', 'German / Deutsch', 'de'],
  ['es_ES', 'Spanish / Español', 'es'],
] as const;

export interface SimulatedUser {
  readonly username: string;
  readonly apiKey: string;
  /** External ids, such as `base.group_user`; implied groups come by themselves. */
  readonly groups: readonly string[];
  /** When the key ends, in milliseconds since 1970; never, by default. */
  readonly keyExpires?: number;
}

export interface Seed {
  readonly world: World;
  readonly transaction: Transaction;
  readonly languages: readonly string[];
}

export function seedDatabase({ world, transaction, languages }: Seed): void {
  const put = (model: string, values: Readonly<Record<string, unknown>>): number => {
    const table = world.tables.of(model);
    const id = table.nextId();
    const { stamp } = transaction;
    const log = { create_uid: 1, create_date: stamp, write_uid: 1, write_date: stamp };
    const empty = Object.fromEntries(Object.keys(SCHEMA[model]?.fields ?? {}).map((name) => [name, null]));
    transaction.put(table, { ...empty, ...values, ...log, id } as Row);
    return id;
  };
  const names = new Intl.DisplayNames(['en'], { type: 'region' });
  for (const code of COUNTRIES.split(' ')) put('res.country', { code, name: names.of(code) ?? code });
  for (const [code, name, iso] of LANGUAGES) {
    put('res.lang', { code, name, iso_code: iso, active: languages.includes(code) });
  }
  for (const [model, spec] of Object.entries(SCHEMA)) {
    const id = put('ir.model', { model, name: spec.label });
    for (const [name, field] of Object.entries(spec.fields)) {
      put('ir.model.fields', { name, model, model_id: id, ttype: field.type, relation: field.relation ?? null });
    }
  }
  const externalId = (module: string, name: string, model: string, id: number) =>
    put('ir.model.data', { module, name, model, res_id: id, noupdate: true });
  const partner = (name: string, more = {}) =>
    put('res.partner', {
      active: true,
      type: 'contact',
      is_company: false,
      customer_rank: 0,
      supplier_rank: 0,
      name,
      complete_name: name,
      ...more,
    });
  externalId('base', 'main_partner', 'res.partner', partner('My Company', { is_company: true }));
  externalId('base', 'partner_root', 'res.partner', partner('OdooBot', { active: false }));
  put('ir.config_parameter', { key: 'database.uuid', value: randomUUID() });
  put('res.users', { login: '__system__', name: 'OdooBot', partner_id: 2, active: false });
}

/** Adds a user with a partner of his own; the first one is uid 2, as Odoo's administrator. */
export function addUser(env: Environment, user: SimulatedUser, name: string): User {
  const { tables, users } = env.world;
  const { stamp } = env.transaction;
  const log = { create_uid: 1, create_date: stamp, write_uid: 1, write_date: stamp };
  const partners = tables.of('res.partner');
  const bot = partners.get(1) as Row;
  const partnerId = partners.nextId();
  const person = { ...bot, ...log, id: partnerId, name, complete_name: name, is_company: false, email: null };
  env.transaction.put(partners, person);
  const table = tables.of('res.users');
  const id = table.nextId();
  const row = { ...log, id, login: user.username, name, partner_id: partnerId, active: true };
  env.transaction.put(table, row as Row);
  const keys = tables.of('res.users.apikeys');
  const expiration_date = user.keyExpires === undefined ? null : user.keyExpires * 1_000;
  const key = { ...log, id: keys.nextId(), name: 'rpc', user_id: id, scope: 'rpc', expiration_date };
  env.transaction.put(keys, key as Row);
  const added = { id, login: user.username, apiKey: user.apiKey, groups: withImplied(user.groups) };
  users.set(id, added);
  return added;
}
