"""Whatever is done to the files of a package, compiling gives an App or diagnostics, never an exception."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.diagnostics import render_json, render_sarif, render_text
from engine.model import Compiler, Package, read_package

_EXAMPLES = [read_package(path, path.name) for path in sorted(Path("examples").iterdir()) if (path / "app.yaml").exists()]
_COMPILER = Compiler()
_BYTES = st.one_of(
    st.binary(max_size=12),
    st.sampled_from(
        [
            b"[",
            b"{",
            b": ",
            b"\n- ",
            b"'",
            b'"',
            b"&a ",
            b"*a",
            b"!x ",
            b"\t",
            b"__proto__",
            b"kind: lines",
            b"items: 5",
            b"null",
            b"{}",
            b"[]",
            b"~",
        ]
    ),
    st.sampled_from(["工单", "：", "“", "…", "\u202e", "\u2028"]).map(str.encode),
)


@pytest.mark.parametrize("package", _EXAMPLES, ids=lambda package: package.label)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_damage_gives_diagnostics_or_an_app(package: Package, data: st.DataObject) -> None:
    files = dict(package.files)
    for _ in range(data.draw(st.integers(1, 4))):
        path = data.draw(st.sampled_from(sorted(files)))
        files[path] = _damaged(data, files[path], [files[each] for each in sorted(files)])
    outcome = _COMPILER.compile([Package(package.label, files)])
    assert outcome.app is not None or outcome.diagnostics
    for language in ("en", "zh"):
        render_text(outcome.diagnostics, outcome.sources, language)
    render_json(outcome.diagnostics, "en")
    render_sarif(outcome.diagnostics, "zh", "0")


def _damaged(data: st.DataObject, content: bytes, others: list[bytes]) -> bytes:
    """One thing done to a file: bytes put in, a line dropped, doubled, replaced by another file's, or cut off."""
    how = data.draw(st.sampled_from(["bytes", "word", "drop", "double", "foreign", "cut", "swap"]))
    at = data.draw(st.integers(0, len(content)))
    if how == "bytes":
        return content[:at] + data.draw(_BYTES) + content[at:]
    if how == "cut":
        return content[:at]
    lines = content.split(b"\n")
    line = data.draw(st.integers(0, len(lines) - 1))
    if how == "drop":
        return b"\n".join(lines[:line] + lines[line + 1 :])
    if how == "double":
        return b"\n".join([*lines[: line + 1], lines[line], *lines[line + 1 :]])
    if how == "foreign":
        foreign = data.draw(st.sampled_from(others)).split(b"\n")
        return b"\n".join([*lines[:line], data.draw(st.sampled_from(foreign)), *lines[line:]])
    words = lines[line].split(b" ")
    word = data.draw(st.integers(0, len(words) - 1))
    words[word] = data.draw(st.one_of(_BYTES, st.sampled_from(content.split())) if content.split() else _BYTES)
    return b"\n".join([*lines[:line], b" ".join(words), *lines[line + 1 :]])
