"""The command line as people read it: usage, help, and what is wrong with what was typed, in English and Chinese."""

from __future__ import annotations

import argparse
import re
import sys
import unicodedata
from collections.abc import Iterable
from typing import Any, NoReturn

from engine.cli.speech import say, words
from engine.i18n import LANGUAGES, Language

_LANGUAGE = "language of messages: en or zh (default: DOUGONG_LANG, else that of the environment)"


class CommandLine(argparse.ArgumentParser):
    """A parser that speaks a language."""

    def __init__(self, *, language: Language, **options: Any) -> None:
        super().__init__(add_help=False, allow_abbrev=False, formatter_class=_FORMATTERS[language], **options)
        self.language = language
        self._positionals.title = say("arguments", language)
        self._optionals.title = say("options", language)
        self.add_argument("-h", "--help", action="help", help="show this help message and exit")

    def add_language(self) -> None:
        """The option --lang; what it says has been read already."""
        self.add_argument("--lang", choices=LANGUAGES, default=self.language, help=_LANGUAGE)

    def translate(self) -> None:
        """Put all help into the parser's language, once it is complete."""
        if self.language == "zh":
            self.description = in_chinese(self.description)
            for action in self._actions:
                action.help = in_chinese(action.help)

    def error(self, message: str) -> NoReturn:
        """Say how it is used and what is wrong; ends with 2."""
        if self.language == "zh":
            for pattern, chinese in words()["usage"]:
                found = re.fullmatch(pattern, message, re.DOTALL)
                message = found.expand(chinese) if found is not None else message
        self.print_usage(sys.stderr)
        self.exit(2, say("wrong-use", self.language, prog=self.prog, problem=message) + "\n")


def in_chinese(text: str | None) -> str | None:
    """The Chinese of a help text; as a sentence where the English is one."""
    known = words()["help"]
    if text is None or text in known:
        return known[text] if text is not None else None
    begun = f"{text[:1].lower()}{text[1:]}".removesuffix(".")
    return f"{known[begun]}。" if begun in known else text


class _Chinese(argparse.HelpFormatter):
    """Help with Chinese headings, in lines that fit a terminal although nothing separates the words."""

    def add_usage(self, usage: str | None, actions: Iterable[argparse.Action], groups: Iterable[Any], prefix: str | None = None) -> None:
        """The line that says how to use it."""
        super().add_usage(usage, actions, groups, say("usage", "zh") if prefix is None else prefix)

    def _split_lines(self, text: str, width: int) -> list[str]:
        lines, room = [""], width
        for piece in re.findall(r"[!-~]+|.", " ".join(text.split())):
            cells = sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in piece)
            if cells > room and piece not in "，。；：、）”":
                lines.append("")
                room = width
            lines[-1] += piece
            room -= cells
        return [line.strip() for line in lines]


_FORMATTERS: dict[Language, type[argparse.HelpFormatter]] = {"en": argparse.HelpFormatter, "zh": _Chinese}
