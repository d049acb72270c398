/** Which of Odoo's taxes is meant by "20 percent". */
import { z } from 'zod';
import { TerminalError } from '../../../errors.ts';
import { link } from '../endpoint-values.ts';
import type { OdooClient } from '../odoo-client.ts';
import { findBooks } from './accounting.ts';

const taxRow = z.object({ id: z.int(), amount: z.number(), price_include: z.boolean(), sequence: z.int() });

/**
 * A tax of so many percent that is added to the price: the company's usual sale tax if it is one of them, else the
 * first in Odoo's own order.
 * @throws TerminalError `unknown_tax`
 */
export async function findSaleTax(odoo: OdooClient, percent: number): Promise<number> {
  const { companyId } = await findBooks(odoo);
  const domain = [
    ['company_id', '=', companyId],
    ['type_tax_use', '=', 'sale'],
    ['amount_type', '=', 'percent'],
  ];
  const taxes = await odoo.searchRead('account.tax', taxRow, domain);
  const fitting = taxes.filter(({ amount, price_include }) => Math.abs(amount - percent) < 1e-6 && !price_include);
  const [company] = await odoo.read('res.company', z.object({ account_sale_tax_id: link }), [companyId]);
  const usual = fitting.find(({ id }) => id === company?.account_sale_tax_id);
  const chosen = usual ?? fitting.toSorted((one, other) => one.sequence - other.sequence || one.id - other.id)[0];
  if (chosen) return chosen.id;
  throw new TerminalError({
    code: 'unknown_tax',
    message: `Odoo has no active sale tax of ${percent} % that is added to the price.`,
    remedy: 'Activate or create it in Odoo under Invoicing › Configuration › Taxes, or name the tax by its id.',
  });
}
