/** The travel's invoice: posted with its papers, paid in Odoo, and so the travel is won. */
import { appOffice } from '../../people/office.ts';
import type { Fields } from '../../people/people.ts';
import { waitUntil } from '../../people/wait-until.ts';
import { check, PATIENCE_MS, type Stage } from '../stage.ts';

export async function invoiceTheTravel({ app, odoo, named }: Stage): Promise<string> {
  const office = appOffice(app);
  const [travel] = (await app.all('travels')).filter(({ title }) => title === named('Rome 2027'));
  const id = await office.makeInvoice(String(travel?.id));
  const { number } = await office.validateInvoice(id);
  const told = (what: string, isRight: (invoice: Fields) => boolean) =>
    waitUntil(
      what,
      async () => {
        const invoice = await app.look('invoices', id);
        return isRight(invoice) ? invoice : undefined;
      },
      PATIENCE_MS,
    );
  const posted = await told('the number of Odoo is in the app', ({ odoo_number }) => odoo_number != null);
  check(posted.amount_residual === '8400.00' && posted.payment_state === 'not_paid', 'all of it is still to be paid');
  const find = async (model: string, domain: readonly (readonly unknown[])[], fields: string[]) =>
    (await odoo.call(model, 'search_read', { domain: domain as never, fields, load: '' })) as Fields[];
  const [move] = await find(
    'account.move',
    [['invoice_origin', '=', String(number)]],
    ['state', 'amount_total', 'name'],
  );
  check(move?.state === 'posted' && move.amount_total === 8400, 'it is posted over the very sum');
  await waitUntil(
    'its PDF and XML hang on it',
    async () => {
      const on = [
        ['res_model', '=', 'account.move'],
        ['res_id', '=', Number(move.id)],
      ];
      return (await find('ir.attachment', on, ['name'])).length >= 2 || undefined;
    },
    PATIENCE_MS,
  );
  await odoo.pay([Number(move.id)]);
  await told(
    'the payment is in the app',
    ({ payment_state }) => payment_state === 'paid' || payment_state === 'in_payment',
  );
  const isWon = async () => (await app.look('travels', String(travel?.id))).odoo_stage === 'Won' || undefined;
  await waitUntil('its travel is won', isWon, PATIENCE_MS);
  return `${move.name}, posted to the cent, with its papers; paid in Odoo, and the travel is won`;
}
