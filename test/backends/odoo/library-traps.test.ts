/** What a client must not do, whichever protocol it speaks; `odoo-xmlrpc` by itself does all of it. */
import Odoo from 'odoo-xmlrpc';
import t, { type Test } from 'tap';
import { createJson2Transport } from '../../../src/backends/odoo/json2-transport.ts';
import type { OdooCall, OdooTransport } from '../../../src/backends/odoo/transport.ts';
import type { TransportOptions } from '../../../src/backends/odoo/transport-options.ts';
import { createXmlrpcTransport } from '../../../src/backends/odoo/xmlrpc-transport.ts';
import { traceError } from '../../support/error-traces.ts';
import {
  type Answer,
  type Asked,
  answer,
  closedUrl,
  cutOff,
  endless,
  garbage,
  hangUp,
  json,
  silence,
  stall,
  startFaultyServer,
  startIpv6Server,
  startTlsServer,
  trickle,
  xmlFault,
  xmlValue,
} from '../../support/faulty-server.ts';

const apiKey = 'k3y-5d41402abc4b2a76';
const credentials = { database: 'travel', username: 'bot@example.com', apiKey };
const sent = { name: 'Ada L0velace', email: 'ada@sent.example', phone: '+33 1 98 76 54 32' };
const write: OdooCall = {
  model: 'res.partner',
  method: 'write',
  ids: [5],
  args: { vals: sent },
  context: { note: 'c0ntext' },
};
const SECRETS = /k3y-5d41402abc4b2a76|L0velace|ada@sent|98 76 54|c0ntext|bot@example/;

t.setTimeout(60_000);

interface Kind {
  readonly type: string;
  readonly beginning: string;
  open(options: TransportOptions): OdooTransport;
  /** What the first question of all is answered, if there is one before the call. */
  readonly login: readonly Answer[];
  /** The body of an answer that is a text. */
  success(value: string): string;
}

const KINDS: Readonly<Record<string, Kind>> = {
  xmlrpc: {
    type: 'text/xml',
    beginning: '<?xml version="1.0"?><methodResponse>',
    open: createXmlrpcTransport,
    login: [xmlValue('<int>7</int>')],
    success: (value) =>
      `<methodResponse><params><param><value><string>${value}</string></value></param></params></methodResponse>`,
  },
  json2: {
    type: 'application/json',
    beginning: '[',
    open: createJson2Transport,
    login: [],
    success: (value) => JSON.stringify(value),
  },
};

/** The whole question, given back: as a debugging proxy does it, and as Odoo quotes values in its tracebacks. */
function quote({ headers, body }: Asked): string {
  return `${JSON.stringify(headers)} ${body}`;
}

const echo =
  (status: number, type: string): Answer =>
  (response, asked) =>
    answer(status, type, quote(asked), { 'x-echo': quote(asked).replaceAll(/[^\x20-\x7e]/g, '') })(response, asked);
const echoGarbage: Answer = (response, asked) => garbage(quote(asked))(response, asked);
const echoTraceback: Answer = (response, asked) => {
  const frames = `Traceback (most recent call last):\n  File "x.py", line 1\n    ${quote(asked)}\nTypeError: ${quote(asked)}`;
  const escaped = frames.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  const fault = asked.path.startsWith('/json/')
    ? json({ name: 'builtins.TypeError', message: quote(asked), arguments: [quote(asked)], debug: frames }, 500)
    : xmlFault(1, escaped);
  fault(response, asked);
};

async function failWith(t: Test, { open, login }: Kind, fault: Answer): Promise<unknown> {
  const server = await startFaultyServer(t, ...login, fault);
  const transport = open({ ...credentials, url: server.url, maxResponseBytes: 200_000 });
  if (login.length > 0) await transport.userId();
  const error: unknown = await transport.call({ ...write, timeoutMs: 250 }).then(String, (reason: unknown) => reason);
  if (/timeout|large/.test((error as { code: string }).code)) await server.hungUpOn();
  return error;
}

t.test("the library's own errors do carry more than they show, and the tests would notice", async (t) => {
  const server = await startFaultyServer(t, echo(200, 'text/html'));
  const { url } = server;
  const library = new Odoo({ url, port: server.port, db: 'travel', username: 'bot@example.com', password: apiKey });
  const error: unknown = await new Promise((resolve) => library.connect(resolve));
  t.match(traceError(error), SECRETS);
  t.notMatch(JSON.stringify(error), SECRETS, 'out of sight');
});

