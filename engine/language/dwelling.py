"""How long something has lasted: ``in_stage_for`` and ``idle_for``, checked as the core language that they stand for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from engine.language import ast
from engine.language.checking import Checking, Pair, is_unknown, unknown
from engine.language.functions import canonical_name
from engine.language.names import index_of
from engine.language.scope import CollectionInfo, EntityInfo
from engine.language.types import DateTime

NAMES = ("in_stage_for", "idle_for")
_BORN = "created_at"


def check_dwelling(checker: Checking, node: ast.Call) -> Pair:
    """The core of a call of one of the two."""
    wanted = 0 if node.name == "in_stage_for" else 1
    if len(node.args) != wanted:
        return checker.problem("argument-count", node.span, name=node.name, expected=str(wanted), found=len(node.args)), node
    made = _in_stage(checker, node) if node.name == "in_stage_for" else _idle(checker, node)
    if made is None:
        return unknown(node.span), node
    core, _ = checker.check(ast.placed(made, node.span))
    return (core if is_unknown(core) else replace(core, span=node.span)), node


def _record(checker: Checking) -> EntityInfo | None:
    return checker.scope.entities.get(checker.places[0].entity or "")


def _since(start: Any) -> Any:
    return ast.Binary("-", ast.Call(canonical_name("now"), ()), start)


def _in_stage(checker: Checking, node: ast.Call) -> Any:
    """``now() - stage_since``."""
    info = _record(checker)
    if info is None or info.stage is None:
        checker.problem("no-stages", node.span, entity=info.name if info else "")
        return None
    return _since(ast.Path((info.stage[1],)))


def _idle(checker: Checking, node: ast.Call) -> Any:
    """``now() - default(max(rows.created_at), created_at)``: where nothing happened yet, idle since the record began."""
    path = node.args[0]
    found = checker.resolve(path) if isinstance(path, ast.Path) else None
    if found is None or not isinstance(found.info, CollectionInfo):
        if found is not None or not isinstance(path, ast.Path):
            checker.problem("collection-needed", path.span, name=node.name)
        return None
    moment = path if len(path.names) > len(found.owners) else replace(path, names=(*path.names, _BORN))
    last = ast.Call("max", (moment,))
    info = _record(checker)
    born = index_of(info).members.get(_BORN) if info is not None else None
    if born is None or not isinstance(getattr(born, "type", None), DateTime):
        return _since(last)
    return _since(ast.Call("default", (last, ast.Path((_BORN,)))))
