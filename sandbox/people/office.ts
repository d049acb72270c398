/** What the people of the travel company do all day, at the app: requests, quotes, invoices, papers. */
import type { AppPerson, Fields } from './people.ts';

export interface Party {
  readonly entity: string;
  readonly id: string;
}

export interface NewLine {
  readonly description: string;
  /** To the cent, as text. */
  readonly unit_price: string;
  readonly quantity?: number;
  readonly discount_percent?: number;
  readonly tax_percent?: number;
  readonly apartment_id?: string;
}

export type Office = ReturnType<typeof appOffice>;

export function appOffice(app: AppPerson) {
  const makeInvoice = async (travelId: string) => String((await app.act('travels', travelId, 'make-invoice')).id);
  return {
    /** @returns its id, as all of these do that enter something */
    enterApartment: (name: string, fields: Fields = {}) => app.create('apartments', { name, ...fields }),
    submitTravel: (teacherId: string, title: string, fields: Fields = {}) =>
      app.create('travels', { teacher_id: teacherId, title, ...fields }),
    validateQuote: (travelId: string, amount: string, currency = 'EUR') =>
      app.act('travels', travelId, 'validate-quote', { quote_amount: amount, currency }),
    /** The draft of an invoice to the travel's teacher over the quote. */
    makeInvoice,
    cancelTravel: (travelId: string) => app.act('travels', travelId, 'cancel'),
    /** A draft; the app gives it a number unless one is among the fields. */
    enterInvoice: (customer: Party, lines: readonly NewLine[], fields: Fields = {}) =>
      app.create('invoices', { customer, lines, ...fields }),
    /** Dates it today unless it has a date, and files it as PDF and XML. */
    validateInvoice: (id: string, fields: Fields = {}) => app.act('invoices', id, 'validate', fields),
    cancelInvoice: (id: string) => app.act('invoices', id, 'cancel'),
    /** Cancels it. @returns the id of the draft that takes its place */
    correctInvoice: async (id: string) => String((await app.act('invoices', id, 'correct')).id),
    async fileDocument(owner: Party, filename: string, bytes: Uint8Array<ArrayBuffer>, fields: Fields = {}) {
      const { media_type = 'application/pdf', ...others } = fields;
      const id = await app.create('documents', { owner, filename, kind: 'travel_document', ...others });
      await app.upload(id, bytes, String(media_type));
      return id;
    },
    /** All documents of one record, archived ones left out. */
    async documentsOf({ entity, id }: Party): Promise<Fields[]> {
      return (await app.all('documents')).filter(({ owner, deleted_at }) => {
        const of = owner as Party;
        return of.entity === entity && of.id === id && deleted_at === null;
      });
    },
  };
}
