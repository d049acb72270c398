/** The parts of the untyped npm package `odoo-xmlrpc` that the bridge uses. */
declare module 'odoo-xmlrpc' {
  type Callback = (error: unknown, value: unknown) => void;
  // biome-ignore lint/style/noDefaultExport: this is how the package exports it.
  export default class Odoo {
    constructor(config: { url: string; port?: number | string; db: string; username: string; password: string });
    connect(callback: Callback): void;
    execute_kw(model: string, method: string, params: unknown[], callback: Callback): void;
  }
}
