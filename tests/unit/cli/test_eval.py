"""``dougong eval`` and ``dougong fmt``: one expression or many, the same value on every back end, and what is wrong in words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from engine.cli import main

FIELDS = {
    "x": "decimal(2)",
    "d": "date",
    "at": "datetime",
    "s": "choice(a,b)",
    "tags": "multi_choice(vip,key)",
    "n": "number",
    "name": "text",
    "lines": {"price": "number", "qty": "integer", "note": "text"},
    "owner": {"ref": {"region": "text"}},
}
RECORD: dict[str, Any] = {
    "x": "12.50",
    "d": "2026-01-30",
    "at": "2026-01-31T16:30:00Z",
    "s": "b",
    "tags": ["vip"],
    "n": 0.5,
    "name": " 斗拱% ",
    "lines": [{"price": 1.5, "qty": 2, "note": "one"}, {"price": 0.25, "qty": 9223372036854775807, "note": "two"}],
    "owner.region": "东",
}
NOW = "2026-01-31T10:00:00Z"
CASES: list[tuple[str, str, Any]] = [
    ("x > 5 and d < today()", "boolean", True),
    ("x * 3", "decimal(2)", "37.50"),
    ("d + 1 month", "date", "2026-02-28"),
    ("date(at)", "date", "2026-02-01"),
    ("at + 2 hours", "datetime", "2026-01-31T18:30:00Z"),
    ("at - now()", "duration", "PT6H30M"),
    ("n + 1", "number", 1.5),
    ("len(name)", "integer", 5),
    ("s", "choice(a, b)", "b"),
    ("tags", "multi_choice(vip, key)", ["vip"]),
    ("sum(lines.price)", "number", 1.75),
    ("join(list(lines.note where qty > 1), '+')", "text", "one+two"),
    ("last(lines.qty)", "integer", 2**63 - 1),
    ("sum(lines.qty) > 9223372036854775807", "boolean", True),
    ("owner.region = '东'", "boolean", True),
    ("add_workdays(d, 1)", "date", "2026-02-02"),
    ("x / 0", "decimal(6)", None),
    ("name contains '%'", "boolean", True),
]


def case(expr: str, **more: Any) -> dict[str, Any]:
    return {"id": expr, "expr": expr, "fields": FIELDS, "record": RECORD, "now": NOW, "tz": "Asia/Shanghai", **more}


def batch(tmp_path: Path, capsys: pytest.CaptureFixture[str], *lines: Any, options: tuple[str, ...] = ()) -> tuple[int, list[Any]]:
    file = tmp_path / "cases.jsonl"
    file.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines), encoding="utf-8")
    code = main(["eval", "--batch", str(file), "--lang", "en", *options])
    return code, [json.loads(line) for line in capsys.readouterr().out.splitlines()]


@pytest.mark.postgresql
def test_all_back_ends_give_what_is_expected(tmp_path: Path, capsys: pytest.CaptureFixture[str], postgresql_url: str) -> None:
    lines = [case(expr) for expr, _, _ in CASES]
    code, told = batch(tmp_path, capsys, *lines, options=("--backend", "all", "--postgresql", postgresql_url))
    assert code == 0
    for (expr, type_, value), line in zip(CASES, told, strict=True):
        values = dict.fromkeys(("python", "sqlite", "postgresql", "javascript"), value)
        assert line == {"id": expr, "type": type_, "value": value, "values": values}


def test_errors_are_told_line_by_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, told = batch(
        tmp_path,
        capsys,
        case("x >"),
        case("last(lines.qty) + 1"),
        case("x > 1", record={"x": "1.234"}),
        case("x > 1", fields={"x": "integr"}),
        case("x > 1", tz="Mars"),
        "not json",
        '["a list"]',
        case("x > 1"),
    )
    assert code == 0
    assert [line.get("error", {}).get("code") for line in told] == [
        "syntax-end",
        "overflow",
        "bad-case-value",
        "bad-field-type",
        "unknown-zone",
        "bad-case",
        "bad-case",
        None,
    ]
    assert all(line["error"]["message"] for line in told[:-1])
    (problem,) = told[0]["error"]["problems"]
    assert (problem["code"], problem["start"], problem["end"]) == ("syntax-end", 3, 3)
    assert "expected" in problem["help"]


def test_one_expression_with_its_trace(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    record = tmp_path / "record.json"
    record.write_text(json.dumps({"x": "12.50"}), encoding="utf-8")
    given = ["eval", "x * 2 > 20", "--fields", '{"x": "decimal(2)"}', "--record", str(record)]
    assert main([*given, "--trace"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["value"] is True
    assert [(step["text"], step["value"]) for step in shown["trace"]] == [("x * 2 > 20", True), ("x * 2", "25.00"), ("x", "12.50")]
    assert main(["eval", "1 + 1"]) == 0
    assert capsys.readouterr().out == "2\n"
    assert main(["eval", "9223372036854775807 + 1"]) == 1
    assert main(["eval", "amonut + 1", "--lang", "zh"]) == 1
    assert main(["eval"]) == 2


def test_a_cache_changes_nothing_but_the_time(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = [*(case(expr) for expr, _, _ in CASES), case("x >"), case("last(lines.qty) + 1")]
    plain = batch(tmp_path, capsys, *lines)
    assert batch(tmp_path, capsys, *lines, options=("--cache", str(tmp_path / "cache"))) == plain
    assert list((tmp_path / "cache").iterdir())
    assert batch(tmp_path, capsys, *lines, options=("--cache", str(tmp_path / "cache"))) == plain


def test_an_app_gives_the_names(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    record = tmp_path / "record.json"
    record.write_text(json.dumps({"parts": [{"qty": 2, "amount": "3.00"}], "caller": {"region": "north"}}), encoding="utf-8")
    given = ["--app", "examples/desk", "--entity", "desk.ticket", "--lang", "en"]
    assert main(["eval", "求和(配件.金额) > 2 且 caller.region = 'north'", *given, "--record", str(record)]) == 0
    assert capsys.readouterr().out == "true\n"
    assert main(["fmt", "求和(配件.金额) 大于 2", *given]) == 0
    assert capsys.readouterr().out == "sum(parts.amount) > 2\n"
    assert main(["fmt", "sum(parts.amount) > 2", *given[:-1], "zh"]) == 0
    assert capsys.readouterr().out == "求和(配件的金额) 大于 2\n"
    assert main(["fmt", "sum(", *given]) == 1


@pytest.mark.postgresql
@pytest.mark.parametrize(
    ("expr", "value"),
    [
        ("in_team(owner, 'Support')", "true"),
        ("in_team(owner, 'Sales')", "false"),
        ("reports_to(owner, 1)", "false"),
        ("reports_to(owner, 2)", "true"),
        ("text(status)", '"New"'),
        ("is_workday(@2026-10-10)", "true"),
    ],
)
def test_people_of_an_app_on_all_back_ends(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, postgresql_url: str, expr: str, value: str
) -> None:
    boss = "00000000-0000-0000-0000-0000000000ff"
    owner = {"team_memberships": [{"team": {"name": "Support"}}], "manager": {"name": "Li", "manager": {"id": boss, "name": "Wang"}}}
    line = {
        "expr": expr,
        "entity": "desk.ticket",
        "record": {"owner": owner, "status": "fresh"},
        "variables": {"user": boss, "user.language": "en"},
    }
    cases = tmp_path / "cases.jsonl"
    cases.write_text(json.dumps(line), encoding="utf-8")
    given = ["eval", "--app", "examples/desk", "--batch", str(cases), "--backend", "all", "--postgresql", postgresql_url]
    assert main(given) == 0
    told = json.loads(capsys.readouterr().out)
    assert {json.dumps(each) for each in told["values"].values()} == {value}, told


def test_stored_computed_fields_and_settings_of_an_app_have_their_values(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    record = tmp_path / "record.json"
    given = ["--app", "examples/desk", "--entity", "desk.purchase", "--record", str(record), "--backend", "sqlite"]
    for said, tax, big in (("100.00", '"13.00"', "false"), ("20000.00", '"2600.00"', "true")):
        record.write_text(json.dumps({"amount": said, "tax_rate": "0.13"}), encoding="utf-8")
        assert main(["eval", "tax", *given]) == 0
        assert capsys.readouterr().out == f"{tax}\n"
        assert main(["eval", "big", *given[:-1], "python"]) == 0
        assert capsys.readouterr().out == f"{big}\n"
    record.write_text(json.dumps({"amount": "100.00", "tax_rate": "0.13", "tax": "1.00"}), encoding="utf-8")
    assert main(["eval", "tax", *given]) == 0
    assert capsys.readouterr().out == '"1.00"\n', "what the record says is taken as it is"
    record.write_text(json.dumps({"parts": [{"qty": 2, "price": "3.00"}, {"qty": 1, "price": "0.50"}]}), encoding="utf-8")
    assert main(["eval", "cost", *given[:3], "desk.ticket", *given[4:]]) == 0
    assert capsys.readouterr().out == '"6.50"\n', "the lines first, then the total over them"


def test_a_case_within_an_app_may_have_its_own_time_zone(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    line = {"expr": "text(needed_by) = text(today())", "entity": "desk.purchase", "record": {"needed_by": "2026-01-31"}}
    cases = tmp_path / "cases.jsonl"
    moments = [{**line, "now": "2026-01-31T20:00:00Z", "tz": zone} for zone in ("Asia/Shanghai", "America/New_York")]
    moments += [{**each, "expr": "text(now(), 'HH:mm')"} for each in moments]
    cases.write_text("\n".join(map(json.dumps, moments)), encoding="utf-8")
    assert main(["eval", "--app", "examples/desk", "--batch", str(cases)]) == 0
    assert [json.loads(each)["value"] for each in capsys.readouterr().out.splitlines()] == [False, True, "04:00", "15:00"]


@pytest.mark.parametrize(
    ("content", "english", "chinese"),
    [
        (None, "There is no file {file}", "没有文件 {file}"),
        (b"{\n1", "{file} is no JSON from line 2, column 1", "{file} 第 2 行第 1 列起不是 JSON"),
        (b"\xff\xfe", "{file} is no text in UTF-8", "{file} 不是 UTF-8 文本"),
        (b"[" * 100_000, "{file} nests deeper or has longer numbers than can be read", "{file} 嵌套过深或数字过长，无法读取"),
    ],
)
def test_a_record_that_cannot_be_read_is_told_in_either_language(
    content: bytes | None, english: str, chinese: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    record = tmp_path / "record.json"
    if content is not None:
        record.write_bytes(content)
    for language, expected in (("en", english), ("zh", chinese)):
        assert main(["eval", "1", "--record", str(record), "--lang", language]) == 1
        assert capsys.readouterr().err == expected.format(file=record) + "\n"
    assert main(["eval", "1", "--record", str(tmp_path)]) == 1
    assert capsys.readouterr().err == f"{tmp_path} cannot be opened as a file\n"


def test_an_entity_needs_its_app(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["eval", "subject", "--entity", "desk.ticket"]) == 1
    assert capsys.readouterr().err == "“desk.ticket” is an entity of an app: name the app with --app\n"


def test_texts_are_composed_as_records_keep_them(tmp_path: Path, capsys: pytest.CaptureFixture[str], postgresql_url: str) -> None:
    apart, composed = "e\u0301", "\u00e9"
    lines = [
        case(f"a = '{apart}'", fields={"a": "text"}, record={"a": composed}),
        case(f"a = '{composed}' and len(a) = 1", fields={"a": "text"}, record={"a": apart}),
        case(f"'x{apart}' starts with a or contains('{apart}x', a)", fields={"a": "text"}, record={"a": composed}),
    ]
    _, told = batch(tmp_path, capsys, *lines, options=("--backend", "all"))
    assert [set(map(str, each["values"].values())) for each in told] == [{"True"}] * 3


def test_durations_are_read_as_they_are_written(tmp_path: Path, capsys: pytest.CaptureFixture[str], postgresql_url: str) -> None:
    fields = {"u": "duration", "m": "months", "c": "multi-choice(a,b)"}
    record = {"u": "P1DT12H", "m": "P1Y2M", "c": ["a"]}
    lines = [
        case("u * 3", fields=fields, record=record),
        case("@2026-01-31 + m", fields=fields, record=record),
        case("c contains 'a'", fields=fields, record=record),
        case("u", fields=fields, record={"u": "-PT0S"}),
        *(case("1", fields=fields, record={"u": wrong}) for wrong in ("P", "PT", "1 day", "P1M", "P1DT")),
    ]
    _, told = batch(tmp_path, capsys, *lines, options=("--backend", "all"))
    assert [set(map(str, each["values"].values())) for each in told[:4]] == [{"P4DT12H"}, {"2027-03-31"}, {"True"}, {"PT0S"}]
    assert [each["error"]["code"] for each in told[4:]] == ["bad-case-value"] * 5


def test_an_unknown_type_is_told_with_those_that_are_known(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, (told,) = batch(tmp_path, capsys, case("1", fields={"x": "wat"}))
    assert told["error"]["message"].startswith("There is no type “wat”; types are text, integer, number, ")
