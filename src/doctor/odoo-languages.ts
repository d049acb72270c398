/** Whether the languages of the people in the app are installed in Odoo. */
import { z } from 'zod';
import { findLanguage } from '../backends/odoo/references.ts';
import { entitiesOfModel } from '../entities/registry.ts';
import { ok, type Probe, warn } from './check.ts';
import { ODOO_ACCESS } from './odoo-checks.ts';
import { FIRST, readFirst } from './read-app.ts';

const installedRows = z.array(z.tuple([z.string(), z.string()]));
/** A malformed one is whatever somebody typed: it is not repeated. */
const TAG = /^[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8}){0,3}$/;

export const ODOO_LANGUAGES: Probe = {
  name: 'odoo_languages',
  needs: [...ODOO_ACCESS, 'APP_URL', 'APP_API_TOKEN'],
  async look(lab) {
    const { transport } = await lab.odoo();
    const answer = await transport.call({ model: 'res.lang', method: 'get_installed', args: {} });
    const installed = new Set(installedRows.parse(answer).map(([code]) => code));
    const used = new Set<string>();
    for (const { collection } of entitiesOfModel('res.partner')) {
      for (const { language } of await readFirst(lab, collection)) {
        if (typeof language === 'string' && TAG.test(language)) used.add(language);
      }
    }
    const missing = [...used].filter((tag) => findLanguage(installed, tag) === null).sort();
    if (missing.length > 0) {
      return warn(
        `Not installed in Odoo, but used in the app: ${missing.join(', ')}. The language of these people stays in the app.`,
        'Add them in Odoo under Settings, Languages, and run "bridge sync contacts".',
      );
    }
    const tags = [...used].sort().join(', ') || 'none is set';
    return ok(`Odoo has the languages of the first ${FIRST} people of each kind (${tags}).`);
  },
};
