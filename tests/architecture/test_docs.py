"""What is written about the product is true of it: the map of the engine, folder READMEs, the commands, and words for every code.

The words of the pages have their own tests in tests/web/test_words.py.
"""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from engine import cli, settings, wording
from engine.diagnostics import catalogue as diagnostics
from engine.errors import DougongError
from engine.i18n import LANGUAGES
from engine.model.syntax import KINDS
from engine.web import words

ROOT = Path(__file__).resolve().parents[2]
ENGINE = ROOT / "engine"
MODULES = sorted(ENGINE.rglob("*.py"))
_README_LINES_MAX = 60
_FOLDERS = [
    *sorted(str(path.parent.relative_to(ROOT)) for path in ENGINE.glob("*/__init__.py")),
    "apps",
    "designer",
    "examples",
    "schemas",
    "tests",
]
_PATH = re.compile(r"`([a-z_]+(?:/[a-z0-9_.]+)*/|[a-z0-9_-]+(?:/[a-z0-9_-]+)*\.(?:py|yaml|json|ts|js|css|lark))`")


def _text(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _calls() -> Iterator[tuple[str, ast.Call]]:
    for path in MODULES:
        for node in ast.walk(_tree(path)):
            if isinstance(node, ast.Call):
                name = node.func.id if isinstance(node.func, ast.Name) else node.func.attr if isinstance(node.func, ast.Attribute) else ""
                yield name, node


def _constants(nodes: list[ast.expr], at: int) -> set[str]:
    """The texts that an argument may be: a constant, or either branch of a choice between constants."""
    if len(nodes) <= at:
        return set()
    found = nodes[at]
    parts = [found.body, found.orelse] if isinstance(found, ast.IfExp) else [found]
    return {part.value for part in parts if isinstance(part, ast.Constant) and isinstance(part.value, str)}


def _errors() -> dict[str, type[DougongError]]:
    """Every error class of the engine by name (all are imported with the command line and the web)."""
    for name in cli.COMMANDS:
        cli.command(name)
    found, waiting = {}, [DougongError]
    while waiting:
        each = waiting.pop()
        found[each.__name__] = each
        waiting += each.__subclasses__()
    return found


def _codes() -> dict[str, set[str]]:
    """The codes that the engine can give, by section of engine/wording.yaml."""
    errors = _errors()
    given = {"error": {kind.code for kind in errors.values() if kind is not DougongError}, "problem": set()}
    for name, call in _calls():
        if name in errors:
            given["error"] |= _constants(call.args, 0)
        elif name == "FieldProblem":
            given["problem"] |= _constants(call.args, 1)
        elif name == "ValueProblem":
            given["problem"] |= _constants(call.args, 0)
    return given


def _all_texts() -> set[str]:
    return {
        node.value for path in MODULES for node in ast.walk(_tree(path)) if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def test_the_map_names_every_part_of_the_engine_and_nothing_else() -> None:
    packages = {f"{path.parent.name}/" for path in ENGINE.glob("*/__init__.py")}
    modules = {path.name for path in ENGINE.glob("*.py")} - {"__init__.py"}
    text = _text("engine/README.md")
    table = {match[1] for match in re.finditer(r"^\| `([a-z0-9_]+(?:\.py|/))`", text, re.MULTILINE)}
    assert table == packages | modules


@pytest.mark.parametrize("folder", ["engine", *_FOLDERS, "."])
def test_what_a_readme_names_is_there(folder: str) -> None:
    named = {match[1] for match in _PATH.finditer(_text(f"{folder}/README.md"))}
    # A path is meant from the README's folder, from the engine or from the top; a bare name may lie deeper in the folder.
    made = {"engine/web/static/dist/", "static/dist/", "app.yaml", "dougong-data/"}
    here = {path.name for path in (ROOT / folder).rglob("*") if path.suffix} if folder != "." else set()
    lost = {name for name in named - made - here if not any((ROOT / base / name).exists() for base in (folder, "engine", "", "apps/crm"))}
    assert lost == set()


@pytest.mark.parametrize("folder", _FOLDERS)
def test_every_folder_says_in_a_page_what_is_in_it(folder: str) -> None:
    lines = _text(f"{folder}/README.md").splitlines()
    assert lines[0].startswith("# ")
    assert len(lines) <= _README_LINES_MAX
    assert any(line.startswith("Absent:") for line in lines), "says nothing of what is absent"


def test_the_readme_lists_the_commands_as_they_are() -> None:
    listed = re.findall(r"^\| `dougong ([a-z]+)` \| (.+?) \|", _text("README.md"), re.MULTILINE)
    assert dict(listed) == dict(cli.COMMANDS)
    assert len(listed) == len(cli.COMMANDS)


def test_the_readme_names_every_variable_that_configures() -> None:
    read = {
        node.value
        for node in ast.walk(_tree(Path(settings.__file__)))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.startswith("DOUGONG_") and "\n" not in node.value
    }
    assert set(re.findall(r"^\| `(DOUGONG_[A-Z_]+)` \|", _text("README.md"), re.MULTILINE)) == {name for name in read if name.isupper()}


def test_every_kind_of_definition_has_its_schema_and_is_named() -> None:
    text = _text("schemas/README.md")
    schemas = {path.stem for path in (ROOT / "schemas").glob("*.json")}
    assert set(KINDS.values()) == schemas - {"common"}
    assert set(re.findall(r"^\| `([a-z]+)\.json` \|", text, re.MULTILINE)) == schemas


@pytest.mark.parametrize("section", ["error", "problem"])
def test_every_code_has_words_in_both_languages(section: str) -> None:
    said = wording.catalogue()[section]
    # A few errors are the pages' own, and have their words among those of the pages.
    assert {code for code in _codes()[section] - set(said) if not words.knows(f"error.{code}")} == set()
    assert {code for code, each in said.items() if set(each) != set(LANGUAGES) or not all(each.values())} == set()


@pytest.mark.parametrize("section", ["error", "problem"])
def test_no_words_are_for_a_code_that_nobody_gives(section: str) -> None:
    assert set(wording.catalogue()[section]) - _all_texts() - {"other"} == set()


def test_every_diagnostic_code_has_words_and_every_word_is_given() -> None:
    given = {code for name, call in _calls() if name in ("error", "warning") for code in _constants(call.args, 0) if "-" in code}
    assert given - set(diagnostics()) == set()
    assert set(diagnostics()) - _all_texts() == set()
