"""``dougong user add|password|disable|enable``: the first administrator, a forgotten password, a leaver."""

from __future__ import annotations

import argparse
import getpass
import sys

from engine import deployment, records, settings
from engine.access import Actor
from engine.errors import Invalid
from engine.records import Query, Record
from engine.runtime import Runtime
from engine.store.identity import check_password
from engine.wording import say_problem

NAME = "user"
HELP = "add a user, set a password, disable or enable a user"

_ACTOR = Actor.system("command line")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("action", choices=("add", "password", "disable", "enable"))
    parser.add_argument("login", metavar="LOGIN")
    parser.add_argument("--name", help="the person's name (add)")
    parser.add_argument("--role", action="append", default=[], help="full name of a role, e.g. system.admin (add; may be repeated)")
    parser.add_argument("--db", metavar="URL", help="database")
    parser.add_argument("--password-stdin", action="store_true", help="read the password from standard input instead of asking")


def run(args: argparse.Namespace) -> int:
    """0 when done, 1 with the reason where it cannot be."""
    runtime = deployment.open_runtime(settings.read(args.db).database_url)
    try:
        return {"add": _add, "password": _password, "disable": _disable, "enable": _enable}[args.action](runtime, args)
    except Invalid as error:
        for problem in error.problems:
            print(f"{problem.field}: {say_problem(problem, 'en')}", file=sys.stderr)
        return 1


def _find(runtime: Runtime, login: str) -> Record | None:
    with runtime.read(_ACTOR) as work:
        people = records.find(work, Query("system.user", equal={"login": login}, limit=1)).items
    return people[0] if people else None


def _ask(args: argparse.Namespace) -> str:
    return sys.stdin.readline().rstrip("\n") if args.password_stdin else getpass.getpass("Password: ")


def _missing(login: str) -> int:
    print(f"There is no user {login!r}.", file=sys.stderr)
    return 1


def _add(runtime: Runtime, args: argparse.Namespace) -> int:
    unknown = [role for role in args.role if role not in runtime.app.roles]
    if unknown:
        print(f"Unknown role: {', '.join(unknown)}. Known: {', '.join(sorted(runtime.app.roles))}", file=sys.stderr)
        return 1
    password, about = _ask(args), (args.login, args.name or "")
    # A refused password leaves nobody behind who could not log in.
    check_password(password, about)
    with runtime.begin(_ACTOR) as work:
        key = records.create(work, "system.user", {"name": args.name or args.login, "login": args.login})
        for role in args.role:
            records.create(work, "system.role_assignment", {"user": key, "role": role})
    runtime.identity.set_password(key, password, about)
    return 0


def _password(runtime: Runtime, args: argparse.Namespace) -> int:
    user = _find(runtime, args.login)
    if user is None:
        return _missing(args.login)
    runtime.identity.set_password(user.id, _ask(args), (args.login, str(user.values.get("name") or "")))
    return 0


def _enable(runtime: Runtime, args: argparse.Namespace) -> int:
    user = _find(runtime, args.login)
    if user is None:
        return _missing(args.login)
    with runtime.begin(_ACTOR) as work:
        records.update(work, "system.user", user.id, {"active": True}, None)
    return 0


def _disable(runtime: Runtime, args: argparse.Namespace) -> int:
    user = _find(runtime, args.login)
    if user is None:
        return _missing(args.login)
    with runtime.begin(_ACTOR) as work:
        records.update(work, "system.user", user.id, {"active": False}, None)
    return 0
