"""What several commands do with the app packages named on the command line: compile them, or print what is wrong."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Sequence

from engine.diagnostics import render_text
from engine.i18n import Language
from engine.model import Compilation, compile


def as_typed(args: argparse.Namespace) -> str:
    """The apps and the database as they were given, quoted for a shell: for a command that can be pasted."""
    return shlex.join([*args.apps, *(("--db", args.db) if args.db else ())])


def compile_or_report(paths: Sequence[str], language: Language) -> Compilation | None:
    """The compiled packages, or None after every diagnostic has been printed to standard error."""
    compilation = compile(paths)
    if compilation.app is None:
        print(render_text(compilation.diagnostics, compilation.sources, language), file=sys.stderr)
        return None
    return compilation
