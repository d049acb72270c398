/**
 * Messages are not written into Odoo but sent by it: by whichever of the two known modules is there. Where none is, each
 * message says so, and nothing else is disturbed.
 */
import { z } from 'zod';
import type { CanonicalRecord, Entity } from '../../entities/define-entity.ts';
import { toRecord } from '../../entities/message.ts';
import { entityNamed } from '../../entities/registry.ts';
import {
  BridgeError,
  beforeSending,
  describeError,
  type ErrorDetail,
  RetryableError,
  SetupError,
  TerminalError,
} from '../../errors.ts';
import type { CreateOperation, WriteResult } from '../backend.ts';
import { createTurns } from './begin-in-time.ts';
import { text } from './endpoint-values.ts';
import { detectWhatsapp, isOnBlacklist, prepareWhatsapp, type WhatsappKind } from './endpoints/whatsapp.ts';
import type { OdooBackend } from './odoo-backend.ts';
import { createOdooClient, type OdooClient } from './odoo-client.ts';
import type { OdooContext } from './odoo-context.ts';
import { readRows, withoutSignals } from './odoo-records.ts';

const FRESH_MS = 600_000;

/** What sending needs. */
interface Courier {
  readonly odoo: OdooContext;
  readonly client: OdooClient;
  readonly detect: () => Promise<WhatsappKind>;
}

/** The same backend, with messages sent. */
export function withCourier(odoo: OdooContext, backend: OdooBackend): OdooBackend {
  const client = createOdooClient(odoo.transport);
  /** The entity as the module that is installed keeps it. */
  const detect = rememberModule(client);
  const asKept = async (entity: Entity) =>
    entity.odoo.courier === undefined ? entity : inModule(entity, await detect().catch(missing));
  return {
    ...backend,
    read: async (entity, ids) => backend.read(await asKept(entity), ids),
    readChanged: async (entity, ...page) => backend.readChanged(await asKept(entity), ...page),
    update: async (entity, ...writes) => backend.update(await asKept(entity), ...writes),
    classifyMissing: async (entity, records) => backend.classifyMissing(await asKept(entity), records),
    findKeys: async (entity, ids) => backend.findKeys(await asKept(entity), ids),
    nameRecords: async (entity, records) => backend.nameRecords(await asKept(entity), records),
    async create(entity, operations, options) {
      if (entity.odoo.courier === undefined) return backend.create(entity, operations, options);
      return sendAll({ odoo, client, detect }, entity, operations, (sent) =>
        backend.nameRecords(sent.entity, [sent.record]),
      );
    },
    leftOut: async (entity, records) =>
      entity.odoo.courier === undefined ? backend.leftOut(entity, records) : records.map(() => []),
    async findCreated(entity, keys) {
      try {
        return await backend.findCreated(await asKept(entity), keys);
      } catch (error) {
        // Nothing was sent by a module that is not there.
        if (entity.odoo.courier !== undefined && error instanceof SetupError && error.code === 'missing_module')
          return new Map();
        throw error;
      }
    },
  };
}

/** A module that is missing may come at any time; one that is there stays for a while. */
function rememberModule(client: OdooClient): () => Promise<WhatsappKind> {
  let known: { readonly kind: WhatsappKind; readonly until: number } | null = null;
  return async () => {
    if (known !== null && known.until > Date.now()) return known.kind;
    const kind = await detectWhatsapp(client);
    known = { kind, until: Date.now() + FRESH_MS };
    return kind;
  };
}

/** As of every Odoo app that is not installed: only what needs it has to do without. */
function missing(error: unknown): never {
  if (!(error instanceof SetupError && error.code.startsWith('whatsapp_'))) throw error;
  throw new SetupError({ ...describeError(error), code: 'missing_module' });
}

/** The OCA's module sends ordinary messages, and keeps on a notification what came of them. */
function inModule(entity: Entity, kind: WhatsappKind): Entity {
  if (kind === 'enterprise') return entity;
  const notifications = {
    model: 'mail.notification',
    parent: 'mail_message_id',
    fields: ['notification_status', 'gateway_failure_reason'],
  };
  const { optional: _none, ...odoo } = entity.odoo;
  const kept = { model: 'mail.message', fields: ['model', 'res_id'], children: { notifications } };
  return { ...entity, odoo: { ...odoo, ...kept } };
}

interface Sent {
  readonly entity: Entity;
  readonly record: { readonly id: string; readonly key: string };
}

async function sendAll(
  courier: Courier,
  entity: Entity,
  operations: readonly CreateOperation[],
  name: (sent: Sent) => Promise<void>,
): Promise<readonly WriteResult[]> {
  const mayBegin = createTurns();
  const results: WriteResult[] = [];
  for (const operation of operations) {
    results.push(mayBegin() ? await sendOne(courier, entity, operation, name) : { kind: 'stale' });
  }
  return results;
}

