<?php
// The teachers of an app, as the bridge asks for them. PHP 8.1 with pdo_sqlite: php -S 127.0.0.1:4000 app.php
declare(strict_types=1);
require __DIR__ . '/store.php';

const COLLECTIONS = ['teachers', 'tenants', 'guests', 'apartments', 'travels', 'invoices', 'documents',
    'mailing-lists', 'campaigns', 'messages'];
const FIELDS = ['name', 'email', 'phone', 'street', 'street2', 'zip', 'city', 'country', 'vat', 'type', 'language',
    'notes', 'school'];

function stamp(DateTimeImmutable $moment): string
{
    return $moment->setTimezone(new DateTimeZone('UTC'))->format('Y-m-d\TH:i:s.u\Z');
}

function uuid(): string
{
    return bin2hex(random_bytes(16));
}

function find(string $id): ?array
{
    return query('select * from teachers where id = ?', [$id])[0] ?? null;
}

function show(array $row): array
{
    $own = ['id' => $row['id'], 'updated_at' => $row['updated_at'], 'deleted_at' => $row['deleted_at']];
    return [...decode($row['fields']), ...$own];
}

/** The only place that writes a teacher: people and the bridge both come here. Call it within a transaction. */
function save(string $id, array $fields, bool $deleted): array
{
    $before = find($id);
    $moment = new DateTimeImmutable();
    if ($before !== null) {
        // Later than before in any case: the bridge compares this text to see whether somebody was faster.
        $moment = max($moment, (new DateTimeImmutable($before['updated_at']))->modify('+1 microsecond'));
    }
    $updatedAt = stamp($moment);
    $deletedAt = $deleted ? ($before['deleted_at'] ?? $updatedAt) : null;
    $email = isset($fields['email']) ? lower($fields['email']) : null;
    query(
        'insert or replace into teachers (id, fields, email, updated_at, deleted_at) values (?, ?, ?, ?, ?)',
        [$id, encode((object) $fields), $email, $updatedAt, $deletedAt],
    );
    // In the same transaction: an event of what was rolled back is never sent, and none is lost after the commit.
    query(
        'insert into outbox (id, type, record_id, created_at) values (?, ?, ?, ?)',
        ['evt_' . uuid(), 'teacher.' . ($before ? 'updated' : 'created'), $id, $updatedAt],
    );
    return show(find($id));
}

/** The fields to store, and what is wrong with them. */
function check(array $given, array $fields): array
{
    $errors = [];
    foreach ($given as $field => $value) {
        if (!in_array($field, FIELDS, true)) {
            $errors[] = ['field' => (string) $field, 'message' => 'is unknown'];
        } elseif ($value !== null && !is_string($value)) {
            $errors[] = ['field' => $field, 'message' => 'must be text or null'];
        } else {
            $text = trim($value ?? '');
            $fields[$field] = $text === '' ? null : $text;
        }
    }
    if (!isset($fields['name'])) {
        $errors[] = ['field' => 'name', 'message' => 'is required'];
    }
    return [$fields, $errors];
}

function invalid(string $field, string $message): array
{
    return ['status' => 'invalid', 'errors' => [['field' => $field, 'message' => $message]]];
}

function apply(array $operation): array
{
    $op = $operation['op'] ?? '';
    $key = $operation['idempotency_key'] ?? '';
    if (!in_array($op, ['create', 'update', 'archive', 'restore'], true)) {
        return invalid('op', 'is unknown');
    }
    if ($key === '') {
        return invalid('idempotency_key', 'is required');
    }
    $done = query('select result from idempotency where key = ?', [$key])[0] ?? null;
    if ($done !== null) {
        return decode($done['result']);
    }
    $row = $op === 'create' ? null : find($operation['id'] ?? '');
    if ($op !== 'create' && $row === null) {
        return ['status' => 'not_found'];
    }
    $expected = $operation['if_updated_at'] ?? null;
    if ($row !== null && $expected !== null && $expected !== $row['updated_at']) {
        return ['status' => 'stale', 'record' => show($row)];
    }
    [$fields, $errors] = check($operation['fields'] ?? [], $row === null ? [] : decode($row['fields']));
    if ($errors !== []) {
        return ['status' => 'invalid', 'errors' => $errors];
    }
    $deleted = $op === 'archive' || ($op === 'update' && $row['deleted_at'] !== null);
    $result = ['status' => 'ok', 'record' => save($row['id'] ?? uuid(), $fields, $deleted)];
    // Those of creates for ever; the others may be forgotten after a day.
    query('insert into idempotency (key, result) values (?, ?)', [$key, encode($result)]);
    return $result;
}

