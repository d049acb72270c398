import fc from 'fast-check';
import t from 'tap';
import { escapeTexts } from '../../../src/backends/odoo/xml-text.ts';
import { createXmlrpcTransport } from '../../../src/backends/odoo/xmlrpc-transport.ts';
import { startFaultyServer, xmlValue } from '../../support/faulty-server.ts';

t.test('values keep their shape', async (t) => {
  t.same(escapeTexts([1, null, true, 'plain', { a: ['b'] }]), [1, null, true, 'plain', { a: ['b'] }]);
});

t.test('text arrives as text, whatever stands in it', async (t) => {
  const server = await startFaultyServer(t, xmlValue('<int>2</int>'), xmlValue('<boolean>1</boolean>'));
  const transport = createXmlrpcTransport({ url: server.url, database: 'd', username: 'u', apiKey: 'k' });
  const send = async (name: string) => {
    await transport.call({ model: 'res.partner', method: 'write', ids: [1], args: { vals: { name } } });
    return server.asked.at(-1)?.body ?? '';
  };
  const evil = 'a]]>b]]></string></value></member><member><name>phone</name><value><string><![CDATA[forged';
  const sent = await send(evil);
  t.equal(sent.match(/<member>/g)?.length, 1, 'name, and no second member');
  t.notMatch(sent, /<!\[CDATA/, 'no CDATA section, whose end a text could forge');

  const pieces = fc.constantFrom(']]>', '<![CDATA[', '</string>', '&', '&amp;', '<', '>', '\r\n', 'x', ' ');
  await fc.assert(
    fc.asyncProperty(fc.array(pieces, { maxLength: 8 }), async (parts) => {
      const text = parts.join('');
      const [, written = ''] =
        /<name>name<\/name><value><string(?:\/>|>([^<]*)<\/string>)<\/value>/.exec(await send(text)) ?? [];
      const read = written
        .replaceAll('&#xD;', '\r')
        .replaceAll('&lt;', '<')
        .replaceAll('&gt;', '>')
        .replaceAll('&amp;', '&');
      t.equal(read, text);
    }),
    { numRuns: 40 },
  );
});
