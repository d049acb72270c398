/** Runs all checks side by side, each under its own deadline: one that hangs holds up nothing. */
import { BridgeError, describeError } from '../errors.ts';
import { APP_CHECKS } from './app-checks.ts';
import { BRIDGE_CHECKS } from './bridge-checks.ts';
import { type Check, type Finding, fail, type Probe, Unmet, warn } from './check.ts';
import { createLab, type Lab, type LabOptions } from './lab.ts';
import { ODOO_BOOKS } from './odoo-books.ts';
import { ODOO_CHECKS } from './odoo-checks.ts';
import { ODOO_LANGUAGES } from './odoo-languages.ts';
import { ODOO_MODELS } from './odoo-models.ts';
import { ODOO_SETUP } from './odoo-setup.ts';

export const PROBES: readonly Probe[] = [
  ...BRIDGE_CHECKS,
  ...ODOO_CHECKS,
  ...ODOO_MODELS,
  ...ODOO_SETUP,
  ...ODOO_BOOKS,
  ODOO_LANGUAGES,
  ...APP_CHECKS,
];

export const DEADLINE_MS = 20_000;
/** So many calls to Odoo, at most, stand in line under a rate limit. */
const CALLS = 80;

export interface ExamineOptions extends Omit<LabOptions, 'timeoutMs'> {
  /** Of one check, in milliseconds; what it waits for under the rate limit comes on top. */
  readonly deadlineMs?: number;
}

/** @returns every check, in the same order each time, whatever is configured */
export async function examine({ deadlineMs = DEADLINE_MS, ...options }: ExamineOptions): Promise<readonly Check[]> {
  const lab = createLab({ ...options, timeoutMs: deadlineMs });
  const rate = options.inspected.settings.ODOO_CALLS_PER_SECOND ?? 0;
  const patienceMs = deadlineMs + (rate === 0 ? 0 : (CALLS * 1_000) / rate);
  try {
    return await Promise.all(PROBES.map((probe) => look(lab, probe, patienceMs)));
  } finally {
    await lab.close();
  }
}

async function look(lab: Lab, probe: Probe, patienceMs: number): Promise<Check> {
  const { name, needs } = probe;
  const missing = needs.filter((variable) => !isSet(lab.inspected.settings[variable]));
  if (missing.length > 0) return { name, ...describeMissing(lab, missing) };
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Finding>((resolve) => {
    timer = setTimeout(() => resolve(hangs(patienceMs)), patienceMs);
  });
  try {
    return { name, ...(await Promise.race([probe.look(lab), late])) };
  } catch (error) {
    return { name, ...explain(error) };
  } finally {
    clearTimeout(timer);
  }
}

/** An empty list says as little as none. */
function isSet(value: unknown): boolean {
  return value !== undefined && !(Array.isArray(value) && value.length === 0);
}

/** What is needed in any case is a fault; what only opens a door (webhooks) may be left out on purpose. */
function describeMissing({ inspected }: Lab, variables: readonly string[]): Finding {
  const faults = variables.map((name) => `${name} ${inspected.faults.get(name) ?? 'is not set'}`);
  const optional = variables.every((name) => !inspected.faults.has(name));
  return (optional ? warn : fail)(`${faults.join(', ')}.`, `Set ${variables.join(', ')} as .env.example explains.`);
}

function hangs(patienceMs: number): Finding {
  const seconds = Math.ceil(patienceMs / 1_000);
  return fail(
    `No answer within ${seconds} s.`,
    'Look at the load of that side, and at the network and proxy before it.',
  );
}

function explain(error: unknown): Finding {
  if (error instanceof Unmet)
    return warn(`Not looked at: ${error.check} has to be right first.`, `Mend ${error.check}.`);
  if (error instanceof BridgeError) return fail(error.message, error.remedy);
  const { message } = describeError(error);
  return fail(message, 'Run it again; if it lasts, report it with the version of the bridge.');
}
