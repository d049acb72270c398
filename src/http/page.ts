/** Small pages for browsers: all in one answer, so that nothing but what it carries may run or be loaded. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FastifyReply } from 'fastify';

export interface PageContent {
  readonly title: string;
  /** Markup; what comes from elsewhere went through `escapeText`. */
  readonly body: string;
  /** The name of a file in pages/ that runs once the body is there. */
  readonly script?: string;
}

export interface Page {
  readonly html: string;
  /** For the header Content-Security-Policy. */
  readonly policy: string;
}

const readPart = (name: string) => readFileSync(join(import.meta.dirname, 'pages', name), 'utf8');
const named = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
const STYLE = readPart('style.css');

export function renderPage({ title, body, script }: PageContent): Page {
  const code = script === undefined ? null : readPart(script);
  const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeText(title)}</title>
<link rel="icon" href="data:,">
<style>${STYLE}</style>
</head>
<body>
${body}
${code === null ? '' : `<script type="module">${code}</script>\n`}</body>
</html>
`;
  const policy = [
    "default-src 'none'",
    `style-src ${named(STYLE)}`,
    ...(code === null ? [] : [`script-src ${named(code)}`, "connect-src 'self'"]),
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ];
  return { html, policy: policy.join('; ') };
}

export function sendPage(reply: FastifyReply, { html, policy }: Page): FastifyReply {
  return reply
    .type('text/html; charset=utf-8')
    .header('content-security-policy', policy)
    .header('x-content-type-options', 'nosniff')
    .header('referrer-policy', 'no-referrer')
    .header('cache-control', 'no-cache')
    .send(html);
}

export function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
