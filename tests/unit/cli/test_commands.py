"""The commands as they are typed: exit codes, formats, languages, and a new app that is right."""

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from engine import deployment, resources, settings
from engine.cli import COMMANDS, command, main
from engine.cli.new import app_name
from engine.model import compile
from engine.store import Database
from engine.web import assets


def test_check_of_a_right_package_is_quiet_and_ends_with_zero(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "examples/desk", "--lang", "en"]) == 0
    assert capsys.readouterr().out == "examples/desk: no findings\n"


def test_check_of_a_wrong_package_ends_with_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "app.yaml").write_text("app: notes\n", encoding="utf-8")
    assert main(["check", str(tmp_path), "--lang", "zh"]) == 1
    assert "错误[missing-key]: 缺少键 version" in capsys.readouterr().out


@pytest.mark.parametrize("command", ["check", "plan", "serve"])
def test_an_empty_path_is_no_package(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([command, "", "--lang", "en"]) == 1
    shown = capsys.readouterr()
    assert "there is no package at ''" in shown.out + shown.err


@pytest.mark.parametrize("command", [["plan"], ["apply", "--yes"], ["serve", "--port", "0"]], ids=lambda command: command[0])
@pytest.mark.parametrize(
    ("database", "says"),
    [
        ("mysql://ann:secret@host/x", "sqlite:///FILE"),
        ("sqlite://:bad:url:", "sqlite:///FILE"),
        ("README.md/x.db", "cannot be reached or used\nsqlite:///README.md/x.db: "),
        ("README.md", "file is not a database"),
        ("examples", "unable to open"),
        ("postgresql://ann:secret@127.0.0.1:1/x", "cannot be reached or used\npostgresql+psycopg://ann:***@127.0.0.1:1/x: "),
    ],
)
def test_what_is_no_database_is_said_without_its_password(
    command: list[str], database: str, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([command[0], "examples/notes", "--db", database, *command[1:]]) == 1
    shown = capsys.readouterr().err
    assert says in shown
    assert "secret" not in shown


def test_a_warning_alone_ends_with_zero(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "app.yaml").write_text("app: notes\nversion: 1.0.0\n", encoding="utf-8")
    same = "entity: note\nproperties:\n  a: {type: string, title: X}\n  b: {type: string, title: X}\n"
    (tmp_path / "note.yaml").write_text(same, encoding="utf-8")
    assert main(["check", str(tmp_path), "--lang", "en"]) == 0
    assert "warning[same-label]" in capsys.readouterr().out


@pytest.mark.parametrize("form", ["json", "sarif"])
def test_machine_formats_are_json(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "nowhere", "--format", form]) == 1
    assert "package-not-found" in json.dumps(json.loads(capsys.readouterr().out))


def test_what_an_app_requires_is_found_beside_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "examples/tasks_due", "--lang", "en"]) == 0
    assert "examples/tasks" in capsys.readouterr().out


@pytest.mark.parametrize("language", ["en", "zh"])
def test_explain_shows_a_page(language: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "unknown-field", "--lang", language]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("unknown-field\n")
    assert "columns: [subjet]" in shown


def test_explain_of_an_unknown_code_says_the_near_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "unknown-feild", "--lang", "en"]) == 1
    assert "did you mean unknown-field?" in capsys.readouterr().err


def test_explain_without_a_code_lists_all(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "--lang", "en"]) == 0
    assert "yaml-anchor" in capsys.readouterr().out


def test_a_new_app_is_right_and_its_folder_is_not_written_twice(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "My first App"
    assert main(["new", str(folder), "--lang", "en"]) == 0
    outcome = compile([folder])
    assert outcome.app is not None
    assert outcome.diagnostics == ()
    assert "my_first_app.item" in outcome.app.entities
    assert all(path.read_text(encoding="utf-8").startswith("# yaml-language-server: $schema=") for path in folder.rglob("*.yaml"))
    assert main(["new", str(folder), "--lang", "en"]) == 1
    assert "not empty" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("Desk", "desk"),
        ("my--app__2", "my_app_2"),
        ("2nd", "app_2nd"),
        ("服务台", "app"),
        ("x" * 90, "x" * 24),
        ("api", "api_app"),
        ("system", "system_app"),
    ],
)
def test_a_folder_gives_the_name(folder: str, name: str) -> None:
    assert app_name(folder) == name


