"""The one gate to business data: whoever reads or writes records, for whatever purpose, does it here with a unit of work."""

from engine.records.actors import load_actor
from engine.records.explain import Verdict, why
from engine.records.gate import ids_allowed
from engine.records.grouping import Group, groups
from engine.records.history import HistoryEntry, history
from engine.records.lines import new_line
from engine.records.plan import prepare
from engine.records.presenting import present, present_many
from engine.records.preview import Preview, preview
from engine.records.query import Page, Query, find, get
from engine.records.record import Record, Reference
from engine.records.removal import delete, purge, restorable, restore
from engine.records.reviving import NotRevived, Revived, revive
from engine.records.service import create, create_and_read, create_many, update
from engine.records.sharing import Share, share, shareable, shares, unshare
from engine.records.suggest import autocomplete

__all__ = [
    "Group",
    "HistoryEntry",
    "NotRevived",
    "Page",
    "Preview",
    "Query",
    "Record",
    "Reference",
    "Revived",
    "Share",
    "Verdict",
    "autocomplete",
    "create",
    "create_and_read",
    "create_many",
    "delete",
    "find",
    "get",
    "groups",
    "history",
    "ids_allowed",
    "load_actor",
    "new_line",
    "prepare",
    "present",
    "present_many",
    "preview",
    "purge",
    "restorable",
    "restore",
    "revive",
    "share",
    "shareable",
    "shares",
    "unshare",
    "update",
    "why",
]