async function sendOne(
  { odoo, client, detect }: Courier,
  entity: Entity,
  { key, values }: CreateOperation,
  name: (sent: Sent) => Promise<void>,
): Promise<WriteResult> {
  let kept: Entity;
  let send: () => Promise<readonly number[]>;
  try {
    kept = inModule(entity, await detect());
    send = await prepareWhatsapp(client, await address(odoo, client, entity, values));
  } catch (error) {
    if (!(error instanceof BridgeError)) throw error;
    // That no module is there is told on the message, and is no reason to ask again and again.
    const isRefusal =
      error instanceof TerminalError || (error instanceof SetupError && error.code.startsWith('whatsapp_'));
    return isRefusal ? refused(describeError(error)) : { kind: 'failed', error: beforeSending(error) };
  }
  try {
    const [id, ...others] = await send();
    if (id === undefined || others.length > 0) return { kind: 'failed', error: new RetryableError(UNKNOWN, 'unknown') };
    // Without its name it would not be found again after a crash; then it counts as sent all the same.
    await name({ entity: kept, record: { id: String(id), key } }).catch(unlessExpected);
    const [row] = (await readRows(odoo, kept, [id]).catch(unlessExpected)) ?? [];
    const stamp = row?.write_date.slice(0, 19) ?? null;
    return { kind: 'ok', id: String(id), stamp, values: withoutSignals(entity, values), deferred: [], warnings: [] };
  } catch (error) {
    if (!(error instanceof BridgeError)) throw error;
    return error instanceof TerminalError ? refused(describeError(error)) : { kind: 'failed', error };
  }
}

function unlessExpected(error: unknown): undefined {
  if (!(error instanceof BridgeError)) throw error;
}

const refused = (error: ErrorDetail): WriteResult => ({ kind: 'refused', error });

const UNKNOWN: ErrorDetail = {
  code: 'sending_unanswered',
  message: 'Odoo sent the message, but does not tell which of its messages it is.',
  remedy: 'Look in Odoo whether it was sent. It is not sent again.',
};

/** To whom, about what and with which words. @throws TerminalError when nobody can get it */
async function address(odoo: OdooContext, client: OdooClient, entity: Entity, values: CanonicalRecord) {
  const { counterparts, linkedId } = odoo.references;
  await counterparts.loadParents(entity.parents(values));
  const to = toRecord(values.to);
  const person = to && linkedId(to.entity, to.id);
  const about = toRecord(values.about) ?? to;
  const record = about && linkedId(about.entity, about.id);
  const { template } = values;
  if (about === null || record === null) throw new TerminalError(NO_RECORD);
  if (typeof template !== 'string') throw new TerminalError(NO_TEMPLATE);
  const phone = await findPhone(client, values, person);
  if (phone === null) throw new TerminalError(NO_PHONE);
  if (await isOnBlacklist(client, phone)) throw new TerminalError(UNWILLING);
  return {
    about: { model: entityNamed(about.entity).odoo.model, id: record },
    template,
    phone,
    variables: inOrder(values.variables),
  };
}

async function findPhone(
  client: OdooClient,
  { phone }: CanonicalRecord,
  person: number | null,
): Promise<string | null> {
  if (typeof phone === 'string') return phone;
  const [partner] = person === null ? [] : await client.read('res.partner', z.object({ phone: text }), [person]);
  return partner?.phone ?? null;
}

/** Templates number the places that are filled in. */
function inOrder(variables: unknown): string[] {
  const named = z.record(z.string(), z.string()).parse(typeof variables === 'string' ? JSON.parse(variables) : {});
  const count = Object.keys(named).length;
  const words = Array.from({ length: count }, (_, index) => named[String(index + 1)]);
  if (count > 10 || words.includes(undefined)) throw new TerminalError(NOT_NUMBERED);
  return words as string[];
}

const NO_RECORD: ErrorDetail = {
  code: 'message_without_record',
  message: 'In Odoo a WhatsApp message is about a record, and this one names none.',
  remedy: 'Say in the app to whom it goes, or what it is about.',
};
const NO_TEMPLATE: ErrorDetail = {
  code: 'message_without_template',
  message: 'WhatsApp lets a company begin with a template only, and the message names none.',
  remedy: 'Enter the message in the app with the name of a template that WhatsApp has approved.',
};
const NO_PHONE: ErrorDetail = {
  code: 'no_phone',
  message: 'Not written to: whoever it goes to has no phone number.',
  remedy: 'Enter the phone with its country code, then retry the message.',
};
const UNWILLING: ErrorDetail = {
  code: 'phone_blacklisted',
  message: 'Not written to: the number is on the blacklist of Odoo.',
  remedy: 'Nothing to do: whoever it is does not want to be written to.',
};
const NOT_NUMBERED: ErrorDetail = {
  code: 'variables_not_numbered',
  message: 'The variables of the message are not numbered from 1 to 10 without a gap, as those of a template are.',
  remedy: 'Name them 1, 2, 3 … in the app, in the order in which the template has its places.',
};
