"""The texts of rules, read and typed; what they do is the rule engine's matter."""

from __future__ import annotations

from engine.language import CompiledRule, compile_rules, condition_warnings
from engine.model.drafts import AppDraft, Build
from engine.model.expressions import Expressions
from engine.model.node import NOTHING, Node
from engine.model.syntax import Document


def check_rules(build: Build, expressions: Expressions) -> dict[str, tuple[CompiledRule, ...]]:
    """Every rule by full name (``desk.rules.forgotten``), where its text is right; a text may say several."""
    found: dict[str, tuple[CompiledRule, ...]] = {}
    for app in build.apps.values():
        for document in app.documents:
            if document.kind == "rules" and document.ok:
                _document(build, expressions, app, document, found)
    return found


def _document(
    build: Build, expressions: Expressions, app: AppDraft, document: Document, found: dict[str, tuple[CompiledRule, ...]]
) -> None:
    for name, _, node in (document.node.get("rules") or NOTHING).items():
        text = node.get("text") if node.is_map else None
        if text is None or not isinstance(text.value, str):
            continue
        said = node.get("of")
        draft = build.find_entity(app.name, said) if said is not None else None
        if said is not None and draft is None:
            continue
        found[f"{app.name}.rules.{name}"] = _rule(build, expressions, app, text, draft.name if draft is not None else None)


def _rule(build: Build, expressions: Expressions, app: AppDraft, text: Node, of: str | None) -> tuple[CompiledRule, ...]:
    scope = expressions.rule_scope(of, app.name)
    compiled = compile_rules(text.text, scope)
    if not compiled.rules and build.lost and build.names_lost(text.text):
        return ()
    warnings = [
        warning
        for rule in compiled.rules
        for part in (rule.due, rule.condition)
        if part is not None
        for warning in condition_warnings(part)
    ]
    build.found += [expressions.diagnostic(text, problem, of) for problem in (*compiled.problems, *warnings)]
    return compiled.rules
