"""Check app packages and say what is wrong with them."""

from __future__ import annotations

import argparse
import gc
import sys
import time
from pathlib import Path

from engine import __version__
from engine.cli.speech import language_of
from engine.diagnostics import has_errors, render_json, render_sarif, render_text
from engine.i18n import Language
from engine.model import Compilation, Compiler, read_packages

NAME = "check"
_POLL_S = 0.3
_CLEAN = {"en": "{apps}: no findings\n", "zh": "{apps}：没有问题\n"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """PATH… --format --lang --watch."""
    parser.add_argument("paths", nargs="+", metavar="PATH", help="folder or zip of an app package")
    parser.add_argument("--format", choices=("text", "json", "sarif"), default="text", help="how findings are written (default: text)")
    parser.add_argument("--watch", action="store_true", help="stay, and check again whenever a file changes")


def run(args: argparse.Namespace) -> int:
    """0 where no error was found, else 1."""
    compiler = Compiler()
    language = language_of(args)
    compilation = compiler.compile(read_packages(args.paths))
    sys.stdout.write(_render(compilation, args.format, language))
    if args.watch:
        _watch(compiler, args.paths, args.format, language)
    return 1 if has_errors(compilation.diagnostics) else 0


def _render(compilation: Compilation, form: str, language: Language) -> str:
    found = compilation.diagnostics
    if form == "json":
        return render_json(found, language)
    if form == "sarif":
        return render_sarif(found, language, __version__)
    apps = ", ".join(package.label for package in compilation.packages[1:])
    return render_text(found, compilation.sources, language) or _CLEAN[language].format(apps=apps)


def _watch(compiler: Compiler, paths: list[str], form: str, language: Language) -> None:
    """Check again after each change until interrupted; only what an edit touches is compiled anew."""
    # What was just compiled stays: the collector need not look through it again and again.
    gc.freeze()
    before = _stamp(paths)
    while True:
        sys.stdout.flush()
        time.sleep(_POLL_S)
        now = _stamp(paths)
        if now != before:
            before = now
            sys.stdout.write("\n" + _render(compiler.compile(read_packages(paths)), form, language))


def _stamp(paths: list[str]) -> frozenset[tuple[str, int, int]]:
    """Names, times and sizes of all files, to notice a change."""
    found = []
    for path in (each for root in paths for each in (Path(root), *Path(root).rglob("*"))):
        try:
            facts = path.stat()
        except OSError:
            continue
        found.append((str(path), facts.st_mtime_ns, facts.st_size))
    return frozenset(found)
