"""From one release to the next over the data that is there: plan what changes, apply it, journaled and resumable."""

from engine.store.migrations.apply import Observe, Outcome, Refused, apply, read_plan, session
from engine.store.migrations.conversions import needed as needs_conversion
from engine.store.migrations.journal import AlreadyApplying
from engine.store.migrations.plan import Finding, Plan
from engine.store.migrations.quarantine import Held, choose, copy_back, held, purge
from engine.store.migrations.steps import Bench
from engine.store.migrations.wording import say, tell_step

__all__ = [
    "AlreadyApplying",
    "Bench",
    "Finding",
    "Held",
    "Observe",
    "Outcome",
    "Plan",
    "Refused",
    "apply",
    "choose",
    "copy_back",
    "held",
    "needs_conversion",
    "purge",
    "read_plan",
    "say",
    "session",
    "tell_step",
]
