"""Where parts of a text stand, however the text is quoted, escaped, folded or indented."""

import pytest

from engine.diagnostics import split_lines
from engine.model.document import parse
from engine.model.places import place

WAYS = {
    "plain": "t: one 没有 two\n",
    "single": "t: 'it''s one 没有 two'\n",
    "double": 't: "\\t one \\u6ca1有 two"\n',
    "plain over lines": "t: one\n   没有\n\n   two\n",
    "single over lines": "t: 'it''s\n   one 没有\n\n   two'\n",
    "double over lines": 't: "one \\\n   没有\n   two"\n',
    "literal": "t: |\n  one\n    没有\n\n  two\n",
    "literal after a blank line": "t: |-\n\n  one\n  没有 two\n",
    "literal with a stated indentation": "a:\n  t: |2\n      one\n    没有 two\n",
    "folded": "t: >\n  one\n  没有\n  two\n",
    "folded with deeper lines": "t: >-\n  one\n    没有\n    x\n\n\n  two\n",
    "folded after blank lines": "t: >+\n\n\n  one 没有\n\n  two\n\n",
    "folded in CRLF": "t: >\r\n  one\r\n  没有\r\n  two\r\n",
    "literal with strange breaks": "t: |\n  one\u2028  没有\n  two\n",
}


@pytest.mark.parametrize("written", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize("word", ["one", "没有", "two"])
def test_a_word_is_placed_where_it_is_written(written: str, word: str) -> None:
    node = parse("f.yaml", written.encode()).node
    assert node is not None
    said = node.get("t") or node.value["a"].value["t"]
    lines = split_lines(written)
    start = said.text.index(word)
    span = place(said, lines, start, start + len(word))
    assert span.end_line == span.line
    marked = lines[span.line][span.column : span.end_column]
    assert marked.replace("\\u6ca1", "没") == word


def test_a_mark_over_several_lines_ends_where_the_text_does() -> None:
    written = "t: >\n  one\n  two three\n"
    node = parse("f.yaml", written.encode()).node
    assert node is not None
    span = place(node.value["t"], split_lines(written), 0, 7)
    assert (span.line, span.column, span.end_line, span.end_column) == (1, 2, 2, 5)


@pytest.mark.parametrize("written", ["t: >\n  one +\n", "t: |\n  one +\n\n\n", "t: one +\n", 't: "one +"\n'])
def test_what_is_missing_at_the_end_is_missed_right_behind_the_last_word(written: str) -> None:
    node = parse("f.yaml", written.encode()).node
    assert node is not None
    said = node.value["t"]
    span = place(said, split_lines(written), len(said.text), len(said.text))
    assert split_lines(written)[span.line][: span.column].endswith("one +")
    assert span.end_column == span.column + 1
