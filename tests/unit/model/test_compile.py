"""From files to the App: kinds of field, references, lines, overlays, generated layouts, rights, data and imports."""

from datetime import date, datetime, time
from typing import Any

import pytest

from engine.language import types as t
from engine.model import compile, compile_packages, system_package
from engine.model.kinds.entity import Option
from tests.unit.model.apps import MANIFEST, app_of, codes, compiled, entity, package


def _field(line: str) -> Any:
    return app_of(entity(f"text: {{type: string}}\n{line}")).entities["notes.note"].fields[line.partition(":")[0]]


def test_the_system_package_comes_first_and_alone_is_an_app() -> None:
    app = compile([]).app
    assert app is not None
    assert [each.name for each in app.packages] == ["system"]
    assert {"system.user", "system.department", "system.team", "system.team_member", "system.role_assignment"} == set(app.entities)
    assert app.roles["system.admin"].admin
    assert set(app.entities["system.user"].fields) == {"name", "login", "email", "phone", "department", "manager", "language", "active"}
    assert app.entities["system.user"].fields["active"].default is True
    assert app.entities["system.user"].fields["login"].unique


@pytest.mark.parametrize(
    ("line", "kind", "type_"),
    [
        ("f: {type: string}", "text", t.Text()),
        ("f: {kind: long_text}", "long_text", t.Text()),
        ("f: {type: integer}", "integer", t.Integer()),
        ("f: {type: number}", "decimal", t.Decimal(6)),
        ("f: {kind: float}", "float", t.Float()),
        ("f: {kind: decimal, scale: 3}", "decimal", t.Decimal(3)),
        ("f: {kind: money}", "money", t.Money(2, "CNY")),
        ("f: {kind: money, currency: USD, scale: 4}", "money", t.Money(4, "USD")),
        ("f: {kind: percent}", "percent", t.Decimal(4)),
        ("f: {type: boolean}", "boolean", t.Boolean()),
        ("f: {type: string, format: date}", "date", t.Date()),
        ("f: {type: string, format: time}", "time", t.Time()),
        ("f: {type: string, format: date-time}", "datetime", t.DateTime()),
        ("f: {type: string, format: duration}", "duration", t.Duration()),
        ("f: {type: string, format: email}", "email", t.Text()),
        ("f: {type: string, format: uri}", "url", t.Text()),
        ("f: {kind: phone}", "phone", t.Text()),
        ("f: {enum: [a, b]}", "choice", t.Choice(("a", "b"))),
        ("f: {type: array, items: {enum: [a, b]}}", "multi_choice", t.MultiChoice(("a", "b"))),
        ("f: {kind: multi_choice, options: {a: A, b: B}}", "multi_choice", t.MultiChoice(("a", "b"))),
        ("f: {kind: ref, to: note}", "ref", t.Ref("notes.note")),
        ("f: {kind: ref, to: [note, system.user]}", "ref", t.Ref("")),
        ("f: {kind: user}", "user", t.Ref("system.user")),
        ("f: {kind: department}", "department", t.Ref("system.department")),
        ("f: {kind: attachment}", "attachment", t.Json()),
        ("f: {kind: image}", "image", t.Json()),
        ("f: {type: object}", "json", t.Json()),
        ('f: {kind: sequence, template: "N-{####}"}', "sequence", t.Text()),
        ("f: {kind: lines, items: {properties: {a: {type: string}}}}", "lines", t.Json()),
    ],
)
def test_every_kind_of_field(line: str, kind: str, type_: t.Type) -> None:
    field = _field(line)
    assert (field.kind, field.type) == (kind, type_)


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        ("f: {type: integer, default: 7}", 7),
        ("f: {kind: money, default: 12.5}", 1250),
        ("f: {kind: money, default: 1.50}", 150),
        ('f: {kind: decimal, scale: 3, default: "0.125"}', 125),
        ("f: {kind: percent, default: 15%}", 1500),
        ("f: {kind: percent, default: 0.15}", 1500),
        ("f: {type: boolean, default: false}", False),
        ("f: {type: string, format: date, default: 2026-01-31}", date(2026, 1, 31)),
        ("f: {type: string, format: time, default: 09:30}", time(9, 30)),
        ("f: {type: string, format: date-time, default: 2026-01-31T09:30+08:00}", datetime.fromisoformat("2026-01-31 01:30")),
        ("f: {kind: duration, default: 4 h}", 14_400),
        ("f: {kind: duration, default: 1 day 2 hours}", 93_600),
        ("f: {kind: duration, default: 3天}", 259_200),
        ("f: {kind: duration, default: PT90M}", 5_400),
        ("f: {enum: [a, b], default: b}", "b"),
        ("f: {type: array, items: {enum: [a, b, c]}, default: [c, a]}", ("a", "c")),
        ("f: {type: string, default: 你好}", "你好"),
    ],
)
def test_defaults_are_in_kept_form(line: str, kept: object) -> None:
    assert _field(line).default == kept


