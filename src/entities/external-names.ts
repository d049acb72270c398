/** The names under which Odoo's records are known to stand for records of the app: external ids of the bridge's own module. */

/** @param appId empty for one that is not known: the name then names nobody */
export function externalKey(instance: string, entityName: string, appId: string): string {
  return `bridge_${instance}.${externalName(entityName, appId)}`;
}

/** Odoo takes letters, digits, `_` and `-`. Other ids are encoded; `-` instead of `_` before them keeps both apart. */
export function externalName(entityName: string, appId: string): string {
  if (/^[A-Za-z0-9_-]+$/.test(appId)) return `${entityName}_${appId}`;
  return `${entityName}-${Buffer.from(appId, 'utf8').toString('base64url')}`;
}

/** The app id that a key of this bridge and entity names; null when it names none of them. */
export function readExternalKey(instance: string, entityName: string, key: string): string | null {
  const prefix = `bridge_${instance}.${entityName}`;
  const rest = key.slice(prefix.length + 1);
  if (!key.startsWith(prefix) || rest === '') return null;
  if (key[prefix.length] === '_') return rest;
  return key[prefix.length] === '-' ? Buffer.from(rest, 'base64url').toString('utf8') : null;
}
