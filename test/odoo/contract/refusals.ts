/** Kinds of refusals: the code of the fault, the status and class of the JSON-2 answer, what the bridge makes of it. */

export interface Refusal {
  readonly fault: number;
  readonly status: number;
  /** Of the Python class, as JSON-2 names it. */
  readonly name: string;
  readonly text: RegExp;
  /** What the bridge makes of it. */
  readonly error: { readonly name: string; readonly code: string };
}

export const terminal = (code: string) => ({ error: { name: 'TerminalError', code } });
export const setUp = (code: string) => ({ error: { name: 'SetupError', code } });

export const REFUSED = terminal('refused_by_odoo');
export const VALIDATION = { fault: 2, status: 422, name: 'odoo.exceptions.ValidationError', ...REFUSED };
export const USER = { fault: 2, status: 422, name: 'odoo.exceptions.UserError', ...REFUSED };
export const LINKED = { fault: 2, status: 500, name: 'odoo.exceptions.RedirectWarning', ...REFUSED };
export const MISSING = {
  fault: 2,
  status: 404,
  name: 'odoo.exceptions.MissingError',
  text: /does not exist or has been deleted/,
  ...terminal('missing_record'),
};
export const ACCESS = { fault: 4, status: 403, name: 'odoo.exceptions.AccessError', ...setUp('access_denied') };
export const VALUE = { fault: 1, status: 500, name: 'builtins.ValueError', ...terminal('odoo_error') };
export const FIELD = { ...VALUE, ...setUp('missing_field') };
export const NOT_FOUND = { status: 404, name: 'werkzeug.exceptions.NotFound' };
export const ARGUMENTS = { fault: 1, status: 422, name: 'werkzeug.exceptions.UnprocessableEntity' };
