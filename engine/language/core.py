"""The checked form of an expression that every back end translates: few nodes, all typed, nothing left to resolve.

Sugar is gone, choices are codes, numbers stand at one scale, virtual computed fields are inlined. A boolean node is
never blank, except ``Field``, ``Var`` and ``If`` of that type, which stand inside ``Truth`` wherever a condition is meant.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from engine.language.ast import Span
from engine.language.types import Boolean, Decimal, Duration, Integer, Money, Type, Workdays

BOOLEAN = Boolean()
INTEGER = Integer()
INT64_MAX = 2**63 - 1
_NOWHERE: Span = (0, 0)


@dataclass(frozen=True, slots=True)
class Const:
    """A value in kept form, known now."""

    value: Any
    type: Type
    span: Span = field(default=_NOWHERE, compare=False)

    @property
    def nullable(self) -> bool:
        """Whether the value is blank."""
        return self.value is None


@dataclass(frozen=True, slots=True)
class Var:
    """A value from outside the record: ``now``, ``user``, ``settings.x``."""

    name: str
    type: Type
    nullable: bool = True
    span: Span = field(default=_NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Hop:
    """One step of a to-one path: the column that holds the id, and the entity (with its table) that it leads to."""

    name: str
    column: str
    entity: str
    table: str
    guarded: bool = False
    """Whether a person wrote it, who may see only some of the records it leads to."""


@dataclass(frozen=True, slots=True)
class Field:
    """A stored field of the record (``level`` 0) or of the aggregate's row at hand (``level`` 1), reached through ``hops``.

    ``era``: "" for the present value, "old" for the value before the change at hand.
    """

    name: str
    column: str
    type: Type
    hops: tuple[Hop, ...] = ()
    level: int = 0
    era: str = ""
    span: Span = field(default=_NOWHERE, compare=False)

    nullable = True

    @property
    def key(self) -> str:
        """The key of the value in a record mapping."""
        names = [hop.name for hop in self.hops] + [self.name]
        return ".".join([self.era, *names] if self.era else names)


@dataclass(frozen=True, slots=True)
class Apply:
    """A primitive operation (a row of the operations table) on values; blank when an argument is, if the row says so."""

    op: str
    args: tuple[Any, ...]
    type: Type
    nullable: bool = True
    span: Span = field(default=_NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Compare:
    """``= != < <= > >=`` of two values of one type and scale; equality takes blank as a value, order is false on blank."""

    op: str
    left: Any
    right: Any
    span: Span = field(default=_NOWHERE, compare=False)

    type = BOOLEAN
    nullable = False


@dataclass(frozen=True, slots=True)
class Member:
    """Whether a value is among constants (``items``) or in a list variable; blank is in nothing."""

    item: Any
    items: tuple[Const, ...] | Var
    span: Span = field(default=_NOWHERE, compare=False)

    type = BOOLEAN
    nullable = False


@dataclass(frozen=True, slots=True)
class Has:
    """Whether a multi-choice holds all (``every``) or any of some codes; false for blank."""

    item: Any
    codes: tuple[str, ...]
    every: bool
    span: Span = field(default=_NOWHERE, compare=False)

    type = BOOLEAN
    nullable = False


@dataclass(frozen=True, slots=True)
class Predicate:
    """A primitive test on values, false when one is blank: ``contains``, ``starts``, ``ends``, ``matches``, ``is_workday``."""

    op: str
    args: tuple[Any, ...]
    span: Span = field(default=_NOWHERE, compare=False)

    type = BOOLEAN
    nullable = False


@dataclass(frozen=True, slots=True)
class IsBlank:
    """Whether a value is blank."""

    item: Any
    span: Span = field(default=_NOWHERE, compare=False)

    type = BOOLEAN
    nullable = False


@dataclass(frozen=True, slots=True)
class Truth:
    """A boolean value as a condition: blank counts as false."""

    item: Any
    span: Span = field(default=_NOWHERE, compare=False)

    type = BOOLEAN
    nullable = False


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite of a condition."""

    item: Any
    span: Span = field(default=_NOWHERE, compare=False)

    type = BOOLEAN
    nullable = False


@dataclass(frozen=True, slots=True)
class Logic:
    """Conditions joined by ``and`` or ``or``."""

    op: str
    items: tuple[Any, ...]
    span: Span = field(default=_NOWHERE, compare=False)

    type = BOOLEAN
    nullable = False


