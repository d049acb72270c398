/** What Odoo says when the database is not there. */
import { OdooError } from './odoo-errors.ts';

export function databaseMissing(name: unknown): OdooError {
  const text = `connection to server on socket "/run/.s.PGSQL.5432" failed: FATAL:  database "${name}" does not exist\n`;
  return new OdooError('psycopg2.OperationalError', text);
}

export const NO_DATABASE_PAGE = `<!DOCTYPE html>
<title>404 Not Found</title>
<h1>Not Found</h1>
<p>No database is selected and the requested URL was not found in the server-wide controllers.</p>
<p>Please verify the hostname, <a href=/web/login>login</a> and try again.</p>

<!-- Alternatively, use the X-Odoo-Database header. -->
`;
