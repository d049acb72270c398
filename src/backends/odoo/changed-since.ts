/** Which records look otherwise than before: by their own stamp, or by those of what hangs on them. */
import { z } from 'zod';
import type { Entity } from '../../entities/define-entity.ts';
import type { OdooContext } from './odoo-context.ts';
import type { RpcValue } from './transport.ts';

/** So many addresses at once are told apart; of more, every record is looked at. */
const MOST_ADDRESSES = 1_000;
const blacklistRows = z.array(z.looseObject({ email: z.string() }));

/**
 * Part of a search condition. One call more at most, however many records there are.
 * @param since as Odoo writes times
 */
export async function changedSince(
  { transport }: Pick<OdooContext, 'transport'>,
  { odoo }: Pick<Entity, 'odoo'>,
  since: string,
): Promise<readonly RpcValue[]> {
  const { paths = [], addresses } = odoo.stirredBy ?? {};
  const conditions: RpcValue[] = ['', ...paths.map((path) => `${path}.`)].map((path) => [
    `${path}write_date`,
    '>=',
    since,
  ]);
  if (addresses !== undefined) {
    const domain = [['write_date', '>=', since]];
    const args = { domain, fields: ['email'], order: 'id', load: '', limit: MOST_ADDRESSES + 1 };
    const call = { model: 'mail.blacklist', method: 'search_read', args, context: { active_test: false } };
    const emails = blacklistRows.parse(await transport.call(call)).map(({ email }) => email);
    if (emails.length > MOST_ADDRESSES) conditions.push(['id', '>', 0]);
    else if (emails.length > 0) conditions.push([addresses, 'in', emails]);
  }
  return [...Array(conditions.length - 1).fill('|'), ...conditions];
}
