"""What the process counts about itself, in the format that Prometheus reads."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest, multiprocess, values

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics:
    """Requests by route, method and status, and how long they took."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        labels = ("route", "method", "status")
        self._requests = Counter("dougong_requests", "Requests answered", labels, registry=self._registry)
        self._seconds = Histogram(
            "dougong_request_seconds", "Time to answer", ("route", "method"), registry=self._registry, buckets=_BUCKETS_S
        )
        self._logins = Counter("dougong_logins", "Login attempts", ("outcome",), registry=self._registry)

    def request(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count one answered request; ``route`` is the rule, never the path, so that the number of series is bounded."""
        known = method if method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS") else "OTHER"
        self._requests.labels(route, known, str(status)).inc()
        self._seconds.labels(route, known).observe(seconds)

    def login(self, outcome: str) -> None:
        """Count one login: succeeded, refused or slowed."""
        self._logins.labels(outcome).inc()

    def text(self) -> bytes:
        """All counts, summed over the processes of this server."""
        if values.ValueClass.__name__ == "MmapedValue":
            registry = CollectorRegistry()
            multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
            return generate_latest(registry)
        return generate_latest(self._registry)


def count_across_processes() -> None:
    """Keep counts in files that the workers of one server share; call before they are forked.

    The library chooses its storage when it is imported, which is long before it is known how many workers there will be.
    """
    values.ValueClass = values.MultiProcessValue()  # type: ignore[no-untyped-call]  # the library's types stop here