def test_standard_keywords_are_kept_with_bounds_in_kept_form() -> None:
    field = _field("f: {kind: money, minimum: 0.01, exclusiveMaximum: 100, multipleOf: 0.05}")
    assert field.constraints == {"minimum": 1, "exclusiveMaximum": 10_000, "multipleOf": 5}
    assert _field('f: {type: string, minLength: 2, maxLength: 9, pattern: "^[a-z]+$"}').constraints == {
        "minLength": 2,
        "maxLength": 9,
        "pattern": "^[a-z]+$",
    }


def test_options_keep_their_order_labels_and_what_is_retired() -> None:
    field = _field("f: {options: {z: {en: Zed, zh: 末, color: red}, a: {title: First, active: false}, m: Middle}}")
    shown = [(each.code, each.title.en, each.title.zh, each.active, each.color) for each in field.options]
    assert shown == [("z", "Zed", "末", True, "red"), ("a", "First", "First", False, None), ("m", "Middle", "Middle", True, None)]
    assert isinstance(field.options[0], Option)


def test_labels_are_aliases_and_system_fields_are_known() -> None:
    info = app_of(entity("text: {type: string, title: {en: Text, zh: 内容}}")).infos["notes.note"]
    assert info.table == "notes_note"
    assert info.fields["text"].labels == ("Text", "内容")
    assert info.fields["created_at"].type == t.DateTime()
    assert info.fields["created_by"].type == t.Ref("system.user")
    assert "创建时间" in info.fields["created_at"].labels


def test_a_label_that_two_fields_claim_means_the_first() -> None:
    outcome = compiled(package(entity("a: {type: string, title: Same}\nb: {type: string, title: Same}")))
    assert codes(outcome) == ["same-label"]
    assert outcome.app is not None
    info = outcome.app.infos["notes.note"]
    assert (info.fields["a"].labels, info.fields["b"].labels) == (("Same",), ())


def test_lines_are_an_entity_of_their_own() -> None:
    app = app_of(entity("parts: {kind: lines, items: {required: [qty], properties: {qty: {type: integer}}}}"))
    assert app.entities["notes.note"].fields["parts"].lines == "notes.note.parts"
    child = app.entities["notes.note.parts"]
    assert (child.parent, child.parent_field, child.table) == ("notes.note", "parts", "notes_note__parts")
    assert child.fields["qty"].required
    assert app.infos["notes.note"].collections["parts"].via == "parent"
    assert app.infos["notes.note.parts"].fields["parent"].type == t.Ref("notes.note")
    assert app.infos["notes.note.parts"].fields["position"].type == t.Integer()
    assert app.scope("notes.note.parts").parent == "notes.note"


def test_a_reference_gives_its_target_a_collection() -> None:
    app = app_of(
        {
            **entity("text: {type: string}"),
            "entities/remark.yaml": "entity: remark\nproperties:\n"
            "  note: {kind: ref, to: note, inverse: remarks, when_deleted: cascade}\n  about: {kind: ref, to: [note, system.user]}\n",
        }
    )
    collection = app.infos["notes.note"].collections["remarks"]
    assert (collection.entity, collection.via) == ("notes.remark", "note")
    field = app.entities["notes.remark"].fields["about"]
    assert field.targets == ("notes.note", "system.user")
    assert app.entities["notes.remark"].fields["note"].indexed


def test_a_form_a_view_and_a_menu_are_generated() -> None:
    app = app_of(entity("text: {type: string}\nqty: {type: integer}\nparts: {kind: lines, items: {properties: {a: {type: string}}}}"))
    form = app.forms["notes.note"]
    assert form.generated
    assert [section.fields for section in form.sections] == [("text", "qty"), ("parts",)]
    (view,) = app.views_of("notes.note")
    assert (view.name, view.columns, view.generated) == ("all", ("text", "qty"), True)
    assert [(item.entity, item.view) for item in app.menu] == [("notes.note", None)]
    assert app.entities["notes.note"].display == "{text}"


