"""The table of routes: each names who may ask, or the server does not start."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, get_args

from flask import Response

Allow = Literal["everyone", "people", "administrators"]
Page = Callable[..., Response]


@dataclass(frozen=True, slots=True)
class Route:
    """One address: its rule, method, who may ask, whether it speaks JSON, and how many bytes a request may bring.

    ``keeps_input`` says that what people typed into its form must outlive their session: see `resuming`.

    ``people`` are logged-in users (or tokens, for JSON); what exactly they may do with which record is decided by the gate.
    """

    rule: str
    method: str
    allow: Allow
    page: Page
    json: bool = False
    bytes_max: int | None = None
    keeps_input: bool = False


@dataclass(slots=True)
class Routes:
    """Collects routes of one part of the web."""

    json: bool = False
    found: list[Route] = field(default_factory=list)

    def add(
        self, method: str, rule: str, *, allow: Allow, bytes_max: int | None = None, keeps_input: bool = False
    ) -> Callable[[Page], Page]:
        """Declare a route; ``allow`` has no default, so none can be forgotten, and one that is none is refused at start."""
        if allow not in get_args(Allow):
            raise ValueError(f"{method} {rule}: who may ask? one of {get_args(Allow)}")

        def declare(page: Page) -> Page:
            self.found.append(Route(rule, method, allow, page, self.json, bytes_max, keeps_input))
            return page

        return declare

    def get(self, rule: str, *, allow: Allow) -> Callable[[Page], Page]:
        """A page that only reads."""
        return self.add("GET", rule, allow=allow)

    def post(self, rule: str, *, allow: Allow, bytes_max: int | None = None, keeps_input: bool = False) -> Callable[[Page], Page]:
        """A page that writes."""
        return self.add("POST", rule, allow=allow, bytes_max=bytes_max, keeps_input=keeps_input)
