"""``dougong user add|password|disable|enable``: the first administrator, a forgotten password, a leaver."""

from __future__ import annotations

import argparse
import getpass
import sys

from engine import deployment, records, settings
from engine.access import Actor
from engine.cli.speech import language_of, say
from engine.errors import Invalid
from engine.i18n import Language
from engine.records import Query, Record
from engine.runtime import Runtime
from engine.store.identity import check_password
from engine.wording import say_problem

NAME = "user"

_ACTOR = Actor.system("command line")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("action", choices=("add", "password", "disable", "enable"), help="what is to be done")
    parser.add_argument("login", metavar="LOGIN", help="login of the user")
    parser.add_argument("--name", help="the person's name (add)")
    parser.add_argument("--role", action="append", default=[], help="full name of a role, e.g. system.admin (add; may be repeated)")
    parser.add_argument("--db", metavar="URL", help="database (default: DOUGONG_DB, else a SQLite file in dougong-data/)")
    parser.add_argument("--password-stdin", action="store_true", help="read the password from standard input instead of asking")


def run(args: argparse.Namespace) -> int:
    """0 when done, 1 with the reason where it cannot be, 2 where no password was given."""
    language = language_of(args)
    runtime = deployment.open_prepared(settings.read(args.db).database_url)
    try:
        if args.action == "add":
            return _add(runtime, args, language)
        user = _find(runtime, args.login)
        if user is None:
            return _refuse("no-such-login", language, 1, login=args.login)
        if args.action == "password":
            return _password(runtime, user, args, language)
        return _switch(runtime, user, args, language, active=args.action == "enable")
    except Invalid as error:
        fields = runtime.app.entities["system.user"].fields
        for problem in error.problems:
            label = fields[problem.field].title.text(language) if problem.field in fields else say("password", language).rstrip("：: ")
            print(f"{label}: {say_problem(problem, language)}", file=sys.stderr)
        return 1
    finally:
        runtime.database.close()


def _refuse(code: str, language: Language, exit_code: int, **values: str) -> int:
    print(say(code, language, **values), file=sys.stderr)
    return exit_code


def _find(runtime: Runtime, login: str) -> Record | None:
    with runtime.read(_ACTOR) as work:
        people = records.find(work, Query("system.user", equal={"login": login}, limit=1)).items
    return people[0] if people else None


def _ask(args: argparse.Namespace, language: Language) -> str | None:
    """The password; None after saying that there is none, or that it was typed in two ways."""
    if args.password_stdin:
        given = sys.stdin.readline().rstrip("\r\n")
    elif sys.stdin.isatty():
        given = getpass.getpass(say("password", language))
        if given and getpass.getpass(say("password-again", language)) != given:
            _refuse("passwords-differ", language, 2)
            return None
    else:
        given = ""
    if not given:
        _refuse("password-asked", language, 2)
    return given or None


def _add(runtime: Runtime, args: argparse.Namespace, language: Language) -> int:
    known = runtime.app.roles
    unknown = [role for role in args.role if role not in known]
    if unknown:
        return _refuse("roles-unknown", language, 1, unknown=", ".join(unknown), known=", ".join(sorted(known)))
    password, about = _ask(args, language), (args.login, args.name or "")
    if password is None:
        return 2
    # A refused password leaves nobody behind who could not log in.
    check_password(password, about)
    with runtime.begin(_ACTOR) as work:
        key = records.create(work, "system.user", {"name": args.name or args.login, "login": args.login})
        for role in dict.fromkeys(args.role):
            records.create(work, "system.role_assignment", {"user": key, "role": role})
    runtime.identity.set_password(key, password, about)
    roles = ("、" if language == "zh" else ", ").join(known[role].title.text(language) for role in dict.fromkeys(args.role))
    print(say("user-added" if roles else "user-added-bare", language, login=args.login, name=args.name or args.login, roles=roles))
    return 0


def _password(runtime: Runtime, user: Record, args: argparse.Namespace, language: Language) -> int:
    password = _ask(args, language)
    if password is None:
        return 2
    runtime.identity.set_password(user.id, password, (args.login, str(user.values.get("name") or "")))
    print(say("password-set", language, login=args.login))
    return 0


def _switch(runtime: Runtime, user: Record, args: argparse.Namespace, language: Language, *, active: bool) -> int:
    word = "enabled" if active else "disabled"
    if bool(user.values.get("active")) == active:
        print(say(f"user-was-{word}", language, login=args.login))
        return 0
    with runtime.begin(_ACTOR) as work:
        records.update(work, "system.user", user.id, {"active": active}, None)
    print(say(f"user-{word}", language, login=args.login))
    return 0
