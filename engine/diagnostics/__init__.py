"""Findings about definitions: what they are, their words in English and Chinese, and how they are shown."""

from engine.diagnostics.catalogue import Words, catalogue, fill
from engine.diagnostics.diagnostic import Diagnostic, Severity, error, has_errors, in_order, warning
from engine.diagnostics.nearest import nearest
from engine.diagnostics.render import help_text, message, present, printable, render_json, render_sarif, render_text, width
from engine.diagnostics.source import Span, split_lines

__all__ = [
    "Diagnostic",
    "Severity",
    "Span",
    "Words",
    "catalogue",
    "error",
    "fill",
    "has_errors",
    "help_text",
    "in_order",
    "message",
    "nearest",
    "present",
    "printable",
    "render_json",
    "render_sarif",
    "render_text",
    "split_lines",
    "warning",
    "width",
]
