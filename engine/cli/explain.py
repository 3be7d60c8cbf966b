"""Explain the code of a finding: what it means, why it matters, an example wrong and right."""

from __future__ import annotations

import argparse
import sys

from engine.cli.speech import language_of
from engine.diagnostics import catalogue, nearest
from engine.i18n import Language

NAME = "explain"
_HEADINGS = {
    "en": ("What it says", "What to do", "Why", "Wrong", "Right"),
    "zh": ("含义", "怎么办", "为什么", "错误示例", "正确示例"),
}
_UNKNOWN = {"en": "there is no code {code}", "zh": "没有代码 {code}"}
_MEANT = {"en": "; did you mean {near}?", "zh": "；是否要写 {near}？"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """CODE --lang; without a code, all are listed."""
    parser.add_argument("code", nargs="?", metavar="CODE", help="the code in brackets after 'error'; without one, all are listed")


def run(args: argparse.Namespace) -> int:
    """0, or 1 where there is no such code."""
    language = language_of(args)
    known = catalogue()
    if args.code is None:
        width = max(map(len, known))
        sys.stdout.write("".join(f"{code:<{width}}  {words[language].message}\n" for code, words in sorted(known.items())))
        return 0
    if args.code not in known:
        near = nearest(args.code, known)
        said = _UNKNOWN[language].format(code=args.code) + (_MEANT[language].format(near=near) if near else "")
        sys.stderr.write(said + "\n")
        return 1
    sys.stdout.write(_page(args.code, language))
    return 0


def _page(code: str, language: Language) -> str:
    words = catalogue()[code][language]
    message, advice, why, wrong, right = _HEADINGS[language]
    parts = [code, "", f"{message}: {words.message}"]
    parts += [f"{advice}: {words.help}"] if words.help else []
    parts += [f"{why}: {words.why}"] if words.why else []
    for heading, example in ((wrong, words.bad), (right, words.good)):
        if example:
            parts += ["", f"{heading}:", *(f"    {line}" for line in example.splitlines())]
    return "\n".join(parts) + "\n"
