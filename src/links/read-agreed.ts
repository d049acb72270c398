import type { Pair } from './links.ts';

/** What a row of links says of its base, which a left join may have left empty. */
export function readAgreed(row: {
  readonly app_digest: string | null;
  readonly odoo_digest: string | null;
  readonly agreed_at: Date | null;
}): Pair['agreed'] {
  const { app_digest, odoo_digest, agreed_at } = row;
  if (app_digest === null || odoo_digest === null || agreed_at === null) return null;
  return { app: app_digest, odoo: odoo_digest, at: agreed_at.getTime() };
}
