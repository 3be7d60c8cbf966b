"""Every example is right and shows what it says it shows."""

from pathlib import Path

import pytest

from engine.model import compile
from engine.model.syntax import KINDS, read_document

_FOLDERS = sorted(path.name for path in Path("examples").iterdir() if (path / "app.yaml").exists())


@pytest.mark.parametrize("name", _FOLDERS)
def test_every_example_compiles_without_a_finding(name: str) -> None:
    outcome = compile([f"examples/{name}"])
    assert outcome.app is not None
    assert outcome.diagnostics == ()


def test_the_desk_shows_the_kinds_of_definition() -> None:
    shown = set()
    for path in Path("examples/desk").rglob("*.yaml"):
        document = read_document(str(path), path.read_bytes()).document
        assert document is not None
        shown.add(document.kind)
    assert shown >= set(KINDS.values()) - {"overlay", "currency", "table", "connector", "template", "locale", "print"}


def test_what_the_desk_computes_is_kept_only_where_it_can_not_become_stale() -> None:
    app = compile(["examples/desk"]).app
    assert app is not None
    ticket = app.entities["desk.ticket"]
    assert {name: field.stored for name, field in ticket.fields.items() if field.computed} == {"due": False, "cost": True, "region": False}
    assert ticket.compute_order == ("cost",)
    assert ticket.fields["region"].kind == "choice"
    assert [option.title.zh for option in ticket.fields["region"].options] == ["北区", "南区"]
    assert app.entities["desk.ticket.parts"].compute_order == ("amount",)
    assert app.views["desk.ticket.mine"].where is not None
    assert app.views["desk.ticket.mine"].where.canonical == "owner = user and status != 'closed'"
