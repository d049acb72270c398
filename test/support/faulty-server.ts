/** A server that answers as the test says, right or wrong, and a look at what it was sent. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Server, Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { selfSigned } from './self-signed.ts';

interface Test {
  teardown(work: () => Promise<void>): unknown;
}

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export interface FaultyServer {
  readonly url: string;
  readonly port: number;
  readonly asked: Asked[];
  /** Resolves when each connection that carried a question is closed: it was ended, not just forgotten. */
  hungUpOn(): Promise<void>;
}

export type Answer = (response: ServerResponse, asked: Asked) => void;

/** Several answers are given in turn, the last one for ever. */
export async function startFaultyServer(t: Test, ...answers: readonly Answer[]): Promise<FaultyServer> {
  return start(t, 'http', answers);
}

/** Its certificate is signed by nobody. */
export async function startTlsServer(t: Test, ...answers: readonly Answer[]): Promise<FaultyServer> {
  return start(t, 'https', answers);
}

/** Null on a machine without IPv6. */
export async function startIpv6Server(t: Test, ...answers: readonly Answer[]): Promise<FaultyServer | null> {
  const addresses = Object.values(networkInterfaces()).flat();
  return addresses.some((each) => each?.address === '::1') ? start(t, 'http', answers, '::1') : null;
}

async function start(
  t: Test,
  scheme: 'http' | 'https',
  answers: readonly Answer[],
  host = '127.0.0.1',
): Promise<FaultyServer> {
  const asked: Asked[] = [];
  const sockets = new Set<Socket>();
  // `fetch` opens another connection in place of one that it gave up, and lets it idle for some seconds.
  const used = new Set<Socket>();
  const listener = async (request: IncomingMessage, response: ServerResponse) => {
    used.add(request.socket);
    let body = '';
    for await (const chunk of request.setEncoding('utf8')) body += chunk;
    const { method = '', url: path = '', headers } = request;
    asked.push({ method, path, headers, body });
    answers[Math.min(asked.length, answers.length) - 1]?.(response, { method, path, headers, body });
  };
  const server: Server = scheme === 'http' ? createServer(listener) : createTlsServer(selfSigned, listener);
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  t.teardown(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  const { port } = server.address() as AddressInfo;
  const url = `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`;
  return { url, port, asked, hungUpOn: () => untilApart(used, sockets) };
}

async function untilApart(used: ReadonlySet<Socket>, open: ReadonlySet<Socket>): Promise<void> {
  while ([...used].some((socket) => open.has(socket))) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** A whole answer. */
export function answer(status: number, type: string, body: string, headers: Record<string, string> = {}): Answer {
  return (response) => response.writeHead(status, { 'content-type': type, ...headers }).end(body);
}

export const json = (value: unknown, status = 200) => answer(status, 'application/json', JSON.stringify(value));
export const html = (status: number) =>
  answer(status, 'text/html; charset=utf-8', '<!DOCTYPE html><title>Sorry</title>');
export const xml = (body: string) =>
  answer(200, 'text/xml', `<?xml version="1.0"?><methodResponse>${body}</methodResponse>`);
export const xmlValue = (value: string) => xml(`<params><param><value>${value}</value></param></params>`);
export const xmlFault = (code: number, text: string) =>
  xml(
    `<fault><value><struct><member><name>faultCode</name><value><int>${code}</int></value></member>` +
      `<member><name>faultString</name><value><string>${text}</string></value></member></struct></value></fault>`,
  );
/** Reads the question and says nothing. */
export const silence: Answer = () => {};
export const hangUp: Answer = (response) => response.socket?.destroy();
/** Begins the answer with the type of the protocol, and breaks off. */
export const cutOff =
  (type: string, beginning: string): Answer =>
  (response) => {
    response.writeHead(200, { 'content-type': type, 'content-length': 1_000 });
    response.write(beginning, () => response.socket?.destroy());
  };
/** Begins the answer and goes silent. */
export const stall =
  (type: string, beginning: string): Answer =>
  (response) =>
    response.writeHead(200, { 'content-type': type }).write(beginning);
/** Never silent for long, and never done. */
export const trickle =
  (type: string, beginning: string): Answer =>
  (response) => {
    response.writeHead(200, { 'content-type': type }).write(beginning);
    const timer = setInterval(() => response.write(' '), 40);
    response.once('close', () => clearInterval(timer));
  };
/** No HTTP at all. */
export const garbage =
  (text: string): Answer =>
  (response) =>
    response.socket?.end(text);
/** Goes on for ever, as fast as it is read. */
export const endless =
  (type: string, beginning: string, status = 200): Answer =>
  (response) => {
    response.writeHead(status, { 'content-type': type });
    response.write(beginning);
    const more = () => {
      while (!response.destroyed && response.write(' '.repeat(65_536)));
    };
    response.on('drain', more);
    more();
  };

/** An address where nobody listens any more. */
export async function closedUrl(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${port}`;
}
