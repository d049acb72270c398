// The page /docs: asks for a token, reads the document with it and shows it. All texts are set as text, never as markup.
const form = document.querySelector('form');
const field = document.querySelector('#token');
const trouble = document.querySelector('[role=alert]');
const main = document.querySelector('main');

/** An element with properties and children; texts and empty children may be among them. */
function make(name, properties, ...children) {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

async function open(token) {
  trouble.textContent = '';
  const answer = await fetch('docs/json', { headers: { authorization: `Bearer ${token}` } }).catch(() => null);
  if (!answer?.ok) {
    const problem = await answer?.json().catch(() => null);
    sessionStorage.removeItem('token');
    trouble.textContent = problem?.detail ?? 'The bridge does not answer.';
    form.hidden = false;
    field.focus();
    return;
  }
  const text = await answer.text();
  // For this tab alone, and gone with it.
  sessionStorage.setItem('token', token);
  form.hidden = true;
  show(JSON.parse(text), URL.createObjectURL(new Blob([text], { type: 'application/json' })));
}

function show(api, file) {
  const operations = Object.entries(api.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );
  const sections = api.tags.map(({ name, description }) => [
    make('h2', {}, name),
    make('p', { className: 'dim' }, description),
    ...operations.filter(({ operation }) => operation.tags.includes(name)).map((entry) => showOperation(entry, api)),
  ]);
  const schemas = Object.entries(api.components.schemas).map(([name, schema]) =>
    make('details', { id: `schema-${name}` }, make('summary', {}, name), make('div', {}, code(schema))),
  );
  main.replaceChildren(
    make('p', {}, `Version ${api.info.version}. ${api.info.description}`),
    make('p', {}, make('a', { href: file, download: 'openapi.json' }, 'The whole document (OpenAPI 3.1)')),
    ...sections.flat(),
    make('h2', {}, 'Schemas'),
    ...schemas,
  );
}

function showOperation({ path, method, operation }, api) {
  const { parameters = [], requestBody, responses } = operation;
  return make(
    'details',
    { id: operation.operationId },
    make(
      'summary',
      {},
      make('span', { className: 'method' }, method.toUpperCase()),
      ' ',
      make('code', {}, path),
      ` ${operation.summary}`,
    ),
    make(
      'div',
      {},
      operation.description ? make('p', {}, operation.description) : null,
      make('p', { className: 'dim' }, tellAccess(operation)),
      parameters.length > 0 ? [make('h4', {}, 'Parameters'), make('dl', {}, parameters.flatMap(showParameter))] : null,
      requestBody ? [make('h4', {}, 'Body'), showContent(requestBody.content, api)] : null,
      make('h4', {}, 'Answers'),
      make(
        'dl',
        {},
        Object.entries(responses).flatMap((entry) => showResponse(entry, api)),
      ),
    ),
  );
}

function tellAccess(operation) {
  if (operation['x-scope']) return `Needs a token with the scope ${operation['x-scope']}.`;
  const scheme = Object.keys(operation.security[0] ?? {})[0];
  return scheme ? `Authenticated: ${scheme}.` : 'Needs no bearer token.';
}

function showParameter({ name, in: place, required, description, schema }) {
  const { type, format, enum: values, default: fallback, minimum, maximum } = schema;
  const facts = [
    `in ${place}`,
    required && 'required',
    type,
    format,
    values && `one of ${values.join(', ')}`,
    minimum !== undefined && `from ${minimum}`,
    maximum !== undefined && `to ${maximum}`,
    fallback !== undefined && `default ${fallback}`,
  ];
  return [
    make('dt', {}, make('code', {}, name), make('span', { className: 'dim' }, ` ${facts.filter(Boolean).join(', ')}`)),
    make('dd', {}, description ?? ''),
  ];
}

function showResponse([status, { description, content, headers = {} }], api) {
  return [
    make('dt', {}, make('code', {}, status), ` ${description}`),
    make(
      'dd',
      {},
      ...Object.entries(headers).map(([name, header]) =>
        make('p', {}, make('code', {}, name), ` ${header.description}`),
      ),
      showContent(content, api),
    ),
  ];
}

function showContent(content, api) {
  return Object.entries(content).map(([type, { schema, examples }]) => {
    const problems = Object.keys(examples ?? {});
    if (problems.length > 0) return make('p', {}, ...problems.flatMap(linkProblem));
    const example = resolve(schema, api).examples?.[0];
    return make(
      'div',
      {},
      make('p', { className: 'dim' }, type),
      example === undefined ? null : code(example),
      make('details', {}, make('summary', {}, 'Schema'), code(schema)),
    );
  });
}

const linkProblem = (problem) => [make('a', { href: `problems/${problem}` }, problem), ' '];

function resolve(schema, api) {
  const name = schema.$ref?.split('/').at(-1);
  return name ? api.components.schemas[name] : schema;
}

const code = (value) => make('pre', { tabIndex: 0 }, JSON.stringify(value, null, 2));

form.addEventListener('submit', (event) => {
  event.preventDefault();
  void open(field.value.trim());
});
const kept = sessionStorage.getItem('token');
if (kept) void open(kept);
else form.hidden = false;
