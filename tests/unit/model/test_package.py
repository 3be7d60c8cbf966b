"""Packages from folders and archives: what is read, what is refused, and that nothing is written."""

import io
import zipfile
from pathlib import Path

import pytest

from engine.model import read_package, read_zip

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
