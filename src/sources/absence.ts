import { SetupError } from '../errors.ts';

/**
 * Whether an entity has nothing to be looked at: the Odoo app that brings its model is not installed, or the app has no
 * such collection. The other entities go on.
 */
export function isAbsence(error: unknown): boolean {
  return error instanceof SetupError && ['missing_module', 'app_wrong_address'].includes(error.code);
}
