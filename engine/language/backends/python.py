"""Checked form to a Python function: generated source whose every name is minted here, run without builtins.

This is the only module that compiles or executes generated code.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from types import CodeType, FunctionType
from typing import Any

from engine.errors import Overflow
from engine.language import core
from engine.language.bounds import beyond_kept
from engine.language.functions import OPERATIONS
from engine.language.functions.date_operations import SPAN_MAX
from engine.language.functions.number_operations import finite, round_divide
from engine.language.functions.texts import held
from engine.language.types import Float

Evaluate = Callable[[Mapping[str, Any], Mapping[str, Any]], Any]


def _total(values: Iterable[Any]) -> Any:
    return sum(value for value in values if value is not None)


def _float_total(values: Iterable[Any]) -> Any:
    return finite(sum((value for value in values if value is not None), 0.0))


def _average(values: Iterable[Any], factor: int) -> Any:
    present = [value for value in values if value is not None]
    return round_divide(sum(present) * factor, len(present)) if present else None


def _float_average(values: Iterable[Any], factor: int) -> Any:
    present = [value for value in values if value is not None]
    return finite(sum(present) / len(present)) if present else None


def _smallest(values: Iterable[Any]) -> Any:
    return min((value for value in values if value is not None), default=None)


def _largest(values: Iterable[Any]) -> Any:
    return max((value for value in values if value is not None), default=None)


def _ordered(rows: Iterable[tuple[Any, Any]]) -> list[Any]:
    """Values in the order of their keys; rows that have none yet keep their places after the others."""
    found = list(rows)
    found.sort(key=lambda row: (row[0] is None, row[0] if row[0] is not None else ""))
    return [value for _, value in found]


def _first(rows: Iterable[tuple[Any, Any]]) -> Any:
    values = _ordered(rows)
    return values[0] if values else None


def _last(rows: Iterable[tuple[Any, Any]]) -> Any:
    values = _ordered(rows)
    return values[-1] if values else None


def _join(rows: Iterable[tuple[Any, Any]], separator: str) -> str | None:
    return held(separator.join(value for value in _ordered(rows) if value is not None))


def _moved(moment: datetime, span: timedelta) -> datetime | None:
    try:
        return moment + span
    except OverflowError:
        return None


def _kept(value: int | None, low: int, high: int) -> int | None:
    if value is None or low <= value <= high:
        return value
    raise Overflow


def _distinct(values: Iterable[Any]) -> int:
    return len({value for value in values if value is not None})


_MINTED: dict[str, Any] = {
    "__builtins__": {},
    "A_sum": _total,
    "A_float_sum": _float_total,
    "A_avg": _average,
    "A_float_avg": _float_average,
    "A_min": _smallest,
    "A_max": _largest,
    "A_distinct_count": _distinct,
    "A_count": sum,
    "A_first": _first,
    "A_last": _last,
    "A_join": _join,
    "A_any": any,
    "A_moved": _moved,
    "A_kept": _kept,
    **{f"F_{operation.name}": operation.python for operation in OPERATIONS.values()},
}


class _Writer:
    """Writes one function; constants become K0…, fields f0…, variables v0…, temporaries t0…"""

    def __init__(self) -> None:
        self.constants: list[Any] = []
        self.fields: dict[str, str] = {}
        self.variables: dict[str, str] = {}
        self.row_fields: dict[str, str] | None = None
        self.collections: dict[str, str] = {}
        self.temporaries = 0

    def mint(self, value: Any) -> str:
        if value is None or value is True or value is False:
            return repr(value)
        self.constants.append(value)
        return f"K{len(self.constants) - 1}"

    def held(self, node: Any) -> tuple[str, str]:
        """An expression to compute a value, and one to use it again (the same where it is a plain name)."""
        text = self.value(node)
        if text.isidentifier():
            return text, text
        name = f"t{self.temporaries}"
        self.temporaries += 1
        return f"({name} := {text})", name

    def operands(self, nodes: tuple[Any, ...]) -> tuple[list[str], list[str]]:
        """Tests that each nullable operand is present, and the names to use; all are computed by the tests in order."""
        tests, names = [], []
        for node in nodes:
            if node.nullable:
                first, again = self.held(node)
                tests.append(f"{first} is not None")
                names.append(again)
            else:
                names.append(self.value(node))
        return tests, names

    def value(self, node: Any) -> str:
        """The Python expression of a node."""
        return _WRITE[type(node)](self, node)

    def const(self, node: core.Const) -> str:
        return self.mint(node.value)

    def var(self, node: core.Var) -> str:
        return self.variables.setdefault(node.name, f"v{len(self.variables)}")

    def field(self, node: core.Field) -> str:
        if node.level:
            assert self.row_fields is not None
            return self.row_fields.setdefault(node.key, f"c{len(self.collections)}_{len(self.row_fields)}")
        return self.fields.setdefault(node.key, f"f{len(self.fields)}")

    def apply(self, node: core.Apply) -> str:
        operation = OPERATIONS[node.op]
        if node.op == "moment_add" and isinstance(node.args[1], core.Const) and abs(node.args[1].value or 0) <= SPAN_MAX:
            return self.moved(node)
        if not operation.strict:
            return f"F_{node.op}({', '.join(map(self.value, node.args))})"
        tests, names = self.operands(node.args)
        text = operation.source.format(*names) if operation.source else f"F_{node.op}({', '.join(names)})"
        return f"({text} if {' and '.join(tests)} else None)" if tests else text

    def moved(self, node: core.Apply) -> str:
        """An instant moved by a span that is known now, so that the span is made once."""
        moment, span = node.args
        if span.value is None:
            return "None"
        tests, names = self.operands((moment,))
        text = f"A_moved({names[0]}, {self.mint(timedelta(seconds=span.value))})"
        return f"({text} if {tests[0]} else None)" if tests else text

    def compare(self, node: core.Compare) -> str:
        if node.op in ("=", "!="):
            sign = "==" if node.op == "=" else "!="
            return f"({self.value(node.left)} {sign} {self.value(node.right)})"
        tests, names = self.operands((node.left, node.right))
        return "(" + " and ".join([*tests, f"{names[0]} {node.op} {names[1]}"]) + ")"

    def member(self, node: core.Member) -> str:
        if isinstance(node.items, core.Var):
            first, again = self.held(node.item)
            return f"({first} is not None and {again} in ({self.value(node.items)} or ()))"
        return f"({self.value(node.item)} in {self.mint(frozenset(item.value for item in node.items))})"

    def has(self, node: core.Has) -> str:
        codes = self.mint(frozenset(node.codes))
        item = self.value(node.item)
        first = f"{item} is not None and " if item.isidentifier() else ""
        test = f"{codes}.issubset({item} or ())" if node.every else f"not {codes}.isdisjoint({item} or ())"
        return f"({first}{test})"

    def predicate(self, node: core.Predicate) -> str:
        tests, names = self.operands(node.args)
        operation = OPERATIONS[node.op]
        text = operation.source.format(*names) if operation.source else f"F_{node.op}({', '.join(names)})"
        return "(" + " and ".join([*tests, text]) + ")"

    def is_blank(self, node: core.IsBlank) -> str:
        return f"({self.value(node.item)} is None)"

    def truth(self, node: core.Truth) -> str:
        return f"({self.value(node.item)} is True)"

    def negation(self, node: core.Not) -> str:
        return f"(not {self.value(node.item)})"

    def logic(self, node: core.Logic) -> str:
        return "(" + f" {node.op} ".join(map(self.value, node.items)) + ")"

    def choose(self, node: core.If) -> str:
        return f"({self.value(node.then)} if {self.value(node.condition)} else {self.value(node.otherwise)})"

    def default(self, node: core.Default) -> str:
        text = self.value(node.items[-1])
        for item in reversed(node.items[:-1]):
            first, again = self.held(item)
            text = f"({again} if {first} is not None else {text})"
        return text

    def gather(self, node: core.Gather) -> str:
        rows = self.fields.setdefault(node.rows.key, f"f{len(self.fields)}")
        self.row_fields = {}
        row = f"r{len(self.collections)}"
        value = "True" if node.op == "any" else (self.mint(1) if node.value is None else self.value(node.value))
        if node.op in core.ORDERED_GATHERS:
            value = f"({row}.get({node.rows.order!r}), {value})"
        test = "" if node.where is None else f" if {self.value(node.where)}"
        loads = "".join(f" for {name} in ({row}.get({key!r}),)" for key, name in self.row_fields.items())
        self.collections[row] = node.rows.key
        self.row_fields = None
        generator = f"{value} for {row} in ({rows} or ()){loads}{test}"
        is_float = isinstance(node.type, Float) and node.op in ("sum", "avg")
        name = f"A_float_{node.op}" if is_float else f"A_{node.op}"
        if node.op == "join":
            return f"{name}(({generator}), {self.mint(node.separator)})"
        if node.op == "avg":
            factor = 1 if is_float else 10 ** (core.scale_of(node.type) - core.scale_of(node.value.type))
            return f"{name}(({generator}), {self.mint(factor)})"
        return f"{name}({generator})"

    def source(self, node: Any, *, keep: bool) -> str:
        """The whole function; with ``keep`` it raises Overflow rather than give a number that can't be kept."""
        result = self.value(node)
        beyond = beyond_kept(node) if keep else None
        if beyond is not None:
            result = f"A_kept({result}, {self.mint(beyond[0])}, {self.mint(beyond[1])})"
        loads = [f"    {name} = r.get({key!r})" for key, name in self.fields.items()]
        loads += [f"    {name} = v.get({key!r})" for key, name in self.variables.items()]
        # Constants are parameters with defaults: found faster than globals, and the globals can be the same for all.
        parameters = ", ".join(["r", "v", *(f"K{index}" for index in range(len(self.constants)))])
        return "\n".join([f"def f({parameters}):", *loads, f"    return {result}"])


