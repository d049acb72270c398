/** Fields, their box in the form, and other small records that the set-up adds for what Odoo has no place for. */
import { z } from 'zod';
import type { Entity, OwnField } from '../../entities/define-entity.ts';
import { LOST_REASON } from '../../entities/travel.ts';
import { TerminalError } from '../../errors.ts';
import type { SetupOptions } from './automations.ts';
import type { SetupItem } from './setup-item.ts';
import type { OdooTransport, RpcValue } from './transport.ts';

type State = SetupItem['state'];

const idRows = z.array(z.looseObject({ id: z.number(), name: z.string() }));
const viewRows = z.array(z.looseObject({ id: z.number(), arch_db: z.union([z.string(), z.literal(false)]) }));
const reference = z.tuple([z.string(), z.union([z.number(), z.literal(false)])]);

/** @param repair false looks only */
export async function applyOwnFields(options: SetupOptions, repair: boolean): Promise<readonly SetupItem[]> {
  const items: SetupItem[] = [];
  for (const entity of options.entities.filter(({ odoo }) => odoo.own)) {
    const modelId = await findModel(options.transport, entity.odoo.model);
    if (modelId === null)
      items.push({
        name: `Odoo app for ${entity.collection} (${entity.odoo.model}), which is not installed`,
        state: 'skipped',
      });
    else items.push(...(await applyFields(options.transport, entity, modelId, repair)));
  }
  for (const { odoo } of options.entities) {
    if (odoo.ownElsewhere) items.push(...(await applyElsewhere(options.transport, odoo.ownElsewhere, repair)));
  }
  return items;
}

async function applyElsewhere(
  transport: OdooTransport,
  { models, fields }: NonNullable<Entity['odoo']['ownElsewhere']>,
  repair: boolean,
): Promise<readonly SetupItem[]> {
  for (const model of models) {
    const modelId = await findModel(transport, model);
    if (modelId === null) continue;
    const { isComplete } = await addMissing(transport, { model, modelId }, fields, repair);
    return [{ name: `Fields of ${model}`, state: stateOf(isComplete, repair) }];
  }
  return [];
}

async function applyFields(
  transport: OdooTransport,
  { collection, odoo }: Entity,
  modelId: number,
  repair: boolean,
): Promise<readonly SetupItem[]> {
  const { own, model } = odoo;
  if (!own) return [];
  const { wanted, isComplete } = await addMissing(transport, { model, modelId }, own.fields, repair);
  const fields = { name: `Fields of ${collection} (${model})`, state: stateOf(isComplete, repair) };
  return [fields, await applyView(transport, collection, model, { ...own, fields: wanted }, repair)];
}

async function addMissing(
  transport: OdooTransport,
  { model, modelId }: { readonly model: string; readonly modelId: number },
  fields: readonly OwnField[],
  repair: boolean,
): Promise<{ readonly wanted: readonly OwnField[]; readonly isComplete: boolean }> {
  const domain = [
    ['model', '=', model],
    ['name', 'in', fields.map(({ name }) => name)],
  ];
  const present = new Set((await searchNames(transport, 'ir.model.fields', domain)).map(({ name }) => name));
  const wanted: OwnField[] = [];
  for (const field of fields) if (await isPossible(transport, field)) wanted.push(field);
  const missing = wanted.filter(({ name }) => !present.has(name));
  if (missing.length > 0 && repair) {
    const vals_list = missing.map((field) => toField(field, modelId)) as RpcValue[];
    await transport.call({ model: 'ir.model.fields', method: 'create', args: { vals_list } });
  }
  return { wanted, isComplete: missing.length === 0 };
}

/** What a field points to may come with an Odoo app that is not installed. */
async function isPossible(transport: OdooTransport, { relation }: OwnField): Promise<boolean> {
  return relation === undefined || (await findModel(transport, relation)) !== null;
}

function toField({ name, label, type, relation }: OwnField, model_id: number) {
  return { name, field_description: label, ttype: type, model_id, state: 'manual', ...(relation && { relation }) };
}

type Own = NonNullable<Entity['odoo']['own']>;

/** Without the box in the form nobody in Odoo would see the fields; they are kept all the same where it cannot be made. */
async function applyView(
  transport: OdooTransport,
  collection: string,
  model: string,
  own: Own,
  repair: boolean,
): Promise<SetupItem> {
  const name = `Bridge: form of ${collection}`;
  const arch = formBox(own);
  const args = { domain: [['name', '=', name]] as RpcValue, fields: ['arch_db'], load: '' };
  const [view] = viewRows.parse(await transport.call({ model: 'ir.ui.view', method: 'search_read', args }));
  const right =
    view !== undefined && view.arch_db !== false && own.fields.every((one) => String(view.arch_db).includes(one.name));
  if (right || !repair) return { name, state: stateOf(right, false) };
  try {
    if (view) {
      await transport.call({ model: 'ir.ui.view', method: 'write', ids: [view.id], args: { vals: { arch } } });
      return { name, state: 'repaired' };
    }
    const [module = '', xml_id = ''] = own.form.split('.');
    const found = reference.parse(
      await transport.call({ model: 'ir.model.data', method: 'check_object_reference', args: { module, xml_id } }),
    );
    const values = { name, model, type: 'form', inherit_id: found[1], mode: 'extension', arch };
    await transport.call({ model: 'ir.ui.view', method: 'create', args: { vals_list: [values] } });
    return { name, state: 'created' };
  } catch (error) {
    if (error instanceof TerminalError) return { name, state: 'missing' };
    throw error;
  }
}

function formBox({ title, fields }: Own): string {
  const lines = fields.map(({ name }) => `<field name="${name}"/>`).join('');
  return `<data><xpath expr="//notebook" position="before"><group string="${title}">${lines}</group></xpath></data>`;
}

/** The reason with which a travel is lost that the app cancels. */
export async function applyLostReason(transport: OdooTransport, repair: boolean): Promise<readonly SetupItem[]> {
  const name = `Lost reason: ${LOST_REASON}`;
  if ((await findModel(transport, 'crm.lost.reason')) === null) return [];
  const found = await searchNames(transport, 'crm.lost.reason', [['name', '=', LOST_REASON]]);
  if (found.length === 0 && repair) {
    const vals_list = [{ name: LOST_REASON }];
    await transport.call({ model: 'crm.lost.reason', method: 'create', args: { vals_list } });
  }
  return [{ name, state: stateOf(found.length > 0, repair) }];
}

export async function findModel(transport: OdooTransport, model: string): Promise<number | null> {
  const args = { domain: [['model', '=', model]] as RpcValue, fields: ['name'], load: '' };
  const [found] = idRows.parse(await transport.call({ model: 'ir.model', method: 'search_read', args }));
  return found?.id ?? null;
}

async function searchNames(transport: OdooTransport, model: string, domain: RpcValue) {
  const args = { domain, fields: ['name'], load: '' };
  const call = { model, method: 'search_read', args, context: { active_test: false } };
  return idRows.parse(await transport.call(call));
}

function stateOf(right: boolean, repair: boolean): State {
  if (right) return 'ok';
  return repair ? 'created' : 'missing';
}
