"""What differs between two Apps, in sentences and in values."""

from engine.model import App
from engine.model.changes import (
    Change,
    ConstraintChanged,
    EntityAdded,
    EntityRemoved,
    EntityRenamed,
    FieldAdded,
    FieldRemoved,
    FieldRenamed,
    KeyChanged,
    OptionChanged,
    TypeChanged,
    compare,
)
from tests.unit.model.apps import app_of, entity


def _note(fields: str, more: str = "") -> App:
    return app_of(entity(f"text: {{type: string}}\n{fields}", more))


def _between(old: str, new: str, more: str = "") -> list[Change]:
    return list(compare(_note(old), _note(new, more)))


def test_the_same_app_has_no_changes() -> None:
    assert not compare(_note("qty: {type: integer}"), _note("qty: {type: integer}"))


def test_on_an_empty_database_everything_is_new() -> None:
    changes = list(compare(None, _note("")))
    assert EntityAdded("notes.note") in changes
    assert all(isinstance(change, EntityAdded) for change in changes)


def test_fields_come_go_and_are_renamed_by_their_identity() -> None:
    assert _between("", "qty: {type: integer}") == [FieldAdded("notes.note", "qty", "qty", False, False)]
    assert _between("qty: {type: integer}", "") == [FieldRemoved("notes.note", "qty", "qty")]
    renamed = _between("qty: {type: integer}", "amount: {type: integer, uid: qty}")
    assert renamed == [FieldRenamed("notes.note", "amount", "qty", "amount", "qty")]


def test_a_renamed_entity_takes_its_lines_along() -> None:
    lines = "  parts: {kind: lines, items: {properties: {a: {type: string}}}}\n"
    old = app_of({"e.yaml": f"entity: note\nproperties:\n{lines}"})
    new = app_of({"e.yaml": f"entity: memo\nuid: note\nproperties:\n{lines}"})
    assert list(compare(old, new)) == [
        EntityRenamed("notes.memo", "notes.note", "notes_note", "notes_memo"),
        EntityRenamed("notes.memo.parts", "notes.note.parts", "notes_note__parts", "notes_memo__parts"),
    ]


def test_a_removed_entity_comes_last() -> None:
    old = app_of({**entity("text: {type: string}"), "b.yaml": "entity: b\nproperties: {t: {type: string}}\n"})
    assert list(compare(old, _note("qty: {type: integer}")))[-1] == EntityRemoved("notes.b", "notes_b")


def test_a_change_of_type_says_whether_values_fit() -> None:
    (wider,) = _between("f: {kind: phone}", "f: {type: string}")
    assert isinstance(wider, TypeChanged)
    assert wider.widens
    (other,) = _between("f: {kind: money}", "f: {kind: money, scale: 4}")
    assert isinstance(other, TypeChanged)
    assert not other.widens
    assert other.sentence.en == "notes.note.f changes from money(2) to money(4): values have to be converted"
    assert other.sentence.zh == "notes.note.f 由 money(2) 改为 money(4):现有值需要转换"


def test_constraints_say_whether_they_tighten() -> None:
    (lower,) = _between("f: {type: integer, maximum: 9}", "f: {type: integer, maximum: 5}")
    assert lower == ConstraintChanged("notes.note", "f", "maximum", 9, 5, tightens=True)
    (higher,) = _between("f: {type: integer, maximum: 5}", "f: {type: integer, maximum: 9}")
    assert higher == ConstraintChanged("notes.note", "f", "maximum", 5, 9, tightens=False)
    (required,) = _between("f: {type: integer}", "f: {type: integer}", "required: [f]\n")
    assert required == ConstraintChanged("notes.note", "f", "required", False, True, tightens=True)


def test_choices_come_go_and_retire() -> None:
    changes = _between("f: {options: {a: A, b: B, c: C}}", "f: {options: {a: A, b: {title: B, active: false}, d: D}}")
    assert changes == [
        OptionChanged("notes.note", "f", "b", "retired"),
        OptionChanged("notes.note", "f", "d", "added"),
        OptionChanged("notes.note", "f", "c", "removed"),
    ]


def test_keys_and_indexes_in_new_names() -> None:
    old = app_of(entity("a: {type: string, maxLength: 9}\nb: {type: string, maxLength: 9}", "unique: {once: [a, b]}\nindexes: [[b]]\n"))
    renamed = app_of(
        entity("a: {type: string, maxLength: 9}\nc: {type: string, maxLength: 9, uid: b}", "unique: {once: [a, c]}\nindexes: [[c]]\n")
    )
    assert [type(change) for change in compare(old, renamed)] == [FieldRenamed]
    without = app_of(entity("a: {type: string, maxLength: 9}\nb: {type: string, maxLength: 9}", "unique: {once: [a]}\n"))
    assert list(compare(old, without)) == [
        KeyChanged("notes.note", "once", ("a", "b"), ("a",)),
        KeyChanged("notes.note", "", ("b",), ()),
    ]


def test_every_change_has_a_sentence_in_both_languages() -> None:
    old = app_of(
        {
            **entity("text: {type: string}\nf: {options: {a: A}}\ng: {type: integer}\nh: {type: integer}", "unique: {k: [g]}\n"),
            "b.yaml": "entity: b\nproperties: {t: {type: string}}\n",
        }
    )
    new = app_of(
        {
            **entity(
                "text: {kind: long_text}\nf: {options: {a: A, b: B}}\nx: {type: integer, uid: h, minimum: 3}\nn: {type: string}",
                "required: [n]\n",
            ),
            "c.yaml": "entity: c\nproperties: {t: {type: string}}\n",
        }
    )
    changes = list(compare(old, new))
    assert len({type(change) for change in changes}) >= 8
    for change in changes:
        assert change.sentence.en.strip()
        assert any("\u4e00" <= letter <= "\u9fff" for letter in change.sentence.zh)
