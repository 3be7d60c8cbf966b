"""``dougong serve``: run the web application on a database that is up to date with its app."""

from __future__ import annotations

import argparse
import ipaddress
import socket
import sys
import threading
import time
import urllib.error
import urllib.request

from flask import Flask

from engine import demo, deployment, settings
from engine.cli.packages import as_typed, compile_or_report
from engine.clock import SystemClock
from engine.demo import Login
from engine.settings import Settings
from engine.store import Database
from engine.web import create_app
from engine.web.assets import BundleMissing, scripts
from engine.web.logs import configure
from engine.web.server import serve

NAME = "serve"
HELP = "run the web application"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("apps", nargs="+", metavar="APP", help="folder of an app package")
    parser.add_argument("--db", metavar="URL", help="database (default: DOUGONG_DB, else a SQLite file in dougong-data/)")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default 127.0.0.1)")
    parser.add_argument("--port", type=int, default=8000, help="port to listen on (default 8000)")
    parser.add_argument("--workers", type=int, default=1, help="web processes (default 1)")
    parser.add_argument("--demo", action="store_true", help="make an empty database ready with demo people and data; this machine only")
    parser.add_argument("--lang", choices=("en", "zh"), default="en", help="language of messages")


def run(args: argparse.Namespace) -> int:
    """Serve; 1 where the app has errors or the database lags it, 2 where the options make no sense."""
    if args.demo and not _is_loopback(args.host):
        print("--demo makes logins that anybody can read off this screen: it serves on 127.0.0.1 only.", file=sys.stderr)
        return 2
    if not _is_free(args.host, args.port):
        print(f"Port {args.port} on {args.host} is taken; choose another with --port (make demo PORT=8123).", file=sys.stderr)
        return 2
    configuration = settings.read(args.db)
    compilation = compile_or_report(args.apps, args.lang)
    if compilation is None or compilation.app is None:
        return 1
    try:
        scripts("app")
    except BundleMissing as missing:
        print(missing, file=sys.stderr)
        return 1
    database = Database(configuration.database_url)
    logins: list[Login] = []
    if args.demo:
        logins = demo.prepare(database, compilation, configuration, clock=SystemClock(), say=print)
    lagging = deployment.lag(database, compilation.app)
    if lagging is not None:
        print(lagging.text(args.lang, as_typed(args)), file=sys.stderr)
        return 1
    database.close()
    threading.Thread(target=_greet, args=(args.host, args.port, logins), daemon=True).start()
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


def _is_free(host: str, port: int) -> bool:
    """Whether we may listen there; asked first, because the server's own message is a traceback."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def _greet(host: str, port: int, logins: list[Login]) -> None:
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
    lines = [f"Dougong is ready: {address}"]
    if logins:
        width = max(len(login.login) for login in logins)
        lines.append(f"Demo logins (password of all: {logins[0].password}):")
        lines += [f"  {login.login:<{width}}  {login.name} ({login.roles})" for login in logins]
    print("\n".join(lines), flush=True)
