"""The phrases that apps declare: their words and places read, their meaning checked against the entities they speak of."""

from __future__ import annotations

from engine.diagnostics import Diagnostic, nearest
from engine.language import PHRASE_KINDS, PHRASE_PLACE, check_phrase
from engine.language.scope import PhraseInfo
from engine.language.types import Choice, MultiChoice
from engine.model.drafts import AppDraft, Build
from engine.model.expressions import Expressions
from engine.model.node import NOTHING, Node
from engine.model.places import place

_LANGUAGES = ("en", "zh")


def read_phrases(build: Build, expressions: Expressions) -> None:
    """Read the phrases of every app into ``build.phrases``, telling of what is wrong with them."""
    for app in build.apps.values():
        declared = app.node.get("phrases")
        if declared is None or not declared.is_list:
            continue
        taken: dict[str, Node] = {}
        kept: list[tuple[PhraseInfo, Node]] = []
        for node in declared.each():
            phrase = _phrase(build, app, node, taken) if node.is_map else None
            if phrase is not None:
                kept.append((phrase, node.value["means"]))
        build.phrases[app.name] = tuple(phrase for phrase, _ in kept)
        for phrase, means in kept:
            _check(build, expressions, app, phrase, means)


def _phrase(build: Build, app: AppDraft, node: Node, taken: dict[str, Node]) -> PhraseInfo | None:
    means = node.get("means")
    words = tuple((language, node.value[language]) for language in _LANGUAGES if node.get(language) is not None and node.text_of(language))
    if means is None or not means.text:
        return None
    if not words:
        build.error("phrase-without-words", node.span)
        return None
    places = set(PHRASE_PLACE.findall(means.text))
    fine = True
    for _, said in words:
        plain = PHRASE_PLACE.sub("{}", said.text)
        if plain in taken:
            build.error("phrase-twice", said.span, words=said.text, line=taken[plain].line + 1)
            fine = False
        taken[plain] = said
        missing = sorted(places ^ set(PHRASE_PLACE.findall(said.text)))
        if missing or not plain.replace("{}", "").strip():
            build.error("phrase-places", said.span, places=", ".join("{" + name + "}" for name in missing) or "{}", words=said.text)
            fine = False
    of = node.get("of")
    draft = build.find_entity(app.name, of) if of is not None else None
    params = tuple((name, _kind(build, app, node, name)) for name in sorted(places))
    if not fine or (of is not None and draft is None) or any(kind is None for _, kind in params):
        return None
    spoken = tuple((language, said.text) for language, said in words)
    return PhraseInfo(spoken, means.text, tuple((name, kind or "any") for name, kind in params), draft.name if draft else None)


def _kind(build: Build, app: AppDraft, node: Node, name: str) -> str | None:
    said = (node.get("places") or NOTHING).get(name)
    if said is None:
        return "any"
    if said.text in PHRASE_KINDS:
        return said.text
    entity, _, field_name = said.text.rpartition(".")
    draft = build.entities.get(f"{app.name}.{entity}") or build.entities.get(entity)
    field = draft.fields.get(field_name) if draft is not None else None
    if draft is None or field is None or not isinstance(field.type, Choice | MultiChoice):
        fix = nearest(said.text, PHRASE_KINDS)
        build.error("phrase-kind", said.span, fix=fix, name=said.text, known=", ".join(PHRASE_KINDS))
        return None
    return f"{draft.name}.{field.name}"


def _check(build: Build, expressions: Expressions, app: AppDraft, phrase: PhraseInfo, means: Node) -> None:
    reach = {app.name, *app.reach}
    entities = [draft.name for draft in build.entities.values() if draft.app in reach]
    for problem in check_phrase(phrase, expressions.scope(None, app.name), entities):
        span = place(means, build.lines(means.path), problem.start, problem.end)
        build.found.append(Diagnostic(problem.code, "error", span, problem.params, problem.fix))
