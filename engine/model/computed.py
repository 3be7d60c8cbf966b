"""Computed fields: the type of those that declare none, which of them a column can hold, and in what order.

A computed value is kept in a column when it depends only on fields of the record and its lines; what reads other
records, the time or the user is worked out whenever it is read, and so can never be stale.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from engine.language import types as t
from engine.language.expression import Expression
from engine.model.drafts import Build, EntityDraft
from engine.model.expressions import Expressions
from engine.model.field_types import kind_of_type
from engine.model.fields import UNTYPED
from engine.model.infos import build_infos
from engine.model.kinds.entity import Field, Option
from engine.model.node import Node

_KEPT_FRESH = frozenset(("id", "created_at", "created_by", "position"))
"""System fields that never change once a record is there."""

_Key = tuple[str, str]


@dataclass
class Computed:
    """What was found out about computed fields, by (entity, field)."""

    expressions: dict[_Key, Expression | None] = field(default_factory=dict)
    virtual: dict[str, set[str]] = field(default_factory=dict)
    order: dict[str, tuple[str, ...]] = field(default_factory=dict)


def resolve_computed(build: Build, expressions: Expressions) -> Computed:
    """Type, place and order all computed fields; the infos of ``build`` are final afterwards."""
    computed = Computed()
    _infer_types(build, expressions)
    fields = [(draft, each) for draft in build.entities.values() for each in draft.fields.values() if _source(draft, each) is not None]
    if not fields:
        return computed
    for draft, each in fields:
        if each.kind != UNTYPED:
            quiet = expressions.quiet(_node(draft, each), draft.name, draft.apps[each.name], each.type)
            computed.expressions[draft.name, each.name] = quiet.expression
    _find_virtual(build, computed)
    if computed.virtual:
        build_infos(build, computed.virtual, tuple(computed.virtual))
    for draft, each in fields:
        if each.kind != UNTYPED:
            key = (draft.name, each.name)
            app = draft.apps[each.name]
            computed.expressions[key] = expressions.compile(_node(draft, each), draft.name, app, expects=each.type, looked_up=True)
    _order(build, computed)
    return computed


def _node(draft: EntityDraft, each: Field) -> Node:
    found: Node = draft.nodes[each.name].value["compute"]
    return found


def _source(draft: EntityDraft, each: Field) -> str | None:
    return draft.nodes[each.name].text_of("compute")


def _infer_types(build: Build, expressions: Expressions) -> None:
    """Rounds over the fields without a kind: one that reads another gets its turn after it."""
    pending = [(d, f.name) for d in build.entities.values() for f in d.fields.values() if f.kind == UNTYPED]
    while pending:
        settled = [(draft, name) for draft, name in pending if _infer(build, expressions, draft, name)]
        if not settled:
            break
        build_infos(build, {}, {draft.name for draft, _ in settled})
        pending = [each for each in pending if each not in settled]
    _tell_untyped(build, expressions, pending)


def _infer(build: Build, expressions: Expressions, draft: EntityDraft, name: str) -> bool:
    node: Node = draft.nodes[name].value["compute"]
    compiled = expressions.quiet(node, draft.name, draft.apps[name])
    if compiled.expression is None:
        return False
    kind = kind_of_type(compiled.expression.type)
    if kind is None:
        return False
    old = draft.fields[name]
    wanted = compiled.expression.type
    targets = (wanted.entity,) if isinstance(wanted, t.Ref) and wanted.entity else ()
    draft.fields[name] = replace(old, kind=kind, type=wanted, targets=targets, options=_options(build, draft, compiled.expression))
    return True


def _options(build: Build, draft: EntityDraft, expression: Expression) -> tuple[Option, ...]:
    """The choices of a looked-up choice field: those of the field it is looked up from."""
    if not isinstance(expression.type, (t.Choice, t.MultiChoice)):
        return ()
    for path in sorted(expression.reads):
        found = follow(build, draft, path)
        if found is not None and found.options and {o.code for o in found.options} >= set(expression.type.codes):
            return found.options
    return ()


def follow(build: Build, draft: EntityDraft, path: str) -> Field | None:
    """The field at the end of a path of references."""
    *hops, last = path.split(".")
    at: EntityDraft | None = draft
    for hop in hops:
        step = at.fields.get(hop) if at else None
        if step is None or len(step.targets) != 1:
            return None
        at = build.entities.get(step.targets[0])
    return at.fields.get(last) if at else None


def _tell_untyped(build: Build, expressions: Expressions, pending: list[tuple[EntityDraft, str]]) -> None:
    """Tell the roots only: a field that names another untyped one is wrong because of that."""
    names = {(draft.name, name): _words_of(draft, name) for draft, name in pending}
    roots = []
    for draft, name in pending:
        source = draft.nodes[name].value["compute"].text
        others = (words for key, words in names.items() if key != (draft.name, name))
        if not any(re.search(rf"(?<![\w]){re.escape(word)}(?![A-Za-z0-9_])", source) for words in others for word in words):
            roots.append((draft, name))
    for draft, name in roots:
        node = draft.nodes[name].value["compute"]
        compiled = expressions.quiet(node, draft.name, draft.apps[name])
        expressions.tell(node, compiled, draft.name)
        if compiled.expression is not None:
            build.error("compute-without-kind", node.span, field=name)
    if pending and not roots:
        for draft, name in pending:
            node = draft.nodes[name].value["compute"]
            build.error("compute-cycle", node.span, chain=" -> ".join(each for _, each in pending))
    for draft, name in pending:
        build.lost |= {name, *_words_of(draft, name)}
        del draft.fields[name]


def _words_of(draft: EntityDraft, name: str) -> tuple[str, ...]:
    title = draft.fields[name].title
    return tuple(dict.fromkeys((name, title.en, title.zh)))


def _find_virtual(build: Build, computed: Computed) -> None:
    """Least fixed point: virtual is what reads beyond the record, or something virtual."""
    changed = True
    while changed:
        changed = False
        for (entity, name), expression in computed.expressions.items():
            if expression is None or name in computed.virtual.get(entity, ()):
                continue
            said = build.entities[entity].nodes[name].get("stored")
            refused = said is not None and said.value is False
            if refused or _beyond(build, computed, entity, expression):
                computed.virtual.setdefault(entity, set()).add(name)
                changed = True
                if said is not None and said.value is True:
                    build.error("compute-not-storable", said.span, field=name)


def _beyond(build: Build, computed: Computed, entity: str, expression: Expression) -> bool:
    draft = build.entities[entity]
    own_virtual = computed.virtual.get(entity, set())
    if expression.variables:
        return True
    collections = {aggregate.collection for aggregate in expression.aggregates}
    for path in expression.reads:
        head, _, rest = path.partition(".")
        if head in collections:
            continue
        if rest or head in own_virtual or (head not in draft.fields and head not in _KEPT_FRESH):
            return True
    return any(_aggregate_beyond(draft, computed, each.collection, each.fields) for each in expression.aggregates)


def _aggregate_beyond(draft: EntityDraft, computed: Computed, collection: str, fields: Iterable[str]) -> bool:
    field_ = draft.fields.get(collection)
    if field_ is None or field_.lines is None:
        return True
    virtual = computed.virtual.get(field_.lines, set())
    return any("." in each or each in virtual for each in fields)


def _order(build: Build, computed: Computed) -> None:
    """Check that no field depends on itself, and put stored ones after what they read."""
    graph = {key: _needs(build, computed, key[0], each) for key, each in computed.expressions.items() if each is not None}
    done: list[_Key] = []
    state: dict[_Key, int] = {}
    for start in graph:
        _visit(build, graph, start, state, done)
    for entity, name in done:
        if name not in computed.virtual.get(entity, ()):
            computed.order[entity] = (*computed.order.get(entity, ()), name)


def _needs(build: Build, computed: Computed, entity: str, expression: Expression) -> tuple[_Key, ...]:
    """The computed fields that an expression reads, here and elsewhere."""
    draft = build.entities[entity]
    needed = [_end_of_path(build, draft, path) for path in sorted(expression.reads)]
    for aggregate in expression.aggregates:
        info = build.infos[entity].collections.get(aggregate.collection)
        if info is not None:
            needed += [_end_of_path(build, build.entities[info.entity], path) for path in aggregate.fields]
    return tuple(dict.fromkeys(each for each in needed if each is not None and each in computed.expressions))


def _end_of_path(build: Build, draft: EntityDraft, path: str) -> _Key | None:
    *hops, last = path.split(".")
    at = draft
    for hop in hops:
        step = at.fields.get(hop)
        target = at.parent if hop == "parent" else step.targets[0] if step is not None and len(step.targets) == 1 else None
        if target is None or target not in build.entities:
            return None
        at = build.entities[target]
    return (at.name, last)


def _visit(build: Build, graph: Mapping[_Key, tuple[_Key, ...]], start: _Key, state: dict[_Key, int], done: list[_Key]) -> None:
    """Depth first without recursion; a field met while it is still open closes a cycle."""
    stack: list[tuple[_Key, int]] = [(start, 0)]
    while stack:
        key, at = stack.pop()
        if at == 0:
            if state.get(key):
                continue
            state[key] = 1
        needs = graph.get(key, ())
        if at == len(needs):
            state[key] = 2
            done.append(key)
            continue
        stack.append((key, at + 1))
        following = needs[at]
        if state.get(following) == 1:
            _tell_cycle(build, [each for each, _ in stack], following)
        elif following in graph and not state.get(following):
            stack.append((following, 0))


def _tell_cycle(build: Build, path: list[_Key], back_to: _Key) -> None:
    chain = path[path.index(back_to) :]
    names = [f"{entity.partition('.')[2]}.{name}" for entity, name in (*chain, back_to)]
    entity, name = min(chain)
    node = build.entities[entity].nodes[name].value["compute"]
    build.error("compute-cycle", node.span, chain=" -> ".join(names))