def test_the_default_view_comes_first() -> None:
    views = {"views/a.yaml": "view: a\nof: note\n", "views/b.yaml": "view: b\nof: note\ndefault: true\n"}
    app = app_of({**entity("text: {type: string}"), **views})
    assert [view.name for view in app.views_of("notes.note")] == ["b", "a"]


def test_the_owner_is_the_field_called_owner_or_the_one_that_is_named_or_the_creator() -> None:
    assert app_of(entity("owner: {kind: user}")).entities["notes.note"].owner_field == "owner"
    assert app_of(entity("boss: {kind: user}", "owner: boss\n")).entities["notes.note"].owner_field == "boss"
    assert app_of(entity("text: {type: string}")).entities["notes.note"].owner_field == "created_by"


def test_rights_take_the_short_and_the_long_form() -> None:
    grants = "read: department, update: {scope: own}, delete: [own, shared], export: {scope: [team, all]}"
    role = f"role: agent\nmay:\n  note: {{{grants}, fields: {{text: mask}}}}\n"
    rights = app_of({**entity("text: {type: string}"), "roles/agent.yaml": role}).roles["notes.agent"].may["notes.note"]
    assert {verb: grant.scopes for verb, grant in rights.grants.items()} == {
        "read": ("department",),
        "update": ("own",),
        "delete": ("own", "shared"),
        "export": ("team", "all"),
    }
    assert rights.fields == {"text": "mask"}


def test_data_rows_are_as_written_from_yaml_and_csv() -> None:
    files = {
        **entity("text: {type: string, unique: true}\nqty: {type: integer}\ntags: {type: array, items: {enum: [a, b]}}"),
        "data/one.yaml": "data: one\nof: note\nrows:\n  - {text: x, qty: 007, tags: [a, b]}\n  - {text: y, qty: ~}\n",
        "data/two.yaml": "data: two\nof: note\nkey: text\ndemo: true\nfile: two.csv\n",
        "data/two.csv": '\ufefftext,qty\n"a, b",3\n中,\n',
    }
    one, two = app_of(files).data
    assert (one.key, one.demo, two.demo) == (("text",), False, True)
    assert [dict(row) for row in one.rows] == [{"text": "x", "qty": "007", "tags": ["a", "b"]}, {"text": "y", "qty": None}]
    assert [dict(row) for row in two.rows] == [{"text": "a, b", "qty": "3"}, {"text": "中", "qty": None}]


def test_an_import_format_finds_references_by_their_natural_key() -> None:
    files = {
        **entity("text: {type: string}\ndue: {type: string, format: date}\nwho: {kind: user}"),
        "imports/i.yaml": "import: old\nof: note\nkey: text\n"
        'columns: {T: text, D: {field: due, format: "%m/%d/%Y"}, W: {field: who, alias: {x: y}}}\n',
    }
    form = app_of(files).imports["notes.old"]
    shown = [(each.header, each.field, each.format, each.match, dict(each.alias)) for each in form.columns]
    assert shown == [("T", "text", None, None, {}), ("D", "due", "%m/%d/%Y", None, {}), ("W", "who", None, "login", {"x": "y"})]


def test_settings_are_typed_variables() -> None:
    app = app_of({"app.yaml": MANIFEST + "settings: {wait: {kind: duration, default: 4 h}}\n"})
    assert app.settings["notes.wait"].default == 14_400
    assert app.variables["settings.wait"] == t.Duration()
    assert app.variables["user.departments"] == t.ListOf(t.Ref("system.department"))


def test_other_kinds_are_checked_and_carried() -> None:
    app = app_of({**entity("text: {type: string}"), "flows/f.yaml": "flow: f\nkind: stages\nof: note\nstages: {a: {to: [b]}, b: {}}\n"})
    document = app.documents["notes.flow.f"]
    assert (document.kind, document.value["stages"]) == ("flow", {"a": {"to": ["b"]}, "b": {}})