_WRITE: dict[type[Any], Callable[[_Writer, Any], str]] = {
    core.Const: _Writer.const,
    core.Var: _Writer.var,
    core.Field: _Writer.field,
    core.Apply: _Writer.apply,
    core.Compare: _Writer.compare,
    core.Member: _Writer.member,
    core.Has: _Writer.has,
    core.Predicate: _Writer.predicate,
    core.IsBlank: _Writer.is_blank,
    core.Truth: _Writer.truth,
    core.Not: _Writer.negation,
    core.Logic: _Writer.logic,
    core.If: _Writer.choose,
    core.Default: _Writer.default,
    core.Gather: _Writer.gather,
}


_CODE_MAX = 20_000
_made: dict[str, CodeType] = {}
_asked: list[dict[str, CodeType]] = []


def _code(source: str) -> CodeType:
    found = _made.get(source)
    if found is None:
        module = compile(source, "<expression>", "exec")
        found = next(part for part in module.co_consts if isinstance(part, CodeType))
        if len(_made) >= _CODE_MAX:
            _made.clear()
        _made[source] = found
    for asked in _asked:
        asked[source] = found
    return found


@contextmanager
def asked_code() -> Iterator[dict[str, CodeType]]:
    """The code of every function that is made inside, by its generated source."""
    asked: dict[str, CodeType] = {}
    _asked.append(asked)
    try:
        yield asked
    finally:
        _asked[:] = [each for each in _asked if each is not asked]


