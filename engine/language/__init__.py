"""The expression language: one text, checked once, the same meaning in Python, SQL and JavaScript."""

from engine.language.analysis import (
    Conflict,
    Finding,
    always_false,
    always_true,
    condition_warnings,
    conflicts,
    gap,
    implies,
    overlap,
    satisfiable,
)
from engine.language.backends.binding import bind_value
from engine.language.backends.sql import GUARDED, NotInSql
from engine.language.backends.sqlite import sqlite_functions
from engine.language.changes import change_in
from engine.language.code_cache import CodeCache, kept_code
from engine.language.compiler import compile_expression, format_expression, python_function, to_javascript, to_sql
from engine.language.complete import Completion, complete
from engine.language.idioms import check_phrase
from engine.language.keywords import is_taken
from engine.language.partial import partial, substitute
from engine.language.phrases import KINDS as PHRASE_KINDS
from engine.language.phrases import PLACE as PHRASE_PLACE
from engine.language.rules.compiling import CompiledAction, CompiledRule, CompiledRules, compile_rules
from engine.language.trace import Step, reasons, trace
from engine.language.verbs import DECLARED, WAYS

__all__ = [
    "DECLARED",
    "GUARDED",
    "PHRASE_KINDS",
    "PHRASE_PLACE",
    "WAYS",
    "CodeCache",
    "CompiledAction",
    "CompiledRule",
    "CompiledRules",
    "Completion",
    "Conflict",
    "Finding",
    "NotInSql",
    "Step",
    "always_false",
    "always_true",
    "bind_value",
    "change_in",
    "check_phrase",
    "compile_expression",
    "compile_rules",
    "complete",
    "condition_warnings",
    "conflicts",
    "format_expression",
    "gap",
    "implies",
    "is_taken",
    "kept_code",
    "overlap",
    "partial",
    "python_function",
    "reasons",
    "satisfiable",
    "sqlite_functions",
    "substitute",
    "to_javascript",
    "to_sql",
    "trace",
]
