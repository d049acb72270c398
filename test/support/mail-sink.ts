/** A mail server on this machine that delivers nothing: it keeps to whom each mail was to go. */
import { SMTPServer } from 'smtp-server';
import { z } from 'zod';
import type { OdooPerson } from '../../sandbox/people/people.ts';

export interface MailSink {
  /** Addresses, in the order in which their mails came. */
  readonly received: readonly string[];
  /** Refuses all that comes from now on, or takes it again. */
  refuse(refusing: boolean): void;
  /** Makes Odoo send through it, and nothing else. */
  serve(odoo: OdooPerson): Promise<void>;
}

interface Test {
  teardown(work: () => Promise<void>): unknown;
}

export async function startMailSink(t: Test): Promise<MailSink> {
  const received: string[] = [];
  let refusing = false;
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onData(stream, { envelope }, done) {
      stream.resume();
      stream.once('end', () => {
        if (refusing) return done(Object.assign(new Error('not now'), { responseCode: 451 }));
        received.push(...envelope.rcptTo.map(({ address }) => address.toLowerCase()));
        done();
      });
    },
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => new Promise<void>((resolve) => server.close(resolve)));
  const { port } = z.object({ port: z.number() }).parse(server.server.address());
  return {
    received,
    refuse: (now) => {
      refusing = now;
    },
    async serve(odoo) {
      const others = z.array(z.number()).parse(await odoo.call('ir.mail_server', 'search', { domain: [] }));
      if (others.length > 0) await odoo.call('ir.mail_server', 'write', { vals: { active: false } }, others);
      const values = { name: 'sink', smtp_host: '127.0.0.1', smtp_port: port, smtp_encryption: 'none' };
      await odoo.call('ir.mail_server', 'create', { vals_list: [values] });
    },
  };
}

/** What Odoo's clock does by itself elsewhere: sends the mailings that are due, then the mails that are left. */
export async function sendQueue(odoo: OdooPerson): Promise<void> {
  for (const [module, name] of [
    ['mass_mailing', 'ir_cron_mass_mailing_queue'],
    ['mail', 'ir_cron_mail_scheduler_action'],
  ]) {
    const domain = [
      ['module', '=', module ?? ''],
      ['name', '=', name ?? ''],
    ];
    const rows = await odoo.call('ir.model.data', 'search_read', { domain, fields: ['res_id'] });
    const [{ res_id }] = z.tuple([z.object({ res_id: z.number() })]).parse(rows);
    await odoo.call('ir.cron', 'method_direct_trigger', {}, [res_id]);
  }
}
