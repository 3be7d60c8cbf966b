"""Source text of rules to their trees."""

from __future__ import annotations

from engine import limits
from engine.language import ast
from engine.language import rule_tree as tree
from engine.language.expression import Problem
from engine.language.parser import read
from engine.language.rules.lexer import RuleLexer
from engine.language.scope import Scope


def parse_rules(source: str, scope: Scope) -> tuple[tuple[tree.Rule, ...] | None, tuple[Problem, ...]]:
    """The rules that a text says (None where it can't be read) and every problem found on the way.

    A text may say several rules at once, parted by commas or semicolons, or one for several entities.
    """
    rules, problems = read(source, RuleLexer(source, scope), "sentence")
    if rules is None:
        return None, problems
    counts, depths = zip(
        *(ast.size_and_depth(node) for rule in rules for node in (*tree.expressions(rule), ast.Constant(None))), strict=True
    )
    if sum(counts) > limits.expression_nodes_max * 2:
        return None, (
            *problems,
            Problem("expression-too-big", 0, len(source), {"limit": limits.expression_nodes_max * 2, "count": sum(counts)}),
        )
    if max(depths) > limits.expression_depth_max:
        return None, (*problems, Problem("expression-too-deep", 0, len(source), {"limit": limits.expression_depth_max}))
    return rules, problems
