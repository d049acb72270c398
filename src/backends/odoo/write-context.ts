/** The context of writes: backfills leave no trace in Odoo's chatter, live edits tell who changed what. */
export function writeContext(quiet: boolean): Readonly<Record<string, boolean>> {
  // The bot must not become a follower of all it touches, whatever else is kept.
  const never = { mail_create_nosubscribe: true, mail_auto_subscribe_no_notify: true, active_test: false };
  return quiet ? { ...never, tracking_disable: true, mail_notrack: true, mail_create_nolog: true } : never;
}
