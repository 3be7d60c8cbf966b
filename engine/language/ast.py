"""The syntax tree of an expression: what was written, with names as written (parser) or canonical (checker).

Spans are character offsets into the source and don't count in comparisons, so that two spellings can be equal.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

Span = tuple[int, int]
_NOWHERE: Span = (0, 0)


@dataclass(frozen=True, slots=True)
class Number:
    """A number as digits (``digits`` may hold one point), with percent and 万 already applied."""

    digits: str
    span: Span = field(default=_NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class TextLiteral:
    """A text in quotes. ``of`` is set by the checker where it names a choice: the entity and field whose option it is."""

    value: str
    span: Span = field(default=_NOWHERE, compare=False)
    of: tuple[str, str] | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Constant:
    """A date, datetime, boolean or blank; ``value`` in kept form (a datetime is aware, or naive in the app's time zone)."""

    value: Any
    span: Span = field(default=_NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Length:
    """A duration literal: ``3 days``; ``unit`` is canonical (second minute hour day week month quarter year workday)."""

    digits: str
    unit: str
    span: Span = field(default=_NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Period:
    """A period of the calendar: ``this_month``, ``last_quarter``, ``last_7_days``."""

    name: str
    span: Span = field(default=_NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Path:
    """Names joined by dots; ``spans`` has one span per name. ``owners`` (set by the checker) are the entities of each name."""

    names: tuple[str, ...]
    span: Span = field(default=_NOWHERE, compare=False)
    spans: tuple[Span, ...] = field(default=(), compare=False)
    owners: tuple[str | None, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class ListLiteral:
    """Values in square brackets."""

    items: tuple[Any, ...]
    span: Span = field(default=_NOWHERE, compare=False)


_PLAIN = (Number, TextLiteral, Constant)


@dataclass(frozen=True, slots=True)
class Call:
    """A function with arguments; ``where`` selects rows when the first argument is a collection."""

    name: str
    args: tuple[Any, ...]
    where: Any = None
    span: Span = field(default=_NOWHERE, compare=False)
    name_span: Span = field(default=_NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Changed:
    """``changed(f from a to b)``: whether the change at hand moved a field (from one value, to another)."""

    path: Path
    before: Any = None
    after: Any = None
    span: Span = field(default=_NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Unary:
    """``-x`` or ``not x``; ``op`` is "-" or "not"."""

    op: str
    item: Any
    span: Span = field(default=_NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Binary:
    """``+ - * / %``, or a comparison: ``= != < <= > >= in not_in contains not_contains starts ends``."""

    op: str
    left: Any
    right: Any
    span: Span = field(default=_NOWHERE, compare=False)
    op_span: Span = field(default=_NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Between:
    """``x between a and b``, both ends included."""

    item: Any
    low: Any
    high: Any
    span: Span = field(default=_NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class BlankTest:
    """``x is blank``, or with ``negated`` ``x is not blank``."""

    item: Any
    negated: bool
    span: Span = field(default=_NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Logic:
    """Two or more conditions joined by ``and`` or ``or``."""

    op: str
    items: tuple[Any, ...]
    span: Span = field(default=_NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Parameter:
    """A place in the meaning of a phrase, filled when somebody uses the phrase: ``{t}``."""

    name: str
    span: Span = field(default=_NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Phrase:
    """An idiom that an app declares. ``means`` is its meaning with the arguments filled in: that alone is checked and
    translated; ``words`` (the declared texts by language) and ``args`` (by parameter) serve printing it back.
    """

    words: tuple[tuple[str, str], ...]
    args: tuple[tuple[str, Any], ...]
    means: Any
    span: Span = field(default=_NOWHERE, compare=False)


def children(node: Any) -> tuple[Any, ...]:
    """The direct parts of a node, for walks that need no types."""
    match node:
        case ListLiteral(items=items) | Logic(items=items):
            return items
        case Call(args=args, where=where):
            return args if where is None else (*args, where)
        case Changed(path=path, before=before, after=after):
            return tuple(part for part in (path, before, after) if part is not None)
        case Unary(item=item) | BlankTest(item=item):
            return (item,)
        case Binary(left=left, right=right):
            return (left, right)
        case Between(item=item, low=low, high=high):
            return (item, low, high)
        case Phrase(means=means):
            return (means,)
    return ()


def rebuild(node: Any, change: Callable[[Any], Any]) -> Any:
    """The same node with every direct part replaced by ``change(part)``."""
    match node:
        case ListLiteral() | Logic():
            return replace(node, items=tuple(map(change, node.items)))
        case Call():
            where = None if node.where is None else change(node.where)
            return replace(node, args=tuple(map(change, node.args)), where=where)
        case Changed():
            before = None if node.before is None else change(node.before)
            return replace(node, path=change(node.path), before=before, after=None if node.after is None else change(node.after))
        case Unary() | BlankTest():
            return replace(node, item=change(node.item))
        case Binary():
            return replace(node, left=change(node.left), right=change(node.right))
        case Between():
            return replace(node, item=change(node.item), low=change(node.low), high=change(node.high))
        case Phrase():
            return replace(node, means=change(node.means))
    return node


def moved(node: Any, by: int) -> Any:
    """The same tree as read ``by`` characters further on."""
    node = rebuild(node, lambda part: moved(part, by))
    changes: dict[str, Any] = {"span": _shifted(node.span, by)}
    if isinstance(node, Path):
        changes["spans"] = tuple(_shifted(span, by) for span in node.spans)
    elif isinstance(node, Call):
        changes["name_span"] = _shifted(node.name_span, by)
    elif isinstance(node, Binary):
        changes["op_span"] = _shifted(node.op_span, by)
    return replace(node, **changes)


def _shifted(span: Span, by: int) -> Span:
    return span[0] + by, span[1] + by


def placed(node: Any, span: Span) -> Any:
    """The same tree with every part at one place: what stands behind a word there."""
    node = rebuild(node, lambda part: placed(part, span))
    changes: dict[str, Any] = {"span": span}
    if isinstance(node, Path):
        changes["spans"] = (span,) * len(node.names)
    elif isinstance(node, Call):
        changes["name_span"] = span
    elif isinstance(node, Binary):
        changes["op_span"] = span
    return replace(node, **changes)


def size_and_depth(node: Any) -> tuple[int, int]:
    """How many nodes a tree has and how deep it nests; iterative, because hostile trees are deep.

    The plain values of a list count as one node with it: they have a limit of their own.
    """
    count = deepest = 0
    stack = [(node, 1)]
    while stack:
        current, depth = stack.pop()
        count += 1
        deepest = max(deepest, depth)
        below = children(current)
        if isinstance(current, ListLiteral):
            below = tuple(item for item in below if not isinstance(item, _PLAIN))
        stack.extend((child, depth + 1) for child in below)
    return count, deepest


def longest_list(node: Any) -> ListLiteral | None:
    """The list literal with the most items; None where there is none."""
    found: ListLiteral | None = None
    stack = [node]
    while stack:
        current = stack.pop()
        if isinstance(current, ListLiteral) and (found is None or len(current.items) > len(found.items)):
            found = current
        stack.extend(children(current))
    return found