function listTeachers(array $asked): array
{
    if (isset($asked['ids'])) {
        $ids = array_slice(explode(',', $asked['ids']), 0, 200);
        $marks = implode(',', array_fill(0, count($ids), '?'));
        return ['data' => array_map(show(...), query("select * from teachers where id in ($marks)", $ids))];
    }
    if (isset($asked['email'])) {
        $email = lower(trim($asked['email']));
        $rows = query('select * from teachers where email = ? order by id limit 200', [$email]);
        return ['data' => array_map(show(...), $rows)];
    }
    // Before the question: what is written meanwhile is then asked for again the next time.
    $serverTime = stamp(new DateTimeImmutable());
    [$at, $after] = isset($asked['cursor']) ? decode(base64_decode($asked['cursor'])) : ['', ''];
    $since = isset($asked['updated_since']) ? stamp(new DateTimeImmutable($asked['updated_since'])) : '';
    $limit = min(max((int) ($asked['limit'] ?? 1000), 1), 1000);
    $rows = query(
        'select * from teachers where updated_at >= ? and (updated_at, id) > (?, ?)
         order by updated_at, id limit ' . ($limit + 1),
        [$since, $at, $after],
    );
    $page = array_slice($rows, 0, $limit);
    $last = end($page);
    $next = count($rows) > $limit ? base64_encode(encode([$last['updated_at'], $last['id']])) : null;
    return ['data' => array_map(show(...), $page), 'next_cursor' => $next, 'server_time' => $serverTime];
}

/** Of letters beyond ASCII only where mbstring is installed. */
function lower(string $text): string
{
    return function_exists('mb_strtolower') ? mb_strtolower($text) : strtolower($text);
}

function answer(array $body, int $status = 200, string $type = 'application/json'): never
{
    http_response_code($status);
    header("Content-Type: $type");
    echo encode($body);
    exit;
}

function problem(int $status, string $title): never
{
    answer(['title' => $title, 'status' => $status], $status, 'application/problem+json');
}

$method = $_SERVER['REQUEST_METHOD'];
$path = explode('/', trim(parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH), '/'));
$body = $method === 'GET' ? [] : decode(file_get_contents('php://input'));

if ($path[0] === 'bridge') {
    $given = $_SERVER['HTTP_AUTHORIZATION'] ?? '';
    if (!hash_equals('Bearer ' . getenv('APP_API_TOKEN'), $given)) {
        problem(401, 'The token is wrong');
    }
    [, $collection, $what] = [...$path, '', ''];
    if ($collection === 'teachers' && $method === 'GET') {
        answer(listTeachers($_GET));
    }
    if ($collection === 'teachers' && $method === 'POST' && $what === 'batch') {
        // Each stands alone: one that fails takes none of the others with it.
        $one = fn (array $operation): array => transaction(fn (): array => apply($operation));
        answer(['results' => array_map($one, $body['operations'])]);
    }
    // What this app does not have, it has none of.
    if ($method === 'GET' && in_array($collection, COLLECTIONS, true)) {
        answer(['data' => [], 'next_cursor' => null, 'server_time' => stamp(new DateTimeImmutable())]);
    }
    problem(404, 'There is no such collection');
}

// The app's own doors, for its people: they know nothing of the bridge.
if ($path[0] === 'teachers' && $method === 'POST') {
    answer(transaction(fn (): array => save(uuid(), $body, false)));
}
if ($path[0] === 'teachers' && $method === 'PATCH' && find($path[1] ?? '') !== null) {
    answer(transaction(function () use ($path, $body): array {
        $row = find($path[1]);
        return save($path[1], [...decode($row['fields']), ...$body], $row['deleted_at'] !== null);
    }));
}
problem(404, 'There is nothing here');
