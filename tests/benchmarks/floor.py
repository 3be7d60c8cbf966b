"""The floor: what a developer would write by hand for one table, to measure the product against.

Flask and SQLAlchemy Core; checked values, one INSERT in one transaction, one indexed SELECT. It has no login, permission,
audit, events, languages, migrations or pages. ``python -m tests.benchmarks.floor DATABASE PORT`` serves it.
"""

from __future__ import annotations

import sqlite3
import sys
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

import sqlalchemy as sa
from flask import Flask, Response, jsonify, request
from gunicorn.app.base import BaseApplication

STATUSES = ("new", "assigned", "working", "qualified", "invalid")
_SOURCES = ("web", "expo", "referral", "ads")
_TEXTS = {"name": 120, "company": 120, "mobile": 20, "email": 120, "region": 20, "industry": 20, "owner": 36, "need": 4000}
_REQUIRED = {"name", "mobile", "owner"}
_PRAGMAS = (
    "busy_timeout=5000",
    "journal_mode=WAL",
    "synchronous=NORMAL",
    "temp_store=MEMORY",
    "cache_size=-32000",
    "wal_autocheckpoint=4000",
)

metadata = sa.MetaData()
item = sa.Table(
    "item",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    *(sa.Column(name, sa.Text, nullable=name not in _REQUIRED) for name in _TEXTS),
    sa.Column("source", sa.Text),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("score", sa.Integer),
    sa.Column("budget_cents", sa.BigInteger),
    sa.Column("next_at", sa.Date),
    sa.Column("created_at", sa.DateTime, nullable=False),
    sa.Index("item_recent", "owner", "status", "created_at"),
    sa.Index("item_best", "owner", "status", "score"),
)


def connect(path: str) -> sa.Engine:
    """The database with its table, under the same pragmas as the product's."""
    engine = sa.create_engine(f"sqlite:///{path}", pool_size=8)

    @sa.event.listens_for(engine, "connect")
    def _tune(connection: sqlite3.Connection, _record: object) -> None:
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")

    metadata.create_all(engine)
    return engine


def checked(body: dict[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """The row and what is wrong with it, by field."""
    row: dict[str, Any] = {}
    wrong = dict.fromkeys(body.keys() - {*_TEXTS, "source", "status", "score", "budget", "next_at"}, "unknown field")
    for key, longest in _TEXTS.items():
        value = row[key] = body.get(key)
        if value is None and key not in _REQUIRED:
            continue
        if not isinstance(value, str) or not 1 <= len(value) <= longest:
            wrong[key] = f"text of at most {longest} characters"
    row["source"], row["status"], row["score"] = body.get("source"), body.get("status", "new"), body.get("score")
    if row["source"] is not None and row["source"] not in _SOURCES:
        wrong["source"] = "not a source"
    if row["status"] not in STATUSES:
        wrong["status"] = "not a status"
    if row["score"] is not None and (type(row["score"]) is not int or not 0 <= row["score"] <= 100):
        wrong["score"] = "a whole number from 0 to 100"
    row["budget_cents"], row["next_at"] = None, None
    try:
        if body.get("budget") is not None:
            row["budget_cents"] = int(Decimal(str(body["budget"])) * 100)
        if body.get("next_at") is not None:
            row["next_at"] = date.fromisoformat(body["next_at"])
    except (InvalidOperation, TypeError, ValueError, OverflowError):
        wrong["budget, next_at"] = "an amount, a date"
    return row, wrong


def shown(row: sa.Row[Any]) -> dict[str, Any]:
    """One row as JSON values."""
    values = dict(row._mapping)
    cents = values.pop("budget_cents")
    values["budget"] = None if cents is None else str(Decimal(cents) / 100)
    values["next_at"] = values["next_at"] and values["next_at"].isoformat()
    values["created_at"] = values["created_at"].isoformat()
    return values


def application(path: str) -> Flask:
    """The two endpoints."""
    app, engine = Flask("floor"), connect(path)

    @app.post("/item")
    def _create() -> tuple[Response, int]:
        body = request.get_json(silent=True)
        if not isinstance(body, dict):
            return jsonify(error="a JSON object is needed"), 400
        row, wrong = checked(body)
        if wrong:
            return jsonify(errors=wrong), 422
        row["created_at"] = datetime.now(UTC).replace(tzinfo=None)  # stands alone, without the product's clock
        with engine.begin() as connection:
            made = connection.execute(item.insert().returning(item), row).one()
        return jsonify(shown(made)), 201

    @app.get("/item")
    def _list() -> Response:
        wanted = sa.select(item).order_by(item.c.created_at.desc()).limit(min(request.args.get("limit", 50, type=int), 500))
        for key in ("owner", "status"):
            if key in request.args:
                wanted = wanted.where(item.c[key] == request.args[key])
        with engine.connect() as connection:
            return jsonify(items=[shown(row) for row in connection.execute(wanted)])

    return app


class _Server(BaseApplication):  # type: ignore[misc]  # gunicorn ships no types
    def __init__(self, path: str, port: int) -> None:
        self._path, self._port = path, port
        super().__init__()

    def load_config(self) -> None:
        options = {"bind": f"127.0.0.1:{self._port}", "workers": 2, "threads": 8, "worker_class": "gthread", "keepalive": 5}
        for name, value in {**options, "loglevel": "warning", "control_socket_disable": True}.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        return application(self._path)


if __name__ == "__main__":
    _Server(sys.argv[1], int(sys.argv[2])).run()
