/** What somebody who wants an export has to say, on whichever way it comes. */
import { z } from 'zod';
import { EXPORT_FORMATS } from './render-entries.ts';

export const exportRequest = z
  .strictObject({
    /** First and last day of the books. */
    from: z.iso.date(),
    to: z.iso.date(),
    format: z.enum(EXPORT_FORMATS),
    /** Payments, purchases and everything else that is posted, not only what customers were invoiced. */
    all_entries: z.boolean().default(false),
  })
  .refine(({ from, to }) => from <= to, { path: ['to'], error: 'The last day is before the first' });

export type ExportRequest = Readonly<z.output<typeof exportRequest>>;
