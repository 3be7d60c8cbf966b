"""Who one is: a login tells nothing about who exists, guessing is counted exactly, and a right withdrawn is gone with the next request."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher, extract_parameters

from engine import demo, limits, records
from engine.cli import main
from engine.clock import FixedClock, SystemClock
from engine.errors import Invalid
from engine.ids import new_id
from engine.model import compile
from engine.settings import Settings
from engine.store import Database, TooManyAttempts, identity
from engine.store.schema import LOGIN_ATTEMPT
from engine.testing import factory
from tests.fresh_database import fresh_url
from tests.security.house import VAULT, House, Program, build, told

__all__ = ["fresh_url"]

PASSWORD = "correct horse battery"
PEOPLE = {"ann": "vault.owner", "off": "vault.owner", "new": "vault.owner", "root": "system.admin"}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """ann may log in; off is disabled; new has no password yet."""
    made = build([VAULT], tmp_path_factory.mktemp("identity"), PEOPLE)
    for name in ("ann", "off"):
        made.runtime.identity.set_password(str(made.people[name].id), PASSWORD)
    with made.runtime.begin(made.people["root"]) as work:
        records.update(work, "system.user", str(made.people["off"].id), {"active": False}, None)
    yield made
    made.close()


def log_in(house: House, login: str, password: str) -> Any:
    client = house.site.test_client()
    page = client.get("/login").get_data(as_text=True)
    token = page.split('name="csrf" value="')[1][:64]
    return client.post("/login", data={"csrf": token, "login": login, "password": password})


ATTEMPTS = {"a wrong password": ("ann", "wrong"), "nobody": ("zoe", PASSWORD), "disabled": ("off", PASSWORD), "no password": ("new", "")}


def test_every_refused_login_is_told_in_the_same_words(house: House) -> None:
    with house.runtime.database.write() as connection:
        connection.exec_driver_sql("DELETE FROM dg_login_attempt")
    answers = {}
    for why, (login, password) in ATTEMPTS.items():
        status, headers, body = told(log_in(house, login, password))
        answers[why] = (status, headers, body.replace(f'value="{login}"', 'value=""'))
    assert {answer[0] for answer in answers.values()} == {401}
    assert len(set(answers.values())) == 1


def test_every_refused_login_costs_one_verification(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work is counted instead of time: one argon2 verification with the same parameters, whoever was named."""
    verified: list[str] = []
    verify = PasswordHasher.verify

    def counted(self: PasswordHasher, hash: str, password: str) -> bool:
        verified.append(hash)
        return verify(self, hash, password)

    monkeypatch.setattr(PasswordHasher, "verify", counted)
    for number, (login, password) in enumerate(ATTEMPTS.values()):
        assert house.runtime.identity.verify(house.runtime.tables, login, password, f"10.0.0.{number}") is None
    assert len(verified) == len(ATTEMPTS)
    assert len({repr(extract_parameters(hash)) for hash in verified}) == 1
    assert all(hash.startswith("$argon2id$") for hash in verified)


def test_guessing_at_once_gets_no_further_than_one_by_one(fresh_url: str) -> None:
    running = factory.runtime([VAULT], fresh_url)
    ann = factory.person(running, "ann", "vault.owner", password=PASSWORD)
    tables, gate = running.tables, threading.Barrier(24)
    outcomes: list[str] = []

    def guess(number: int) -> None:
        gate.wait()
        try:
            found = running.identity.verify(tables, "ann", f"guess {number}", f"10.0.0.{number}")
            outcomes.append("in" if found else "refused")
        except TooManyAttempts:
            outcomes.append("slowed")

    guessers = [threading.Thread(target=guess, args=(number,)) for number in range(24)]
    for guesser in guessers:
        guesser.start()
    for guesser in guessers:
        guesser.join()
    assert Counter(outcomes) == {"refused": limits.login_attempts_per_minute, "slowed": 24 - limits.login_attempts_per_minute}
    assert ann.id
    running.database.close()