for (const [name, kind] of Object.entries(KINDS)) {
  const { type, beginning, open, login, success } = kind;

  t.test(`${name}: neither key nor values in any error`, async (t) => {
    const faults: readonly (readonly [Answer, string])[] = [
      [silence, 'odoo_timeout'],
      [stall(type, beginning), 'odoo_timeout'],
      [trickle(type, beginning), 'odoo_timeout'],
      [hangUp, 'odoo_connection_lost'],
      [cutOff(type, beginning), 'odoo_connection_lost'],
      [endless(type, beginning), 'odoo_answer_too_large'],
      [echoGarbage, name === 'xmlrpc' ? 'wrong_protocol' : 'odoo_connection_lost'],
      [echo(200, 'text/html'), 'html_answer'],
      [echo(404, 'text/html'), 'html_answer'],
      [echo(302, 'text/html'), 'redirected'],
      [echo(413, 'text/html'), 'request_too_large'],
      [echo(429, 'text/html'), 'rate_limited'],
      [echo(502, 'text/html'), 'odoo_unavailable'],
      [echo(200, type), 'odoo_answer_unreadable'],
      [echoTraceback, 'odoo_error'],
    ];
    for (const [fault, code] of faults) {
      const error = await failWith(t, kind, fault);
      t.match(error, { code, message: String, remedy: String });
      t.notMatch(traceError(error), SECRETS, code);
    }
    const tls = await startTlsServer(t, silence);
    for (const url of [await closedUrl(), tls.url, 'http://no-such-host.invalid']) {
      const error: unknown = await open({ ...credentials, url })
        .call(write)
        .then(String, (reason: unknown) => reason);
      t.match(error, { code: /^(odoo_unreachable|bad_certificate)$/ });
      t.notMatch(traceError(error), SECRETS, url);
    }
    t.equal(tls.asked.length, 0, 'nothing is said to a server that nobody vouches for');
    for (const [field, value] of Object.entries({ name: 'L0velace\u0000', phone: undefined, email: new Date(0) })) {
      const transport = open({ ...credentials, url: tls.url });
      const call = { ...write, args: { vals: { [field]: value as never } } };
      const error: unknown = await transport.call(call).then(String, (reason: unknown) => reason);
      t.match(error, { code: 'unstorable_value', message: new RegExp(`arguments\\.vals\\.${field} `) });
      t.notMatch(traceError(error), SECRETS);
    }
  });

  t.test(`${name}: a deadline ends the call, and what comes after it disturbs nobody`, async (t) => {
    const late: Answer = (response, asked) => {
      setTimeout(() => answer(200, type, success('late'))(response, asked), 200);
      setTimeout(() => response.socket?.resetAndDestroy(), 220);
    };
    for (const fault of [silence, stall(type, beginning), trickle(type, beginning), late]) {
      const server = await startFaultyServer(t, ...login, fault, fault, fault, answer(200, type, success('next')));
      const transport = open({ ...credentials, url: server.url });
      await (login.length > 0 ? transport.userId() : undefined);
      const begun = Date.now();
      const calls = [1, 2, 3].map(() =>
        t.rejects(transport.call({ ...write, timeoutMs: 120 }), { code: 'odoo_timeout' }),
      );
      await Promise.all(calls);
      t.ok(Date.now() - begun < 1_000, 'in time');
      await server.hungUpOn();
      await new Promise((resolve) => setTimeout(resolve, 130));
      t.equal(await transport.call(write), 'next');
    }
  });

  t.test(`${name}: calls leave no listeners and no timers behind`, async (t) => {
    const server = await startFaultyServer(t, ...login, answer(200, type, success('yes')));
    const transport = open({ ...credentials, url: server.url });
    const warnings: string[] = [];
    const note = (warning: Error) => warnings.push(`${warning.name}: ${warning.message}`);
    process.on('warning', note);
    t.teardown(() => process.off('warning', note));
    await transport.call(write);
    const timers = () => process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout').length;
    const before = timers();
    for (let round = 0; round < 40; round += 1) await transport.call(write);
    t.ok(timers() <= before, 'the deadlines of calls that are over hold nothing up');
    t.same(warnings, []);
  });

  t.test(`${name}: a letter that comes in two pieces is one letter`, async (t) => {
    const body = Buffer.from(success('Zoé'));
    const cut = body.indexOf('é') + 1;
    const pieces: Answer = (response) => {
      response.writeHead(200, { 'content-type': type });
      response.write(body.subarray(0, cut), () => setTimeout(() => response.end(body.subarray(cut)), 30));
    };
    const server = await startFaultyServer(t, ...login, pieces);
    t.equal(await open({ ...credentials, url: server.url }).call(write), 'Zoé');
  });

  t.test(`${name}: an address of IPv6`, async (t) => {
    const server = await startIpv6Server(t, ...login, answer(200, type, success('six')));
    if (server === null) return t.comment('This machine has no IPv6, so nothing was tested with it.');
    t.equal(await open({ ...credentials, url: server.url }).call(write), 'six');
    t.equal(server.asked.at(-1)?.headers.host, `[::1]:${server.port}`);
  });
}
