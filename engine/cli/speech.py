"""In which language a command speaks: --lang, else what the environment says, else English."""

from __future__ import annotations

import argparse
import locale

from engine.i18n import Language


def add_language(parser: argparse.ArgumentParser) -> None:
    """Give a command the option --lang."""
    parser.add_argument("--lang", choices=("en", "zh"), help="language of messages (default: that of the environment)")


def language_of(args: argparse.Namespace) -> Language:
    """The language to speak."""
    if args.lang == "zh" or (args.lang is None and (locale.getlocale(locale.LC_CTYPE)[0] or "").lower().startswith(("zh", "chinese"))):
        return "zh"
    return "en"