def test_an_overlay_adds_by_name() -> None:
    base = package({**entity("text: {type: string}"), "forms/note.yaml": "form: note\nsections: {main: [text], end: []}\n"})
    more = package(
        {
            "app.yaml": 'app: more\nversion: 1.0.0\nrequires: {notes: ">=1, <2"}\n',
            "o.yaml": "extends: notes.note\nrequired: [due]\nproperties: {due: {type: string, format: date}, size: {type: integer}}\n"
            "unique: {once: [text, due]}\nform: {sections: {end: [due], extra: {title: Extra, fields: [size]}}}\n"
            "views: {all: {columns: [due]}}\n",
        },
        "more",
    )
    outcome = compiled(more, base)
    assert outcome.app is not None, outcome.diagnostics
    note = outcome.app.entities["notes.note"]
    assert list(note.fields) == ["text", "due", "size"]
    assert note.fields["due"].required
    assert note.unique == {"once": ("text", "due")}
    assert [(s.name, s.fields) for s in outcome.app.forms["notes.note"].sections] == [
        ("main", ("text",)),
        ("end", ("due",)),
        ("extra", ("size",)),
    ]
    assert outcome.app.views["notes.note.all"].columns == ("text", "due")
    assert [each.name for each in outcome.app.packages] == ["system", "notes", "more"]


def test_all_that_is_wrong_is_told_in_one_run_and_only_once() -> None:
    files = {
        "entities/note.yaml": "entity: note\nproperties:\n  text: {type: strng}\n  qty: {type: integer}\n",
        "views/a.yaml": "view: a\nof: note\ncolumns: [text, qyt]\n",
        "views/broken.yaml": "view: [\n",
        "roles/r.yaml": "role: r\nmay: {nte: {read: all}}\n",
    }
    assert codes(compiled(package(files))) == ["not-one-of", "unknown-entity", "unknown-field", "yaml-syntax"]


def test_the_order_of_findings_is_always_the_same() -> None:
    files = {f"views/v{n}.yaml": f"view: v{n}\nof: nowhere{n % 3}\ncolumns: [a, a]\n" for n in range(9)}
    first = compiled(package(files)).diagnostics
    again = compiled(package(dict(reversed(files.items())))).diagnostics
    assert first == again
    assert [one.span.path for one in first] == sorted(one.span.path for one in first)


def test_a_release_is_rebuilt_from_its_files() -> None:
    first = compile(["examples/desk"])
    assert first.app is not None
    again = compile_packages(each for each in first.packages if each is not system_package())
    assert again.app is not None
    assert again.app.content_hash == first.app.content_hash
    assert again.app == first.app


def test_the_content_hash_tells_names_and_contents() -> None:
    one = package({"a.yaml": "view: x"}).content_hash
    assert one == package({"a.yaml": "view: x"}, "elsewhere").content_hash
    assert len({one, package({"b.yaml": "view: x"}).content_hash, package({"a.yaml": "view: y"}).content_hash}) == 3


def test_what_views_and_rights_look_up_by_is_indexed() -> None:
    files = {
        **entity(
            "a: {type: string, maxLength: 90}\nb: {type: integer}\nc: {type: boolean}\nd: {type: string, maxLength: 600}\n"
            "e: {kind: long_text}\nf: {type: string}"
        ),
        "v.yaml": "view: v\nof: note\nwhere: c\nsort: [-b]\nby: a\n",
        "r.yaml": "role: r\nmay: {note: {read: {where: \"d = 'x' and e = 'y' and f = 'z'\"}}}\n",
    }
    fields = app_of(files).entities["notes.note"].fields
    assert {name: field.indexed for name, field in fields.items()} == {
        "a": True,
        "b": True,
        "c": True,
        "d": True,
        "e": False,
        "f": False,
    }


def test_an_entity_wider_than_a_table_is_refused() -> None:
    body = "".join(f"f{number}: {{type: string}}\n" for number in range(501))
    found = compiled(package(entity(body))).diagnostics
    assert [(each.code, each.params["most"]) for each in found] == [("too-many", 500)]


def test_an_addition_to_ones_own_entity_is_refused_by_its_full_name_too() -> None:
    files = {**entity("text: {type: string}"), "entities/more.yaml": "extends: notes.note\nproperties:\n  due: {type: string}\n"}
    assert codes(compiled(package(files))) == ["overlay-of-own"]


def test_a_definition_is_read_whatever_the_case_of_its_ending() -> None:
    upper = {"entities/NOTE.YAML": entity("text: {type: string}")["entities/note.yaml"], "roles/agent.JSON": '{"role": "agent", "may": {}}'}
    app = app_of(upper)
    assert "notes.note" in app.entities
    assert "notes.agent" in app.roles
