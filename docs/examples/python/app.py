"""The teachers of an app, as the bridge asks for them. pip install fastapi uvicorn; uvicorn app:app --port 4000"""

import base64
import json
import os
import secrets
import sqlite3
import threading
import uuid
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone

from fastapi import Body, FastAPI, Request
from fastapi.responses import JSONResponse

import webhooks

COLLECTIONS = "teachers tenants guests apartments travels invoices documents mailing-lists campaigns messages".split()
FIELDS = "name email phone street street2 zip city country vat type language notes school".split()
DATABASE = os.environ.get("DATABASE", "app.sqlite")


def connect():
    db = sqlite3.connect(DATABASE, isolation_level=None, timeout=10)
    db.row_factory = sqlite3.Row
    return db


with connect() as first:
    first.executescript("""
        pragma journal_mode = wal;
        create table if not exists teachers (
            id text primary key, fields text not null, email text, updated_at text not null, deleted_at text);
        create index if not exists teachers_updated on teachers (updated_at, id);
        create index if not exists teachers_email on teachers (email);
        create table if not exists idempotency (key text primary key, result text not null);
        create table if not exists outbox (
            id text primary key, type text not null, record_id text not null, created_at text not null,
            attempts integer not null default 0, due real not null default 0);
    """)


@contextmanager
def transaction():
    db = connect()
    try:
        db.execute("begin immediate")
        yield db
        db.execute("commit")
    finally:
        db.close()  # without a commit that is a rollback


def stamp(moment):
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f") + "Z"


