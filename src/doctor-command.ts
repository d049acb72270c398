/** `bridge doctor`: looks at all that the bridge needs, also where little or nothing is configured yet. */
import { type Command, InvalidArgumentError } from 'commander';
import { EXIT, type Output, print } from './command-line.ts';
import { inspectConfig } from './config.ts';
import type { Check } from './doctor/check.ts';
import { DEADLINE_MS, examine } from './doctor/examine.ts';

export function addDoctorCommand(program: Command): void {
  program
    .command('doctor')
    .description('check settings, both sides, database and disk, each with what to do about it')
    .option('--json', 'print one line of JSON')
    .option('--timeout <seconds>', 'deadline of each check', readSeconds, DEADLINE_MS / 1_000)
    .action(async (options: Output & { timeout: number }) => {
      const checks = await examine({ inspected: inspectConfig(), deadlineMs: options.timeout * 1_000 });
      print({ checks }, options, () => describeChecks(checks));
      if (checks.some(({ status }) => status === 'fail')) process.exitCode = EXIT.error;
    });
}

function readSeconds(value: string): number {
  const seconds = Number(value);
  if (Number.isInteger(seconds) && seconds >= 1 && seconds <= 600) return seconds;
  throw new InvalidArgumentError('It is a whole number from 1 to 600.');
}

function describeChecks(checks: readonly Check[]): string {
  const lines = checks.map(({ name, status, detail, remedy }) => {
    const first = `${status.padEnd(5)} ${name.padEnd(24)} ${detail}`;
    return remedy === undefined ? first : `${first}\n${' '.repeat(31)}→ ${remedy}`;
  });
  const count = (wanted: Check['status']) => checks.filter(({ status }) => status === wanted).length;
  return [...lines, '', `${count('ok')} ok, ${count('warn')} to look at, ${count('fail')} to mend`].join('\n');
}
