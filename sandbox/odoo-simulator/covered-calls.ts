/**
 * The calls that the contract suite (test/odoo/contract) proves on the simulator and on a real Odoo alike.
 * The simulator refuses every other one, so that nothing can rest on behaviour that nobody compared.
 */
export const COVERED_CALLS: ReadonlySet<string> = new Set([
  ...methods('res.partner', 'search search_read search_count read create write unlink load web_save_multi'),
  ...methods('res.partner', 'fields_get has_access check_access_rights get_external_id'),
  ...methods('res.partner.category', 'search search_read search_count read create write unlink load'),
  ...methods('res.partner.category', 'fields_get has_access check_access_rights'),
  ...methods('base.partner.merge.automatic.wizard', 'create action_merge'),
  ...methods('res.country', 'search search_read read'),
  ...methods('res.lang', 'search search_read read get_installed'),
  ...methods('res.users', 'context_get search search_read read has_group'),
  ...methods('res.users.apikeys', 'search_read fields_get'),
  ...methods('ir.model', 'search search_read has_access check_access_rights'),
  ...methods('ir.model.fields', 'search search_read has_access check_access_rights'),
  ...methods('ir.model.data', 'check_object_reference search search_read has_access check_access_rights'),
  ...methods('ir.config_parameter', 'search_read'),
  ...methods('ir.attachment', 'search_read fields_get has_access check_access_rights'),
  ...methods('ir.actions.server', 'search search_read read create write unlink run fields_get has_access'),
  ...methods('ir.actions.server', 'check_access_rights'),
  ...methods('base.automation', 'search search_read create write unlink fields_get has_access'),
  ...methods('base.automation', 'check_access_rights'),
]);

function methods(model: string, names: string): readonly string[] {
  return names.split(' ').map((name) => `${model}.${name}`);
}
