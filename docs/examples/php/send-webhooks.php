<?php
// Sends what stands in the outbox to the bridge, signed as Standard Webhooks 1.0 wants it, until it is accepted.
// A process of its own, kept running by systemd or supervisord: php send-webhooks.php
declare(strict_types=1);
require __DIR__ . '/store.php';

function sign(string $secret, string $id, string $body): array
{
    $key = base64_decode(preg_replace('/^whsec_/', '', $secret));
    // Of this attempt, not of the event: the bridge refuses what is older than five minutes.
    $timestamp = (string) time();
    $signature = base64_encode(hash_hmac('sha256', "$id.$timestamp.$body", $key, true));
    return ["webhook-id: $id", "webhook-timestamp: $timestamp", "webhook-signature: v1,$signature"];
}

function post(string $url, string $secret, array $event): bool
{
    $data = ['id' => $event['record_id']];
    $body = encode(['type' => $event['type'], 'timestamp' => $event['created_at'], 'data' => $data]);
    $context = stream_context_create(['http' => [
        'method' => 'POST',
        'header' => ['Content-Type: application/json', ...sign($secret, $event['id'], $body)],
        'content' => $body,
        'timeout' => 10,
        'follow_location' => 0,
        'ignore_errors' => true,
    ]]);
    $answer = @fopen($url, 'r', context: $context);
    if ($answer === false) {
        return false;
    }
    $status = stream_get_meta_data($answer)['wrapper_data'][0] ?? '';
    fclose($answer);
    return preg_match('#^HTTP/\S+ 2\d\d#', $status) === 1;
}

while (true) {
    $due = query('select * from outbox where due <= ? order by created_at limit 20', [microtime(true)]);
    foreach ($due as $event) {
        if (post(getenv('BRIDGE_WEBHOOK_URL') ?: '', getenv('BRIDGE_WEBHOOK_SECRET') ?: '', $event)) {
            query('delete from outbox where id = ?', [$event['id']]);
            continue;
        }
        // The same id again, later and later, up to a minute: the bridge takes each id once.
        $attempts = $event['attempts'] + 1;
        $wait = min(60, 0.5 * 2 ** $attempts) * random_int(80, 120) / 100;
        $values = [$attempts, microtime(true) + $wait, $event['id']];
        query('update outbox set attempts = ?, due = ? where id = ?', $values);
    }
    if ($due === []) {
        usleep(500_000);
    }
}
