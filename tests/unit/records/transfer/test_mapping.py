"""Mappings: guessed from headers, chosen by a person, kept as data."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.errors import BadRequest, NotFound
from engine.model import App, compile
from engine.model.kinds.import_format import ImportFormat
from engine.records import transfer
from engine.records.transfer.binding import bind, fits

STORES = Path(__file__).parents[3] / "apps" / "stores"


@pytest.fixture(scope="module")
def app() -> App:
    """The store room."""
    compiled = compile([STORES]).app
    assert compiled is not None
    return compiled


def pairs(mapping: ImportFormat) -> dict[str, tuple[str, str | None, str | None]]:
    """Header to field, match, format."""
    return {each.header: (each.field, each.match, each.format) for each in mapping.columns}


def test_headers_are_recognised_by_name_and_title_of_either_language(app: App) -> None:
    headers = ["CODE", "名称", "Bought on", "bought", "Shelf", "Keeper", "number", "worth", "Weather", ""]
    samples = [["A1", "x", "3/1/2026"], ["A2", "y", "12/31/2025"]]
    mapping = transfer.suggest_mapping(app, "stores.item", headers, samples)
    assert pairs(mapping) == {
        "CODE": ("code", None, None),
        "名称": ("name", None, None),
        "Bought on": ("bought", None, "%m/%d/%Y"),
        "Shelf": ("shelf", "name", None),
        "Keeper": ("keeper", "name", None),
    }
    assert mapping.key == ("code",)


def test_a_column_called_like_the_entity_names_its_records(app: App) -> None:
    assert pairs(transfer.suggest_mapping(app, "stores.shelf", ["Shelf", "Room"])) == {
        "Shelf": ("name", None, None),
        "Room": ("room", None, None),
    }


@pytest.mark.parametrize(
    ("value", "form"),
    [("2026-01-31", "%Y-%m-%d"), ("31/1/2026", "%d/%m/%Y"), ("2026年1月31日", "%Y年%m月%d日"), ("31.01.2026", "%d.%m.%Y"), ("soon", None)],
)
def test_the_way_dates_are_written_is_read_off_the_rows(app: App, value: str, form: str | None) -> None:
    assert transfer.suggest_mapping(app, "stores.item", ["Bought"], [[value]]).columns[0].format == form


def test_a_mapping_survives_being_kept(app: App) -> None:
    for format in app.imports.values():
        for step in transfer.steps_of(format):
            kept = json.loads(json.dumps(transfer.mapping_to_json(step)))
            assert transfer.mapping_to_json(transfer.mapping_from_json(app, kept)) == kept


@pytest.mark.parametrize("field", ["worth", "number", "nothing", "created_at", "id", ""])
def test_what_nobody_can_fill_cannot_be_chosen(app: App, field: str) -> None:
    with pytest.raises(BadRequest):
        transfer.chosen_mapping(app, "stores.item", {"X": field})


def test_an_unknown_entity_is_said_to_be_unknown(app: App) -> None:
    with pytest.raises(NotFound):
        transfer.suggest_mapping(app, "stores.nothing", ["a"])


def test_a_file_without_a_declared_column_is_refused_with_the_nearest(app: App) -> None:
    headers = ("Code", "Name", "Sort", "Shelf", "Bougth", "Gone", "Price", "Count")
    with pytest.raises(BadRequest) as caught:
        bind(app, app.imports["stores.items"], headers)
    assert caught.value.params == {"missing": "Bought", "nearest": "Bougth"}
    assert not fits(app, app.imports["stores.items"], headers)


def test_a_doubled_column_is_refused(app: App) -> None:
    mapping = transfer.chosen_mapping(app, "stores.item", {"Code": "code", "Name": "name"})
    with pytest.raises(BadRequest) as caught:
        bind(app, mapping, ("Code", "Name", "Name"))
    assert caught.value.code == "column-twice"
    assert bind(app, mapping, ("code", "NAME", "extra")).unused == ("extra",)
