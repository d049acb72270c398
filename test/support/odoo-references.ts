/** What an Odoo that is asked for nothing would answer; a test overrides what it is about. */
import type { OdooReferences } from '../../src/entities/define-entity.ts';

export const nothingKnown: OdooReferences = {
  countryCode: () => null,
  countryId: () => null,
  odooLanguage: () => null,
  tagId: () => null,
  companyName: () => null,
  companyId: () => null,
  linkedId: () => null,
  linkedAppId: () => null,
  rows: () => [],
  hasField: () => true,
  companyCurrency: () => null,
  has: () => true,
  ownCompanyId: () => null,
  salesJournal: null,
  variantId: () => null,
  productId: () => null,
};
