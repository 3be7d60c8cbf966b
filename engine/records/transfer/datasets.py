"""Loading the records that packages bring along: reference data, and demo data apart, through the same path as an import.

Reference data is brought to what the files say; demo data only adds records, and values where
there are none, so that what people changed stays.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from engine.access import Actor
from engine.errors import FieldProblem
from engine.language import types as t
from engine.model.app import App
from engine.model.kinds.data import DataSet
from engine.model.kinds.entity import Entity
from engine.model.kinds.import_format import ImportColumn, ImportFormat
from engine.records.transfer.batch import BatchImport
from engine.records.transfer.binding import ABSENT, bind
from engine.records.transfer.lookups import ReferenceFinder
from engine.records.transfer.rows import FileRow, Outcome
from engine.store import UnitOfWork

_ROWS_PER_BATCH = 500
_RELATIVE = re.compile(r"today(?:\s*([+-])\s*(\d{1,5}))?(?:\s+(\d{1,2}:\d{2}))?")
_WAITING = ("no-match", "no-such-record")


class Transactions(Protocol):
    """What loading needs of a running installation: its App and units of work."""

    @property
    def app(self) -> App:
        """The App in force."""

    def begin(self, actor: Actor) -> AbstractContextManager[UnitOfWork]:
        """A unit of work that writes."""


@dataclass(frozen=True, slots=True)
class DataProblem:
    """A row of a data set that could not be loaded."""

    data: str
    row: int
    problems: tuple[FieldProblem, ...]


@dataclass(frozen=True, slots=True)
class Loaded:
    """What loading came to."""

    created: int
    updated: int
    unchanged: int
    problems: tuple[DataProblem, ...]


def load_data(runtime: Transactions, *, demo: bool = False) -> Loaded:
    """Load all reference data, and the demo data too where ``demo``; loading again changes nothing that is as it should be.

    Sets may refer to one another in any order: rows that wait for others are tried again as long as that helps. Dates may
    be said relative to the day of loading: today, today-30, today+7, and with a time of day ``today-1 09:30``.
    """
    app = runtime.app
    loads = [_Load(app, each) for each in app.data if demo or not each.demo]
    waiting = True
    while waiting:
        done = sum(load.run(runtime) for load in loads)
        waiting = done > 0 and any(load.rest for load in loads)
    created, updated, unchanged = (sum(load.counts[fate] for load in loads) for fate in ("created", "updated", "unchanged"))
    problems = [DataProblem(load.data.name, each.row.number, each.problems) for load in loads for each in load.refused.values()]
    return Loaded(created, updated, unchanged, tuple(problems))


class _Load:
    """One data set on its way in: ``rest`` are the rows to try (again), ``refused`` what is wrong with each of them."""

    def __init__(self, app: App, data: DataSet) -> None:
        entity = app.entities[data.entity]
        self.data = data
        self.names = tuple(dict.fromkeys(name for row in data.rows for name in row))
        columns = tuple(ImportColumn(name, name) for name in self.names if not entity.fields[name].lines)
        self.format = ImportFormat(data.name, data.app, data.entity, entity.title, data.span, data.key, columns)
        self.rest: list[FileRow] | None = None
        self.refused: dict[int, Outcome] = {}
        self.counts = dict.fromkeys(("created", "updated", "unchanged", "refused"), 0)

    def run(self, runtime: Transactions) -> int:
        """Try the rows that are left; gives how many went in."""
        went_in = 0
        rest: list[FileRow] = []
        with runtime.begin(Actor.system("data of the app")) as work:
            if self.rest is None:
                self.rest = self._rows(work)
            batch = BatchImport(bind(work.app, self.format, self.names), ReferenceFinder(), adds_only=self.data.demo)
            for start in range(0, len(self.rest), _ROWS_PER_BATCH):
                for taken in batch.take(work, self.rest[start : start + _ROWS_PER_BATCH]):
                    outcome = taken.outcome
                    if outcome.fate != "refused":
                        went_in += 1
                        self.counts[outcome.fate] += 1
                        self.refused.pop(outcome.row.number, None)
                        continue
                    self.refused[outcome.row.number] = outcome
                    if all(problem.code in _WAITING for problem in outcome.problems):
                        rest.append(outcome.row)
        self.rest = rest
        return went_in

    def _rows(self, work: UnitOfWork) -> list[FileRow]:
        entity = work.app.entities[self.data.entity]
        zone = ZoneInfo(work.app.defaults.time_zone)
        today = work.now.replace(tzinfo=UTC).astimezone(zone).date()
        return [FileRow(number, number, _cells(entity, self.names, row, today)) for number, row in enumerate(self.data.rows, 1)]


def _cells(entity: Entity, names: Sequence[str], row: Mapping[str, Any], today: date) -> list[Any]:
    cells = []
    for name in names:
        value = row.get(name, ABSENT)
        if isinstance(value, str) and isinstance(entity.fields[name].type, t.Date | t.DateTime):
            value = relative_date(value, today)
        cells.append(value)
    return cells


def relative_date(text: str, today: date) -> Any:
    """A date said relative to today as a date, or as a local time where one is said; any other text as it is."""
    said = _RELATIVE.fullmatch(text.strip())
    if said is None:
        return text
    sign, days, clock = said.groups()
    day = today + timedelta(days=int(days or 0) * (-1 if sign == "-" else 1))
    return f"{day.isoformat()} {datetime.strptime(clock, '%H:%M').replace(tzinfo=UTC):%H:%M}" if clock else day


__all__ = ["DataProblem", "Loaded", "Transactions", "load_data", "relative_date"]
