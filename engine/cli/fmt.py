"""Print expressions back in canonical English or Chinese."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from engine import language
from engine.cli.evaluation import Cases
from engine.cli.speech import language_of
from engine.clock import SystemClock
from engine.diagnostics import Diagnostic, Span, render_text
from engine.errors import BadRequest
from engine.language.expression import Problem
from engine.model import compile

NAME = "fmt"
_WHERE = "expression"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """EXPR… --app --entity --fields --lang."""
    parser.add_argument("expr", nargs="*", metavar="EXPR", help="expressions (default: one per line of standard input)")
    parser.add_argument("--app", action="append", default=[], metavar="DIR", help="folder of an app package (may be given several times)")
    parser.add_argument("--entity", metavar="NAME", help="what the record is, such as desk.ticket; with --app")
    parser.add_argument("--fields", metavar="JSON", help='without --app: types of the fields, such as \'{"x": "decimal(2)"}\'')


def run(args: argparse.Namespace) -> int:
    """0, or 1 where an expression is wrong."""
    spoken = language_of(args)
    app = None
    if args.app:
        compilation = compile(args.app)
        app = compilation.app
        if app is None:
            print(render_text(compilation.diagnostics, compilation.sources, spoken), file=sys.stderr)
            return 1
    cases = Cases(SystemClock(), app, spoken)
    try:
        fields = json.loads(args.fields) if args.fields is not None else None
    except (ValueError, RecursionError):
        raise BadRequest("bad-case", part="--fields") from None
    wrong = False
    for source in args.expr or (line.rstrip("\n") for line in sys.stdin):
        if not source.strip():
            continue
        compiled = cases.read({"expr": source, "entity": args.entity, "fields": fields}).compiled
        if compiled.expression is None:
            wrong = True
            print(render_text([_diagnostic(each) for each in compiled.problems], {_WHERE: source}, spoken), file=sys.stderr)
        else:
            print(language.format_expression(compiled.expression, spoken))
    return 1 if wrong else 0


def _diagnostic(problem: Problem) -> Diagnostic:
    severity: Any = problem.severity
    return Diagnostic(problem.code, severity, Span(_WHERE, 0, problem.start, 0, problem.end), problem.params, problem.fix)
