"""Packages from folders and archives: what is read, what is refused, and that nothing is written."""

import io
import os
import socket
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.diagnostics import render_text
from engine.model import compile, read_package, read_zip

MANIFEST = b"app: notes\nversion: 1.0.0\n"


def _zip(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def test_a_folder_gives_its_definitions_and_leaves_the_rest_alone(tmp_path: Path) -> None:
    for name in ("app.yaml", "entities/note.yaml", "data/notes.csv", "script.py", ".git/config.yaml", "__pycache__/x.yaml"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(MANIFEST)
    package = read_package(tmp_path)
    assert sorted(package.files) == ["app.yaml", "data/notes.csv", "entities/note.yaml"]
    assert package.problems == ()


def test_a_link_in_a_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "app.yaml").write_bytes(MANIFEST)
    (tmp_path / "secret.yaml").symlink_to("/etc/passwd")
    package = read_package(tmp_path)
    assert [one.code for one in package.problems] == ["package-link"]
    assert "secret.yaml" not in package.files


def _pipe(path: Path) -> None:
    os.mkfifo(path)


def _socket(path: Path) -> None:
    # The path of a socket may not be long: it is made by its name in the folder at hand.
    here = Path.cwd()
    os.chdir(path.parent)
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(path.name)
    finally:
        os.chdir(here)


@pytest.mark.parametrize(
    ("put", "code"),
    [
        (_pipe, "package-link"),
        (_socket, "package-link"),
        (lambda path: path.symlink_to("nowhere"), "package-link"),
        (lambda path: path.symlink_to(path), "package-link"),
        (lambda path: path.symlink_to("/etc"), "package-link"),
        (Path.mkdir, "package-folder-name"),
    ],
)
def test_what_stands_in_the_place_of_a_file_is_told(tmp_path: Path, put: Callable[[Path], object], code: str) -> None:
    (tmp_path / "app.yaml").write_bytes(MANIFEST)
    (tmp_path / "entities").mkdir()
    put(tmp_path / "entities" / "note.yaml")
    compilation = compile([tmp_path])
    assert compilation.app is None
    assert [(one.code, one.span.path) for one in compilation.diagnostics] == [(code, f"{tmp_path}/entities/note.yaml")]


def test_a_name_that_is_no_text_or_misleads_is_told(tmp_path: Path) -> None:
    (tmp_path / "app.yaml").write_bytes(MANIFEST)
    for name in (b"\xff.yaml", "a\u202eb.yaml".encode(), b"\xfe/note.yaml"):
        path = Path(os.fsdecode(bytes(tmp_path) + b"/" + name))
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"entity: note\n")
    compilation = compile([tmp_path])
    assert [one.code for one in compilation.diagnostics] == ["package-path"] * 3
    render_text(compilation.diagnostics, compilation.sources, "en").encode()


def test_a_file_that_goes_away_while_the_folder_is_read_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "app.yaml").write_bytes(MANIFEST)
    (tmp_path / "note.yaml").write_bytes(b"entity: note\n")
    read = Path.read_bytes

    def vanishing(path: Path) -> bytes:
        path.unlink()
        return read(path)

    monkeypatch.setattr(Path, "read_bytes", vanishing)
    assert [one.code for one in read_package(tmp_path).problems] == ["package-unreadable"] * 2


@pytest.mark.parametrize("path", ["", "a\0b", "nowhere", "/dev/null", "README.md/app"])
def test_what_is_no_package_is_said_to_be_none(path: str) -> None:
    assert [one.code for one in compile([path]).diagnostics] == ["package-not-found"]


def test_a_folder_called_like_the_engine_s_own_package_is_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "system").mkdir()
    (tmp_path / "system" / "app.yaml").write_bytes(b"app: system\nversion: 1.0.0\n")
    monkeypatch.chdir(tmp_path)
    assert [(one.code, one.span.path) for one in compile(["system"]).diagnostics] == [("reserved-name", "./system/app.yaml")]


def test_folder_and_archive_have_the_same_hash(tmp_path: Path) -> None:
    (tmp_path / "app.yaml").write_bytes(MANIFEST)
    whole = read_package(tmp_path).content_hash
    assert read_zip(_zip({"app.yaml": MANIFEST}), "a.zip").content_hash == whole
    assert read_zip(_zip({"notes/app.yaml": MANIFEST}), "a.zip").content_hash == whole


@pytest.mark.parametrize("data", [b"", b"PK", b"not a zip", b"PK\x05\x06" + b"\x00" * 18])
def test_what_is_no_archive_or_empty_gives_no_files(data: bytes) -> None:
    assert read_zip(data, "a.zip").files == {}


def test_every_truncation_of_an_archive_is_read_or_refused() -> None:
    whole = _zip({"app.yaml": MANIFEST, "entities/note.yaml": b"entity: note\n" * 50})
    for length in range(0, len(whole), 7):
        package = read_zip(whole[:length], "a.zip")
        assert package.problems or package.files


def test_every_damaged_byte_is_read_or_refused() -> None:
    whole = _zip({"app.yaml": MANIFEST, "entities/note.yaml": b"entity: note\n" * 5})
    for at in range(len(whole)):
        damaged = bytearray(whole)
        damaged[at] ^= 0xFF
        read_zip(bytes(damaged), "a.zip")


def test_an_archive_that_lies_about_its_sizes_is_refused() -> None:
    """The sizes in the directory say one byte; what inflates is a hundred kilobytes."""
    whole = bytearray(_zip({"app.yaml": b"a" * 100_000}))
    real = (100_000).to_bytes(4, "little")
    at = whole.find(real)
    while at >= 0:
        whole[at : at + 4] = (1).to_bytes(4, "little")
        at = whole.find(real)
    package = read_zip(bytes(whole), "a.zip")
    assert package.problems or len(package.files["app.yaml"]) <= 1


def test_reading_an_archive_writes_nothing(tmp_path: Path) -> None:
    archive = tmp_path / "a.zip"
    archive.write_bytes(_zip({"../evil.yaml": MANIFEST, "app.yaml": MANIFEST}))
    package = read_package(archive)
    assert [one.code for one in package.problems] == ["package-path"]
    assert package.files == {}
    assert [path.name for path in tmp_path.iterdir()] == ["a.zip"]
