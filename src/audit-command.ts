/** `bridge audit`: who did what. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { type Output, print, within } from './command-line.ts';
import type { AuditRequest, Outcome, Subject } from './links/audit.ts';

interface AuditFlags extends Output {
  readonly who?: string;
  readonly operation?: string;
  readonly outcome?: Outcome;
  readonly entity?: string;
  readonly since?: string;
  readonly limit: number;
}

export function addAuditCommand(program: Command): void {
  program
    .command('audit')
    .description('who did what, through the API and by command, newest first')
    .option('--who <name>', 'of a token, or a user of the system')
    .option('--operation <operation>', 'such as pauseEntity')
    .addOption(new Option('--outcome <outcome>').choices(['done', 'refused', 'failed']))
    .option('--entity <entity>')
    .option('--since <time>', 'such as 2026-11-24T08:00:00Z', readTime)
    .option('--limit <rows>', 'how many at most', readLimit, 100)
    .option('--json', 'print one line of JSON')
    .action(async ({ json = false, ...request }: AuditFlags) => {
      const { data } = await within(({ audit }) => audit.list(request satisfies AuditRequest));
      print(data, { json }, () => (data.length === 0 ? 'nothing was done' : data.map(describeRow).join('\n')));
    });
}

function describeRow(row: Readonly<Record<string, unknown>>): string {
  const { at, via, who, operation, subject, outcome, code } = row;
  const about = Object.entries(subject as Subject).map(([name, value]) => `${name}=${value}`);
  const end = code === null ? (outcome ?? 'no end was seen') : `${outcome} (${code})`;
  return [(at as Date).toISOString(), via, who, operation, about.join(' ') || '-', end].join('\t');
}

function readTime(value: string): string {
  const time = Date.parse(value);
  if (Number.isNaN(time)) throw new InvalidArgumentError('It is a time such as 2026-11-24T08:00:00Z.');
  return new Date(time).toISOString();
}

function readLimit(value: string): number {
  const limit = Number(value);
  if (Number.isInteger(limit) && limit >= 1 && limit <= 10_000) return limit;
  throw new InvalidArgumentError('It is a whole number from 1 to 10,000.');
}
