/** The names under which Odoo's records are known to stand for records of the app: external ids of the bridge's own module. */

/**
 * @param appId empty for one that is not known: the name then names nobody
 * @param renewals how many Odoo records the app's has used up: the one that takes their place has a name of its own
 */
export function externalKey(instance: string, entityName: string, appId: string, renewals = 0): string {
  const again = renewals === 0 ? '' : `r${renewals}_`;
  return `bridge_${instance}.${again}${externalName(entityName, appId)}`;
}

/** Odoo takes letters, digits, `_` and `-`. Other ids are encoded; `-` instead of `_` before them keeps both apart. */
export function externalName(entityName: string, appId: string): string {
  if (/^[A-Za-z0-9_-]+$/.test(appId)) return `${entityName}_${appId}`;
  return `${entityName}-${Buffer.from(appId, 'utf8').toString('base64url')}`;
}

/** The app id that a key of this bridge and entity names; null when it names none of them. */
export function readExternalKey(instance: string, entityName: string, key: string): string | null {
  const module = `bridge_${instance}.`;
  if (!key.startsWith(module)) return null;
  const name = key.slice(module.length).replace(/^r\d+_/, '');
  const rest = name.slice(entityName.length + 1);
  if (!name.startsWith(entityName) || rest === '') return null;
  if (name[entityName.length] === '_') return rest;
  return name[entityName.length] === '-' ? Buffer.from(rest, 'base64url').toString('utf8') : null;
}
