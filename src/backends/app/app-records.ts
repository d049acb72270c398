/** What the app answers, checked against the contract. */
import { z } from 'zod';
import type { Entity, Person } from '../../entities/define-entity.ts';
import { SetupError, TerminalError } from '../../errors.ts';
import type { SideRecord } from '../backend.ts';

const recordSchema = z.looseObject({
  id: z.string().min(1).max(128),
  updated_at: z.iso.datetime({ offset: true }),
  deleted_at: z.string().nullish(),
});
export type AppRecord = z.infer<typeof recordSchema>;
/** A record that is not as the contract says is set aside: it must not stop the others of its page. */
const recordsSchema = z.array(z.unknown()).transform((records) => {
  const parsed = records.map((record) => recordSchema.safeParse(record));
  return {
    good: parsed.flatMap(({ data }) => data ?? []),
    bad: parsed.flatMap(({ error }, index) => (error ? [{ id: idOf(records[index]), error }] : [])),
  };
});
export const dataSchema = z.object({ data: recordsSchema });
export const pageSchema = dataSchema.extend({
  next_cursor: z.string().nullable(),
  server_time: z.iso.datetime({ offset: true }),
});
export const resultsSchema = z.object({
  results: z.array(
    z.discriminatedUnion('status', [
      z.object({ status: z.literal('ok'), record: recordSchema }),
      z.object({ status: z.literal('stale') }),
      z.object({ status: z.literal('not_found') }),
      z.object({
        status: z.literal('invalid'),
        errors: z.array(z.object({ field: z.string(), message: z.string() })),
      }),
    ]),
  ),
});
export type BatchResult = z.infer<typeof resultsSchema>['results'][number];

export function parseAnswer<T>(schema: z.ZodType<T>, body: unknown, entity: Entity): T {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  // Paths only: a value of the answer may be personal.
  const paths = parsed.error.issues.slice(0, 3).map((issue) => issue.path.join('.'));
  const message = `The app's answer for ${entity.collection} is not as the contract says (at ${paths.join(', ') || 'its root'}).`;
  const remedy = 'Compare the answer of the app with the contract of the bridge and mend the app.';
  throw new SetupError({ code: 'app_breaks_contract', message, remedy }, 'unknown');
}

function idOf(record: unknown): string | null {
  const { data } = z.looseObject({ id: recordSchema.shape.id }).safeParse(record);
  return data?.id ?? null;
}

export function describeMalformed(entity: Entity, error: z.ZodError): TerminalError {
  const paths = error.issues.slice(0, 3).map((issue) => issue.path.join('.'));
  return new TerminalError({
    code: 'app_record_malformed',
    message: `The app's record of ${entity.collection} is not as the contract says (at ${paths.join(', ')}).`,
    remedy: 'Mend what the app answers for this record; it is tried again when it changes, or by a retry.',
  });
}

/** @param people as `decode` wants them */
export function toSideRecord(
  entity: Entity,
  record: AppRecord,
  people: ReadonlyMap<string, Person> | null = null,
): SideRecord {
  const at = Date.parse(record.updated_at);
  return {
    id: record.id,
    stamp: record.updated_at,
    // `Date` keeps milliseconds; the stamp itself, which the app compares, stays the string it sent.
    modified: { from: at, to: at + 1 },
    values: entity.app.decode(record, people),
    memberOf: [entity.name],
    isCompany: false,
    ownedGroups: [],
    raw: record,
  };
}
