"""Compiling again after an edit gives exactly what compiling from nothing gives."""

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.model import Compiler, Package, compile_packages, read_package

_DESK = read_package("examples/desk", "desk")
_EDITS = [
    ("entities/ticket.yaml", "kind: money, scale: 2", "kind: money, scale: 4"),
    ("entities/ticket.yaml", "maxLength: 200, title: {en: Subject", "maxLength: 99, title: {en: Topic"),
    ("entities/person.yaml", "region: {enum: [north, south]", "area: {enum: [north, south]"),
    ("entities/person.yaml", "name:   {type", "nom:   {type"),
    ("entities/reply.yaml", "entity: reply", "entity: answer"),
    ("entities/ticket.yaml", "qty * price", "qty * prise"),
    ("entities/purchase.yaml", "amount * tax_rate", "today()"),
    ("app.yaml", "currency: CNY", "currency: USD"),
    ("app.yaml", "time_zone: Asia/Shanghai", "time_zone: UTC"),
    ("app.yaml", "first_reply", "reply_within"),
    ("views/open.yaml", "where:", "were:"),
    ("entities/ticket.yaml", "entity: ticket", "entity: [ticket"),
]


def _edited(edits: list[tuple[str, str, str]]) -> Package:
    files = dict(_DESK.files)
    for path, old, new in edits:
        files[path] = files[path].replace(old.encode(), new.encode())
    return Package("desk", files)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.lists(st.sampled_from(_EDITS), max_size=3), min_size=1, max_size=4))
def test_a_warm_compiler_agrees_with_a_cold_one(history: list[list[tuple[str, str, str]]]) -> None:
    warm = Compiler()
    for edits in history:
        package = _edited(edits)
        one, other = warm.compile([package]), compile_packages([package])
        assert one.diagnostics == other.diagnostics
        assert one.app == other.app
