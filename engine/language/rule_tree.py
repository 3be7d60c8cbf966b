"""The syntax tree of a rule; conditions and values in it are nodes of ``language.ast``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from engine.language import ast
from engine.language.ast import Span

_NOWHERE: Span = (0, 0)


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """A record begins, changes or ends; ``events`` of created, updated, deleted, saved (created or updated)."""

    events: tuple[str, ...]
    span: Span = field(default=_NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class FieldMoved:
    """A field changes (from one value, to another)."""

    path: ast.Path
    before: Any = None
    after: Any = None
    span: Span = field(default=_NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class StageMoved:
    """A record enters or leaves a stage (None: any); ``way`` is "entered" or "left"."""

    way: str
    stage: Any = None
    span: Span = field(default=_NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Clock:
    """The calendar says so: ``unit`` hour, day, workday, week, month or year, ``days`` which ones in it (weekday from
    Monday = 1; day of the month; month and day), ``at`` the time of day as HH:MM, "" for its beginning.
    """

    unit: str
    days: tuple[int, ...] = ()
    at: str = ""
    span: Span = field(default=_NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Around:
    """A time before or after one of some dates of the record; ``way`` is "before" or "after"."""

    way: str
    length: Any
    anchors: tuple[Any, ...]
    span: Span = field(default=_NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Absence:
    """For some time (since a date, if given) no related record has come."""

    rows: Any
    length: Any
    since: Any = None
    span: Span = field(default=_NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Repeat:
    """Again and again after some time, as long as a condition holds (None: for good)."""

    length: Any
    condition: Any = None
    span: Span = field(default=_NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Occurrence:
    """An event from outside, by its dotted name."""

    name: ast.Path
    span: Span = field(default=_NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Button:
    """Somebody presses a button with this title."""

    title: ast.TextLiteral
    span: Span = field(default=_NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Becomes:
    """A condition begins to hold."""

    condition: Any
    span: Span = field(default=_NOWHERE, compare=False)


Trigger = Lifecycle | FieldMoved | StageMoved | Clock | Around | Absence | Repeat | Occurrence | Button | Becomes


@dataclass(frozen=True, slots=True)
class Argument:
    """A value that an action is given, by the parameter's name (one of the verb's, or a field of what is created)."""

    name: str
    value: Any
    span: Span = field(default=_NOWHERE, compare=False)
    name_span: Span = field(default=_NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Action:
    """Something to do: a verb of the table with arguments."""

    verb: str
    args: tuple[Argument, ...] = ()
    span: Span = field(default=_NOWHERE, compare=False)
    verb_span: Span = field(default=_NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. ``subject`` is the full name of the entity it is about, None where its text names none."""

    subject: str | None
    trigger: Trigger | None
    condition: Any = None
    then: tuple[Action, ...] = ()
    otherwise: tuple[Action, ...] = ()
    span: Span = field(default=_NOWHERE, compare=False)
    subject_span: Span = field(default=_NOWHERE, compare=False)


def expressions(rule: Rule) -> Iterator[Any]:
    """Every expression in a rule, in the order of its text."""
    if rule.trigger is not None:
        yield from _of_trigger(rule.trigger)
    if rule.condition is not None:
        yield rule.condition
    for action in (*rule.then, *rule.otherwise):
        for argument in action.args:
            yield argument.value


def _of_trigger(trigger: Trigger) -> Iterator[Any]:
    match trigger:
        case FieldMoved(path=first, before=second, after=third) | Absence(rows=first, length=second, since=third):
            parts = (first, second, third)
        case StageMoved(stage=stage):
            parts = (stage, None, None)
        case Around(length=length, anchors=anchors):
            yield length
            yield from anchors
            return
        case Repeat(length=length, condition=condition):
            parts = (length, condition, None)
        case Becomes(condition=condition):
            parts = (condition, None, None)
        case _:
            return
    yield from (part for part in parts if part is not None)


def with_arguments(action: Action, change: Callable[[Argument], Argument]) -> Action:
    """The same action with every argument replaced."""
    return replace(action, args=tuple(map(change, action.args)))