@dataclass(frozen=True, slots=True)
class If:
    """One of two values by a condition."""

    condition: Any
    then: Any
    otherwise: Any
    type: Type
    nullable: bool = True
    span: Span = field(default=_NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Default:
    """The first value that is not blank."""

    items: tuple[Any, ...]
    type: Type
    nullable: bool = True
    span: Span = field(default=_NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Rows:
    """Related records: through ``hops`` to a record, then all of ``table`` whose ``via`` column holds that record's id."""

    name: str
    entity: str
    table: str
    via: str
    hops: tuple[Hop, ...]
    soft_deleted: bool
    guarded: bool = False
    order: str = "id"

    @property
    def key(self) -> str:
        """The key of the rows in a record mapping."""
        return ".".join([*(hop.name for hop in self.hops), self.name])


@dataclass(frozen=True, slots=True)
class Gather:
    """An aggregate over related records: ``count sum avg min max any distinct_count first last join``.

    ``first last join`` go by ``rows.order``; ``separator`` stands between the texts of ``join``.
    """

    op: str
    rows: Rows
    value: Any
    where: Any
    type: Type
    nullable: bool = True
    span: Span = field(default=_NOWHERE, compare=False)
    separator: str = ""


ORDERED_GATHERS = ("first", "last", "join")
"""Aggregates to which the order of the rows matters."""
Node = Any


def parts(node: Node) -> tuple[Node, ...]:
    """The direct parts of a node."""
    match node:
        case Apply(args=args) | Predicate(args=args):
            return args
        case Compare(left=left, right=right):
            return (left, right)
        case Logic(items=items) | Default(items=items):
            return items
        case Member(item=item, items=items):
            return (item, items) if isinstance(items, Var) else (item, *items)
        case Has(item=item) | IsBlank(item=item) | Truth(item=item) | Not(item=item):
            return (item,)
        case If(condition=condition, then=then, otherwise=otherwise):
            return (condition, then, otherwise)
        case Gather(value=value, where=where):
            return tuple(part for part in (value, where) if part is not None)
    return ()


def walk(node: Node) -> Iterator[Node]:
    """A node and all below it, parents first."""
    stack = [node]
    while stack:
        current = stack.pop()
        yield current
        stack.extend(parts(current))


NODES_MAX = 5_000
DEPTH_MAX = 60
"""Bounds of an expression once its virtual computed fields are inlined: its cost on every back end."""


def depth_of(node: Node) -> int:
    """How many nodes stand one in another at most; ``excess`` must have found nothing."""
    found, stack = 0, [(node, 1)]
    while stack:
        current, depth = stack.pop()
        found = max(found, depth)
        stack.extend((part, depth + 1) for part in parts(current))
    return found


def excess(node: Node) -> tuple[str, int] | None:
    """The code of the bound that a node passes, with the bound, or None.

    Stops counting there: parts that are shared (a function that needs an argument twice) can make exponentially many.
    """
    count = 0
    stack = [(node, 1)]
    while stack:
        current, depth = stack.pop()
        count += 1
        if count > NODES_MAX:
            return "expression-too-big", NODES_MAX
        if depth > DEPTH_MAX:
            return "expression-too-deep", DEPTH_MAX
        stack.extend((part, depth + 1) for part in parts(current))
    return None


def rebuild(node: Node, change: Callable[[Node], Node]) -> Node:
    """The same node with every direct part replaced by ``change(part)``."""
    match node:
        case Apply() | Predicate():
            return replace(node, args=tuple(map(change, node.args)))
        case Compare():
            return replace(node, left=change(node.left), right=change(node.right))
        case Logic() | Default():
            return replace(node, items=tuple(map(change, node.items)))
        case Member():
            items = change(node.items) if isinstance(node.items, Var) else node.items
            return replace(node, item=change(node.item), items=items)
        case Has() | IsBlank() | Truth() | Not():
            return replace(node, item=change(node.item))
        case If():
            return replace(node, condition=change(node.condition), then=change(node.then), otherwise=change(node.otherwise))
        case Gather():
            value = None if node.value is None else change(node.value)
            return replace(node, value=value, where=None if node.where is None else change(node.where))
    return node


def summands(node: Node) -> list[Node]:
    """The parts of a sum of integer-kept numbers, however it is bracketed."""
    if isinstance(node, Apply) and node.op == "add" and is_scaled(node.type):
        return [part for arg in node.args for part in summands(arg)]
    return [node]


def scale_of(type_: Type) -> int:
    """How many digits after the point a number's integer form carries."""
    return type_.scale if isinstance(type_, Decimal | Money) else 0


def is_scaled(type_: Type) -> bool:
    """Whether values of the type are kept as integers."""
    return isinstance(type_, Integer | Decimal | Money | Duration | Workdays)