def reuse_code(codes: Mapping[str, CodeType]) -> None:
    """Take code that was made before for these sources, so that it is not compiled again."""
    if len(_made) + len(codes) <= _CODE_MAX:
        _made.update(codes)


def write_function(node: Any, *, keep: bool = True) -> tuple[str, list[Any]]:
    """The generated source and its constants, for reading and for tests."""
    writer = _Writer()
    source = writer.source(node, keep=keep)
    return source, writer.constants


def build_function(node: Any, *, keep: bool = True) -> Evaluate:
    """The function of a checked node: called with a record mapping and a variables mapping, both in kept form.

    It raises Overflow where the result is a number that can't be kept; without ``keep`` it gives that number.
    """
    source, constants = write_function(node, keep=keep)
    return function_of(_code(source), constants)


def written_code(node: Any) -> tuple[CodeType, list[Any]]:
    """The code of a checked node and its constants, to be kept and made a function again by ``function_of``."""
    source, constants = write_function(node)
    return _code(source), constants


def function_of(code: CodeType, constants: Sequence[Any]) -> Evaluate:
    """The function of generated code; it sees minted names and its constants only, and no builtins."""
    function: Evaluate = FunctionType(code, _MINTED, "f", tuple(constants))
    return function


def evaluate(node: Any, record: Mapping[str, Any], variables: Mapping[str, Any]) -> Any:
    """The value of a node at once, of any size, because the node is part of something."""
    return build_function(node, keep=False)(record, variables)
