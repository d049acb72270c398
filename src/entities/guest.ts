import { defineContact } from './contact.ts';

export const guest = defineContact({ name: 'guest', collection: 'guests', defaultType: 'none', hasSchool: false });
