/** Odoo's search domains, evaluated on rows in memory. */

import { readComputed } from './computed-fields.ts';
import { compareStamp } from './datetimes.ts';
import { type Environment, specOf, tableOf } from './environment.ts';
import { valueError } from './odoo-errors.ts';
import { type FieldSpec, isNonexistentName } from './schema.ts';
import type { Row } from './tables.ts';

export type Predicate = (row: Row) => boolean;

const OPERATORS = new Set(['=', '!=', '<>', 'in', 'not in', '>', '>=', '<', '<=', 'like', 'ilike', '=like', '=ilike']);
const UNCOVERED = new Set(['child_of', 'parent_of', 'any', 'not any', 'not like', 'not ilike', '=?', 'not =like']);

/** Compiles a domain in prefix notation; conditions side by side are joined by "and". */
export function compileDomain(env: Environment, model: string, domain: unknown): Predicate {
  if (!Array.isArray(domain)) throw valueError(`Domain() invalid item in domain: ${JSON.stringify(domain)}`);
  const stack: Predicate[] = [];
  for (const item of [...domain].reverse()) {
    if (item === '&' || item === '|') {
      const [left, right] = [stack.pop(), stack.pop()];
      if (!left || !right) throw malformed(domain);
      stack.push(item === '&' ? (row) => left(row) && right(row) : (row) => left(row) || right(row));
    } else if (item === '!') {
      const inner = stack.pop();
      if (!inner) throw malformed(domain);
      stack.push((row) => !inner(row));
    } else if (Array.isArray(item) && item.length === 3) {
      stack.push(compileCondition(env, model, item as [unknown, unknown, unknown]));
    } else throw malformed(domain);
  }
  return (row) => stack.every((predicate) => predicate(row));
}

/** Whether a condition names the field, which switches the hiding of archived records off. */
export function mentions(domain: unknown, field: string): boolean {
  return Array.isArray(domain) && domain.some((item) => Array.isArray(item) && item[0] === field);
}

function malformed(domain: unknown) {
  return valueError(`Domain() malformed domain ${JSON.stringify(domain).replaceAll('"', "'")}`);
}

function compileCondition(env: Environment, model: string, condition: [unknown, unknown, unknown]): Predicate {
  const [left, operator, value] = condition;
  // Odoo's way to say always and never
  if (left === 1 && operator === '=') return () => value === 1;
  if (left === 0 && operator === '=') return () => value === 0;
  const shown = `('${left}', '${operator}', ${JSON.stringify(value)})`;
  if (UNCOVERED.has(String(operator))) throw env.world.notCovered(`domain operator ${operator}`);
  if (!OPERATORS.has(String(operator))) throw valueError(`Invalid operator in condition ${shown}`);
  const path = String(left).split('.');
  const name = path[0] as string;
  const field = specOf(env, model).fields[name];
  if (!field) {
    if (isNonexistentName(name)) throw valueError(`Invalid field ${model}.${name} in condition ${shown}`);
    throw env.world.notCovered(`${model}.${name}`);
  }
  if (path.length > 1) {
    const relation = field.relation;
    if (!relation) throw valueError(`Invalid field ${model}.${left} in condition ${shown}`);
    const inner = compileCondition(env, relation, [path.slice(1).join('.'), operator, value]);
    const table = tableOf(env, relation);
    return (row) => {
      const linked = linkedIds(row[name]);
      return linked.some((id) => {
        const target = table.get(id);
        return target !== undefined && inner(target);
      });
    };
  }
  const read = field.computed ? (row: Row) => readComputed(env, model, name, row) : (row: Row) => row[name] ?? null;
  const test = compileTest(env, field, String(operator), value);
  return (row) => test(read(row));
}

function linkedIds(value: unknown): readonly number[] {
  if (Array.isArray(value)) return value as number[];
  return typeof value === 'number' ? [value] : [];
}

type Test = (held: unknown) => boolean;

