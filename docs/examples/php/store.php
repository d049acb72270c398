<?php
// The app's database. SQLite here; whatever has transactions will do.
declare(strict_types=1);

function database(): PDO
{
    static $db = null;
    if ($db !== null) {
        return $db;
    }
    $db = new PDO('sqlite:' . (getenv('DATABASE') ?: 'app.sqlite'), options: [
        PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION,
        PDO::ATTR_DEFAULT_FETCH_MODE => PDO::FETCH_ASSOC,
        PDO::ATTR_TIMEOUT => 10,
    ]);
    $db->exec('pragma journal_mode = wal');
    $db->exec('create table if not exists teachers (
        id text primary key, fields text not null, email text, updated_at text not null, deleted_at text)');
    $db->exec('create index if not exists teachers_updated on teachers (updated_at, id)');
    $db->exec('create index if not exists teachers_email on teachers (email)');
    $db->exec('create table if not exists idempotency (key text primary key, result text not null)');
    $db->exec('create table if not exists outbox (
        id text primary key, type text not null, record_id text not null, created_at text not null,
        attempts integer not null default 0, due real not null default 0)');
    return $db;
}

function query(string $sql, array $values = []): array
{
    $statement = database()->prepare($sql);
    $statement->execute($values);
    return $statement->fetchAll();
}

function transaction(callable $work): mixed
{
    database()->exec('begin immediate');
    try {
        $result = $work();
        database()->exec('commit');
        return $result;
    } catch (Throwable $error) {
        database()->exec('rollback');
        throw $error;
    }
}

function encode(mixed $value): string
{
    return json_encode($value, JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_SLASHES | JSON_THROW_ON_ERROR);
}

function decode(string $json): array
{
    return json_decode($json, true, flags: JSON_THROW_ON_ERROR);
}
