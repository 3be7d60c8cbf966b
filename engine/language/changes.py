"""Which part of an expression asks about a change: what a record was before, whether a field moved, whether it is new."""

from __future__ import annotations

from engine.language import ast
from engine.language.expression import Expression


def change_in(expression: Expression) -> ast.Span | None:
    """The place of the first part that means something only while a record is being changed, or None.

    Such a part has no SQL: of a record that is looked up only the present values are there.
    """
    stack = [expression.ast]
    while stack:
        node = stack.pop()
        match node:
            case ast.Changed(span=span) | ast.Call(name="is_new", span=span):
                return span
            case ast.Path(names=("old", _, *_), owners=(None, *_), span=span):
                return span
        stack += reversed(ast.children(node))
    return None
