/** A run for a person at a terminal: its progress while it goes, and what came of it. */
import type { ReadBack, ReadBackRecord, RunReport } from './links/runs.ts';

interface Terminal {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** @returns shows each report in place of the last one; nothing where no terminal is */
export function showProgress(terminal: Terminal): { show(report: RunReport): void; end(): void } {
  if (!terminal.isTTY) return { show() {}, end() {} };
  // Back to the start of the line, and what stood there is gone.
  const clear = '\r\u001b[K';
  return {
    show({ done, total, eta_seconds }) {
      const eta = eta_seconds === null ? '' : `, about ${eta_seconds} s left`;
      terminal.write(`${clear}${done} of ${total}${eta}`);
    },
    end: () => terminal.write(clear),
  };
}

export function describeRun(report: RunReport): string {
  const counts = (['created', 'updated', 'unchanged', 'conflicts', 'parked', 'held'] as const).map(
    (count) => `${count} ${report[count]}`,
  );
  return [
    [`${report.status}: ${report.done} of ${report.total}`, ...counts].join(', '),
    ...(report.error ? [report.error.message, report.error.remedy] : []),
    ...(report.read_back ? describeReadBack(report.read_back) : []),
  ].join('\n');
}

function describeReadBack(readBack: NonNullable<RunReport['read_back']>): string[] {
  if ('error' in readBack) {
    return [`It could not be read back: ${readBack.error.message}`, readBack.error.remedy];
  }
  const { app, odoo, pairs, differing, records, left_out: more, not_compared: none } = readBack;
  return [
    `Read back: ${app} in the app, ${odoo} in Odoo, ${pairs} pairs compared, ${differing} differing`,
    ...(none.length > 0 ? [`Not compared: ${none.join(', ')}`] : []),
    ...records.map(describeRecord),
    ...(more > 0 ? [`and ${more} more`] : []),
  ];
}

function describeRecord({ entity, app_id, reason, app, odoo, odoo_url }: ReadBack['records'][number]): string {
  const told: Readonly<Record<ReadBackRecord['app'], string>> = {
    as_agreed: 'as agreed',
    changed: 'changed',
    missing: 'missing',
  };
  const how = reason === 'differing' ? ` (app: ${told[app]}, Odoo: ${told[odoo]})` : '';
  return `  ${reason} ${entity} ${app_id}${how} ${odoo_url}`;
}
