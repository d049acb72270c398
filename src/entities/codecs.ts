/** How single values are brought into canonical form. Pure; used by the entities. */
import type { FieldValue } from './define-entity.ts';

/** Empty is null, outer blanks and CRLF are no difference; anything but text is null. */
export function text(value: unknown): string | null {
  // A number is text that somebody forgot to quote (a zip code); nothing is emptied for it.
  if (typeof value === 'number' && Number.isFinite(value)) return String(value);
  if (typeof value !== 'string') return null;
  const cleaned = value.replaceAll('\r\n', '\n').trim();
  return cleaned === '' ? null : cleaned;
}

/** Odoo writes false for an empty value. */
export function orFalse(value: FieldValue | undefined): FieldValue {
  return value === null || value === undefined ? false : value;
}

/** A many2one as `read(load=None)` gives it: an id, or false. Also takes the `[id, name]` pair. */
export function many2one(value: unknown): number | null {
  const id: unknown = Array.isArray(value) ? value[0] : value;
  return typeof id === 'number' ? id : null;
}

export function idList(value: unknown): readonly number[] {
  return Array.isArray(value) ? value.filter((id) => typeof id === 'number') : [];
}

export function normalizeEmail(value: FieldValue | undefined): string | null {
  const email = text(value)?.toLowerCase() ?? null;
  return email?.includes('@') ? email : null;
}

/** A spelling under which two names are the same: no accents, no case, no order of the words. */
export function foldName(value: FieldValue | undefined): string {
  const plain = (text(value) ?? '').normalize('NFKD').replace(/\p{M}/gu, '').toLocaleLowerCase('en');
  return plain
    .split(/[^\p{L}\p{N}]+/u)
    .filter(Boolean)
    .sort()
    .join(' ');
}

/** Company names match exactly, but for outer blanks and case. */
export function foldExact(value: FieldValue | undefined): string {
  return (text(value) ?? '').normalize('NFC').toLocaleLowerCase('en');
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ' };

/** Plain text as the HTML of an Odoo Html field. */
export function textToHtml(value: FieldValue | undefined): string | false {
  const plain = text(value);
  if (plain === null) return false;
  const escaped = plain.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return `<p>${escaped.replaceAll('\n', '<br>')}</p>`;
}

/** The text of an Odoo Html field: breaks and block ends are line ends, all other markup is dropped. */
export function htmlToText(value: unknown): string | null {
  if (typeof value !== 'string') return null;
  const plain = value
    .replace(/<(script|style)\b[^>]*>[\s\S]*?<\/\1>/gi, '')
    .replace(/\r?\n/g, ' ')
    .replace(/<br\s*\/?>/gi, '\n')
    .replace(/<\/(p|div|li|h[1-6]|tr|blockquote)>/gi, '\n')
    .replace(/<[^>]*>/g, '')
    .replace(/&(#x[0-9a-f]+|#\d+|[a-z]+);/gi, decodeHtmlEntity);
  return text(plain.replace(/[ \t]+\n/g, '\n').replace(/\n[ \t]+/g, '\n'));
}

function decodeHtmlEntity(whole: string, name: string): string {
  if (!name.startsWith('#')) return ENTITIES[name.toLowerCase()] ?? whole;
  const code = /^#x/i.test(name) ? Number.parseInt(name.slice(2), 16) : Number.parseInt(name.slice(1), 10);
  return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : whole;
}

/** `fr_FR` as BCP 47 `fr-FR`; a script after @ is moved into its place (`sr@latin` as `sr-Latn`). */
export function odooLanguageToTag(code: unknown): string | null {
  const value = text(code);
  if (value === null) return null;
  const [locale = '', script] = value.split('@');
  const [language = '', region] = locale.split('_');
  const scripts: Readonly<Record<string, string>> = { latin: 'Latn', Cyrl: 'Cyrl', cyrillic: 'Cyrl' };
  return [language, script && (scripts[script] ?? script), region].filter(Boolean).join('-');
}

/** `fr` and `fr-FR` say the same; `fr-BE` and `fr-FR` do not. */
export function sameLanguage(left: FieldValue, right: FieldValue): boolean {
  if (typeof left !== 'string' || typeof right !== 'string') return left === right;
  const [short = '', long = ''] = [left.toLowerCase(), right.toLowerCase()].sort((a, b) => a.length - b.length);
  return short === long || (!short.includes('-') && long.startsWith(`${short}-`));
}