def test_one_address_cannot_try_every_login(house: House) -> None:
    tables, address = house.runtime.tables, "192.0.2.7"
    now = house.clock.now().replace(tzinfo=None)
    tried = [
        {"id": new_id(), "at": now, "login": f"login-{number}", "address": address, "succeeded": False}
        for number in range(limits.login_attempts_per_address_per_minute - 1)
    ]
    with house.runtime.database.write() as connection:
        connection.execute(sa.insert(LOGIN_ATTEMPT), tried)
    assert house.runtime.identity.verify(tables, "the last one", "x", address) is None
    with pytest.raises(TooManyAttempts):
        house.runtime.identity.verify(tables, "ann", PASSWORD, address)
    assert house.runtime.identity.verify(tables, "ann", PASSWORD, "192.0.2.8") == house.people["ann"].id


def test_secrets_are_long_random_and_not_kept(house: House) -> None:
    known = str(house.people["ann"].id)
    sessions = {house.runtime.identity.open_session(known) for _turn in range(20)}
    tokens = {house.runtime.identity.issue_token(known, "x") for _turn in range(20)}
    assert len(sessions | tokens) == 40
    assert min(len(secret) for secret in sessions | tokens) >= 43
    stored = house.file.read_bytes() + Path(f"{house.file}-wal").read_bytes()
    for secret in [*sessions, *tokens, PASSWORD]:
        assert secret.encode() not in stored
    assert identity.secret_hash(next(iter(tokens))).encode() in stored


