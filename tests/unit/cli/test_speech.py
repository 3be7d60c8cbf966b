"""Every command speaks both languages: its help, what is wrong with its use, and what it says."""

import argparse
import re
from pathlib import Path

import pytest
import yaml

from engine import cli
from engine.cli import COMMANDS, main, parser
from engine.cli.speech import spoken

WORDS = yaml.safe_load((Path(cli.__file__).parent / "wording.yaml").read_text("utf-8"))


def _actions(command_line: argparse.ArgumentParser) -> list[argparse.Action]:
    nested = [action for action in command_line._actions if isinstance(action, argparse._SubParsersAction)]
    return [*command_line._actions, *(each for action in nested for own in action.choices.values() for each in _actions(own))]


def test_every_option_has_a_help_in_both_languages_and_no_words_are_left_over() -> None:
    english = [action for action in _actions(parser("en")) if not isinstance(action, argparse._SubParsersAction)]
    assert all(action.help for action in english), [action.dest for action in english if not action.help]
    used = {action.help for action in english} | set(COMMANDS.values()) | {"Business applications said in files."}
    assert used == set(WORDS["help"])


@pytest.mark.parametrize("name", COMMANDS)
def test_help_is_in_the_language_that_is_asked_for(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([name, "--help", "--lang", "zh"])
    shown = capsys.readouterr().out
    assert ended.value.code == 0
    assert shown.startswith(f"用法：dougong {name}")
    described = re.sub(r"dougong \w+|\[.*?\]|-{1,2}[a-z-]+|\{[^}]*\}", "", shown)
    assert not re.search(r"[a-z]{3,} [a-z]{2,} [a-z]{2,}", described), described


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (["serve"], "缺少参数：APP"),
        (["plan", "x", "--no"], "不认识的参数：--no"),
        (["plan", "--format", "pdf"], "不能为 'pdf'"),
        (["serve", "x", "--port", "many"], "'many' 不是整数"),
        (["plan", "--db"], "须带一个值"),
        (["apply", "x", "--yes=1"], "不能带值 '1'"),
        (["nothing"], "不能为 'nothing'"),
        ([], "缺少参数：COMMAND"),
    ],
)
def test_wrong_use_is_told_in_a_line_and_ends_with_two(given: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([*given, "--lang", "zh"] if given else ["--lang=zh"])
    told = capsys.readouterr().err
    assert ended.value.code == 2
    assert says in told.splitlines()[-1] if given else says in told


@pytest.mark.parametrize(
    ("given", "environment", "language"),
    [
        ([], "", "en"),
        ([], "zh_CN.UTF-8", "zh"),
        ([], "zh", "zh"),
        ([], "en", "en"),
        (["--lang", "en"], "zh", "en"),
        (["--lang=zh"], "en", "zh"),
        (["--lang"], "zh", "zh"),
        (["--lang", "fr"], "zh", "zh"),
    ],
)
def test_the_language_is_said_or_the_environments(
    given: list[str], environment: str, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOUGONG_LANG", environment)
    monkeypatch.setattr("locale.getlocale", lambda _category: (None, None))
    assert spoken(["check", "x", *given]) == language


def test_all_words_are_there_in_both_languages_with_the_same_names() -> None:
    for said in [*WORDS["say"].values(), *WORDS["system"].values()]:
        assert set(said) == {"en", "zh"}
        assert sorted(re.findall(r"\{\w+\}", said["en"])) == sorted(re.findall(r"\{\w+\}", said["zh"]))
