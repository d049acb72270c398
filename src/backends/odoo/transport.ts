/** How to call Odoo: one small interface, so that the protocol can change without the rest noticing. */

/** JSON values that both protocols carry. `Date`, `undefined`, NaN and control characters are refused. */
export type RpcValue = string | number | boolean | null | readonly RpcValue[] | { readonly [key: string]: RpcValue };

export interface OdooCall {
  readonly model: string;
  readonly method: string;
  /** Records the method runs on; empty for a record's method without a record, left out for methods of the model itself. */
  readonly ids?: readonly number[];
  /** Arguments by name, as Odoo's Python signature names them. */
  readonly args?: Readonly<Record<string, RpcValue>>;
  readonly context?: Readonly<Record<string, RpcValue>>;
  /** Milliseconds until the call is given up (its outcome is then unknown). */
  readonly timeoutMs?: number;
}

/** One answer's HTTP `Date`, bounded by when the request left and the answer came, in bridge milliseconds. */
export interface ClockReading {
  readonly serverDate: number;
  readonly sentAt: number;
  readonly receivedAt: number;
}

export interface OdooVersion {
  /** `[19, 0]` */
  readonly major: number;
  /** As the server spells it: `19.0-20260101` */
  readonly full: string;
}

export interface OdooTransport {
  readonly kind: 'xmlrpc' | 'json2';
  /**
   * Calls a public method.
   * @returns the method's value; Python's None is null (over XML-RPC the whole value is, when there is a None anywhere in it)
   * @throws RetryableError, SetupError or TerminalError (see errors.ts of this folder), never with the request in it
   */
  call(call: OdooCall): Promise<unknown>;
  /** The uid that the calls run as. */
  userId(): Promise<number>;
  close(): Promise<void>;
}
