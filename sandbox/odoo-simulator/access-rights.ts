/** Who may do what: the access control lists of Odoo's own modules for the models of the simulator. */
import type { Environment, User } from './environment.ts';
import { accessError } from './odoo-errors.ts';
import { SCHEMA } from './schema.ts';

export type Operation = 'read' | 'write' | 'create' | 'unlink';
type Rights = Readonly<Record<string, string>>;

const USER = 'base.group_user';
const SALES = 'sales_team.group_sale_salesman';
const PARTNERS = 'base.group_partner_manager';
const ERP = 'base.group_erp_manager';
const SYSTEM = 'base.group_system';

const IMPLIED: Readonly<Record<string, readonly string[]>> = {
  [SYSTEM]: [ERP, PARTNERS],
  [ERP]: [USER],
  [SALES]: [USER],
  'sales_team.group_sale_salesman_all_leads': [SALES],
  'sales_team.group_sale_manager': ['sales_team.group_sale_salesman_all_leads'],
  'account.group_account_invoice': [USER],
};

/** Letters as in Unix, one for each operation: r(ead) w(rite) c(reate) u(nlink). */
const RIGHTS: Readonly<Record<string, Rights>> = {
  'res.partner': { [USER]: 'r', [SALES]: 'rwc', [PARTNERS]: 'rwcu' },
  'res.partner.category': { [USER]: 'r', [SALES]: 'rwc', [PARTNERS]: 'rwcu' },
  'base.partner.merge.automatic.wizard': { [PARTNERS]: 'rwc' },
  'res.country': { [USER]: 'r', [PARTNERS]: 'r', [SYSTEM]: 'rwcu' },
  'res.country.state': { [USER]: 'r', [PARTNERS]: 'rwcu' },
  'res.lang': { [USER]: 'r', [SYSTEM]: 'rwcu' },
  'res.users': { [USER]: 'r', [ERP]: 'rwcu' },
  'res.users.apikeys': { [USER]: 'r' },
  'ir.model': { [ERP]: 'rwcu' },
  'ir.model.fields': { [ERP]: 'rwcu' },
  'ir.model.data': { [ERP]: 'rwcu' },
  'ir.config_parameter': { [SYSTEM]: 'rwcu' },
  'ir.attachment': { [USER]: 'rwcu' },
  'ir.actions.server': { [SYSTEM]: 'rwcu' },
  'base.automation': { [SYSTEM]: 'rwcu' },
};

const LETTER: Readonly<Record<Operation, string>> = { read: 'r', write: 'w', create: 'c', unlink: 'u' };
const VERB: Readonly<Record<Operation, string>> = {
  read: 'access',
  write: 'modify',
  create: 'create',
  unlink: 'delete',
};

export function withImplied(groups: readonly string[]): ReadonlySet<string> {
  const all = new Set<string>();
  const add = (group: string) => {
    all.add(group);
    for (const implied of IMPLIED[group] ?? []) if (!all.has(implied)) add(implied);
  };
  for (const group of groups) add(group);
  return all;
}

export function mayAccess(user: User | undefined, model: string, operation: Operation): boolean {
  const rights = RIGHTS[model] ?? {};
  return Object.entries(rights).some(
    ([group, letters]) => user?.groups.has(group) && letters.includes(LETTER[operation]),
  );
}

export function checkAccess(env: Environment, model: string, operation: Operation): void {
  if (env.su || model in env.world.added.models || mayAccess(env.world.users.get(env.uid), model, operation)) return;
  throw refuseAccess(model, operation);
}

/** What a record rule says: beside the rights on the model, and not for code that runs as the superuser. */
export function isHidden(env: Environment, model: string, id: number): boolean {
  return !env.su && model === 'res.partner' && env.world.hidden.has(id);
}

export function checkVisible(env: Environment, model: string, ids: readonly number[]): void {
  if (!ids.some((id) => isHidden(env, model, id))) return;
  const login = env.world.users.get(env.uid)?.login;
  throw accessError(
    'Uh-oh! Looks like you have stumbled upon some top-secret records.\n\n' +
      `Sorry, ${login} (id=${env.uid}) doesn't have 'read' access to:\n- ${SCHEMA[model]?.label} (${model})\n\n` +
      'If you really, really need access, perhaps you can win over your friendly administrator with a batch of freshly baked cookies.',
  );
}

export function refuseAccess(model: string, operation: Operation) {
  const groups = Object.entries(RIGHTS[model] ?? {})
    .filter(([, letters]) => letters.includes(LETTER[operation]))
    .map(([group]) => `\t- ${group}`);
  const who = groups.length
    ? `This operation is allowed for the following groups:\n${groups.join('\n')}`
    : 'No group currently allows this operation.';
  const what = `You are not allowed to ${VERB[operation]} '${SCHEMA[model]?.label ?? model}' (${model}) records.`;
  return accessError(`${what}\n\n${who}\n\nContact your administrator to request access if necessary.`);
}
