/** search: a domain, an order, archived records hidden unless asked for. */
import { checkAccess, isHidden } from './access-rights.ts';
import { readComputed } from './computed-fields.ts';
import { compileDomain, mentions } from './domain.ts';
import { type Environment, specOf, tableOf } from './environment.ts';
import { type OdooError, valueError } from './odoo-errors.ts';
import { isNonexistentName } from './schema.ts';
import type { Row } from './tables.ts';

export interface SearchOptions {
  readonly offset?: unknown;
  readonly limit?: unknown;
  readonly order?: unknown;
}

export function searchRows(env: Environment, model: string, domain: unknown, options: SearchOptions = {}): Row[] {
  checkAccess(env, model, 'read');
  const spec = specOf(env, model);
  const matches = compileDomain(env, model, domain ?? []);
  const activeOnly = spec.fields.active && env.context.active_test !== false && !mentions(domain, 'active');
  const found: Row[] = [];
  for (const row of tableOf(env, model).rows.values()) {
    if (isHidden(env, model, row.id)) continue;
    if ((!activeOnly || row.active) && matches(row)) found.push(row);
  }
  found.sort(compileSort(env, model, String(options.order || spec.order)));
  const offset = Number(options.offset ?? 0);
  return options.limit ? found.slice(offset, offset + Number(options.limit)) : found.slice(offset);
}

type Compare = (left: Row, right: Row) => number;

function compileSort(env: Environment, model: string, order: string): Compare {
  const terms = order.split(',').map((term) => {
    const [name = '', direction = 'asc'] = term.trim().split(/\s+/);
    const field = specOf(env, model).fields[name];
    if (!field) throw unknownField(env, model, name, `Invalid field '%' on model '${model}'`);
    const sign = direction.toLowerCase() === 'desc' ? -1 : 1;
    const read = (row: Row) => (field.computed ? readComputed(env, model, name, row) : row[name]);
    return (left: Row, right: Row) => sign * compareValues(read(left), read(right));
  });
  return (left, right) => {
    for (const term of terms) {
      const result = term(left, right);
      if (result !== 0) return result;
    }
    return 0;
  };
}

/** As PostgreSQL sorts with the C collation: by code points, nothing after everything. */
function compareValues(left: unknown, right: unknown): number {
  if (left === right) return 0;
  if (left === null || left === undefined) return 1;
  if (right === null || right === undefined) return -1;
  return (left as string | number) < (right as string | number) ? -1 : 1;
}

export function unknownField(env: Environment, model: string, name: string, text: string): OdooError {
  return isNonexistentName(name) ? valueError(text.replace('%', name)) : env.world.notCovered(`${model}.${name}`);
}
