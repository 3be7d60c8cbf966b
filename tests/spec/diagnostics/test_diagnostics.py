"""Every diagnostic has a package that provokes it, and is rendered for it in both languages as the files beside it say.

A folder is named like its code. It holds ``package/`` (or ``case.yaml``: ``paths`` to compile, or the members of a
``zip`` or a ``folder`` that is made here, for what no system should have to store), and the expected texts.
"""

import io
import tempfile
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from engine.diagnostics import Diagnostic, Span, catalogue, render_text
from engine.language import compile_expression
from engine.model import Compilation, Package, compile_packages, read_package, read_zip

ROOT = Path(__file__).parent
FOLDERS = sorted(path for path in ROOT.iterdir() if path.is_dir() and not path.name.startswith("__"))


def test_every_code_has_a_folder_and_every_folder_a_code() -> None:
    assert {folder.name for folder in FOLDERS} == set(catalogue())


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_rendered_as_expected(folder: Path, request: pytest.FixtureRequest) -> None:
    compilation = compile_case(folder)
    assert folder.name in {one.code for one in compilation.diagnostics}
    for language in ("en", "zh"):
        rendered = render_text(compilation.diagnostics, compilation.sources, language)
        expected = folder / f"expected.{language}.txt"
        if request.config.getoption("--accept", default=False):
            expected.write_text(rendered, encoding="utf-8")
        assert rendered == expected.read_text(encoding="utf-8")


def compile_case(folder: Path) -> Compilation:
    """The outcome for a fixture folder, with places named relative to it."""
    described = folder / "case.yaml"
    case: dict[str, Any] = yaml.safe_load(described.read_text(encoding="utf-8")) if described.exists() else {}
    if "expression" in case:
        return compile_expression_case(read_package(folder / "package", "package"), case["expression"])
    if "folder" in case:
        with tempfile.TemporaryDirectory() as made:
            return compile_packages([make_folder(Path(made), case["folder"])])
    if "zip" in case:
        return compile_packages([read_zip(make_zip(case["zip"]), "package.zip")])
    return compile_packages([read_package(folder / path, path) for path in case.get("paths", ["package"])])


def compile_expression_case(package: Package, case: dict[str, Any]) -> Compilation:
    """What the language says of one expression (``source``), as if it stood alone in a file.

    ``of`` is the entity it is about; ``computed`` gives fields of it a source, for errors that no package can have.
    """
    outcome = compile_packages([package])
    assert outcome.app is not None
    scope = outcome.app.scope(case.get("of"))
    if "computed" in case:
        info = scope.entities[case["of"]]
        changed = {name: replace(info.fields[name], stored=False, compute=source) for name, source in case["computed"].items()}
        entities = {**scope.entities, info.name: replace(info, fields={**info.fields, **changed})}
        scope = replace(scope, entities=entities)
    problems = compile_expression(case["source"], scope).problems
    found = [Diagnostic(one.code, "error", Span("expression", 0, one.start, 0, one.end), one.params, one.fix) for one in problems]
    return Compilation(None, tuple(found), (), {"expression": case["source"]})


def make_folder(root: Path, files: dict[str, str]) -> Package:
    """A package of these files."""
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    return read_package(root, "package")


def make_zip(members: list[dict[str, Any]]) -> bytes:
    """An archive with these members, told apart by what is wrong with them."""
    buffer = io.BytesIO()
    damaged = []
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for member in members:
            for number in range(member.get("members", 1)):
                info = zipfile.ZipInfo(member["name"].replace("{}", str(number)), (2026, 1, 1, 0, 0, 0))
                info.filename = info.orig_filename
                info.compress_type = zipfile.ZIP_DEFLATED
                info.external_attr = int(str(member.get("mode", "0o100644")), 8) << 16
                archive.writestr(info, member["text"] * member.get("times", 1))
                if member.get("encrypted"):
                    info.flag_bits |= 0x1
                if member.get("damaged"):
                    damaged.append(info.header_offset + 30 + len(info.filename) + 2)
    data = bytearray(buffer.getvalue())
    for at in damaged:
        data[at] ^= 0xFF
    return bytes(data)
