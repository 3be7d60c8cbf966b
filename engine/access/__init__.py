"""Who may do what: actors, and the policy that decides from roles."""

from engine.access.actor import Actor
from engine.access.policy import Reason, RowDecision, along, fields, is_admin, readable, rows

__all__ = ["Actor", "Reason", "RowDecision", "along", "fields", "is_admin", "readable", "rows"]
