"""The reference page of the functions, made from their rows: ``python -m engine.language.reference > engine/language/REFERENCE.md``."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from engine.language.functions import FUNCTIONS, NOTED
from engine.language.functions.rows import Example, Note

_TOPICS = {
    "logic": "Choosing · 判断",
    "number": "Numbers · 数字",
    "text": "Text · 文本",
    "date": "Dates and times · 日期时间",
    "record": "Record and people · 记录与人员",
    "rows": "Related records · 相关记录",
}


def _rows() -> Iterator[Note]:
    for function in FUNCTIONS.values():
        yield Note(
            function.name,
            function.zh,
            function.params,
            function.gives,
            function.topic,
            function.en_help,
            function.zh_help,
            function.examples,
        )
    yield from NOTED


def _signature(note: Note) -> str:
    parts = [f"{param[:-1]}…" if param.endswith("*") else f"[{param[:-1]}]" if param.endswith("?") else param for param in note.params]
    return f"`{note.name}({', '.join(parts)})` → {note.gives}"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _shown(examples: tuple[Example, ...]) -> str:
    return "<br>".join(f"`{_cell(example.call)}` = `{_cell(example.gives)}`".replace("\u3000", "\\u3000") for example in examples)


def page() -> str:
    """The whole page as Markdown."""
    lines = [
        "# Functions · 函数",
        "",
        "Made from the library by `python -m engine.language.reference`; the tests run every example on Python, SQLite,",
        "PostgreSQL and JavaScript. `[x]` may be left out, `x…` may repeat. A blank argument gives a blank result, and makes",
        "a test false, unless it is said otherwise.",
    ]
    for topic, title in _TOPICS.items():
        lines += ["", f"## {title}", "", "| function | 中文 | | examples |", "|---|---|---|---|"]
        for note in _rows():
            if note.topic == topic:
                names = "、".join(note.zh)
                lines.append(
                    f"| {_cell(_signature(note))} | {names} | {_cell(note.en_help)}<br>{_cell(note.zh_help)} | {_shown(note.examples)} |"
                )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]  # the page is UTF-8 whatever the terminal is
    sys.stdout.write(page())
