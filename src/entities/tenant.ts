import { defineContact } from './contact.ts';

export const tenant = defineContact({ name: 'tenant', collection: 'tenants', defaultType: 'none', hasSchool: false });