def parse(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def now():
    return datetime.now(timezone.utc)


def find(db, id):
    return db.execute("select * from teachers where id = ?", [id]).fetchone()


def show(row):
    own = {"id": row["id"], "updated_at": row["updated_at"], "deleted_at": row["deleted_at"]}
    return {**json.loads(row["fields"]), **own}


def save(db, id, fields, deleted):
    """The only place that writes a teacher: people and the bridge both come here."""
    before = find(db, id)
    # Later than before in any case: the bridge compares this text to see whether somebody was faster.
    moment = max(now(), parse(before["updated_at"]) + timedelta(microseconds=1)) if before else now()
    updated_at = stamp(moment)
    deleted_at = ((before and before["deleted_at"]) or updated_at) if deleted else None
    email = (fields.get("email") or "").lower() or None
    db.execute(
        "insert or replace into teachers (id, fields, email, updated_at, deleted_at) values (?, ?, ?, ?, ?)",
        [id, json.dumps(fields), email, updated_at, deleted_at],
    )
    # In the same transaction: an event of what was rolled back is never sent, and none is lost after the commit.
    db.execute(
        "insert into outbox (id, type, record_id, created_at) values (?, ?, ?, ?)",
        [f"evt_{uuid.uuid4()}", f"teacher.{'updated' if before else 'created'}", id, updated_at],
    )
    return show(find(db, id))


def check(given, before):
    """The fields to store, and what is wrong with them."""
    fields, errors = dict(before), []
    for field, value in given.items():
        if field not in FIELDS:
            errors.append({"field": field, "message": "is unknown"})
        elif value is not None and not isinstance(value, str):
            errors.append({"field": field, "message": "must be text or null"})
        else:
            fields[field] = (value or "").strip() or None
    if not fields.get("name"):
        errors.append({"field": "name", "message": "is required"})
    return fields, errors


def invalid(field, message):
    return {"status": "invalid", "errors": [{"field": field, "message": message}]}


def apply(db, operation):
    op, key = operation.get("op"), operation.get("idempotency_key")
    if op not in ("create", "update", "archive", "restore"):
        return invalid("op", "is unknown")
    if not key:
        return invalid("idempotency_key", "is required")
    done = db.execute("select result from idempotency where key = ?", [key]).fetchone()
    if done:
        return json.loads(done["result"])
    row = None if op == "create" else find(db, operation.get("id"))
    if op != "create" and row is None:
        return {"status": "not_found"}
    expected = operation.get("if_updated_at")
    if row and expected is not None and expected != row["updated_at"]:
        return {"status": "stale", "record": show(row)}
    fields, errors = check(operation.get("fields") or {}, json.loads(row["fields"]) if row else {})
    if errors:
        return {"status": "invalid", "errors": errors}
    deleted = op == "archive" or (op == "update" and row["deleted_at"] is not None)
    result = {"status": "ok", "record": save(db, row["id"] if row else str(uuid.uuid4()), fields, deleted)}
    # Those of creates for ever; the others may be forgotten after a day.
    db.execute("insert into idempotency (key, result) values (?, ?)", [key, json.dumps(result)])
    return result


def list_teachers(query):
    with transaction() as db:
        def select(condition, *values):
            return [show(row) for row in db.execute(f"select * from teachers where {condition}", values)]

        if "ids" in query:
            ids = query["ids"].split(",")[:200]
            return {"data": select(f"id in ({','.join('?' * len(ids))})", *ids)}
        if "email" in query:
            return {"data": select("email = ? order by id limit 200", query["email"].strip().lower())}
        # Before the question: what is written meanwhile is then asked for again the next time.
        server_time = stamp(now())
        cursor = query.get("cursor")
        at, after = json.loads(base64.urlsafe_b64decode(cursor)) if cursor else ("", "")
        since = stamp(parse(query["updated_since"])) if query.get("updated_since") else ""
        limit = min(max(int(query.get("limit", 1000)), 1), 1000)
        order = f"(updated_at, id) > (?, ?) order by updated_at, id limit {limit + 1}"
        rows = select(f"updated_at >= ? and {order}", since, at, after)
    data, next_cursor = rows[:limit], None
    if len(rows) > limit:
        last = [data[-1]["updated_at"], data[-1]["id"]]
        next_cursor = base64.urlsafe_b64encode(json.dumps(last).encode()).decode()
    return {"data": data, "next_cursor": next_cursor, "server_time": server_time}


def problem(status, title):
    return JSONResponse({"title": title, "status": status}, status, media_type="application/problem+json")


app = FastAPI()
TOKEN = f"Bearer {os.environ['APP_API_TOKEN']}".encode()


@app.middleware("http")
async def let_in(request: Request, call_next):
    given = request.headers.get("authorization", "").encode()
    if request.url.path.startswith("/bridge/") and not secrets.compare_digest(given, TOKEN):
        return problem(401, "The token is wrong")
    return await call_next(request)


@app.get("/bridge/{collection}")
def get_collection(collection: str, request: Request):
    if collection == "teachers":
        return list_teachers(request.query_params)
    # What this app does not have, it has none of.
    if collection in COLLECTIONS:
        return {"data": [], "next_cursor": None, "server_time": stamp(now())}
    return problem(404, "There is no such collection")


@app.post("/bridge/{collection}/batch")
def post_batch(collection: str, operations: list = Body(embed=True)):
    if collection != "teachers":
        return problem(404, "There is no such collection")
    results = []
    for operation in operations:
        # Each stands alone: one that fails takes none of the others with it.
        with transaction() as db:
            results.append(apply(db, operation))
    return {"results": results}


# The app's own doors, for its people: they know nothing of the bridge.
@app.post("/teachers")
def create_teacher(fields: dict = Body()):
    with transaction() as db:
        return save(db, str(uuid.uuid4()), fields, False)


@app.patch("/teachers/{id}")
def edit_teacher(id: str, fields: dict = Body()):
    with transaction() as db:
        row = find(db, id)
        if row is None:
            return problem(404, "There is no such teacher")
        return save(db, id, {**json.loads(row["fields"]), **fields}, row["deleted_at"] is not None)


url, secret = os.environ.get("BRIDGE_WEBHOOK_URL", ""), os.environ.get("BRIDGE_WEBHOOK_SECRET", "")
threading.Thread(target=webhooks.send_for_ever, args=(connect, url, secret), daemon=True).start()
