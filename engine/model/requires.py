"""Which packages an app needs, whether their versions suit, and in which order they are read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from engine.diagnostics import Diagnostic, error, nearest
from engine.model.drafts import SYSTEM, AppDraft
from engine.model.node import NOTHING, Node

_TERM = re.compile(r"(>=|<=|>|<|==|=|\^|~)?\s*(\d+(?:\.\d+){0,2})")


def version_key(text: str) -> tuple[int, ...]:
    """A version as numbers that compare; missing parts are zero."""
    parts = [int(part) for part in text.split(".")]
    return tuple(parts + [0] * (3 - len(parts)))


def suits(version: str, wanted: str) -> bool | None:
    """Whether a version lies in a range (``>=1.0, <2``; ``^1.2``: same first number; ``1.2``: just that and its
    patches); None where the range can't be read.
    """
    terms = [each.strip() for each in wanted.split(",")]
    if wanted.strip() == "*":
        return True
    results = []
    for term in terms:
        match = _TERM.fullmatch(term)
        if match is None:
            return None
        results.append(_term_suits(version_key(version), match[1] or "~", match[2]))
    return all(results)


def _term_suits(own: tuple[int, ...], sign: str, text: str) -> bool:
    wanted = version_key(text)
    if sign == "~":
        given = text.count(".") + 1
        return own[:given] == wanted[:given]
    return {
        ">=": own >= wanted,
        "<=": own <= wanted,
        ">": own > wanted,
        "<": own < wanted,
        "==": own == wanted,
        "=": own == wanted,
        "^": own >= wanted and own[0] == wanted[0],
    }[sign]


def requirements(manifest: Node) -> tuple[str, ...]:
    """The names of the apps that a manifest requires."""
    return tuple((manifest.get("requires") or NOTHING).value)


def check_requires(apps: Mapping[str, AppDraft]) -> list[Diagnostic]:
    """What is wrong with the requirements: missing apps, versions out of range, circles."""
    found = []
    for app in apps.values():
        for name, key, node in (app.node.get("requires") or NOTHING).items():
            other = apps.get(name)
            if other is None:
                near = nearest(name, apps)
                found.append(error("requirement-missing", key.span, fix=near, name=name, suggestion=near or ""))
                continue
            version = other.node.text_of("version") or "0"
            verdict = suits(version, node.text) if re.fullmatch(r"\d+(\.\d+){0,2}", version) else True
            if verdict is None:
                found.append(error("bad-version-range", node.span, value=node.text))
            elif not verdict:
                found.append(error("requirement-version", node.span, name=name, wanted=node.text, found=version))
    return found


def in_load_order(apps: Mapping[str, AppDraft], found: list[Diagnostic]) -> dict[str, AppDraft]:
    """The apps with what each requires before it, the system first; a circle is an error and then broken anywhere."""
    ordered: dict[str, AppDraft] = {}
    for name in sorted(apps, key=lambda each: (each != SYSTEM, each)):
        _place(apps, name, (), ordered, found)
    for app in ordered.values():
        app.reach = frozenset((SYSTEM, *_reach(apps, app.name)))
    return ordered


def _place(apps: Mapping[str, AppDraft], name: str, path: tuple[str, ...], ordered: dict[str, AppDraft], found: list[Diagnostic]) -> None:
    if name in ordered:
        return
    if name in path:
        chain = (*path[path.index(name) :], name)
        last = apps[chain[-2]]
        requires = last.node.get("requires") or NOTHING
        found.append(error("cyclic-requires", requires.key_span(name), chain=" -> ".join(chain)))
        return
    for needed in apps[name].requires:
        if needed in apps:
            _place(apps, needed, (*path, name), ordered, found)
    ordered.setdefault(name, apps[name])


def _reach(apps: Mapping[str, AppDraft], name: str) -> Iterable[str]:
    """All apps that an app requires, directly or through others."""
    seen: set[str] = set()
    waiting = list(apps[name].requires)
    while waiting:
        each = waiting.pop()
        if each in apps and each not in seen:
            seen.add(each)
            waiting += apps[each].requires
    return seen
