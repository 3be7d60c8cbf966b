"""What the parts of the checker share: the stand-in for reported parts, and the face of the checker that they use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from engine.language import ast, core
from engine.language.functions.rows import Mismatch
from engine.language.resolve import Place, Resolved
from engine.language.scope import FieldInfo, Scope
from engine.language.types import Choice, MultiChoice, Type

Pair = tuple[Any, Any]
"""A core node, and the syntax tree with canonical names that it came from."""


@dataclass(frozen=True, slots=True)
class Unknown(Type):
    """The type of what could not be checked: it fits everywhere, so that one mistake is reported once."""


def unknown(span: ast.Span) -> Any:
    """What stands for a part that has been reported."""
    return core.Const(None, Unknown(), span)


def is_unknown(*nodes: Any) -> bool:
    """Whether some part has been reported already."""
    return any(isinstance(node.type, Unknown) for node in nodes)


class Checking(Protocol):
    """The checker as its parts see it."""

    scope: Scope
    places: tuple[Place, ...]

    def problem(self, code: str, span: ast.Span, fix: str | None = None, **params: Any) -> Any: ...
    def mismatch(self, error: Mismatch, spans: tuple[ast.Span, ...]) -> Any: ...
    def check(self, node: Any) -> Pair: ...
    def condition(self, node: Any) -> Pair: ...
    def adopt(self, node: Any, tree: Any, wanted: Type) -> Pair: ...
    def code_of(self, wanted: Choice | MultiChoice, text: str) -> str: ...
    def resolve(self, path: ast.Path) -> Resolved | None: ...
    def field_node(self, info: FieldInfo, entity: str, hops: tuple[core.Hop, ...], place: Place, span: ast.Span) -> Any: ...
    def shown(self, type_: Choice | MultiChoice) -> tuple[tuple[str, str, str], ...]: ...
