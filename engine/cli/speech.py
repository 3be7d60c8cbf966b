"""What commands say for themselves, and in which language: --lang, else DOUGONG_LANG, else the environment's, else English."""

from __future__ import annotations

import argparse
import errno
import locale
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, cast

import yaml

from engine import settings
from engine.errors import DougongError, NoDatabase
from engine.i18n import LANGUAGES, Language
from engine.wording import say_error


@cache
def words() -> Mapping[str, Any]:
    """The words of this package, by section; a broken file is a bug and raises."""
    loaded: Mapping[str, Any] = yaml.load(Path(__file__).with_name("wording.yaml").read_text("utf-8"), Loader=yaml.CSafeLoader)
    return loaded


def say(code: str, language: Language, **values: Any) -> str:
    """A sentence of the commands' own."""
    return str(words()["say"][code][language]).format_map(values)


def say_system(error: OSError, language: Language) -> str:
    """What the operating system refused, with the file that it is about, in a line."""
    problem = say_number(error.errno or 0, language) or error.strerror or str(error)
    return say("system", language, path=error.filename, problem=problem) if error.filename is not None else problem


def say_number(number: int, language: Language) -> str:
    """The plain words for an error number of the system; "" for one that hardly ever comes up."""
    known = words()["system"].get(errno.errorcode.get(number, ""))
    return str(known[language]) if known else ""


def tell(error: DougongError, language: Language) -> None:
    """What went wrong, on standard error; of a database that cannot be used also why, for the operator."""
    print(say_error(error, language), file=sys.stderr)
    if isinstance(error, NoDatabase) and error.reason:
        print(error.reason, file=sys.stderr)


def spoken(arguments: Sequence[str]) -> Language:
    """The language of a command line, which it has to have before it is understood."""
    for place, word in enumerate(arguments):
        chosen = arguments[place + 1] if word == "--lang" and place + 1 < len(arguments) else word.removeprefix("--lang=")
        if word.startswith("--lang") and chosen in LANGUAGES:
            return chosen
    chosen = settings.chosen_language() or locale.getlocale(locale.LC_CTYPE)[0] or ""
    return "zh" if chosen.lower().startswith(("zh", "chinese")) else "en"


def language_of(args: argparse.Namespace) -> Language:
    """The language in which a command speaks."""
    return cast("Language", args.lang)
