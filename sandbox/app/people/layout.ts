import type { Collection } from '../data/collection.ts';
import { COLLECTIONS } from '../data/collections.ts';
import { type Html, html } from './html.ts';

export interface Notice {
  readonly tone: 'good' | 'bad';
  readonly content: Html;
}

export function renderLayout(title: string, current: Collection | null, notice: Notice | null, main: Html): string {
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} – Travel app</title>
<link rel="stylesheet" href="/style.css">
<link rel="icon" href="data:,">
</head>
<body>
<a class="skip" href="#main">Skip to content</a>
<header>
<p class="brand">Travel app</p>
<nav aria-label="Collections">
<ul>${COLLECTIONS.map(
    (collection) =>
      html`<li><a href="/${collection.name}"${collection === current && html` aria-current="true"`}>${collection.title}</a></li>`,
  )}</ul>
</nav>
</header>
<main id="main" tabindex="-1">
${notice !== null && html`<div class="notice ${notice.tone}" role="${notice.tone === 'good' ? 'status' : 'alert'}">${notice.content}</div>`}
${main}
</main>
</body>
</html>
`;
  return page.html;
}
