import type { Collection } from '../data/collection.ts';
import { choiceField, textField } from '../data/fields.ts';
import { partyField } from '../data/reference-fields.ts';
import { numberField } from '../data/value-fields.ts';
import { PEOPLE } from './contacts.ts';

/** Whose documents there may be. */
const OWNERS = [...PEOPLE, 'apartment', 'travel', 'invoice'];
const KINDS = {
  invoice_pdf: 'Invoice (PDF)',
  invoice_xml: 'Invoice (XML)',
  contract: 'Contract',
  travel_document: 'Travel document',
};

/** A file and whose it is; the bytes stand in a table of their own. */
export const DOCUMENTS: Collection = {
  name: 'documents',
  entity: 'document',
  title: 'Documents',
  nameField: 'filename',
  columns: ['kind', 'owner', 'media_type', 'size'],
  hasEmail: false,
  hasContent: true,
  fields: {
    kind: choiceField('Kind', KINDS, { keeper: 'people' }),
    owner: partyField('Owner', OWNERS, { keeper: 'people', required: true }),
    filename: textField('File name', {
      keeper: 'people',
      required: true,
      check: {
        test: (value) => /^[^\p{Cc}/\\]{1,255}$/u.test(value),
        message: 'must have at most 255 characters, without slashes',
      },
    }),
    media_type: textField('Media type', {
      keeper: 'people',
      hint: 'Such as application/pdf; a file that is sent brings its own',
      check: { test: isMediaType, message: 'must be such as application/pdf' },
    }),
    size: numberField('Size in bytes', { keeper: 'app' }),
    sha256: textField('SHA-256', { keeper: 'app' }),
  },
};

export function isMediaType(text: string): boolean {
  return /^[\w!#$&^.+-]{1,127}\/[\w!#$&^.+-]{1,127}$/.test(text);
}
