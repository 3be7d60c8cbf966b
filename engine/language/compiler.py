"""The door of the language: source text in, checked expression or problems out, and its forms for each back end."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from engine import limits
from engine.i18n import Language
from engine.language import core
from engine.language.backends import javascript, nesting, python, sql
from engine.language.backends.binding import Dialect
from engine.language.bounds import too_big
from engine.language.checker import Checker
from engine.language.checking import is_unknown
from engine.language.expression import Aggregate, Compiled, Expression, Problem, Sql
from engine.language.format import format_tree
from engine.language.functions.logic import truth
from engine.language.parser import parse
from engine.language.resolve import Place
from engine.language.scope import Scope
from engine.language.types import Boolean, Type

_UNGUARDED: Mapping[str, Sql] = MappingProxyType({})
_CERTAINLY_SHALLOW = 6
"""So deep a node is no burden for any parser, whatever its parts are."""


def compile_expression(source: str, scope: Scope, *, expects: Type | None = None, condition: bool = False) -> Compiled:
    """Parse, resolve and type a source text; ``problems`` holds all that is wrong with it.

    ``expects`` is the type that its place wants (numbers are brought to its scale); ``condition`` wants true or false,
    blank counting as false.
    """
    tree, problems = parse(source, scope)
    if tree is None:
        return Compiled(None, problems)
    checker = Checker(source, scope, places=(Place(scope.of, 0),))
    if condition:
        node, resolved = checker.condition(tree)
    else:
        node, resolved = checker.check(tree)
        node = checker.finish(node, tree, expects)
    found = (*problems, *checker.problems)
    if is_unknown(node) or any(problem.severity == "error" for problem in found):
        return Compiled(None, found)
    found = (*found, *beyond_bounds(node, (0, len(source))))
    if any(problem.severity == "error" for problem in found):
        return Compiled(None, found)
    return Compiled(expression_of(checker, resolved, node), found)


def beyond_bounds(node: Any, span: tuple[int, int]) -> tuple[Problem, ...]:
    """Which bounds of cost and size a checked node passes, told of the text at ``span`` or of the literal concerned."""
    # First of all: whatever else walks a node with too many parts never comes to an end.
    oversize = core.excess(node)
    if oversize is not None:
        return (Problem(oversize[0], *span, {"limit": oversize[1]}),)
    # Number literals with more places than a decimal keeps, where no float took them in.
    spans = {part.span for part in core.walk(node) if isinstance(part, core.Const) and core.scale_of(part.type) > limits.decimal_scale_max}
    if spans:
        return tuple(Problem("too-many-places", *each) for each in sorted(spans))
    if too_big(node):
        return (Problem("result-too-big", *span, {"limit": limits.number_digits_max}),)
    if core.depth_of(node) > _CERTAINLY_SHALLOW and not nesting.fits(node):
        return (Problem("too-deep-for-a-database", *span),)
    return ()


def expression_of(checker: Checker, tree: Any, node: Any) -> Expression:
    """The expression that a checked node and its tree make."""
    scope = checker.scope
    reads: set[str] = set()
    variables: set[str] = set()
    gathers: dict[str, set[str]] = {}
    _collect(node, reads, variables, gathers, None)
    return Expression(
        source=checker.source,
        ast=tree,
        type=node.type,
        nullable=node.nullable,
        of=scope.of,
        reads=frozenset(reads),
        variables=frozenset(variables),
        aggregates=tuple(Aggregate(name, tuple(sorted(fields))) for name, fields in sorted(gathers.items())),
        mentions=frozenset(checker.mentions),
        canonical=format_tree(tree),
        time_zone=scope.time_zone,
        entities=scope.entities,
        core=node,
    )


def _collect(node: Any, reads: set[str], variables: set[str], gathers: dict[str, set[str]], rows: set[str] | None) -> None:
    match node:
        case core.Field(level=0):
            reads.add(node.key)
        case core.Field():
            if rows is not None:
                rows.add(node.key)
        case core.Var(name=name):
            variables.add(name)
        case core.Gather():
            rows = gathers.setdefault(node.rows.key, set())
            if node.op in core.ORDERED_GATHERS:
                rows.add(node.rows.order)
    for part in core.parts(node):
        _collect(part, reads, variables, gathers, rows)


def reduce_expression(expression: Expression, node: Any) -> Expression:
    """The same expression with another checked form (what partial evaluation left of it)."""
    reads: set[str] = set()
    variables: set[str] = set()
    gathers: dict[str, set[str]] = {}
    _collect(node, reads, variables, gathers, None)
    return Expression(
        source=expression.source,
        ast=expression.ast,
        type=expression.type,
        nullable=node.nullable,
        of=expression.of,
        reads=frozenset(reads),
        variables=frozenset(variables),
        aggregates=tuple(Aggregate(name, tuple(sorted(fields))) for name, fields in sorted(gathers.items())),
        mentions=expression.mentions,
        canonical=expression.canonical,
        time_zone=expression.time_zone,
        entities=expression.entities,
        core=node,
    )


def python_function(expression: Expression) -> Callable[[Mapping[str, Any], Mapping[str, Any]], Any]:
    """The expression as ``fn(record, variables)``; both mappings hold values in kept form, a missing key is blank.

    It raises Overflow where the result is a number with more digits than can be kept.
    """
    return python.build_function(expression.core)


def to_sql(
    expression: Expression,
    dialect: Dialect,
    *,
    alias: str,
    condition: bool,
    prefix: str = "p",
    guards: Mapping[str, Sql] = _UNGUARDED,
    strict: bool = False,
) -> Sql:
    """The expression as a self-contained SQL fragment over ``alias``; ``condition`` for use in WHERE.

    A condition never fails: numbers in it are exact at any size. A value that can't be kept is blank, so that one record
    never breaks a list; with ``strict`` the statement fails instead, as Python and JavaScript do.

    ``guards`` give, by full name of an entity, a condition over the alias ``GUARDED``: in an expression compiled with a
    guarded scope, records of that entity for which it fails are as if they weren't there.
    Raises NotInSql where a part can't run in a statement (the record before a change).
    """
    node = expression.core
    if condition and isinstance(node.type, Boolean):
        node = truth(node)
    return sql.write_sql(node, dialect, alias, condition=condition, prefix=prefix, guards=guards, strict=strict)


def to_javascript(expression: Expression) -> str:
    """The expression as an arrow function over the runtime ``designer/src/language-runtime.js``."""
    return javascript.write_arrow(expression.core)


def format_expression(expression: Expression, language: Language = "en") -> str:
    """The canonical text in English (ASCII names) or Chinese (labels where they read back as the same)."""
    return format_tree(expression.ast, language, expression.entities)
