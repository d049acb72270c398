/** What is used of autocannon, which brings no types. */
declare module 'autocannon' {
  function autocannon(options: autocannon.Options): Promise<autocannon.Result>;

  namespace autocannon {
    interface Request {
      readonly method: string;
      readonly path: string;
      readonly headers: Readonly<Record<string, string>>;
      readonly body?: string;
    }
    interface Options {
      readonly url: string;
      readonly connections: number;
      /** Seconds. */
      readonly duration: number;
      /** `setupRequest` is asked for every request. */
      readonly requests: readonly { readonly setupRequest: (request: Request) => Request }[];
    }
    interface Result {
      /** Requests per status code. */
      readonly statusCodeStats: Readonly<Record<string, { readonly count: number }>>;
      readonly errors: number;
      readonly timeouts: number;
      /** Seconds that it took. */
      readonly duration: number;
    }
  }

  export = autocannon;
}
