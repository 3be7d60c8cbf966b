"""Where everything is kept: the database, its tables, the unit of work that writes change, audit and event together."""

from engine.store.database import Database, Dialect
from engine.store.identity import Identity, LoginState, TokenInfo, TooManyAttempts, secret_hash
from engine.store.tables import Tables
from engine.store.work import Change, Event, Subscriber, UnitOfWork

__all__ = [
    "Change",
    "Database",
    "Dialect",
    "Event",
    "Identity",
    "LoginState",
    "Subscriber",
    "Tables",
    "TokenInfo",
    "TooManyAttempts",
    "UnitOfWork",
    "secret_hash",
]
