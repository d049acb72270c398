/** Documents: attachments (`ir.attachment`) of the Odoo record of their owner. The app governs them. */
import { orFalse, text } from './codecs.ts';
import {
  type CanonicalChanges,
  type CanonicalRecord,
  defineEntity,
  type FieldValue,
  type OdooReferences,
  type OdooValues,
  type OdooWrite,
  type Parent,
  type Transition,
} from './define-entity.ts';

/** What may own a document, and the model of its counterpart. */
const OWNERS: Readonly<Record<string, string>> = {
  teacher: 'res.partner',
  tenant: 'res.partner',
  guest: 'res.partner',
  apartment: 'product.template',
  travel: 'crm.lead',
  invoice: 'account.move',
};

function decodeApp(fields: Readonly<Record<string, unknown>>): CanonicalRecord {
  const record: Record<string, FieldValue> = { active: fields.deleted_at == null };
  record.document = text(fields.id);
  for (const field of ['kind', 'filename', 'media_type']) record[field] = text(fields[field]);
  const owner = fields.owner as Partial<Parent> | null | undefined;
  record.owner = owner?.entity && owner.id ? `${owner.entity}:${owner.id}` : null;
  // The same bytes are known by SHA-256 in the app and by SHA-1 in Odoo: each side is compared with its own last one.
  record.content = text(fields.sha256);
  return record;
}

function decodeOdoo(row: OdooValues): CanonicalRecord {
  return { active: true, filename: text(row.name), content: text(row.checksum) };
}

function encodeOdoo(changes: CanonicalChanges, row: OdooValues | null, references: OdooReferences): OdooWrite {
  const values: Record<string, unknown> = {};
  if ('filename' in changes) values.name = orFalse(changes.filename);
  if ('media_type' in changes && changes.media_type !== null) values.mimetype = changes.media_type;
  const [owner] = ownerOf(changes.owner);
  if (owner) {
    values.res_model = OWNERS[owner.entity];
    values.res_id = references.linkedId(owner.entity, owner.id);
  }
  // Without a change of the bytes the type alone is not written: Odoo works it out from them.
  if (row !== null && !('content' in changes)) delete values.mimetype;
  const { content } = changes;
  return {
    values,
    deferred: [],
    unheld: [],
    ...(typeof content === 'string' && { bytes: { field: 'datas', sha256: content } }),
  };
}

function ownerOf(value: FieldValue | undefined): readonly Parent[] {
  const [entity = '', ...rest] = typeof value === 'string' ? value.split(':') : [];
  return entity in OWNERS ? [{ entity, id: rest.join(':') }] : [];
}

/** Attachments are not archived in Odoo: one that the app put away goes; brought back, it is made anew. */
const remove: Transition = {
  name: 'remove',
  isDue: ({ wanted }) => wanted.active === false,
  call: ({ row }) => ({ model: 'ir.attachment', method: 'unlink', ids: [Number(row.id)] }),
};

const fromApp = (name: string, ...fields: string[]) =>
  ({ name, fields: fields.length > 0 ? fields : [name], owner: 'app' }) as const;

export const document = defineEntity({
  name: 'document',
  collection: 'documents',
  revision: 1,
  groups: [
    fromApp('filename'),
    fromApp('content'),
    fromApp('details', 'document', 'kind', 'owner', 'media_type'),
    fromApp('active'),
  ],
  isWanted: ({ owner, content }) => ownerOf(owner).length > 0 && content !== null,
  parents: ({ owner }) => ownerOf(owner),
  app: { matchBy: 'reading', decode: decodeApp, encode: () => ({}) },
  odoo: {
    model: 'ir.attachment',
    membership: { kind: 'linked' },
    matchField: null,
    fields: ['name', 'mimetype', 'res_model', 'res_id', 'checksum'],
    signals: ['document', 'kind', 'owner', 'media_type'],
    transitions: [remove],
    sources: {
      filename: ['name'],
      content: ['checksum'],
      owner: ['res_model', 'res_id'],
      media_type: ['mimetype'],
      active: [],
    },
    decode: decodeOdoo,
    encode: encodeOdoo,
    onCreate: () => ({}),
    isCompany: () => false,
    ownedByOdoo: () => [],
    companies: () => [],
  },
  same: (field, left, right) => field !== 'content' && left === right,
  isEmpty: (_field, value) => value === null,
  matchKey: () => null,
  matchName: (record) => text(record.filename) ?? '',
});
