/** Runs all checks of doctor in this process and looks that nothing is told that must not be. */
import type { Test } from 'tap';
import { inspectConfig } from '../../src/config.ts';
import type { Check } from '../../src/doctor/check.ts';
import { examine } from '../../src/doctor/examine.ts';

const SECRETS = /API_KEY|TOKEN|SECRET|DATABASE_URL/;

/** @returns the checks by name */
export async function runDoctor(
  t: Test,
  environment: Readonly<Record<string, string>>,
  { deadlineMs = 10_000, people = [] as readonly string[] } = {},
): Promise<Readonly<Record<string, Check>>> {
  const checks = await examine({ inspected: inspectConfig(environment), deadlineMs });
  const told = JSON.stringify(checks);
  const secrets = Object.entries(environment).flatMap(([name, value]) => (SECRETS.test(name) ? value.split(',') : []));
  for (const hidden of [...secrets, ...people]) {
    if (hidden !== '' && told.includes(hidden)) t.fail('a secret or a person is told');
  }
  for (const { name, status, detail, remedy } of checks) {
    if (!/^[A-Z].*[.…]$/s.test(detail)) t.fail(`${name} tells no sentence: ${detail}`);
    if ((status === 'ok') !== (remedy === undefined)) t.fail(`${name} is ${status}, with the remedy ${remedy}`);
  }
  return Object.fromEntries(checks.map((check) => [check.name, check]));
}
