"""A full disk: writes say so, reads go on, nothing acknowledged is lost, and with space again everything works without a restart."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from engine.clock import FixedClock
from engine.testing import factory
from tests.security.house import VAULT, House, build

FOLDERS = "/api/vault/folder"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder on a file system of its own that holds a few megabytes."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", str(folder)], capture_output=True, check=False)
    if mounted.returncode != 0:
        pytest.skip("only the administrator of this machine can mount a small file system")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(house: House) -> set[str]:
    """Create records until the disk is full; the ids of those that were acknowledged."""
    program, acknowledged = house.program("bob"), set()
    for number in range(2000):
        answer = program.open("POST", FOLDERS, json={"name": f"Folder {number}", "notes": "x" * 40_000})
        if answer.status_code != 201:
            assert answer.status_code == 507, answer.get_data(as_text=True)
            body = answer.get_json()
            assert body["code"] == "store-full"
            assert "full" in body["detail"].lower()
            return acknowledged
        acknowledged.add(answer.get_json()["id"])
    raise AssertionError("the disk never filled")


def use_up(file: Path) -> None:
    """Take what little is left too, so that not even a page more can be written."""
    with file.open("wb", buffering=0) as opened, contextlib.suppress(OSError):
        for _turn in range(10_000):
            opened.write(b"x" * 1024)


def test_a_full_disk_stops_writes_only(small_disk: Path) -> None:
    clock = FixedClock(factory.NOON)
    house = build([VAULT], small_disk, {"bob": "vault.owner"}, clock)
    browser, program = house.browser("bob"), house.program("bob")
    ballast = small_disk / "ballast"
    ballast.write_bytes(b"x" * 1_000_000)
    acknowledged = fill(house)
    use_up(small_disk / "rest")
    assert len(acknowledged) > 5
    # A session's last use is noted now and then; where that cannot be written the session is none the worse.
    clock.advance(timedelta(minutes=30))
    for _turn in range(3):
        assert program.get(FOLDERS).status_code == 200
        assert program.get(f"{FOLDERS}/{next(iter(acknowledged))}").status_code == 200
        assert browser.get("/app/vault/folder").status_code == 200
        assert browser.get("/health").status_code == 200
        # A write may still fit into space that the journal has to spare; then the next does not.
        tries = (browser.post("/app/vault/folder/new", {"name": "No room", "notes": "x" * 90_000}) for _try in range(100))
        refused = next(answer for answer in tries if answer.status_code != 303)
        assert refused.status_code == 507
        assert "Nothing was saved" in refused.get_data(as_text=True)
    (small_disk / "rest").unlink()
    ballast.unlink()
    made = program.open("POST", FOLDERS, json={"name": "Room again"})
    assert made.status_code == 201
    with house.runtime.database.read() as connection:
        kept = {str(key) for (key,) in connection.exec_driver_sql("SELECT id FROM vault_folder")}
        audited = {str(key) for (key,) in connection.exec_driver_sql("SELECT record FROM dg_audit WHERE entity = 'vault.folder'")}
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar_one() == "ok"
    assert acknowledged | {made.get_json()["id"]} <= kept
    assert kept == audited
    house.close()
