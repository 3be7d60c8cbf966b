"""The words of a plan in English and Chinese."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import yaml

from engine.i18n import Language, LocalizedText
from engine.store.migrations.operations import BATCHED, ConvertValues, Operation, kind_of

_NAMES_SHOWN = 5
_ONE = re.compile(r"(?<![\d.,])1 (value|record|row)s\b")
_MARKS: Mapping[str, str] = {"note": "·", "destructive": "!", "refused": "✗"}


class Told(Protocol):
    """A finding as words need it."""

    @property
    def code(self) -> str: ...
    @property
    def severity(self) -> str: ...
    @property
    def title(self) -> LocalizedText: ...
    @property
    def rows(self) -> int: ...
    @property
    def samples(self) -> tuple[str, ...]: ...
    @property
    def detail(self) -> str: ...


class ToldPlan(Protocol):
    """A plan as words need it."""

    @property
    def operations(self) -> Sequence[Operation]: ...
    @property
    def findings(self) -> Sequence[Told]: ...
    @property
    def interrupted(self) -> bool: ...
    @property
    def destructive(self) -> bool: ...


@cache
def _words() -> Mapping[str, Mapping[str, Mapping[str, str]]]:
    loaded: Mapping[str, Mapping[str, Mapping[str, str]]] = yaml.load(
        Path(__file__).with_suffix(".yaml").read_text("utf-8"), Loader=yaml.CSafeLoader
    )
    return loaded


def say(code: str, language: Language, **values: Any) -> str:
    """One of the plan's own sentences."""
    return _counted(_words()["plan"][code][language].format_map(values), language)


def tell_step(step: Operation, language: Language) -> str:
    """One step in a sentence."""
    values = {each.name: getattr(step, each.name) for each in fields(step)}
    values |= {"title": step.title.text(language), "samples": _listed(step.samples, language)}
    return _words()["step"][kind_of(step)][language].format_map(values)


def tell_finding(finding: Told, language: Language) -> str:
    """One finding in a sentence."""
    values = {
        "title": finding.title.text(language),
        "rows": finding.rows,
        "samples": _listed(finding.samples, language),
        "detail": finding.detail,
    }
    return _counted(_words()["finding"][finding.code][language].format_map(values), language)


def _counted(text: str, language: Language) -> str:
    """One value, two values: English counts one in the singular."""
    return _ONE.sub(r"1 \1", text) if language == "en" else text


def _listed(items: Sequence[str], language: Language) -> str:
    return ("、" if language == "zh" else ", ").join(items)


def tell_plan(plan: ToldPlan, language: Language, arguments: str, *, allowed: bool) -> str:
    """The whole plan: what happens beside the present release, what at once, and what to know before."""
    if not plan.operations:
        return say("up-to-date", language)
    lines = [say("interrupted", language)] if plan.interrupted else []
    early = [step for step in plan.operations if step.phase == "expand"]
    again = {(kind_of(step), step.title) for step in early if isinstance(step, BATCHED)}
    late = [step for step in plan.operations if step.phase == "switch" and (kind_of(step), step.title) not in again]
    for heading, steps in (("expand", early), ("switch", late)):
        if steps:
            lines.append(say(heading, language))
            lines += [f"  {_mark(step)} {line}" for step in steps for line in [_line(step, language)]]
    if plan.findings:
        lines.append(say("findings", language))
        lines += [f"  {_MARKS[each.severity]} {tell_finding(each, language)}" for each in plan.findings]
    if any(each.severity == "refused" for each in plan.findings):
        lines.append(say("refused", language))
    elif plan.destructive and not allowed:
        lines.append(say("destructive", language, arguments=arguments))
    return "\n".join(lines)


def _named(dependent: str, language: Language) -> str:
    """A definition by its kind and full name: ``view desk.ticket.open``."""
    kind, _, name = dependent.rpartition(" ")
    return f"{_words()['kind'][kind][language]} {name}"


def _mark(step: Operation) -> str:
    return "!" if step.lost else "+" if step.phase == "expand" else "~"


def _line(step: Operation, language: Language) -> str:
    notes = []
    if step.lost and step.samples and isinstance(step, ConvertValues):
        notes.append(say("lost-samples", language, rows=step.lost, samples=_listed(step.samples, language)))
    elif step.lost:
        notes.append(say("lost", language, rows=step.lost))
    elif step.rows:
        notes.append(say("rows", language, rows=step.rows))
    if step.dependents:
        names = [_named(each, language) for each in step.dependents[:_NAMES_SHOWN]]
        if len(step.dependents) > _NAMES_SHOWN:
            names.append(say("more", language, number=len(step.dependents) - _NAMES_SHOWN))
        notes.append(say("dependents", language, names=_listed(names, language)))
    told = tell_step(step, language)
    if not notes:
        return told
    return f"{told}（{'；'.join(notes)}）" if language == "zh" else f"{told} ({'; '.join(notes)})"