function compileTest(env: Environment, field: FieldSpec, operator: string, value: unknown): Test {
  switch (operator) {
    case '=':
      return Array.isArray(value) ? compileIn(env, field, value) : compileIn(env, field, [value]);
    case '!=':
    case '<>': {
      const equal = compileTest(env, field, '=', value);
      return (held) => !equal(held);
    }
    case 'in':
      return Array.isArray(value) ? compileIn(env, field, value) : () => false;
    case 'not in': {
      const inside = Array.isArray(value) ? compileIn(env, field, value) : () => false;
      return (held) => !inside(held);
    }
    case 'like':
    case 'ilike':
      return compilePattern(env, field, `%${value}%`, operator === 'ilike');
    case '=like':
    case '=ilike':
      return compilePattern(env, field, String(value), operator === '=ilike');
    default:
      return compileOrder(field, operator as '>' | '>=' | '<' | '<=', value);
  }
}

function compileIn(env: Environment, field: FieldSpec, values: readonly unknown[]): Test {
  const isEmpty = (value: unknown) => value === false || value === null || value === '';
  const wantsEmpty = values.some(isEmpty);
  const wanted = new Set(values.filter((value) => !isEmpty(value)));
  if (field.type === 'datetime') {
    if (!wantsEmpty) for (const value of wanted) compareStamp('=', 0, value);
    return (held) =>
      typeof held === 'number' ? [...wanted].some((value) => compareStamp('=', held, value)) : wantsEmpty;
  }
  if (field.relation && [...wanted].some((value) => typeof value === 'string')) {
    const named = compilePattern(env, field, String([...wanted][0]), false);
    return (held) => named(held);
  }
  if (field.type === 'many2many' || field.type === 'one2many') {
    return (held) => {
      const ids = linkedIds(held);
      return ids.length === 0 ? wantsEmpty : ids.some((id) => wanted.has(id));
    };
  }
  if (field.type === 'boolean') return (held) => (held ? wanted.has(true) : wantsEmpty);
  // Odoo stores a number never given as NULL and reads it as 0
  if (field.type === 'integer' && field.string !== 'ID') return (held) => values.includes(held ?? 0) || wantsZero(held);
  return (held) => (isEmpty(held) ? wantsEmpty : wanted.has(held));

  function wantsZero(held: unknown): boolean {
    return (held ?? 0) === 0 && wantsEmpty;
  }
}

/** SQL patterns: % is any run of characters, _ is one, a backslash takes the next one as it is. */
function compilePattern(env: Environment, field: FieldSpec, pattern: string, ignoreCase: boolean): Test {
  const source = pattern.replace(/\\([\s\S])|[\s\S]/g, (char, escaped: string | undefined) => {
    if (escaped === undefined && (char === '%' || char === '_')) return char === '%' ? '.*' : '.';
    return (escaped ?? char).replace(/[.*+?^${}()|[\]\\]/, '\\$&');
  });
  const regexp = new RegExp(`^${source}$`, ignoreCase ? 'isu' : 'su');
  const { relation } = field;
  if (!relation) return (held) => typeof held === 'string' && regexp.test(held);
  const table = tableOf(env, relation);
  return (held) =>
    linkedIds(held).some((id) => {
      const row = table.get(id);
      return row !== undefined && regexp.test(String(readComputed(env, relation, 'display_name', row)));
    });
}

function compileOrder(field: FieldSpec, operator: '>' | '>=' | '<' | '<=', value: unknown): Test {
  if (value === false || value === null) return () => false;
  if (field.type === 'datetime') {
    compareStamp(operator, 0, value);
    return (held) => typeof held === 'number' && compareStamp(operator, held, value);
  }
  const bound = value as number | string;
  return (held) => {
    if (held === null || typeof held === 'boolean' || typeof held !== typeof bound) return false;
    const item = held as number | string;
    if (operator === '>') return item > bound;
    if (operator === '>=') return item >= bound;
    return operator === '<' ? item < bound : item <= bound;
  };
}
