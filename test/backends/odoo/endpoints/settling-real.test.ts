import t, { type Test } from 'tap';
import { createContact } from '../../../../src/backends/odoo/endpoints/contacts.ts';
import { createInvoice, readPaymentState, validateInvoice } from '../../../../src/backends/odoo/endpoints/invoicing.ts';
import { createCreditNote, registerPayment } from '../../../../src/backends/odoo/endpoints/settling.ts';
import type { OdooClient } from '../../../../src/backends/odoo/odoo-client.ts';
import { eachTransport } from '../../../support/each-transport.ts';

t.setTimeout(280_000);

const refused = (code: string, message = /./) => ({ name: 'TerminalError', code, message });

async function checkCreditNotes(t: Test, odoo: OdooClient, mark: string): Promise<void> {
  const partner_id = await createContact(odoo, { name: `Grace ${mark}` });
  const lines = [{ description: 'Rome', unit_price: 100, tax_percent: 20 }];
  const id = await createInvoice(odoo, { partner_id, invoice_date: '2026-04-01', lines });
  await validateInvoice(odoo, id);
  const note = await createCreditNote(odoo, id, { reason: 'Cancelled', date: '2026-04-05' });
  t.match(note, {
    move_type: 'out_refund',
    state: 'posted',
    reversed_entry_id: id,
    amount_total: 120,
    ref: /Cancelled/,
  });
  t.match(await readPaymentState(odoo, id), { payment_state: 'reversed', amount_residual: 0 });
  t.same(await createCreditNote(odoo, id), note, 'never a second one');
  await t.rejects(createCreditNote(odoo, note.id), refused('invoice_not_posted'), 'nor one of the credit note itself');

  const partly = await createInvoice(odoo, { partner_id, lines });
  await validateInvoice(odoo, partly);
  const part = [[0, 0, { name: 'a part', price_unit: 1, tax_ids: [[6, 0, []]] }]];
  const vals = { move_type: 'out_refund', partner_id, reversed_entry_id: partly, invoice_line_ids: part };
  await odoo.create('account.move', [vals]);
  await t.rejects(createCreditNote(odoo, partly), refused('partly_credited'));
  await t.rejects(registerPayment(odoo, partly, { amount: -1 }), refused('invalid_input', /"amount"/));

  const cancelled = await createInvoice(odoo, { partner_id, lines });
  await odoo.transport.call({ model: 'account.move', method: 'button_cancel', ids: [cancelled] });
  await t.rejects(validateInvoice(odoo, cancelled), refused('invoice_cancelled'));
}

eachTransport(t, checkCreditNotes);
