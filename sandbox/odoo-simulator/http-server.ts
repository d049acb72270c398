/** The HTTP server around both protocols; it can be stopped and started again with its state kept. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Answer } from './face.ts';
import { ConnectionReset } from './run-call.ts';

export interface HttpRequest {
  readonly method: string | undefined;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export interface StoppableServer {
  readonly port: number;
  /** Odoo is stopped: connections are refused, open ones break. */
  pause(): Promise<void>;
  resume(): Promise<void>;
}

interface ServerSettings {
  readonly port: number;
  readonly keepAlive: boolean;
  /** The web server's clock, in milliseconds. */
  webNow(): number;
}

export async function startHttpServer(
  settings: ServerSettings,
  respond: (request: HttpRequest) => Promise<Answer>,
): Promise<StoppableServer> {
  const sockets = new Set<Socket>();
  let server: Server | undefined;
  let taken = settings.port;

  async function resume(): Promise<void> {
    if (server) return;
    const starting = createServer((request, response) => {
      void handle(request, response, settings, respond);
    });
    starting.on('connection', (socket) => {
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
    });
    await new Promise<void>((resolve, reject) => {
      starting.once('error', reject);
      starting.listen(taken, '127.0.0.1', resolve);
    });
    taken = (starting.address() as AddressInfo).port;
    server = starting;
  }

  async function pause(): Promise<void> {
    const stopping = server;
    if (!stopping) return;
    server = undefined;
    const closed = new Promise<void>((resolve) => stopping.close(() => resolve()));
    for (const socket of sockets) socket.destroy();
    await closed;
  }

  await resume();
  return { port: taken, pause, resume };
}

async function handle(
  request: IncomingMessage,
  response: ServerResponse,
  settings: ServerSettings,
  respond: (request: HttpRequest) => Promise<Answer>,
): Promise<void> {
  try {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const path = (request.url ?? '/').split('?')[0] ?? '/';
    const body = Buffer.concat(chunks).toString('utf8');
    const answer = await respond({ method: request.method, path, headers: request.headers, body });
    send(response, answer, settings);
  } catch (error) {
    // a fault on purpose, or a client that hung up: all else is answered further in
    request.socket.destroy();
    if (!(error instanceof ConnectionReset) && request.complete) throw error;
  }
}

function send(response: ServerResponse, { status, headers, body, fault }: Answer, settings: ServerSettings): void {
  const bytes = Buffer.from(body, 'utf8');
  response.writeHead(status, {
    server: 'Werkzeug/2.2.2 Python/3.11.2',
    date: new Date(settings.webNow()).toUTCString(),
    'content-length': String(bytes.length),
    ...headers,
    ...(settings.keepAlive ? {} : { connection: 'close' }),
  });
  const half = bytes.subarray(0, bytes.length >> 1);
  if (fault?.kind === 'truncate') response.write(half, () => response.socket?.destroy());
  else if (fault?.kind === 'stall') response.write(half);
  else if (fault?.kind === 'trickle') trickle(response, bytes, fault.bytes, fault.everyMs);
  else response.end(bytes);
}

function trickle(response: ServerResponse, bytes: Buffer, size: number, everyMs: number): void {
  let at = 0;
  const timer = setInterval(() => {
    response.write(bytes.subarray(at, at + size));
    at += size;
    if (at < bytes.length) return;
    clearInterval(timer);
    response.end();
  }, everyMs);
  response.once('close', () => clearInterval(timer));
}
