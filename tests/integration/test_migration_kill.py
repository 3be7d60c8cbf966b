"""An apply that is killed at any statement: the old release goes on, and applying again ends as if nothing had happened."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from engine import deployment, limits
from engine.model.app import App
from engine.store import Database, migrations, releases
from engine.store.migrations.live import inspect
from engine.store.schema import JOURNAL, QUARANTINE, SEQUENCE
from tests import said

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a process that can be killed")

BEFORE = {
    "ticket": {
        "properties": {
            "subject": {"type": "string"},
            "size": {"type": "string"},
            "cost": {"kind": "money"},
            "code": {"type": "string"},
            "remark": {"type": "string"},
            "parts": {"kind": "lines", "items": {"properties": {"qty": {"type": "integer"}}}},
        }
    },
    "person": {"properties": {"name": {"type": "string"}}},
    "place": {"properties": {"name": {"type": "string"}}},
}
AFTER = {
    "request": {
        "uid": "ticket",
        "required": ["priority", "weight"],
        "properties": {
            "headline": {"type": "string", "uid": "subject"},
            "size": {"type": "integer"},
            "cost": {"kind": "money"},
            "twice": {"kind": "money", "compute": "cost * 2"},
            "code": {"type": "string", "unique": True},
            "priority": {"enum": ["low", "high"], "default": "low"},
            "weight": {"type": "integer", "initial": "len(headline) + 1"},
            "number": {"kind": "sequence", "template": "R-{yyyy}-{##}", "restart": "year"},
            "parts": {
                "kind": "lines",
                "items": {"properties": {"qty": {"type": "integer"}, "more": {"type": "integer", "compute": "qty + 1"}}},
            },
            "total": {"type": "integer", "compute": "sum(parts.more)"},
        },
    },
    "person": {
        "required": ["grade", "nick"],
        "properties": {
            "name": {"type": "string"},
            "nick": {"type": "string", "initial": "name"},
            "number": {"kind": "sequence", "template": "{###}"},
            "grade": {"enum": ["a", "b"], "default": "a"},
            "shout": {"compute": "name"},
        },
    },
    "answer": {"properties": {"of": {"kind": "ref", "to": "request"}}},
}
ROWS = {
    "ticket": [
        {
            "subject": f"S{n}",
            "size": str(n) if n % 4 else "odd",
            "cost": f"{n}.50",
            "code": f"c{n}",
            "remark": "r",
            "parts": [{"qty": n}, {"qty": 2}],
        }
        for n in range(8)
    ],
    "person": [{"name": f"P{n}"} for n in range(7)],
    "place": [{"name": "Q"}],
}


@pytest.fixture(scope="module")
def apps() -> tuple[App, App]:
    return said.compiled(said.package(BEFORE)), said.compiled(said.package(AFTER, version="2.0.0"))


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "migration_batch_rows", 3)


def _apply(url: str, apps: tuple[App, App], watch: Callable[[sa.Engine], None] = lambda _: None) -> None:
    database = Database(url)
    watch(database.engine)
    old, new = apps
    bench = migrations.Bench(
        old=old,
        new=new,
        packages={"desk": said.package(AFTER, version="2.0.0").files},
        by="test",
        now=lambda: said.CLOCK.now().replace(tzinfo=None),
        allow_destructive=True,
    )
    with migrations.session(database, said.CLOCK) as held:
        with held.transaction() as connection:
            state = releases.state(connection).release
        migrations.apply(held, bench if state == 1 else migrations.Bench(**{**_parts(bench), "old": new}))
    database.close()


def _parts(bench: migrations.Bench) -> dict[str, Any]:
    return {name: getattr(bench, name) for name in ("old", "new", "packages", "by", "now", "allow_destructive")}


def _writing(statement: str) -> bool:
    return not statement.lstrip().upper().startswith(("SELECT", "PRAGMA", "SET", "BEGIN", "SHOW"))


def _count(url: str, apps: tuple[App, App]) -> int:
    """How many writing statements and commits a clean run makes."""
    seen = [0]

    def watch(engine: sa.Engine) -> None:
        @event.listens_for(engine, "before_cursor_execute")
        def _(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
            seen[0] += _writing(statement)

        @event.listens_for(engine, "commit")
        def _(_connection: Any) -> None:
            seen[0] += 1

    _apply(url, apps, watch)
    return seen[0]


def _apply_and_die(url: str, apps: tuple[App, App], at: int) -> None:
    """Apply in a process of its own that is killed before its at-th writing statement or commit."""
    child = os.fork()
    if child:
        _, status = os.waitpid(child, 0)
        assert os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL, f"not killed at {at}: {status}"
        return
    try:
        seen = [0]

        def tick() -> None:
            seen[0] += 1
            if seen[0] == at:
                os.kill(os.getpid(), signal.SIGKILL)

        def watch(engine: sa.Engine) -> None:
            @event.listens_for(engine, "before_cursor_execute")
            def _(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
                if _writing(statement):
                    tick()

            @event.listens_for(engine, "commit")
            def _(_connection: Any) -> None:
                tick()

        _apply(url, apps, watch)
    finally:
        os._exit(1)


def _contents(url: str) -> dict[str, Any]:
    """Schema and rows of the business tables, and what the engine wrote about releases and quarantine, without keys and times."""
    database = Database(url)
    found: dict[str, Any] = {}
    with database.read() as connection:
        for name, table in inspect(connection).items():
            if name.startswith("dg_"):
                continue
            columns = sorted(table.columns)
            rows = connection.execute(
                sa.text(f'SELECT {", ".join(f"{chr(34)}{c}{chr(34)}" for c in columns)} FROM "{name}" ORDER BY id')
            ).all()
            found[name] = (dict(sorted(table.columns.items())), sorted(table.indexes.items()), [tuple(map(str, row)) for row in rows])
        held = sa.select(QUARANTINE.c.table_name, QUARANTINE.c.column_name, QUARANTINE.c.stored_as, QUARANTINE.c.rows_held)
        found["counters"] = sorted(map(str, connection.execute(sa.select(SEQUENCE)).all()))
        found["quarantine"] = sorted(map(str, connection.execute(held).all()))
        found["release"] = releases.state(connection)
        found["journal"] = connection.execute(sa.select(JOURNAL.c.step, JOURNAL.c.state).order_by(JOURNAL.c.plan, JOURNAL.c.step)).all()
        found["entities"] = sorted(set(connection.execute(sa.text("SELECT entity FROM dg_audit")).scalars()))
    database.close()
    return found


@contextmanager
def _copies(url: str, folder: Path) -> Iterator[Callable[[], str]]:
    """Makes copies of a database that nobody is connected to."""
    number = [0]
    if url.startswith("sqlite"):

        def copy() -> str:
            number[0] += 1
            target = folder / f"copy{number[0]}.db"
            shutil.copy(sa.make_url(url).database or "", target)
            return f"sqlite:///{target}"

        yield copy
        return
    parsed = sa.make_url(url)
    server = sa.create_engine(parsed.set(database="postgres"), isolation_level="AUTOCOMMIT")
    made: list[str] = []

    def clone() -> str:
        name = f"{parsed.database}_copy{len(made)}"
        with server.connect() as connection:
            connection.exec_driver_sql(f'CREATE DATABASE "{name}" TEMPLATE "{parsed.database}" STRATEGY file_copy')
        made.append(name)
        return parsed.set(database=name).render_as_string(hide_password=False)

    yield clone
    with server.connect() as connection:
        for name in made:
            connection.exec_driver_sql(f'DROP DATABASE "{name}" WITH (FORCE)')
    server.dispose()


@pytest.mark.usefixtures("small_batches")
@pytest.mark.parametrize("sample", [12, pytest.param(1, marks=pytest.mark.slow)], ids=["sampled", "every-statement"])
def test_killed_at_any_statement_an_apply_is_finished_by_the_next(
    fresh_url: str, apps: tuple[App, App], tmp_path: Path, sample: int
) -> None:
    said.apply(fresh_url, said.package(BEFORE))
    said.fill(fresh_url, ROWS)
    with _copies(fresh_url, tmp_path) as copy:
        clean = copy()
        statements = _count(clean, apps)
        expected = _contents(clean)
        assert expected["release"].release == 2
        assert expected["entities"] == ["desk.person", "desk.place", "desk.request"]
        every = sample if fresh_url.startswith("sqlite") else sample * 3  # the steps are the same; a copy of a server's database is dear
        for at in sorted({*range(1, statements + 1, every), statements}):
            url = copy()
            _apply_and_die(url, apps, at)
            running = Database(url)
            with running.read() as connection:
                assert releases.state(connection).release in (1, 2)
            running.close()
            _apply(url, apps)
            assert _contents(url) == expected, f"killed before statement {at} of {statements}"


@pytest.mark.usefixtures("small_batches")
def test_the_old_release_works_on_while_an_apply_is_cut_short(fresh_url: str, apps: tuple[App, App], tmp_path: Path) -> None:
    said.apply(fresh_url, said.package(BEFORE))
    said.fill(fresh_url, ROWS)
    with _copies(fresh_url, tmp_path) as copy:
        statements = _count(copy(), apps)
        for at in (statements // 3, statements // 2):
            url = copy()
            _apply_and_die(url, apps, at)
            said.fill(
                url, {"ticket": [{"subject": "between", "size": "77", "cost": "1.00", "code": f"between{at}", "parts": [{"qty": 5}]}]}
            )
            assert said.read(url, "ticket")[-1]["subject"] == "between"
            _apply(url, apps)
            late = said.read(url, "request")[-1]
            assert {name: late[name] for name in ("headline", "size", "cost", "twice", "priority", "total", "weight", "number")} == {
                "headline": "between",
                "size": 77,
                "cost": "1.00",
                "twice": "2.00",
                "priority": "low",
                "total": 6,
                "weight": 8,
                "number": "R-2026-09",
            }
            database = Database(url)
            assert deployment.lag(database, apps[1]) is None
            database.close()
