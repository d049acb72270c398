/** Which of Odoo's taxes is meant by "20 percent". */
import { z } from 'zod';
import { TerminalError } from '../../../errors.ts';
import { link } from '../endpoint-values.ts';
import type { OdooClient } from '../odoo-client.ts';
import { findBooks } from './accounting.ts';

const taxRow = z.object({ id: z.int(), amount: z.number(), price_include: z.boolean(), sequence: z.int() });

/**
 * For each percentage a tax that is added to the price: the company's usual sale tax if it is one of them, else the
 * first in Odoo's own order.
 * @returns ids by percentage
 * @throws TerminalError `unknown_tax` naming the first one that Odoo does not have
 */
export async function findSaleTaxes(
  odoo: OdooClient,
  percentages: ReadonlySet<number>,
): Promise<ReadonlyMap<number, number>> {
  const found = new Map<number, number>();
  if (percentages.size === 0) return found;
  const { companyId } = await findBooks(odoo);
  const domain = [
    ['company_id', '=', companyId],
    ['type_tax_use', '=', 'sale'],
    ['amount_type', '=', 'percent'],
  ];
  const taxes = await odoo.searchRead('account.tax', taxRow, domain);
  const [company] = await odoo.read('res.company', z.object({ account_sale_tax_id: link }), [companyId]);
  for (const percent of percentages) {
    const fitting = taxes
      .filter(({ amount, price_include }) => Math.abs(amount - percent) < 1e-6 && !price_include)
      .toSorted((one, other) => one.sequence - other.sequence || one.id - other.id);
    const chosen = fitting.find(({ id }) => id === company?.account_sale_tax_id) ?? fitting[0];
    if (!chosen) throw unknownTax(percent);
    found.set(percent, chosen.id);
  }
  return found;
}

function unknownTax(percent: number): TerminalError {
  return new TerminalError({
    code: 'unknown_tax',
    message: `Odoo has no active sale tax of ${percent} % that is added to the price.`,
    remedy: 'Activate or create it in Odoo under Invoicing › Configuration › Taxes, or name the tax by its id.',
  });
}
