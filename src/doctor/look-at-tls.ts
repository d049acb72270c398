/** Whether a side is spoken to under TLS, with a certificate that is trusted and not about to end. */
import { BlockList, isIP } from 'node:net';
import { connect } from 'node:tls';
import { type Finding, fail, ok, warn } from './check.ts';

const SOON_DAYS = 14;
const DAY_MS = 86_400_000;
const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

/** @param variable names the address in what is told */
export async function lookAtTls(variable: string, address: string, timeoutMs: number): Promise<Finding> {
  const url = new URL(address);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (url.protocol === 'http:') {
    return isOwnMachine(host)
      ? ok('Without TLS, but on this machine.')
      : warn(
          `${variable} is an http:// address: the key travels where others may read it.`,
          'Use https://, or see that the network in between is your own.',
        );
  }
  return new Promise((resolve) => {
    const servername = isIP(host) ? '' : host;
    const socket = connect({ host, port: Number(url.port || 443), servername }, () => {
      finish(describeEnd(Date.parse(socket.getPeerCertificate().valid_to)));
    });
    socket.setTimeout(timeoutMs, () => finish(unreachable(variable, 'ETIMEDOUT')));
    socket.once('error', (error: NodeJS.ErrnoException) => {
      const code = error.code ?? '';
      finish(/^E(CONN|HOST|NET|NOT|AI_)/.test(code) ? unreachable(variable, code) : untrusted(code));
    });
    function finish(finding: Finding): void {
      socket.destroy();
      resolve(finding);
    }
  });
}

function isOwnMachine(host: string): boolean {
  const family = isIP(host);
  if (family === 0) return host === 'localhost';
  return LOOPBACK.check(host, family === 4 ? 'ipv4' : 'ipv6');
}

function describeEnd(end: number): Finding {
  const days = Math.floor((end - Date.now()) / DAY_MS);
  const day = new Date(end).toISOString().slice(0, 10);
  if (days >= SOON_DAYS) return ok(`The certificate is trusted, until ${day}.`);
  return warn(
    `The certificate ends on ${day}.`,
    'Renew it; if that happens by itself, see why it has not happened yet.',
  );
}

function unreachable(variable: string, code: string): Finding {
  return fail(`Nobody answers at the address (${code}).`, `Check ${variable}, and that the server runs.`);
}

function untrusted(code: string): Finding {
  const what = /^[A-Z0-9_]+$/.test(code) ? ` (${code})` : '';
  return fail(
    `There is no trusted TLS connection${what}.`,
    'Renew the certificate, give Node the issuing authority with NODE_EXTRA_CA_CERTS, or check whether it is http or https.',
  );
}