@pytest.mark.parametrize("folder", ["my app", "api", "system", "it's"])
def test_what_new_says_to_do_next_works_in_that_order(
    folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DOUGONG_DB", raising=False)
    assert main(["new", folder, "--lang", "en"]) == 0
    said = [shlex.split(line) for line in capsys.readouterr().out.splitlines()[1:]]
    assert said == [["dougong", "check", folder], ["dougong", "apply", folder], ["dougong", "serve", folder]]
    assert [main(command[1:]) for command in said[:2]] == [0, 0]
    assert deployment_of(folder) is None


def deployment_of(folder: str) -> object:
    """What keeps an app from being served on the database of this folder."""
    compilation = compile([folder])
    assert compilation.app is not None
    return deployment.lag(Database(settings.read().database_url), compilation.app)


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(
    ("target", "says", "code"),
    [
        ("file", {"en": "something else of that name", "zh": "同名"}, 1),
        ("file/app", {"en": "is a file", "zh": "是文件"}, 1),
        ("dangling", {"en": "something else of that name", "zh": "同名"}, 1),
        ("circle", {"en": "circle", "zh": "circle"}, 1),
        ("zero\0byte", {"en": "can have such a name", "zh": "不能使用"}, 1),
        ("x" * 300, {"en": "the name is too long", "zh": "名称过长"}, 1),
        ("full", {"en": "not empty", "zh": "不为空"}, 1),
        ("", {"en": "say the folder", "zh": "请写明"}, 2),
        (" ", {"en": "say the folder", "zh": "请写明"}, 2),
        ("/proc/app", {"en": "/proc/app cannot be made", "zh": "无法创建 /proc/app"}, 1),
    ],
)
def test_where_no_app_can_be_made_new_says_why(
    target: str, says: dict[str, str], code: int, language: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("kept", encoding="utf-8")
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    (tmp_path / "circle").symlink_to(tmp_path / "circle")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()
    folder = target if not target.strip() or target.startswith("/") else str(tmp_path / target)
    assert main(["new", folder, "--lang", language]) == code
    shown = capsys.readouterr().err
    assert says[language] in shown
    assert "\0" not in shown
    assert (tmp_path / "file").read_text(encoding="utf-8") == "kept"


@pytest.mark.skipif(os.geteuid() == 0, reason="the administrator may write everywhere")
def test_new_in_a_folder_that_may_not_be_written_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tmp_path.chmod(0o500)
    assert main(["new", str(tmp_path / "app"), "--lang", "en"]) == 1
    assert "no permission" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["new", "check", "explain"])
def test_a_command_goes_by_the_name_of_its_module(name: str) -> None:
    assert name == command(name).NAME
    assert COMMANDS[name]


def test_the_reader_may_go_away() -> None:
    """``dougong explain | head -1`` ends without a traceback."""
    run = f"{sys.executable} -u -m engine.cli explain --lang en | head -1"
    outcome = subprocess.run(run, shell=True, capture_output=True, text=True, check=False)
    assert "Traceback" not in outcome.stderr


def test_check_needs_no_database_and_no_web_server() -> None:
    """It stays quick to start because it loads only what it uses."""
    code = (
        "import sys; from engine.cli import main; main(['check', 'examples/notes'])\n"
        "print(sorted({'flask', 'sqlalchemy', 'pandas'} & set(sys.modules)))"
    )
    outcome = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert outcome.stdout.splitlines()[-1] == "[]"


def test_without_the_browser_bundle_nothing_is_served_and_the_way_out_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(resources, "assets", lambda: tmp_path)
    assets._manifest.cache_clear()
    assets.scripts.cache_clear()
    try:
        assert main(["serve", "examples/desk", "--db", f"sqlite:///{tmp_path / 'none.db'}", "--port", "0"]) == 1
    finally:
        assets._manifest.cache_clear()
        assets.scripts.cache_clear()
    told = capsys.readouterr().err
    assert "make install" in told and "is missing" in told
    assert "Traceback" not in told
    assert not (tmp_path / "none.db").exists()
