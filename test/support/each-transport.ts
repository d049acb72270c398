/** The same check through both protocols, on one fresh database of a real Odoo 19. */
import type { Test } from 'tap';
import { createJson2Transport } from '../../src/backends/odoo/json2-transport.ts';
import { createOdooClient, type OdooClient } from '../../src/backends/odoo/odoo-client.ts';
import { createXmlrpcTransport } from '../../src/backends/odoo/xmlrpc-transport.ts';
import { type RealOdoo, realOdoo } from './odoo-lab.ts';

const KINDS = { xmlrpc: createXmlrpcTransport, json2: createJson2Transport };

/** @param check `mark` is another for each protocol, to make names of its own with */
export function eachTransport(
  t: Test,
  check: (t: Test, odoo: OdooClient, mark: string, real: RealOdoo) => Promise<void>,
): void {
  void t.test('on a real Odoo 19', { timeout: 280_000 }, async (t) => {
    const real = await realOdoo(t);
    if (!real) return;
    for (const [kind, create] of Object.entries(KINDS)) {
      await t.test(`over ${kind}`, { timeout: 200_000 }, (t) => check(t, createOdooClient(create(real)), kind, real));
    }
  });
}
