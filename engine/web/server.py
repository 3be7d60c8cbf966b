"""Runs the web application for real: worker processes with threads, never the development server."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable
from typing import Any

from flask import Flask

from engine.web.metrics import count_across_processes

if sys.platform == "win32":
    import waitress
else:
    from gunicorn.app.base import BaseApplication

    from engine.web.worker import Worker

_THREADS = 8
_TIMEOUT_S = 60


def serve(factory: Callable[[], Flask], host: str, port: int, workers: int = 1) -> None:
    """Serve until told to stop. ``factory`` runs in each worker process, so that none shares a database connection."""
    if sys.platform == "win32":
        waitress.serve(factory(), host=host, port=port, threads=_THREADS, ident="dougong")
        return
    if workers > 1:
        with tempfile.TemporaryDirectory(prefix="dougong-metrics-") as folder:
            # The metrics library knows no other way to be told where processes share their counts.
            os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder  # noqa: TID251
            count_across_processes()
            _Server(factory, host, port, workers).run()
    else:
        _Server(factory, host, port, workers).run()


if sys.platform != "win32":

    class _Server(BaseApplication):  # type: ignore[misc]  # gunicorn ships no types
        """Gunicorn configured from here, not from files or the command line."""

        def __init__(self, factory: Callable[[], Flask], host: str, port: int, workers: int) -> None:
            self._factory = factory
            bracketed = f"[{host}]" if ":" in host else host
            self._options: dict[str, Any] = {
                "bind": f"{bracketed}:{port}",
                "workers": workers,
                "threads": _THREADS,
                "worker_class": Worker,
                "timeout": _TIMEOUT_S,
                "graceful_timeout": 20,
                "keepalive": 5,
                "limit_request_line": 8190,
                "proc_name": "dougong",
                "control_socket_disable": True,
                "loglevel": "warning",
            }
            super().__init__()

        def load_config(self) -> None:
            """Take our options."""
            for name, value in self._options.items():
                self.cfg.set(name, value)

        def load(self) -> Flask:
            """The application of one worker."""
            return self._factory()
