"""Expressions of definitions, compiled by the language and told about at their place in the file.

A compiled expression is kept with the entities it looked at, and used again as long as these are unchanged: so a
resident process recompiles only what an edit touches.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from engine import language
from engine.diagnostics import Diagnostic, nearest
from engine.language.expression import Compiled, Expression, Problem
from engine.language.scope import Conventions, EntityInfo, PhraseInfo, Scope
from engine.language.types import Type
from engine.model.drafts import Build, localized
from engine.model.entities import titles
from engine.model.node import Node
from engine.model.places import place
from engine.model.syntax import Document

_Key = tuple[str, str | None, str | None, Type | None, bool, str, Conventions]


class _Watched(Mapping[str, EntityInfo]):
    """The entities, noting which are looked at."""

    def __init__(self, entities: Mapping[str, EntityInfo]) -> None:
        self._entities = entities
        self.seen: dict[str, EntityInfo | None] = {}
        self.all = False

    def __getitem__(self, name: str) -> EntityInfo:
        self.seen[name] = self._entities.get(name)
        return self._entities[name]

    def __iter__(self) -> Iterator[str]:
        self.all = True
        return iter(self._entities)

    def __len__(self) -> int:
        self.all = True
        return len(self._entities)

    def __contains__(self, name: object) -> bool:
        if isinstance(name, str):
            self.seen[name] = self._entities.get(name)
        return name in self._entities


@dataclass(frozen=True, slots=True)
class _Kept:
    compiled: Compiled
    seen: Mapping[str, EntityInfo | None]
    variables: Mapping[str, Type]
    labels: Mapping[str, str]
    phrases: tuple[PhraseInfo, ...]

    def holds(self, build: Build, scope: Scope) -> bool:
        same = self.variables is build.variables or self.variables == build.variables
        same = same and self.labels == scope.labels and self.phrases == scope.phrases
        return same and all(build.infos.get(name) is info or build.infos.get(name) == info for name, info in self.seen.items())


@dataclass
class ExpressionCache:
    """Compiled expressions of earlier compilations."""

    kept: dict[_Key, _Kept] = field(default_factory=dict)

    def compiled(self, build: Build, source: str, scope: Scope, expects: Type | None, condition: bool) -> Compiled:
        """The outcome of compiling, from the cache where nothing it depends on has changed."""
        key = (source, scope.of, scope.parent, expects, condition, scope.time_zone, scope.conventions)
        found = self.kept.get(key)
        if found is not None and found.holds(build, scope):
            return found.compiled
        watched = _Watched(build.infos)
        compiled: Compiled = language.compile_expression(source, replace(scope, entities=watched), expects=expects, condition=condition)
        if compiled.expression is not None:
            whole = replace(compiled.expression, entities=build.infos)
            warnings = language.condition_warnings(whole) if condition else ()
            compiled = Compiled(whole, (*compiled.problems, *warnings))
        if not watched.all:
            self.kept[key] = _Kept(compiled, watched.seen, build.variables, scope.labels, scope.phrases)
        return compiled


@dataclass
class Expressions:
    """Compiles the expressions of one build; what is wrong goes to ``build.found``."""

    build: Build
    cache: ExpressionCache

    def scope(self, of: str | None, app: str) -> Scope:
        """What an expression about an entity, written in a document of ``app``, may name."""
        draft = self.build.entities[of] if of else None
        return Scope(
            self.build.infos,
            of,
            self.build.variables,
            self.build.apps[app].time_zone,
            draft.parent if draft else None,
            phrases=self.build.phrases_of(app),
            labels=self.build.labels,
            conventions=self.build.conventions,
        )

    def rule_scope(self, of: str | None, app: str) -> Scope:
        """What a rule of ``app`` may name: also roles, templates, flows, tables, operations of connectors, by name or title."""
        declared = {kind: self._declared(app, kind) for kind in language.DECLARED}
        declared["table"].update({way: way for way in language.WAYS})
        return replace(self.scope(of, app), roles=self._declared(app, "role"), declared=declared)

    def _declared(self, app: str, kind: str) -> dict[str, str]:
        """The definitions of a kind in reach of ``app`` by name and title; of connectors their operations."""
        found: dict[str, str] = {}
        reach = {app, *self.build.apps[app].reach}
        for name in sorted(reach, key=lambda each: (each != app, each)):
            for document in self.build.apps[name].documents:
                if document.kind == kind and document.name:
                    for said, node in _parts(document):
                        own = said if name == app else f"{name}.{said}"
                        for word in (own, f"{name}.{said}", *titles(localized(node.get("title") if node.is_map else None))):
                            found.setdefault(word, own)
        found.pop("", None)
        return found

    def quiet(self, node: Node, of: str | None, app: str, expects: Type | None = None) -> Compiled:
        """Compile without telling what is wrong (it may be told later)."""
        return self.cache.compiled(self.build, _source(node), self.scope(of, app), expects, False)

    def compile(
        self, node: Node | None, of: str | None, app: str, *, expects: Type | None = None, condition: bool = False, looked_up: bool = False
    ) -> Expression | None:
        """The expression at a node, or None where there is none or it is wrong.

        ``looked_up``: it is evaluated where records are looked up, so it can't ask about a change.
        """
        if node is None:
            return None
        if node.is_map or node.is_list or node.value is None:
            return None
        compiled = self.cache.compiled(self.build, _source(node), self.scope(of, app), expects, condition)
        self.tell(node, compiled, of)
        if looked_up and compiled.expression is not None:
            return self._without_change(node, compiled.expression)
        return compiled.expression

    def _without_change(self, node: Node, expression: Expression) -> Expression | None:
        found = language.change_in(expression)
        if found is None:
            return expression
        start, end = found
        span = place(node, self.build.lines(node.path), start, end)
        self.build.error("change-misplaced", span, part=expression.source[start:end])
        return None

    def tell(self, node: Node, compiled: Compiled, of: str | None) -> None:
        """Note what compiling found wrong, unless it comes of a name that was told about already."""
        if compiled.expression is None and self.build.lost and self.build.names_lost(_source(node)):
            return
        self.build.found += [self.diagnostic(node, problem, of) for problem in compiled.problems]

    def diagnostic(self, node: Node, problem: Problem, of: str | None) -> Diagnostic:
        """A problem of a text, at its place in the file."""
        span = place(node, self.build.lines(node.path), problem.start, problem.end)
        severity: Any = problem.severity
        fix = problem.fix
        if fix is None and problem.code == "unknown-name" and of is not None:
            fix = nearest(str(problem.params.get("name", "")), self._labels(of))
        return Diagnostic(problem.code, severity, span, problem.params, fix)

    def _labels(self, of: str) -> Iterator[str]:
        """What people call the fields and collections of an entity."""
        info = self.build.infos[of]
        for each in info.fields.values():
            yield from each.labels
        for collection in info.collections.values():
            yield from collection.labels


def _source(node: Node) -> str:
    return node.text


def _parts(document: Document) -> Iterator[tuple[str, Node]]:
    """The names that a document declares to rules, with the nodes that have their titles."""
    if document.kind != "connector":
        yield document.name, document.node
        return
    operations = document.node.get("operations")
    if operations is not None and operations.is_map:
        for name, _, node in operations.items():
            yield f"{document.name}.{name}", node
