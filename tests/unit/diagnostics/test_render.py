"""How findings are shown: carets under wide text, machine-readable forms, no control characters."""

import json
import re

import pytest

from engine.diagnostics import (
    Diagnostic,
    Span,
    catalogue,
    error,
    fill,
    has_errors,
    help_text,
    in_order,
    render,
    render_json,
    render_sarif,
    render_text,
    split_lines,
    warning,
)
from engine.i18n import Language


def _caret_line(text: str, column: int, end: int) -> list[str]:
    one = error("unknown-field", Span("a.yaml", 0, column, 0, end), name="x", entity="note", suggestion="")
    return render_text([one], {"a.yaml": text}, "en").split("\n")[2:4]


def test_the_caret_stands_right_under_wide_characters() -> None:
    shown, caret = _caret_line("如果 工单金额 >> 10000", 8, 10)
    assert shown == "1 | 如果 工单金额 >> 10000"
    # 2 + 1 + 4 wide characters of two cells each before the mark, with two spaces: 2*2 + 1 + 4*2 + 1 cells.
    assert caret == "  | " + " " * 14 + "^^"


def test_wide_characters_are_marked_over_two_cells_and_combining_ones_over_none() -> None:
    assert _caret_line("列: 金额", 3, 5)[1] == "  | " + " " * 4 + "^^^^"
    assert _caret_line("e\u0301 x", 3, 4)[1] == "  | " + " " * 2 + "^"


def test_a_long_line_is_shown_around_the_mark() -> None:
    shown, caret = _caret_line("a" * 500 + "bad" + "c" * 500, 500, 503)
    assert len(shown) <= 110
    start = caret.index("^")
    assert shown[start : start + 3] == "bad"


def test_what_could_move_the_cursor_or_turn_the_direction_is_replaced() -> None:
    text = "a\x1b[31m\u202ebad: 1"
    one = error("unknown-field", Span("x\x1b[2J.yaml", 0, 0, 0, 1), name="\u202eevil\n", entity="note", suggestion="")
    shown = render_text([one], {one.span.path: text}, "en")
    assert not any(character in shown for character in "\x1b\u202e")
    assert "evil\n" not in shown


def test_a_finding_without_source_has_no_excerpt() -> None:
    shown = render_text([error("package-not-zip", Span.whole("a.zip"))], {}, "zh")
    assert shown.startswith("错误[package-not-zip]: 该文件不是可读的 zip 压缩包\n --> a.zip:1:1\n")


def test_json_has_the_shape_of_the_language_server_protocol() -> None:
    one = error("unknown-field", Span("a.yaml", 2, 4, 2, 9), fix="text", name="txet", entity="note", suggestion="text")
    (shown,) = json.loads(render_json([one], "zh"))["diagnostics"]
    assert shown["range"] == {"start": {"line": 2, "character": 4}, "end": {"line": 2, "character": 9}}
    assert (shown["severity"], shown["code"], shown["source"]) == (1, "unknown-field", "dougong")
    assert shown["message"] == "note 没有字段 txet"
    assert shown["fix"] == {"newText": "text", "range": shown["range"]}


def test_sarif_names_rules_and_places_from_one() -> None:
    found = [
        error("unknown-entity", Span("a.yaml", 0, 4, 0, 8), name="x", suggestion=""),
        warning("same-label", Span("b.yaml", 1, 0, 1, 2)),
    ]
    (run,) = json.loads(render_sarif(found, "en", "1.2.3"))["runs"]
    assert run["tool"]["driver"]["version"] == "1.2.3"
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["same-label", "unknown-entity"]
    first = run["results"][0]
    assert (first["ruleId"], first["level"], first["ruleIndex"]) == ("unknown-entity", "error", 1)
    assert first["locations"][0]["physicalLocation"]["region"] == {"startLine": 1, "startColumn": 5, "endLine": 1, "endColumn": 9}


def test_findings_are_put_in_order_and_told_once() -> None:
    a = error("unknown-field", Span("a.yaml", 5, 0, 5, 1), name="x")
    b = warning("same-label", Span("a.yaml", 1, 0, 1, 1))
    assert in_order([a, b, Diagnostic(a.code, "error", a.span, dict(a.params))]) == (b, a)
    assert has_errors([a, b])
    assert not has_errors([b])


@pytest.mark.parametrize("code", sorted(catalogue()))
def test_every_code_is_explained_in_both_languages(code: str) -> None:
    for language, words in catalogue()[code].items():
        assert words.message
        assert words.help
        assert words.why
        assert words.bad
        assert words.good
        if language == "zh":
            assert any("\u4e00" <= letter <= "\u9fff" for letter in words.message + words.help)


def test_fill_leaves_unknown_braces_visible() -> None:
    assert fill("{a} and {b}", {"a": 1}) == "1 and {b}"


@pytest.mark.parametrize("language", ["en", "zh"])
def test_no_help_of_the_catalogue_is_altered_when_all_its_parameters_are_said(language: Language) -> None:
    for code, words in catalogue().items():
        said = {name: "x" for name in re.findall(r"\{(\w+)\}", words[language].help) if name != "suggestion"}
        assert help_text(error(code, Span.whole("a.yaml"), **said), language) == fill(words[language].help, said), code


def test_a_file_with_many_findings_is_taken_apart_once(monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[int] = []

    def counting(text: str) -> list[str]:
        taken.append(len(text))
        return split_lines(text)

    monkeypatch.setattr(render, "split_lines", counting)
    found = [error("yaml-key", Span("a.yaml", line, 0, line, 1)) for line in range(300)]
    shown = render_text(found, {"a.yaml": "x\n" * 300, "b.yaml": "y"}, "en")
    assert shown.count("error[yaml-key]") == 300
    assert taken == [600]
