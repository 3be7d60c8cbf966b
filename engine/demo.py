"""Making a demonstration out of an empty database: the app applied, its demo people able to log in, its demo data loaded."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from engine import deployment, records
from engine.access import Actor
from engine.clock import Clock
from engine.i18n import LocalizedText
from engine.model import Compilation
from engine.records import Query
from engine.records.transfer import load_data
from engine.runtime import Runtime
from engine.settings import Settings
from engine.store import Database
from engine.store.passwords import is_guessable
from engine.wording import say_problem

_ACTOR = Actor.system("demo")
_LOGINS_MAX = 100


@dataclass(frozen=True, slots=True)
class Login:
    """One demo person who can log in."""

    id: str
    login: str
    name: str
    roles: LocalizedText
    password: str


def prepare(
    database: Database, compilation: Compilation, configuration: Settings, *, clock: Clock, say: Callable[..., None]
) -> list[Login]:
    """Apply the app to the database, load demo data where it is empty, and give the demo logins.

    ``say`` is told what is going on: demo-preparing, demo-loading, demo-loaded (number), demo-not-loaded (data, row, problems).
    The password is made once per installation and kept in a file that only its owner may read.
    """
    app = compilation.app
    if app is not None and deployment.lag(database, app) is not None:
        say("demo-preparing")
        deployment.apply_packages(database, compilation.packages, allow_destructive=False, by="demo", clock=clock)
    runtime = deployment.open_runtime(configuration.database_url, clock=clock)
    password = _password(configuration.data_folder)
    if not _has_people(runtime):
        say("demo-loading")
        loaded = load_data(runtime, demo=True)
        say("demo-loaded", number=loaded.created)
        for problem in loaded.problems[:20]:
            said = [LocalizedText(say_problem(each, "en"), say_problem(each, "zh")) for each in problem.problems]
            say("demo-not-loaded", data=problem.data, row=problem.row, problems=said)
        for login in logins(runtime, password):
            runtime.identity.set_password(login.id, password)
    found = logins(runtime, password)
    runtime.database.close()
    return found


def _joined(titles: list[LocalizedText]) -> LocalizedText:
    return LocalizedText(", ".join(sorted(each.en for each in titles)), "、".join(sorted(each.zh for each in titles)))


def _password(folder: Path) -> str:
    file = folder / "demo-password"
    if not file.exists():
        folder.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as opened:
            opened.write(next(each for each in iter(lambda: secrets.token_hex(5), "") if not is_guessable(each)))
    return file.read_text().strip()


def _has_people(runtime: Runtime) -> bool:
    with runtime.read(_ACTOR) as work:
        return bool(records.find(work, Query("system.user", limit=1)).items)


def logins(runtime: Runtime, password: str) -> list[Login]:
    """Demo people with a role, in the order in which they were made, at most a hundred."""
    with runtime.read(_ACTOR) as work:
        assigned = records.find(work, Query("system.role_assignment", limit=500)).items
        roles: dict[str, list[LocalizedText]] = {}
        for each in assigned:
            role = work.app.roles.get(str(each.values["role"]))
            if role is not None:
                roles.setdefault(str(each.values["user"]), []).append(role.title)
        people = records.find(work, Query("system.user", where="login is not blank", sort=("created_at",), limit=500)).items
    shown = [each for each in people if each.id in roles][:_LOGINS_MAX]
    return [Login(each.id, str(each.values["login"]), str(each.values["name"]), _joined(roles[each.id]), password) for each in shown]
