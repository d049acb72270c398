import { defineContact } from './contact.ts';

export const teacher = defineContact({
  name: 'teacher',
  collection: 'teachers',
  defaultType: 'customer',
  hasSchool: true,
});
