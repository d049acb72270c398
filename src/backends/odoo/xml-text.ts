/**
 * Text as the XML library of `odoo-xmlrpc` should write it. By itself it puts text with `&`, `<` or `]]>` into a CDATA
 * section, but masks only the first `]]>` in it: a name with two of them could add fields of its own to the call.
 * It also loses the `\r` there.
 */
import { createRequire } from 'node:module';
import type { RpcValue } from './transport.ts';

interface XmlNode {
  ele(name: string): XmlNode;
  txt(text: string): XmlNode;
}

interface CustomType {
  readonly raw: unknown;
}

/** The very copy of `xmlrpc` that `odoo-xmlrpc` uses: it recognises its own class only. */
const { CustomType } = createRequire(import.meta.resolve('odoo-xmlrpc'))('xmlrpc') as {
  CustomType: new (raw: string) => CustomType;
};

class XmlText extends CustomType {
  serialize(node: XmlNode): void {
    node.ele('string').txt(String(this.raw));
  }
}

/** The same values, with all text that needs it marked to be escaped character by character. */
export function escapeTexts(value: RpcValue): unknown {
  if (typeof value === 'string') return /[&<>]/.test(value) ? new XmlText(value) : value;
  if (Array.isArray(value)) return value.map(escapeTexts);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, escapeTexts(item)]));
}
