/** The two hundred teachers of the story: every mapped field has a value somewhere, and is empty somewhere. */
import type { Fields } from '../people/people.ts';
import type { Stage } from './stage.ts';

export const TEACHERS = 200;

const STREETS = ['rue des Écoles', 'avenue Jean Jaurès', 'place d’Armes', 'quai Claude-Bernard'];
const CITIES = [
  ['69007', 'Lyon'],
  ['44000', 'Nantes'],
  ['59000', 'Lille'],
  ['67000', 'Strasbourg'],
] as const;

export function teacherNumber(stage: Stage, number: number): Fields & { readonly name: string } {
  const [zip, city] = CITIES[number % CITIES.length] ?? CITIES[0];
  const digits = String(number).padStart(3, '0');
  const hasSchool = number % 4 === 0;
  return {
    name: nameOfTeacher(stage, number),
    email: `teacher.${digits}${stage.world.odoo.mark}@example.org`,
    phone: number % 7 === 0 ? null : `+33 4 72 00 0${digits[0]} ${digits.slice(1)}`,
    street: `${number} ${STREETS[number % STREETS.length]}`,
    street2: number % 5 === 0 ? `Bâtiment ${number % 9}` : null,
    zip,
    city,
    country: 'FR',
    vat: number % 20 === 1 ? 'FR23334175221' : null,
    type: number % 10 === 3 ? 'both' : number % 2 === 0 ? 'customer' : null,
    language: number % 3 === 0 ? null : 'en-US',
    notes: number % 6 === 0 ? `Group ${number}: 10 < age & age < 14\nbus from the school` : null,
    school: hasSchool ? stage.named(`Lycée ${1 + (number % 5)}`) : null,
  };
}

export function nameOfTeacher(stage: Stage, number: number): string {
  return stage.named(`Teacher ${String(number).padStart(3, '0')}`);
}
