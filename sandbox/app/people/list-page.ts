import { type Collection, isKept, nameOne } from '../data/collection.ts';
import type { Field } from '../data/fields.ts';
import type { StoredRecord } from '../data/records.ts';
import { type Html, html } from './html.ts';
import { type Notice, renderLayout } from './layout.ts';
import { recordPath } from './record-path.ts';
import { type Names, renderValue } from './value.ts';

export interface ListView {
  readonly records: readonly StoredRecord[];
  readonly total: number;
  readonly text: string;
  readonly archived: boolean;
  readonly page: number;
  readonly pageSize: number;
  readonly names: Names;
}

export function renderListPage(collection: Collection, view: ListView, notice: Notice | null): string {
  const { title } = collection;
  return renderLayout(
    title,
    collection,
    notice,
    html`<div class="bar">
<h1>${title}</h1>
<a class="button primary" href="/${collection.name}/new">New ${nameOne(collection)}</a>
</div>
<form class="search" role="search" action="/${collection.name}">
<label for="q">Search</label>
<input id="q" name="q" type="search" value="${view.text}" maxlength="200">
<label class="check"><input type="checkbox" name="archived" value="1"${view.archived && html` checked`}> Archived</label>
<button>Search</button>
</form>
${view.records.length === 0 ? renderEmpty(view) : renderTable(collection, view)}
${renderPager(collection, view)}`,
  );
}

function renderEmpty(view: ListView): Html {
  if (view.text !== '') return html`<p>Nothing found for “${view.text}”.</p>`;
  return view.archived ? html`<p>Nothing is archived.</p>` : html`<p>Nothing here yet.</p>`;
}

function renderTable(collection: Collection, view: ListView): Html {
  const columns = [collection.nameField, ...collection.columns];
  const verb = view.archived ? 'restore' : 'archive';
  return html`<div class="scroll" role="region" aria-label="${collection.title}" tabindex="0">
<table>
<caption>${view.total} ${view.archived ? 'archived' : ''} ${view.total === 1 ? 'record' : 'records'}</caption>
<thead><tr>${columns.map((field) => html`<th scope="col">${collection.fields[field]?.label}</th>`)}<th scope="col">Action</th></tr></thead>
<tbody>
${view.records.map((record) => {
  const name = String(record.fields[collection.nameField] ?? record.id);
  const path = recordPath(collection, record.id);
  return html`<tr><th scope="row"><a href="${path}">${name}</a></th>${collection.columns.map(
    (field) =>
      html`<td>${record.fields[field] != null && renderValue(collection.fields[field] as Field, record.fields[field], view.names)}</td>`,
  )}<td>${!isKept(collection, record.fields) && html`<form method="post" action="${path}/${verb}"><button aria-label="${verb} ${name}">${verb === 'archive' ? 'Archive' : 'Restore'}</button></form>`}</td></tr>
`;
})}</tbody>
</table>
</div>`;
}

function renderPager(collection: Collection, view: ListView): Html | null {
  const last = Math.max(1, Math.ceil(view.total / view.pageSize));
  if (last === 1 && view.page === 1) return null;
  const link = (page: number): string => {
    const query = new URLSearchParams({ page: String(page) });
    if (view.text !== '') query.set('q', view.text);
    if (view.archived) query.set('archived', '1');
    return `/${collection.name}?${query}`;
  };
  return html`<nav class="pager" aria-label="Pages">
${view.page > 1 && html`<a class="button" rel="prev" href="${link(Math.min(view.page - 1, last))}">Previous</a>`}
<span>Page ${view.page} of ${last}</span>
${view.page < last && html`<a class="button" rel="next" href="${link(view.page + 1)}">Next</a>`}
</nav>`;
}
