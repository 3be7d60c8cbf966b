"""Bringing an app to a database: what an apply does, whether a database lags its app, and how a runtime is opened."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from engine import settings
from engine.clock import Clock, SystemClock
from engine.diagnostics import message
from engine.errors import DougongError, NotFound
from engine.i18n import Language
from engine.model import App, Compilation, Compiler, Package
from engine.runtime import NoRelease, Runtime
from engine.store import Database, migrations, releases
from engine.store.migrations import Held, Observe, Outcome, Plan
from engine.store.releases import Applied

Files = Mapping[str, bytes]

SYSTEM = "system"


class NotCompilable(DougongError):
    """The packages have errors; ``compilation`` carries every diagnostic."""

    code = "not-compilable"

    def __init__(self, compilation: Compilation, code: str | None = None) -> None:
        first = compilation.diagnostics[0] if compilation.diagnostics else None
        super().__init__(code, problem=message(first, "en") if first is not None else "")
        self.compilation = compilation


@dataclass(frozen=True, slots=True)
class Lag:
    """A database that is not as its app wants it."""

    plan: Plan

    def text(self, language: Language, arguments: str) -> str:
        """What to do about it; ``arguments`` are those of the commands to run, quoted as a shell wants them."""
        code = "lag-new" if self.plan.before is None else "lag"
        return migrations.say(code, language, steps=len(self.plan.operations), arguments=arguments)


def compile_files(packages: Mapping[str, Files]) -> App:
    """The App of a stored release, with the system package that it was applied with. Raises NotCompilable."""
    system = Package(SYSTEM, packages[SYSTEM]) if SYSTEM in packages else None
    compilation = Compiler().compile((Package(name, files) for name, files in packages.items() if name != SYSTEM), system=system)
    if compilation.app is None:
        raise NotCompilable(compilation, "release-unreadable")
    return compilation.app


def open_runtime(url: str, *, clock: Clock | None = None) -> Runtime:
    """A runtime on a database, by its URL; the database may be away for now."""
    return Runtime(Database(url), compile_files, clock=clock, code_folder=settings.cache_folder())


def open_prepared(url: str) -> Runtime:
    """A runtime on a database that has a release. Raises NoRelease where nothing was ever applied, NoDatabase where there is none."""
    runtime = open_runtime(url)
    with runtime.database.read() as connection:
        if not releases.is_prepared(connection):
            raise NoRelease
    return runtime


def release_in_force(connection: sa.Connection, known: App) -> App | None:
    """The App of the release in force; None where there is none, or where this engine can read it no more.

    ``known`` is an App at hand, which stands in for a release of the same content: the usual case at a start.
    Without it a plan has only the tables to go by: nothing is lost, but renames are not seen as such.
    """
    if not releases.is_prepared(connection):
        return None
    release = releases.state(connection).release
    if release is not None and releases.content_hash_of(connection, release) == known.content_hash:
        return known
    try:
        return compile_files(releases.files_of(connection, release)) if release is not None else None
    except NotCompilable:
        return None


def plan(database: Database, app: App) -> Plan:
    """What an apply of this App would do. Changes nothing."""
    with database.read() as connection:
        return migrations.read_plan(connection, release_in_force(connection, app), app)


def lag(database: Database, app: App) -> Lag | None:
    """How a database lags its app, None where it is up to date."""
    found = plan(database, app)
    return None if found.empty else Lag(found)


def past_releases(database: Database) -> tuple[Applied, ...]:
    """Every release of a database, newest first."""
    with database.read() as connection:
        return releases.history(connection) if releases.is_prepared(connection) else ()


def packages_of(database: Database, release: str) -> tuple[Package, ...]:
    """The packages of an earlier release, by its number or the beginning of its hash. Raises NotFound.

    The engine's own package is not among them: people, departments and roles stay as this engine has them.
    """
    found = [
        each
        for each in past_releases(database)
        if str(each.number) == release or (len(release) > 5 and each.content_hash.startswith(release))
    ]
    if not found:
        raise NotFound("unknown-release", release=release)
    with database.read() as connection:
        files = releases.files_of(connection, found[0].number)
    return tuple(Package(name, each) for name, each in files.items() if name != SYSTEM)


def quarantined(database: Database) -> tuple[Held, ...]:
    """What changes took out of use and kept, oldest first."""
    with database.read() as connection:
        return migrations.held(connection)


def purge(database: Database, names: Sequence[str], *, clock: Clock | None = None) -> None:
    """Remove what is in quarantine by these names, for good, all or nothing. Raises NotFound, migrations.AlreadyApplying."""
    with migrations.session(database, clock or SystemClock()) as held, held.transaction() as connection:
        migrations.purge(connection, migrations.choose(migrations.held(connection), names), held.now)


def apply_packages(
    database: Database,
    packages: Iterable[Package],
    *,
    allow_destructive: bool,
    by: str | None,
    clock: Clock | None = None,
    observe: Observe | None = None,
) -> Outcome:
    """Bring a database to these packages. Raises NotCompilable, migrations.Refused, migrations.AlreadyApplying."""
    given = tuple(packages)
    compilation = Compiler().compile(given)
    if compilation.app is None:
        raise NotCompilable(compilation)
    app, clock = compilation.app, clock or SystemClock()
    with migrations.session(database, clock) as held:
        with held.transaction() as connection:
            old = release_in_force(connection, app)
        bench = migrations.Bench(
            old=old,
            new=app,
            packages=_files(compilation, app),
            by=by,
            now=lambda: clock.now().replace(tzinfo=None),
            allow_destructive=allow_destructive,
        )
        return migrations.apply(held, bench, observe)


def _files(compilation: Compilation, app: App) -> dict[str, Files]:
    """The files of each package by the app's name, not by where it lay."""
    names = {each.content_hash: each.name for each in app.packages}
    return {names[package.content_hash]: package.files for package in compilation.packages}
