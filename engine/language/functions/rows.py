"""The shape of the two tables: operations (one primitive, four back ends) and functions (what a writer may call)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from engine.language.scope import Scope
from engine.language.types import Type


@dataclass(frozen=True, slots=True)
class Operation:
    """One primitive on every back end.

    ``python`` gets values in kept form, none of them blank while ``strict`` (then a blank argument gives blank); an
    integer may have any size. ``source`` is its inline Python where a call would be wasteful. ``takes`` and ``gives`` are
    one letter per value (i integer, f float, t text, b boolean, d date, m moment, c clock time), for the function
    registered on SQLite when ``sqlite`` is None. SQL templates name arguments ``{0}``; a PostgreSQL one that starts with
    ``let:`` names them ``a0``, so that each is computed once, and one that starts with ``wide:`` gives a numeric that may
    leave 64 bits. ``fit`` is the SQL of both databases where the bounds of result and arguments say that none does.
    The JavaScript runtime has a function of the same name.
    """

    name: str
    python: Callable[..., Any]
    takes: str
    gives: str
    postgresql: str
    sqlite: str | None = None
    source: str | None = None
    fit: str | None = None
    strict: bool = True


@dataclass(frozen=True, slots=True)
class Example:
    """A call and what it gives, as text in the language's own literals; run on every back end by the tests."""

    call: str
    gives: str


@dataclass(frozen=True, slots=True)
class Function:
    """One row of the library.

    ``params`` are kinds (text integer number boolean date datetime day duration any choice list), a ``?`` after one
    that may be left out, ``*`` after the last when it repeats. ``build`` makes the core node from checked arguments and
    the scope. ``only`` lists the back ends where it runs, when not on all.
    """

    name: str
    zh: tuple[str, ...]
    params: tuple[str, ...]
    build: Callable[[tuple[Any, ...], Scope], Any]
    gives: str
    topic: str
    en_help: str
    zh_help: str
    examples: tuple[Example, ...] = ()
    only: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Note:
    """What the reference says of a function that the checker types itself."""

    name: str
    zh: tuple[str, ...]
    params: tuple[str, ...]
    gives: str
    topic: str
    en_help: str
    zh_help: str
    examples: tuple[Example, ...] = ()


class Mismatch(Exception):
    """Arguments that fit their kinds one by one but not together; becomes a problem at the argument's place."""

    def __init__(self, code: str, argument: int = 0, fix: str | None = None, **params: Any) -> None:
        super().__init__(code)
        self.code = code
        self.argument = argument
        self.fix = fix
        self.params = params


def examples(*pairs: str) -> tuple[Example, ...]:
    """Examples from ``"call → value"`` texts."""
    made = []
    for pair in pairs:
        call, _, gives = pair.partition(" → ")
        made.append(Example(call, gives))
    return tuple(made)


TypeOf = Callable[[tuple[Any, ...]], Type]
