/** What tells one Odoo database from another, and to whom. */
import type { Test } from 'tap';
import type { ContractOdoo, Row } from './contract-odoo.ts';
import { checkRefused } from './errors.ts';
import { ACCESS } from './refusals.ts';

const ASK = {
  model: 'ir.config_parameter',
  method: 'search_read',
  args: { domain: [['key', '=', 'database.uuid']], fields: ['value'] },
};

export async function readUuid(odoo: ContractOdoo): Promise<unknown> {
  return ((await odoo.call(ASK)) as Row[])[0]?.value;
}

export async function checkDatabase(t: Test, odoo: ContractOdoo): Promise<void> {
  t.match(await readUuid(odoo), /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  const reader = odoo.as(await odoo.createUser({ login: `which-${odoo.transport}`, groups: ['base.group_user'] }));
  await checkRefused(t, reader, 'no administrator, no uuid', ASK, {
    ...ACCESS,
    text: /^You are not allowed to access 'System Parameter'/,
  });
  const args = { domain: [], fields: ['create_date'], order: 'id', limit: 1, load: '' };
  const oldest = { model: 'res.lang', method: 'search_read', args, context: { active_test: false } };
  const seen = await reader.call(oldest);
  t.match(seen, [{ id: Number, create_date: /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/ }], 'when it was made, anybody may see');
  t.same(seen, await odoo.call(oldest), 'and it is the same for everybody');
}

/** Each user sees the keys of his own, without the key itself. */
export async function checkKeys(t: Test, odoo: ContractOdoo): Promise<void> {
  const reader = odoo.as(await odoo.createUser({ login: `keys-${odoo.transport}`, groups: ['base.group_user'] }));
  for (const user of [odoo, reader]) {
    const found = (await user.call({
      model: 'res.users',
      method: 'search',
      args: { domain: [['login', '=', user.username]] },
    })) as number[];
    const domain = [['user_id', '=', found[0] as number]];
    const args = { domain, fields: ['scope', 'expiration_date'], load: '' };
    const keys = (await user.call({ model: 'res.users.apikeys', method: 'search_read', args })) as Row[];
    t.match(keys, [{ scope: 'rpc', expiration_date: false }]);
    const asked = { attributes: ['type'], allfields: ['scope', 'expiration_date'] };
    const known = await user.call({ model: 'res.users.apikeys', method: 'fields_get', args: asked });
    t.match(known, { scope: { type: 'char' }, expiration_date: { type: 'datetime' } });
  }
}