def test_a_password_is_taken_as_it_is_typed(house: House) -> None:
    """Any characters, 8 to 200 of them, none cut off, trimmed or changed."""
    known, tables, check = str(house.people["new"].id), house.runtime.tables, house.runtime.identity.verify
    longest = limits.password_chars_max
    for number, password in enumerate(("kelpfoam", "  spaces  ", "要够长才行呀朋友", "kelp foam river!" * 4, ("éàüõçñ" * 40)[:longest])):
        house.runtime.identity.set_password(known, password)
        others = (password + "x", password[:-1], password.strip() + " ", password.swapcase() if password.swapcase() != password else "?")
        for other in others:
            assert check(tables, "new", other, f"192.0.3.{number}") is None, (password[:10], other[:10])
        assert check(tables, "new", password, f"192.0.3.{number}") == known
        with house.runtime.database.write() as connection:
            connection.exec_driver_sql("DELETE FROM dg_login_attempt")
    for refused in ("", "kelpfoa", "kelpfoam" * (longest // 8) + "x", "a" * 12, "password1234", "P@ssw0rd!"):
        with pytest.raises(Invalid):
            house.runtime.identity.set_password(known, refused)


def test_a_session_ends_by_age_however_busy(tmp_path: Path) -> None:
    clock = FixedClock(factory.NOON)
    house = build([VAULT], tmp_path, {"ann": "vault.owner"}, clock)
    browser = house.browser("ann")
    for _day in range(limits.session_hours_max // limits.session_idle_hours):
        assert browser.get("/account").status_code == 200
        clock.advance(timedelta(hours=limits.session_idle_hours))
    clock.advance(timedelta(minutes=1))
    assert browser.get("/account").status_code == 303
    house.close()


def test_a_session_is_no_token_and_a_token_no_session(house: House) -> None:
    known = str(house.people["ann"].id)
    session, token = house.runtime.identity.open_session(known), house.runtime.identity.issue_token(known, "x")
    assert Program(house.site, session).get("/api/vault/folder").status_code == 401
    assert Program(house.site, token).get("/api/vault/folder").status_code == 200
    client = house.site.test_client()
    client.set_cookie("dougong-session", token)
    assert client.get("/").status_code == 303
    for address in (f"/api/vault/folder?access_token={token}", f"/api/vault/folder?token={token}"):
        assert house.site.test_client().get(address).status_code == 401


def test_what_is_withdrawn_is_gone_with_the_next_request(tmp_path: Path) -> None:
    house = build([VAULT], tmp_path, {"ann": "vault.owner", "bob": "vault.owner", "root": "system.admin"})
    ann, bob, page = house.program("ann"), house.browser("bob"), "/app/vault/folder"
    assert (ann.get("/api/vault/folder").status_code, bob.get(page).status_code) == (200, 200)
    with house.runtime.begin(house.people["root"]) as work:
        for assignment in records.find(work, records.Query("system.role_assignment", where="role = 'vault.owner'")).items:
            records.delete(work, "system.role_assignment", assignment.id, None)
    assert ann.get("/api/vault/folder").status_code == 403
    assert bob.get(page).status_code == 404
    assert bob.get("/account").status_code == 200
    with house.runtime.begin(house.people["root"]) as work:
        for name in ("ann", "bob"):
            records.update(work, "system.user", str(house.people[name].id), {"active": False}, None)
    assert ann.get("/api/openapi.json").status_code == 401
    assert bob.get("/account").status_code == 303
    house.close()


def test_a_deleted_person_is_out_at_once(tmp_path: Path) -> None:
    house = build([VAULT], tmp_path, {"ann": "vault.owner", "root": "system.admin"})
    program, browser = house.program("ann"), house.browser("ann")
    house.trash("root", "system.user", str(house.people["ann"].id))
    assert program.get("/api/vault/folder").status_code == 401
    assert browser.get("/account").status_code == 303
    house.close()


WRITES: list[tuple[str, str, Any]] = [
    ("POST", "/api/vault/folder", {"name": "New"}),
    ("PATCH", "/api/vault/folder/{}", {"name": "Other"}),
    ("DELETE", "/api/vault/folder/{}", None),
    ("POST", "/api/vault/folder/{}/restore", None),
    ("POST", "/api/vault/folder/batch", {"operations": [{"op": "create", "values": {"name": "New"}}]}),
]


def test_a_token_goes_no_further_than_its_scopes(house: House) -> None:
    key = house.create("ann", "vault.folder", name="Ann's")
    reader = house.program("ann", "read")
    assert reader.get(f"/api/vault/folder/{key}").status_code == 200
    before = house.state()
    for method, path, body in WRITES:
        assert reader.open(method, path.format(key), json=body).status_code == 403, (method, path)
    assert house.state() == before
    described = reader.get("/api/openapi.json").get_json()["paths"]
    assert not any("post" in path or "patch" in path or "delete" in path for path in described.values())


@pytest.mark.parametrize("asked", ["admin", "read,write", "WRITE", "", "*"])
def test_a_page_gives_no_scope_that_it_does_not_know(house: House, asked: str) -> None:
    house.browser("ann").post("/account/tokens", {"name": "x", "scope": asked})
    assert house.runtime.identity.tokens(str(house.people["ann"].id))[0].scopes == ("read",)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.org", "localhost.example.org", "127.0.0.1.example.org", ""])
def test_demo_logins_are_served_to_this_machine_only(host: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve", str(VAULT), "--demo", "--host", host, "--db", f"sqlite:///{tmp_path / 'demo.db'}"]) == 2
    assert "127.0.0.1" in capsys.readouterr().err
    assert not (tmp_path / "demo.db").exists()


def test_a_new_installation_has_no_user_and_a_demo_a_password_of_its_own(tmp_path: Path) -> None:
    empty = factory.runtime([VAULT], f"sqlite:///{tmp_path / 'empty.db'}")
    with empty.read(factory.SYSTEM) as work:
        assert records.find(work, records.Query("system.user")).items == ()
    for login, password in (("admin", "admin"), ("root", "root"), ("demo", "demo"), ("", "")):
        assert empty.identity.verify(empty.tables, login, password, login or "-") is None
    empty.database.close()
    said = set()
    for name in ("one", "two"):
        folder = tmp_path / name
        url = f"sqlite:///{folder / 'demo.db'}"
        database = Database(url)
        demo.prepare(database, compile([VAULT]), Settings(url, folder, None, "ERROR", ()), clock=SystemClock(), say=lambda *_, **__: None)
        database.close()
        file = folder / "demo-password"
        assert file.stat().st_mode & 0o777 == 0o600
        said.add(file.read_text())
    assert len(said) == 2
    assert min(len(password) for password in said) >= limits.password_chars_min
