"""The rules of the code's shape that no linter knows: sizes, names, what may stand where, documented codes."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MODULES = sorted((ROOT / "engine").rglob("*.py"))
_NAMES = [str(path.relative_to(ROOT)) for path in MODULES]

_MODULE_LINES_MAX = 500
_FUNCTION_LINES_MAX = 60
_DOCSTRING_LINES = {"engine/language/types.py": 25}
"""The table of kept forms stands there."""

_BANNED_NAMES = {"utils", "util", "helpers", "helper", "common", "base", "manager", "misc", "core"}
_ALLOWED_NAMES = {"engine/language/core.py": "the core tree of the language, as compilers call it"}
_DOMAIN = re.compile(
    r"(?<![a-z])(?:opportunit(?:y|ies)|customers?|crm)(?![a-z])|客户|商机|线索"
    r"|[\"'`.]leads?[\"'`.]|\bleads?\s*[:=]|\b(?:a|the|new|each|every|convert) lead\b",
    re.IGNORECASE,
)
"""Words of one business; "lead" only as a name or noun, for references lead somewhere in every sentence about them."""

_CODE_FROM_TEXT = {"engine/language/backends/python.py": "expressions are compiled to Python there and nowhere else"}
_UNSAFE_READERS = re.compile(r"\bpickle\b|\bmarshal\b|\bshelve\b|\byaml\.load\(|\bfull_load\b|\bunsafe_load\b|read_pickle")
_TRUSTED_YAML = ("engine/cli/speech.py", "engine/wording.py", "engine/store/migrations/wording.py", "engine/web/words.py")
"""They read the product's own words, with the safe loader."""


def _functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


@pytest.mark.parametrize("path", MODULES, ids=_NAMES)
def test_sizes(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= _MODULE_LINES_MAX
    long = [f.name for f in _functions(ast.parse(text)) if (f.end_lineno or 0) - f.lineno + 1 > _FUNCTION_LINES_MAX]
    assert long == []


@pytest.mark.parametrize("path", MODULES, ids=_NAMES)
def test_every_module_says_in_a_few_lines_what_it_is_for(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    if text.strip():
        said = ast.get_docstring(ast.parse(text))
        assert said, "no docstring"
        assert len(said.splitlines()) <= _DOCSTRING_LINES.get(str(path.relative_to(ROOT)), 5)


def test_no_module_is_named_after_nothing_in_particular() -> None:
    named = {str(path.relative_to(ROOT)) for path in MODULES if path.stem in _BANNED_NAMES or path.parent.name in _BANNED_NAMES}
    assert named <= set(_ALLOWED_NAMES)


def test_the_engine_and_the_designer_know_no_domain() -> None:
    found = []
    sources = [*MODULES, *(ROOT / "engine").rglob("*.yaml"), *(ROOT / "engine").rglob("*.html"), *(ROOT / "designer" / "src").rglob("*.ts")]
    for path in sorted(set(sources)):
        if "node_modules" in path.parts or "dist" in path.parts:
            continue
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except UnicodeDecodeError:
            continue
        for number, line in enumerate(lines, 1):
            if _DOMAIN.search(line):
                found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()}")
    assert found == []


@pytest.mark.parametrize("path", MODULES, ids=_NAMES)
def test_text_becomes_code_in_one_module_only(path: Path) -> None:
    if str(path.relative_to(ROOT)) in _CODE_FROM_TEXT:
        return
    called = {
        n.func.id for n in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)
    }
    own = {name for node in ast.parse(path.read_text(encoding="utf-8")).body for name in _bound(node)}
    assert not (called - own) & {"eval", "exec", "compile", "__import__"}


def _bound(node: ast.stmt) -> Iterator[str]:
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        yield node.name
    elif isinstance(node, ast.ImportFrom):
        yield from (alias.asname or alias.name for alias in node.names)


_CODE_CACHE = "engine/language/code_cache.py"


@pytest.mark.parametrize("path", MODULES, ids=_NAMES)
def test_no_reader_that_could_run_what_it_reads(path: Path) -> None:
    name = str(path.relative_to(ROOT))
    if name == _CODE_CACHE:
        # It reads code that it wrote itself, from a file that nobody but its owner can write (tests/unit/language/test_code_cache.py).
        assert path.read_text(encoding="utf-8").count("marshal.loads(") == 1
    elif name not in _TRUSTED_YAML:
        assert not _UNSAFE_READERS.search(path.read_text(encoding="utf-8"))
    else:
        text = path.read_text(encoding="utf-8")
        assert text.count("yaml.load(") == text.count("Loader=yaml.CSafeLoader")


def test_nothing_speaks_of_the_machine_it_was_written_on() -> None:
    found = []
    banned = re.compile(r"/wo" + r"rk/|\.\./sha" + r"red|/tm" + r"p/")
    for folder in ("engine", "schemas", "examples", "apps", "tests"):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.is_file() and path.suffix in (".py", ".yaml", ".json", ".md", ".html", ".txt", ".ts") and "dist" not in path.parts:
                text = path.read_text(encoding="utf-8", errors="replace")
                found += [f"{path.relative_to(ROOT)}: {match[0]}" for match in banned.finditer(text)]
    assert found == []


def test_layers_hold() -> None:
    outcome = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert outcome.returncode == 0, outcome.stdout[-3000:]
