/** XML-RPC as Python's xmlrpc.client reads and writes it, as far as Odoo uses it. */
import { typeError } from './odoo-errors.ts';

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

export function parseMethodCall(xml: string): { readonly method: string; readonly params: readonly unknown[] } {
  const reader = new Reader(xml);
  reader.skipTo('<methodName>');
  const method = reader.textUntil('</methodName>');
  const params: unknown[] = [];
  if (reader.peek('<params>')) {
    reader.expect('<params>');
    while (reader.peek('<param>')) {
      reader.expect('<param>');
      params.push(reader.value());
      reader.expect('</param>');
    }
  }
  return { method, params };
}

const CDATA = '<![CDATA[';
/** What `<struct/>` and `<array/>` stand for. */
const EMPTY: Readonly<Record<string, () => object>> = { struct: () => ({}), array: () => [] };

class Reader {
  readonly #xml: string;
  #at = 0;

  constructor(xml: string) {
    this.#xml = xml;
  }

  skipTo(tag: string): void {
    const at = this.#xml.indexOf(tag, this.#at);
    if (at < 0) throw new SyntaxError(`no ${tag}`);
    this.#at = at + tag.length;
  }

  /** Text up to a closing tag; node's xmlrpc puts all that needs escaping into CDATA sections. */
  textUntil(tag: string): string {
    let text = '';
    for (;;) {
      const end = this.#xml.indexOf(tag, this.#at);
      if (end < 0) throw new SyntaxError(`no ${tag}`);
      const section = this.#xml.indexOf(CDATA, this.#at);
      if (section < 0 || section > end) {
        text += unescapeXml(this.#xml.slice(this.#at, end));
        this.#at = end + tag.length;
        return text;
      }
      const close = this.#xml.indexOf(']]>', section);
      if (close < 0) throw new SyntaxError('no ]]>');
      text += unescapeXml(this.#xml.slice(this.#at, section)) + this.#xml.slice(section + CDATA.length, close);
      this.#at = close + 3;
    }
  }

  peek(tag: string): boolean {
    this.#skipSpace();
    return this.#xml.startsWith(tag, this.#at);
  }

  expect(tag: string): void {
    if (!this.peek(tag)) throw new SyntaxError(`expected ${tag}`);
    this.#at += tag.length;
  }

  value(): unknown {
    if (this.peek('<value/>')) {
      this.expect('<value/>');
      return '';
    }
    this.expect('<value>');
    const start = this.#at;
    if (!this.peek('<') || this.peek('</value>') || this.peek(CDATA)) {
      this.#at = start;
      return this.textUntil('</value>');
    }
    const value = this.#typed();
    this.expect('</value>');
    return value;
  }

  #typed(): unknown {
    const end = this.#xml.indexOf('>', this.#at);
    const tag = this.#xml.slice(this.#at + 1, end).trim();
    this.#at = end + 1;
    const name = tag.replace(/\s*\/$/, '');
    if (tag.endsWith('/')) return EMPTY[name]?.() ?? (name === 'nil' ? null : '');
    if (name === 'array') return this.#array();
    if (name === 'struct') return this.#struct();
    const text = this.textUntil(`</${name}>`);
    if (name === 'int' || name === 'i4' || name === 'i8') return Number.parseInt(text, 10);
    if (name === 'double') return Number.parseFloat(text);
    if (name === 'boolean') return text.trim() === '1';
    if (name === 'nil') return null;
    return text;
  }

  #array(): unknown[] {
    const items: unknown[] = [];
    if (this.peek('<data/>')) this.expect('<data/>');
    else {
      this.expect('<data>');
      while (!this.peek('</data>')) items.push(this.value());
      this.expect('</data>');
    }
    this.expect('</array>');
    return items;
  }

  #struct(): Record<string, unknown> {
    const members: Record<string, unknown> = {};
    while (this.peek('<member>')) {
      this.expect('<member>');
      this.expect('<name>');
      const name = this.textUntil('</name>');
      members[name] = this.value();
      this.expect('</member>');
    }
    this.expect('</struct>');
    return members;
  }

  #skipSpace(): void {
    while (this.#at < this.#xml.length && this.#xml.charCodeAt(this.#at) <= 32) this.#at += 1;
  }
}

function unescapeXml(text: string): string {
  return text.includes('&') ? text.replace(/&(#x[0-9a-f]+|#\d+|\w+);/gi, decodeEntity) : text;
}

function decodeEntity(whole: string, name: string): string {
  if (!name.startsWith('#')) return ENTITIES[name] ?? whole;
  const code = /^#x/i.test(name) ? Number.parseInt(name.slice(2), 16) : Number.parseInt(name.slice(1), 10);
  return String.fromCodePoint(code);
}

/** @throws OdooError for what Odoo's marshaller refuses, after the commit of the call */
export function writeResponse(value: unknown): string {
  return `<?xml version="1.0"?>\n<methodResponse>\n<params>\n<param>\n${write(value)}</param>\n</params>\n\n</methodResponse>\n`;
}

export function writeFault(code: number, text: string): string {
  const fault = write({ faultCode: code, faultString: text });
  return `<?xml version="1.0"?>\n<methodResponse>\n<fault>\n${fault}</fault>\n\n</methodResponse>\n`;
}

function write(value: unknown): string {
  if (value === null || value === undefined) throw typeError('cannot marshal None unless allow_none is enabled');
  if (typeof value === 'boolean') return `<value><boolean>${value ? 1 : 0}</boolean></value>\n`;
  if (typeof value === 'number') {
    return Number.isInteger(value)
      ? `<value><int>${value}</int></value>\n`
      : `<value><double>${value}</double></value>\n`;
  }
  if (typeof value === 'string') return `<value><string>${escapeXml(value)}</string></value>\n`;
  if (Array.isArray(value)) return `<value><array><data>\n${value.map(write).join('')}</data></array></value>\n`;
  if (value instanceof Map) throw typeError('dictionary key must be string');
  const members = Object.entries(value as object).map(
    ([name, member]) => `<member>\n<name>${escapeXml(name)}</name>\n${write(member)}</member>\n`,
  );
  return `<value><struct>\n${members.join('')}</struct></value>\n`;
}

/** Odoo leaves out the control characters that XML cannot carry. */
function escapeXml(text: string): string {
  return text
    .replace(/\p{Cc}/gu, (control) => ('\t\n\r'.includes(control) || control >= '\x7f' ? control : ''))
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;');
}
