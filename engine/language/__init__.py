"""The expression language: one text, checked once, the same meaning in Python, SQL and JavaScript."""

from engine.language.backends.binding import bind_value
from engine.language.backends.sql import GUARDED, NotInSql
from engine.language.backends.sqlite import sqlite_functions
from engine.language.changes import change_in
from engine.language.compiler import compile_expression, format_expression, python_function, to_javascript, to_sql
from engine.language.complete import Completion, complete
from engine.language.partial import partial, substitute
from engine.language.trace import Step, trace

__all__ = [
    "GUARDED",
    "Completion",
    "NotInSql",
    "Step",
    "bind_value",
    "change_in",
    "compile_expression",
    "complete",
    "format_expression",
    "partial",
    "python_function",
    "sqlite_functions",
    "substitute",
    "to_javascript",
    "to_sql",
    "trace",
]
