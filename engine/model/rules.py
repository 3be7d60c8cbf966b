"""The texts of rules, read and typed; what they do is the rule engine's matter."""

from __future__ import annotations

from engine.language import CompiledRule, compile_rules, condition_warnings, satisfiable
from engine.language.core import Const
from engine.language.expression import Expression, Problem
from engine.model.drafts import AppDraft, Build
from engine.model.expressions import Expressions
from engine.model.node import NOTHING, Node
from engine.model.syntax import Document


def check_rules(build: Build, expressions: Expressions) -> dict[str, tuple[CompiledRule, ...]]:
    """Every rule by full name (``desk.rules.forgotten``), where its text is right; a text may say several."""
    found: dict[str, tuple[CompiledRule, ...]] = {}
    texts: dict[str, Node] = {}
    for app in build.apps.values():
        for document in app.documents:
            if document.kind == "rules" and document.ok:
                _document(build, expressions, app, document, found, texts)
    _tell_conflicts(build, expressions, found, texts)
    return found


def _tell_conflicts(build: Build, expressions: Expressions, found: dict[str, tuple[CompiledRule, ...]], texts: dict[str, Node]) -> None:
    """Warn of rules that the same event sets off and that give one field different values, where some record meets both."""
    given = [(name, rule) for name, rules in found.items() for rule in rules]
    for index, (first_name, first) in enumerate(given):
        for name, rule in given[:index]:
            if first.of != rule.of or first.tree.trigger != rule.tree.trigger or not first.writes & rule.writes:
                continue
            before, after = _constants(rule), _constants(first)
            fields = [field for field in after if field in before and before[field] != after[field]]
            asked = [each.condition for each in (rule, first) if each.condition is not None]
            if fields and (not asked or satisfiable(*asked).answer == "yes"):
                text = texts[first_name]
                problem = Problem("rules-conflict", *first.tree.span, {"field": fields[0], "other": name}, severity="warning")
                build.found.append(expressions.diagnostic(text, problem, first.of))


def _constants(rule: CompiledRule) -> dict[str, object]:
    """The values known now that a rule gives to fields of the record."""
    found: dict[str, object] = {}
    for action in rule.then:
        value = action.args.get("value")
        if action.verb == "set" and isinstance(value, Expression) and isinstance(value.core, Const):
            found[str(action.args["field"])] = value.core.value
    return found


def _document(
    build: Build,
    expressions: Expressions,
    app: AppDraft,
    document: Document,
    found: dict[str, tuple[CompiledRule, ...]],
    texts: dict[str, Node],
) -> None:
    for name, _, node in (document.node.get("rules") or NOTHING).items():
        text = node.get("text") if node.is_map else None
        if text is None or not isinstance(text.value, str):
            continue
        said = node.get("of")
        draft = build.find_entity(app.name, said) if said is not None else None
        if said is not None and draft is None:
            continue
        texts[f"{app.name}.rules.{name}"] = text
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
