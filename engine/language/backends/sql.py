"""Checked form to SQL: self-contained fragments over one table alias, in the form that keeps indexes usable.

Where blank counts as false (a positive place) comparisons stay bare; only below ``not``, or where a truth becomes a
value, blanks are settled. To-one paths and aggregates become subqueries, so the outer statement needs no join.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from engine import limits
from engine.language import core
from engine.language import types as t
from engine.language.backends.binding import Dialect, quoted
from engine.language.backends.missing import at_root, false_on_blank
from engine.language.backends.sargable import column_alone
from engine.language.backends.wide import encode
from engine.language.bounds import Measure, beyond_kept
from engine.language.expression import Sql, Variable
from engine.language.functions import OPERATIONS
from engine.language.functions.rows import Operation

_CASTS: dict[type[t.Type], str] = {
    t.Text: "text",
    t.Choice: "text",
    t.Integer: "bigint",
    t.Decimal: "bigint",
    t.Money: "bigint",
    t.Duration: "bigint",
    t.Workdays: "bigint",
    t.Float: "double precision",
    t.Boolean: "boolean",
    t.Date: "date",
    t.DateTime: "timestamp",
    t.Time: "time",
    t.Ref: "uuid",
    t.MultiChoice: "jsonb",
    t.Json: "jsonb",
}
_TEXTS = (t.Text, t.Choice)


GUARDED = "visible"
"""The alias that the condition of a guard is about."""
_UNGUARDED: Mapping[str, Sql] = MappingProxyType({})


class NotInSql(ValueError):
    """An expression that no statement can evaluate: it reads the record before a change, or the like."""


def reason_not_in_sql(node: Any) -> str | None:
    """Which part keeps an expression out of SQL, or None."""
    for part in core.walk(node):
        if isinstance(part, core.Field) and part.era:
            return part.key
        if isinstance(part, core.Var) and part.name == "is_new":
            return "is_new()"
    return None


class Writer:
    """Writes one fragment; parameters are shared by value and numbered in order."""

    def __init__(self, dialect: Dialect, alias: str, prefix: str = "p", guards: Mapping[str, Sql] = _UNGUARDED) -> None:
        self.dialect = dialect
        self.postgresql = dialect == "postgresql"
        self.stem = alias
        self.alias = quoted(alias)
        self.row = self.alias
        self.prefix = prefix
        self.params: list[tuple[str, Any, t.Type]] = []
        self.aliases = 0
        self.guards = guards
        self.measure = Measure()

    def new_alias(self, stem: str) -> str:
        self.aliases += 1
        return f"{self.stem}_{stem}{self.aliases}"

    def param(self, value: Any, type_: t.Type) -> str:
        same = (known for known in self.params if type(known[1]) is type(value) and known[1:] == (value, type_))
        found = next(same, None)
        if found is None:
            found = (f"{self.prefix}{len(self.params)}", value, type_)
            self.params.append(found)
        name = found[0]
        if not self.postgresql:
            return f":{name}"
        if isinstance(type_, t.ListOf):
            return f"CAST(:{name} AS {_CASTS.get(type(type_.item), 'text')}[])"
        cast = f"CAST(:{name} AS {_CASTS.get(type(type_), 'text')})"
        return f'({cast} COLLATE "C")' if isinstance(type_, _TEXTS) else cast

    # --- values -----------------------------------------------------------------------------------------------

    def value(self, node: Any) -> str:
        """A scalar SQL expression; NULL for blank; a truth is exact (never NULL)."""
        write = _VALUES.get(type(node))
        if write is not None:
            return write(self, node)
        text = self.exact(node)
        return text if self.postgresql else f"({text})"

    def const(self, node: core.Const) -> str:
        if node.value is None:
            return f"CAST(NULL AS {_CASTS.get(type(node.type), 'text')})" if self.postgresql else "NULL"
        if isinstance(node.value, bool):
            return ("TRUE" if node.value else "FALSE") if self.postgresql else ("1" if node.value else "0")
        if not self.measure.fits(node):
            return f"CAST({node.value} AS numeric)" if self.postgresql else self.param(encode(node.value), t.Text())
        return self.param(node.value, node.type)

    def var(self, node: core.Var) -> str:
        return self.param(Variable(node.name), node.type)

    def field(self, node: core.Field) -> str:
        base = self.row if node.level else self.alias
        if not node.hops:
            return f"{base}.{quoted(node.column)}"
        return self.through(base, node.hops, lambda last: f"{last}.{quoted(node.column)}")

    def through(self, base: str, hops: tuple[core.Hop, ...], select: Callable[[str], str]) -> str:
        """A scalar subquery that follows references from ``base`` and selects from the last record."""
        names = [self.new_alias("h") for _ in hops]
        joins = self.source(hops[0], names[0])
        for hop, name, before in zip(hops[1:], names[1:], names, strict=False):
            joins += f' JOIN {self.source(hop, name)} ON {name}."id" = {before}.{quoted(hop.column)}'
        return f'(SELECT {select(names[-1])} FROM {joins} WHERE {names[0]}."id" = {base}.{quoted(hops[0].column)})'

    def apply(self, node: core.Apply) -> str:
        operation = OPERATIONS[node.op]
        if not operation.strict:
            # The least and the greatest: of one form, since they compare.
            return self.operation(operation, node, self.alike(node, node.args))
        if node.op == "add" and not self.postgresql and not self.measure.fits(node):
            return self.balanced([self.value(part) for part in core.summands(node)])
        return self.operation(operation, node, [self.value(arg) for arg in node.args])

    def balanced(self, texts: list[str]) -> str:
        """On SQLite, a sum of any size: exact, so its order is free, and halves nest less than one after the other."""
        if len(texts) == 1:
            return texts[0]
        half = len(texts) // 2
        return f"dg_add_wide({self.balanced(texts[:half])}, {self.balanced(texts[half:])})"

    def alike(self, node: Any, parts: tuple[Any, ...]) -> list[str]:
        """Parts of one of which the node's value is made: where that may leave 64 bits, all in the form for it."""
        if self.postgresql or self.measure.fits(node):
            return [self.value(part) for part in parts]
        return [self.wide(part) for part in parts]

    def wide(self, node: Any) -> str:
        """On SQLite, a number in the form for any size."""
        if not self.measure.fits(node):
            return self.value(node)
        if isinstance(node, core.Const) and node.value is not None:
            return self.param(encode(node.value), t.Text())
        return f"dg_wide({self.value(node)})"

    def compared(self, *nodes: Any) -> list[str]:
        """Values that are compared with each other."""
        if self.postgresql or all(map(self.measure.fits, nodes)):
            return [self.value(node) for node in nodes]
        return [self.wide(node) for node in nodes]

    def operation(self, operation: Operation, node: Any, texts: list[str]) -> str:
        fits = not isinstance(node, core.Apply) or self.measure.fits(node)
        if operation.fit and fits and all(map(self.measure.fits, node.args)):
            return operation.fit.format(*texts)
        if not self.postgresql:
            if operation.sqlite:
                return _filled(operation.sqlite, texts)
            wide = "" if fits or not operation.strict else "_wide"
            return f"dg_{operation.name}{wide}({', '.join(texts)})"
        template = operation.postgresql
        unbounded = template.startswith("wide:")
        template = template.removeprefix("wide:")
        if template.startswith("let:"):
            columns = ", ".join(f"{text} AS a{index}" for index, text in enumerate(texts))
            text = f"(SELECT {template[4:]} FROM (SELECT {columns} OFFSET 0) AS g)"
        else:
            text = _filled(template, texts)
        return f"CAST({text} AS bigint)" if unbounded and fits else text

    def choose(self, node: core.If) -> str:
        # A chain of "else if" is one CASE: databases' parsers bear only so much nesting.
        branches = [node]
        while isinstance(branches[-1].otherwise, core.If):
            branches.append(branches[-1].otherwise)
        *values, otherwise = self.alike(node, (*(branch.then for branch in branches), branches[-1].otherwise))
        conditions = [self.positive(branch.condition) for branch in branches]
        cases = " ".join(f"WHEN {condition} THEN {value}" for condition, value in zip(conditions, values, strict=True))
        return f"CASE {cases} ELSE {otherwise} END"

    def default(self, node: core.Default) -> str:
        texts = self.alike(node, node.items)
        return f"coalesce({', '.join(texts)})" if len(texts) > 1 else texts[0]

    def kept(self, node: Any, *, strict: bool) -> str:
        """A whole expression's value: where a number can't be kept, blank, or an error of the statement if ``strict``."""
        text = self.value(node)
        beyond = beyond_kept(node)
        if beyond is None:
            return text
        low, high = beyond
        if not self.postgresql:
            return f"dg_{'held' if strict else 'within'}({text}, '{encode(low)}', '{encode(high)}')"
        # Adding so much makes the cast fail, whatever the number is.
        failing = f" ELSE CAST({2**63 - 1}::numeric + abs(z) AS bigint)" if strict else ""
        return f"(SELECT CASE WHEN z BETWEEN {low} AND {high} THEN CAST(z AS bigint){failing} END FROM (SELECT {text} AS z OFFSET 0) AS y)"

    # --- tables -----------------------------------------------------------------------------------------------

    def guard(self, step: core.Hop | core.Rows) -> Sql | None:
        return self.guards.get(step.entity) if step.guarded else None

    def source(self, step: core.Hop | core.Rows, alias: str) -> str:
        """What stands in FROM: the table, or of it what the asker may see (a subquery that both databases flatten)."""
        guard = self.guard(step)
        if guard is None:
            return f"{quoted(step.table)} AS {alias}"
        self.params.extend(param for param in guard.params if param not in self.params)
        return f"(SELECT * FROM {quoted(step.table)} AS {quoted(GUARDED)} WHERE {guard.text}) AS {alias}"

    # --- aggregates -------------------------------------------------------------------------------------------

    def rows(self, node: core.Gather) -> tuple[str, str, str]:
        """The alias, the FROM and the WHERE of an aggregate's rows; sets the alias as the row at hand."""
        name = self.new_alias("r")
        rows = node.rows
        owner = f'{self.alias}."id"'
        if rows.hops and self.guard(rows.hops[-1]) is not None:
            owner = self.through(self.alias, rows.hops, lambda last: f'{last}."id"')
        elif rows.hops:
            owner = (
                f"{self.alias}.{quoted(rows.hops[0].column)}"
                if len(rows.hops) == 1
                else self.through(self.alias, rows.hops[:-1], lambda last: f"{last}.{quoted(rows.hops[-1].column)}")
            )
        where = f"{name}.{quoted(rows.via)} = {owner}"
        if rows.soft_deleted:
            where += f' AND {name}."deleted_at" IS NULL'
        return name, self.source(rows, name), where

    def gather(self, node: core.Gather) -> str:
        name, source, where = self.rows(node)
        before, self.row = self.row, name
        try:
            if node.where is not None:
                where += f" AND {self.positive(node.where)}"
            selected = "*" if node.value is None else self.value(node.value)
        finally:
            self.row = before
        if node.op == "any":
            return f"EXISTS (SELECT 1 FROM {source} WHERE {where})"
        if node.op == "count":
            return f"(SELECT count(*) FROM {source} WHERE {where})"
        if node.op in ("first", "last"):
            direction = "" if node.op == "first" else " DESC"
            return f"(SELECT {selected} FROM {source} WHERE {where} ORDER BY {name}.{quoted(node.rows.order)}{direction} LIMIT 1)"
        if node.op == "join":
            return f"(SELECT {self.joined(node, selected, f'{name}.{quoted(node.rows.order)}')} FROM {source} WHERE {where})"
        if node.op == "distinct_count":
            return f"(SELECT count(DISTINCT {selected}) FROM {source} WHERE {where})"
        if node.op in ("min", "max"):
            if self.postgresql and isinstance(node.type, _TEXTS):
                selected += ' COLLATE "C"'
            return f"(SELECT {node.op}({selected}) FROM {source} WHERE {where})"
        return f"(SELECT {self.total(node, selected)} FROM {source} WHERE {where})"

    def joined(self, node: core.Gather, selected: str, order: str) -> str:
        """Texts of rows in their order, blank beyond the length of a text."""
        separator = self.param(node.separator, t.Text())
        if not self.postgresql:
            return f"dg_join_rows(json_group_array(json_array({order}, {selected})), {separator})"
        text = f"string_agg({selected}, {separator} ORDER BY {order})"
        return f"CASE WHEN char_length({text}) <= {limits.text_result_bytes_max} THEN nullif({text}, '') END"

    def total(self, node: core.Gather, selected: str) -> str:
        """``sum`` or ``avg``, exact, rounded once."""
        if isinstance(node.type, t.Float):
            return f"coalesce(sum({selected}), 0.0)" if node.op == "sum" else f"avg({selected})"
        factor = 1
        if node.op == "avg":
            factor = 10 ** (core.scale_of(node.type) - core.scale_of(node.value.type))
        if not self.postgresql:
            if not self.measure.fits(node.value):
                listed = f"json_group_array({selected})"
                return f"dg_sum_of({listed})" if node.op == "sum" else f"dg_avg_of({listed}, {factor})"
            halves = f"sum({selected} / 4294967296), sum({selected} % 4294967296)"
            wide = "" if self.measure.fits(node) else "_wide"
            return f"dg_sum({halves})" if node.op == "sum" else f"dg_avg{wide}({halves}, count({selected}), {factor})"
        total = f"coalesce(sum({selected}), 0)"
        if node.op == "avg":
            total = f"sum({selected})::numeric * {factor}"
            count = f"count({selected})"
            total = f"CASE WHEN {count} > 0 THEN sign({total}) * div(2 * abs({total}) + {count}, 2 * {count}::numeric) END"
        return f"CAST({total} AS bigint)" if self.measure.fits(node) else total

    # --- conditions -------------------------------------------------------------------------------------------

    def positive(self, node: Any) -> str:
        """A condition where NULL counts as false, as in WHERE."""
        match node:
            case core.Logic(op=op, items=items):
                return "(" + f" {op.upper()} ".join(map(self.positive, items)) + ")"
            case core.Not():
                return self.negated(node.item)
            case core.Compare():
                return self.path_condition(node) or self.count_condition(node) or self.compare(node)
            case core.Member() | core.Has() | core.Predicate():
                return self.path_condition(node) or self.bare(node)
            case core.Truth(item=item):
                return self.path_condition(node) or self.truth(item)
        return self.exact(node)

    def truth(self, item: Any) -> str:
        text = self.value(item)
        return text if self.postgresql else f"({text} = 1)"

    def negated(self, node: Any) -> str:
        """The opposite of a condition, where NULL counts as false."""
        match node:
            case core.Not(item=item):
                return self.positive(item)
            case core.Compare(op="="):
                return self.positive(replace(node, op="!="))
            case core.Compare(op="!="):
                return self.positive(replace(node, op="="))
            case core.Logic(op=op, items=items):
                other = " OR " if op == "and" else " AND "
                return "(" + other.join(map(self.negated, items)) + ")"
            case core.IsBlank(item=item):
                return f"({self.value(item)} IS NOT NULL)"
        return f"(NOT {self.exact(node)})"

    def exact(self, node: Any) -> str:
        """A condition that is never NULL."""
        match node:
            case core.Logic(op=op, items=items):
                return "(" + f" {op.upper()} ".join(map(self.exact, items)) + ")"
            case core.Not(item=item):
                return f"(NOT {self.exact(item)})"
            case core.IsBlank(item=item):
                return f"({self.value(item)} IS NULL)"
            case core.Compare(op="=" | "!="):
                return self.equality(node, exact=True)
            case core.Compare() | core.Member() | core.Predicate() | core.Has():
                nullable = any(part.nullable for part in core.parts(node))
                return self.settle(self.bare(node)) if nullable else self.bare(node)
            case core.Gather(op="any"):
                return self.gather(node)
            case core.Const(value=value):
                return self.boolean(bool(value))
        item = node.item if isinstance(node, core.Truth) else node
        return self.settle(self.truth(item)) if item.nullable else self.truth(item)

    def boolean(self, value: bool) -> str:
        if self.postgresql:
            return "TRUE" if value else "FALSE"
        return "(1 = 1)" if value else "(1 = 0)"

    def settle(self, text: str) -> str:
        return f"coalesce({text}, FALSE)" if self.postgresql else f"coalesce({text}, 0)"

    def compare(self, node: core.Compare) -> str:
        if node.op in ("=", "!="):
            return self.equality(node, exact=False)
        return self.bare(node)

    def equality(self, node: core.Compare, *, exact: bool) -> str:
        node = column_alone(node)
        left, right = node.left, node.right
        one, other = self.compared(left, right)
        if not left.nullable and not right.nullable:
            return f"({one} {'=' if node.op == '=' else '<>'} {other})"
        if node.op == "=" and not exact and not (left.nullable and right.nullable):
            return f"({one} = {other})"
        if node.op == "!=" and not right.nullable and isinstance(left, core.Field) and not left.hops:
            return f"({one} <> {other} OR {one} IS NULL)"
        if self.postgresql:
            return f"({one} IS {'NOT ' if node.op == '=' else ''}DISTINCT FROM {other})"
        return f"({one} IS {'' if node.op == '=' else 'NOT '}{other})"

    def bare(self, node: Any) -> str:
        """A test that is NULL or false where an operand is blank."""
        match node:
            case core.Compare():
                node = column_alone(node)
                op, left, right = node.op, node.left, node.right
                collate = ' COLLATE "C"' if self.postgresql and isinstance(left.type, _TEXTS) and op not in ("=", "!=") else ""
                one, other = self.compared(left, right)
                return f"({one}{collate} {op} {other})"
            case core.Member(item=item, items=core.Var() as group):
                return self.in_list(item, self.value(group))
            case core.Member(item=item, items=items):
                assert isinstance(items, tuple)
                if not items:
                    return self.boolean(False)
                first, *others = self.compared(item, *items)
                return f"({first} IN ({', '.join(others)}))"
            case core.Has():
                return self.has(node)
        return self.operation(OPERATIONS[node.op], node, [self.value(arg) for arg in node.args])

    def in_list(self, item: Any, group: str) -> str:
        text = self.value(item)
        if self.postgresql:
            return f"({text} = ANY({group}))"
        value = "value" if self.measure.fits(item) else "dg_wide(value)"
        return f"({text} IN (SELECT {value} FROM json_each({group})))"

    def has(self, node: core.Has) -> str:
        item = self.value(node.item)
        if self.postgresql:
            if node.every:
                return f"({item} @> CAST({self.param(json.dumps(list(node.codes)), t.Text())} AS jsonb))"
            return f"jsonb_exists_any({item}, {self.param(node.codes, t.ListOf(t.Text()))})"
        tests = [f"EXISTS (SELECT 1 FROM json_each({item}) WHERE value = {self.param(code, t.Text())})" for code in node.codes]
        return "(" + (" AND " if node.every else " OR ").join(tests) + ")" if tests else "(1 = 1)"

    def count_condition(self, node: core.Compare) -> str | None:
        """``count(…) = 0`` as NOT EXISTS, ``count(…) > 0`` as EXISTS."""
        left, right = node.left, node.right
        if not isinstance(left, core.Gather) or left.op != "count" or not isinstance(right, core.Const):
            return None
        exists = self.gather(replace(left, op="any")) if (node.op, right.value) in _PRESENCE else None
        return None if exists is None else (exists if _PRESENCE[node.op, right.value] else f"(NOT {exists})")

    def path_condition(self, node: Any) -> str | None:
        """A test of one to-one path, that is false for a missing record, as a semi-join the planner can turn around."""
        fields = [part for part in core.walk(node) if isinstance(part, core.Field)]
        if not fields or not false_on_blank(node) or any(isinstance(part, core.Gather) for part in core.walk(node)):
            return None
        first = fields[0]
        if not first.hops or any(part.hops != first.hops or part.level != first.level for part in fields):
            return None
        base = self.row if first.level else self.alias
        inner = Writer(self.dialect, self.new_alias("s"), self.prefix, self.guards)
        inner.params = self.params
        test = inner.positive(at_root(node, len(first.hops)))
        text = test
        alias = inner.alias
        for position in range(len(first.hops) - 1, -1, -1):
            hop = first.hops[position]
            selected = f'SELECT {alias}."id" FROM {self.source(hop, alias)} WHERE {text}'
            if position == 0:
                return f"({base}.{quoted(hop.column)} IN ({selected}))"
            outer = self.new_alias("s")
            text = f"{outer}.{quoted(hop.column)} IN ({selected})"
            alias = outer
        return None


_PRESENCE = {("=", 0): False, ("<=", 0): False, ("<", 1): False, (">", 0): True, (">=", 1): True, ("!=", 0): True}


def _filled(template: str, texts: list[str]) -> str:
    return template.replace("{*}", ", ".join(texts)) if "{*}" in template else template.format(*texts)


_VALUES: dict[type[Any], Callable[[Writer, Any], str]] = {
    core.Const: Writer.const,
    core.Var: Writer.var,
    core.Field: Writer.field,
    core.Apply: Writer.apply,
    core.If: Writer.choose,
    core.Default: Writer.default,
    core.Gather: Writer.gather,
}


def write_sql(
    node: Any,
    dialect: Dialect,
    alias: str,
    *,
    condition: bool,
    prefix: str = "p",
    guards: Mapping[str, Sql] = _UNGUARDED,
    strict: bool = False,
) -> Sql:
    """The fragment of a checked node. Raises NotInSql where a part can't run in a statement."""
    reason = reason_not_in_sql(node)
    if reason is not None:
        raise NotInSql(reason)
    writer = Writer(dialect, alias, prefix, guards)
    text = writer.positive(node) if condition else writer.kept(node, strict=strict)
    return Sql(text, tuple(writer.params))
