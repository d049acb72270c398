/** The kinds of values that the typed endpoints read and write. */
import { z } from 'zod';

/** Odoo's `false` and the empty text are null. */
export const text = z.union([z.string(), z.literal(false)]).transform((value) => value || null);
/** Id of the record that a many2one names, or null. */
export const link = z.union([z.int(), z.literal(false)]).transform((value) => value || null);

export const recordId = z.int().positive();
export const newText = z.string().nullable().exactOptional();
export const newLink = recordId.nullable().exactOptional();
/** `2026-11-25` */
export const day = z.iso.date();
/** An amount, as a number or exactly as a text (`'1234.50'`). */
export const amount = z.union([z.number(), z.string().regex(/^-?\d{1,12}(\.\d{1,6})?$/)]).transform(Number);
