/** What Odoo raises, as both protocols show it: a fault code and text over XML-RPC, a status and a JSON body over JSON-2. */

type PythonClass =
  | 'odoo.exceptions.UserError'
  | 'odoo.exceptions.ValidationError'
  | 'odoo.exceptions.MissingError'
  | 'odoo.exceptions.AccessError'
  | 'odoo.exceptions.AccessDenied'
  | 'odoo.exceptions.RedirectWarning'
  | 'builtins.ValueError'
  | 'builtins.KeyError'
  | 'builtins.TypeError'
  | 'builtins.IndexError'
  | 'builtins.AttributeError'
  | 'builtins.Exception'
  | 'psycopg2.OperationalError'
  | 'psycopg2.errors.SerializationFailure'
  | 'werkzeug.exceptions.BadRequest'
  | 'werkzeug.exceptions.NotFound'
  | 'werkzeug.exceptions.Unauthorized'
  | 'werkzeug.exceptions.UnprocessableEntity';

const STATUS: Partial<Record<PythonClass, number>> = {
  'odoo.exceptions.UserError': 422,
  'odoo.exceptions.ValidationError': 422,
  'odoo.exceptions.MissingError': 404,
  'odoo.exceptions.AccessError': 403,
  'odoo.exceptions.AccessDenied': 403,
  'werkzeug.exceptions.BadRequest': 400,
  'werkzeug.exceptions.NotFound': 404,
  'werkzeug.exceptions.Unauthorized': 401,
  'werkzeug.exceptions.UnprocessableEntity': 422,
};

const FAULT_CODE: Partial<Record<PythonClass, number>> = {
  'odoo.exceptions.UserError': 2,
  'odoo.exceptions.ValidationError': 2,
  'odoo.exceptions.MissingError': 2,
  'odoo.exceptions.RedirectWarning': 2,
  'odoo.exceptions.AccessDenied': 3,
  'odoo.exceptions.AccessError': 4,
};

export class OdooError extends Error {
  override readonly name = 'OdooError';
  readonly python: PythonClass;

  constructor(python: PythonClass, message: string) {
    super(message);
    this.python = python;
  }

  /** HTTP status of the JSON-2 answer. */
  get status(): number {
    return STATUS[this.python] ?? 500;
  }

  /** XML-RPC fault: Odoo's own exceptions carry the message, all others a whole traceback. */
  get fault(): { readonly code: number; readonly text: string } {
    const code = FAULT_CODE[this.python];
    return code === undefined ? { code: 1, text: this.traceback } : { code, text: this.message };
  }

  get traceback(): string {
    const shown = this.python === 'builtins.KeyError' ? `'${this.message}'` : this.message;
    const where = '  File "odoo/service/model.py", line 184, in retrying\n    result = func()\n             ^^^^^^\n';
    return `Traceback (most recent call last):\n${where}${this.python.replace(/^builtins\./, '')}: ${shown}\n`;
  }

  get json(): Readonly<Record<string, unknown>> {
    const isHttp = this.python.startsWith('werkzeug.');
    return {
      name: this.python,
      message: this.message,
      arguments: isHttp ? [this.message, this.status] : [this.message],
      context: {},
      debug: this.traceback,
    };
  }
}

export const userError = (message: string) => new OdooError('odoo.exceptions.UserError', message);
export const validationError = (message: string) => new OdooError('odoo.exceptions.ValidationError', message);
export const accessError = (message: string) => new OdooError('odoo.exceptions.AccessError', message);
export const accessDenied = () => new OdooError('odoo.exceptions.AccessDenied', 'Access Denied');
export const valueError = (message: string) => new OdooError('builtins.ValueError', message);
export const typeError = (message: string) => new OdooError('builtins.TypeError', message);

export function missingError(model: string, id: number, uid: number): OdooError {
  return new OdooError(
    'odoo.exceptions.MissingError',
    `Record does not exist or has been deleted.\n(Record: ${model}(${id},), User: ${uid})`,
  );
}
