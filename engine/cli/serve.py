"""``dougong serve``: run the web application on a database that is up to date with its app."""

from __future__ import annotations

import argparse
import errno
import ipaddress
import socket
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence

from flask import Flask

from engine import demo, deployment, settings
from engine.cli.packages import as_typed, compile_or_report
from engine.cli.speech import language_of, say, say_system
from engine.clock import SystemClock
from engine.demo import Login
from engine.i18n import Language, LocalizedText
from engine.settings import Settings
from engine.store import Database
from engine.web import create_app
from engine.web.assets import scripts
from engine.web.logs import configure
from engine.web.server import serve

NAME = "serve"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("apps", nargs="+", metavar="APP", help="folder of an app package")
    parser.add_argument("--db", metavar="URL", help="database (default: DOUGONG_DB, else a SQLite file in dougong-data/)")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default 127.0.0.1)")
    parser.add_argument("--port", type=int, default=8000, help="port to listen on (default 8000)")
    parser.add_argument("--workers", type=int, default=1, help="web processes (default 1)")
    parser.add_argument("--demo", action="store_true", help="make an empty database ready with demo people and data; this machine only")


def run(args: argparse.Namespace) -> int:
    """Serve; 1 where the app has errors or the database lags it, 2 where the options make no sense."""
    language = language_of(args)
    refusal = _refusal(args, language)
    if refusal is not None:
        print(refusal, file=sys.stderr)
        return 2
    configuration = settings.read(args.db)
    compilation = compile_or_report(args.apps, language)
    if compilation is None or compilation.app is None:
        return 1
    scripts("app")  # raises BundleMissing here, once, and not in each process that serves
    database = Database(configuration.database_url)
    logins: list[Login] = []
    if args.demo:
        logins = demo.prepare(database, compilation, configuration, clock=SystemClock(), say=_teller(language))
    lagging = deployment.lag(database, compilation.app)
    if lagging is not None:
        print(lagging.text(language, as_typed(args)), file=sys.stderr)
        return 1
    database.close()
    threading.Thread(target=_greet, args=(args.host, args.port, logins, language), daemon=True).start()
    serve(lambda: _application(configuration), args.host, args.port, args.workers)
    return 0


def _application(configuration: Settings) -> Flask:
    """The web application of one worker process, with connections of its own."""
    configure(configuration.log_level)
    return create_app(deployment.open_runtime(configuration.database_url), configuration)


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _refusal(args: argparse.Namespace, language: Language) -> str | None:
    """Why the options make no sense, None where they do."""
    if args.demo and not _is_loopback(args.host):
        return say("demo-elsewhere", language)
    if not 0 <= args.port <= 65535:
        return say("port-range", language)
    if args.workers < 1:
        return say("workers-range", language)
    problem = _in_the_way(args.host, args.port)
    if problem is None:
        return None
    known = say("no-host", language) if isinstance(problem, socket.gaierror) else say_system(problem, language)
    code = "port-taken" if problem.errno == errno.EADDRINUSE else "no-address"
    return say(code, language, host=args.host, port=args.port, problem=known)


def _in_the_way(host: str, port: int) -> OSError | None:
    """What keeps us from listening there; asked first, because the server's own message is a traceback."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            return error
    return None


def _teller(language: Language) -> Callable[..., None]:
    def tell(code: str, *, problems: Sequence[LocalizedText] = (), **values: object) -> None:
        print(say(code, language, problem="; ".join(each.text(language) for each in problems), **values), flush=True)

    return tell


def _greet(host: str, port: int, logins: list[Login], language: Language) -> None:
    """Say where to go, once somebody going there would find it."""
    shown = f"[{host}]" if ":" in host else "127.0.0.1" if host == "0.0.0.0" else host  # noqa: S104 (a comparison, not a bind)
    address = f"http://{shown}:{port}/"
    for _attempt in range(300):
        try:
            with urllib.request.urlopen(address + "health", timeout=2) as answer:  # noqa: S310 (our own address)
                if answer.status == 200:
                    break
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    lines = [say("ready", language, address=address)]
    if logins:
        width = max(len(login.login) for login in logins)
        lines.append(say("logins", language, password=logins[0].password))
        lines += [f"  {login.login:<{width}}  {login.name} ({login.roles.text(language)})" for login in logins]
    print("\n".join(lines), flush=True)
