"""Sends what stands in the outbox to the bridge, signed as Standard Webhooks 1.0 wants it, until it is accepted."""

import base64
import hashlib
import hmac
import json
import logging
import random
import time
import urllib.request


def sign(secret, id, body):
    key = base64.b64decode(secret.removeprefix("whsec_"))
    # Of this attempt, not of the event: the bridge refuses what is older than five minutes.
    timestamp = str(int(time.time()))
    digest = hmac.new(key, f"{id}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    signature = "v1," + base64.b64encode(digest).decode()
    return {"webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": signature}


def post(url, secret, event):
    content = {"type": event["type"], "timestamp": event["created_at"], "data": {"id": event["record_id"]}}
    body = json.dumps(content).encode()
    headers = {"content-type": "application/json", **sign(secret, event["id"], body)}
    try:
        with urllib.request.urlopen(urllib.request.Request(url, body, headers), timeout=10) as answer:
            return 200 <= answer.status < 300
    except (OSError, ValueError):
        return False


def send_due(db, url, secret):
    due = db.execute("select * from outbox where due <= ? order by created_at limit 20", [time.time()]).fetchall()
    for event in due:
        if post(url, secret, event):
            db.execute("delete from outbox where id = ?", [event["id"]])
            continue
        # The same id again, later and later, up to a minute: the bridge takes each id once.
        attempts = event["attempts"] + 1
        wait = min(60, 0.5 * 2 ** min(attempts, 7)) * random.uniform(0.8, 1.2)
        retry = [attempts, time.time() + wait, event["id"]]
        db.execute("update outbox set attempts = ?, due = ? where id = ?", retry)
    return len(due)


def send_for_ever(connect, url, secret):
    db = connect()
    while True:
        try:
            if send_due(db, url, secret) > 0:
                continue
        except Exception:
            # A thread that ends is noticed by nobody.
            logging.exception("the outbox cannot be sent")
        time.sleep(0.5)
