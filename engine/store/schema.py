"""The engine's own tables (prefix ``dg_``): audit, outbox, releases, identity, numbering, imports."""

from __future__ import annotations

import sqlalchemy as sa

from engine.store.columns import INSTANT, KEY, TEXT, Structure

metadata = sa.MetaData()

STATE = sa.Table(
    "dg_state",
    metadata,
    sa.Column("only", sa.Integer, primary_key=True),
    sa.Column("release", sa.Integer),
    sa.Column("access_epoch", sa.Integer, nullable=False),
    comment="One row: the release in force, and a counter that every change of users, roles or rights moves.",
)

RELEASE = sa.Table(
    "dg_release",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("content_hash", TEXT, nullable=False),
    sa.Column("applied_at", INSTANT, nullable=False),
    sa.Column("applied_by", TEXT),
    sa.Column("summary", Structure()),
)

RELEASE_FILE = sa.Table(
    "dg_release_file",
    metadata,
    sa.Column("release", sa.Integer, primary_key=True),
    sa.Column("package", TEXT, primary_key=True),
    sa.Column("path", TEXT, primary_key=True),
    sa.Column("content", sa.LargeBinary, nullable=False),
)

JOURNAL = sa.Table(
    "dg_journal",
    metadata,
    sa.Column("plan", TEXT, primary_key=True),
    sa.Column("step", sa.Integer, primary_key=True),
    sa.Column("operation", Structure(), nullable=False),
    sa.Column("state", TEXT, nullable=False),
    sa.Column("position", TEXT),
    sa.Column("rows_done", sa.BigInteger),
    sa.Column("started_at", INSTANT),
    sa.Column("ended_at", INSTANT),
    comment="Every apply: step 0 is the apply as a whole; position is the last key that a step in batches has done.",
)

LEASE = sa.Table(
    "dg_lease",
    metadata,
    sa.Column("name", TEXT, primary_key=True),
    sa.Column("token", TEXT, nullable=False),
    sa.Column("host", TEXT, nullable=False),
    sa.Column("process", sa.Integer, nullable=False),
    sa.Column("expires_at", INSTANT, nullable=False),
)

QUARANTINE = sa.Table(
    "dg_quarantine",
    metadata,
    sa.Column("id", KEY, primary_key=True),
    sa.Column("at", INSTANT, nullable=False),
    sa.Column("table_name", TEXT, nullable=False),
    sa.Column("column_name", TEXT),
    sa.Column("stored_as", TEXT, nullable=False),
    sa.Column("rows_held", sa.Integer, nullable=False),
    sa.Column("purged_at", INSTANT),
    sa.Column("release", sa.Integer),  # the one that was in force: what the values were
)

AUDIT = sa.Table(
    "dg_audit",
    metadata,
    sa.Column("id", KEY, primary_key=True),
    sa.Column("at", INSTANT, nullable=False),
    sa.Column("actor", KEY),
    sa.Column("actor_kind", TEXT, nullable=False),
    sa.Column("request", TEXT),
    sa.Column("entity", TEXT, nullable=False),
    sa.Column("record", KEY, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("verb", TEXT, nullable=False),
    sa.Column("changes", Structure(), nullable=False),
    sa.Index("ix_dg_audit_record", "record", "version"),
    sqlite_with_rowid=False,  # kept in the order of their ids, which is the order of their writing: one tree less per row
)

OUTBOX = sa.Table(
    "dg_outbox",
    metadata,
    sa.Column("id", KEY, primary_key=True),
    sa.Column("at", INSTANT, nullable=False),
    sa.Column("event", TEXT, nullable=False),
    sa.Column("entity", TEXT),
    sa.Column("record", KEY),
    sa.Column("version", sa.Integer),
    sa.Column("cause", TEXT),
    sa.Column("payload", Structure(), nullable=False),
    sa.Column("done_at", INSTANT),
    sqlite_with_rowid=False,
)
sa.Index("ix_dg_outbox_open", OUTBOX.c.id, sqlite_where=OUTBOX.c.done_at.is_(None), postgresql_where=OUTBOX.c.done_at.is_(None))

SEQUENCE = sa.Table(
    "dg_sequence",
    metadata,
    sa.Column("name", TEXT, primary_key=True),
    sa.Column("period", TEXT, primary_key=True),
    sa.Column("last", sa.BigInteger, nullable=False),
)

CREDENTIAL = sa.Table(
    "dg_credential",
    metadata,
    sa.Column("user_id", KEY, primary_key=True),
    sa.Column("hash", TEXT, nullable=False),
    sa.Column("changed_at", INSTANT, nullable=False),
)

SETUP = sa.Table(
    "dg_setup",
    metadata,
    sa.Column("user_id", KEY, primary_key=True),
    sa.Column("secret_hash", TEXT, nullable=False, unique=True),
    sa.Column("made_at", INSTANT, nullable=False),
    comment="Codes with which a person sets a password of their own, once.",
)

SESSION = sa.Table(
    "dg_session",
    metadata,
    sa.Column("secret_hash", TEXT, primary_key=True),
    sa.Column("user_id", KEY, nullable=False, index=True),
    sa.Column("opened_at", INSTANT, nullable=False),
    sa.Column("used_at", INSTANT, nullable=False),
)

TOKEN = sa.Table(
    "dg_token",
    metadata,
    sa.Column("secret_hash", TEXT, primary_key=True),
    sa.Column("id", KEY, nullable=False, unique=True),
    sa.Column("user_id", KEY, nullable=False, index=True),
    sa.Column("name", TEXT, nullable=False),
    sa.Column("scopes", Structure(), nullable=False),
    sa.Column("created_at", INSTANT, nullable=False),
    sa.Column("revoked_at", INSTANT),
)

LOGIN_ATTEMPT = sa.Table(
    "dg_login_attempt",
    metadata,
    sa.Column("id", KEY, primary_key=True),
    sa.Column("at", INSTANT, nullable=False, index=True),
    sa.Column("login", TEXT, nullable=False),
    sa.Column("address", TEXT, nullable=False),
    sa.Column("succeeded", sa.Boolean, nullable=False),
)

IDEMPOTENCY = sa.Table(
    "dg_idempotency",
    metadata,
    sa.Column("user_id", TEXT, primary_key=True),
    sa.Column("key", TEXT, primary_key=True),
    sa.Column("fingerprint", TEXT, nullable=False),
    sa.Column("at", INSTANT, nullable=False, index=True),
    sa.Column("status", sa.Integer, nullable=False),
    sa.Column("headers", Structure(), nullable=False),
    sa.Column("body", TEXT, nullable=False),
)

SHARE = sa.Table(
    "dg_share",
    metadata,
    sa.Column("record", KEY, primary_key=True),
    sa.Column("user_id", KEY, primary_key=True),
    sa.Column("entity", TEXT, nullable=False),
    sa.Column("may_update", sa.Boolean, nullable=False),
    sa.Column("at", INSTANT, nullable=False),
    sa.Column("by", KEY),
    sa.Index("ix_dg_share_user", "user_id", "entity"),
)

FILE = sa.Table(
    "dg_file",
    metadata,
    sa.Column("id", KEY, primary_key=True),
    sa.Column("name", TEXT, nullable=False),
    sa.Column("media_type", TEXT, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("sha256", TEXT, nullable=False),
    sa.Column("uploaded_at", INSTANT, nullable=False),
    sa.Column("uploaded_by", KEY),
    sa.Column("entity", TEXT),
    sa.Column("record", KEY, index=True),
    sa.Column("field", TEXT),
    sa.Column("detached_at", INSTANT),
    sa.Index("ix_dg_file_loose", "uploaded_at", sqlite_where=sa.text("record IS NULL"), postgresql_where=sa.text("record IS NULL")),
    sa.Index(
        "ix_dg_file_detached",
        "detached_at",
        sqlite_where=sa.text("detached_at IS NOT NULL"),
        postgresql_where=sa.text("detached_at IS NOT NULL"),
    ),
    comment="Files of fields: loose (no record) until a record's field names it; detached once the field names it no more.",
)

FILE_PART = sa.Table(
    "dg_file_part",
    metadata,
    sa.Column("file", KEY, primary_key=True),
    sa.Column("part", sa.Integer, primary_key=True),
    sa.Column("content", sa.LargeBinary, nullable=False),
    comment="The content of files in parts, so that one backup and one transaction cover a record and its files.",
)

IMPORT = sa.Table(
    "dg_import",
    metadata,
    sa.Column("id", KEY, primary_key=True),
    sa.Column("entity", TEXT, nullable=False),
    sa.Column("started_at", INSTANT, nullable=False),
    sa.Column("started_by", KEY),
    sa.Column("file_name", TEXT, nullable=False),
    sa.Column("file_sha256", TEXT, nullable=False),
    sa.Column("mapping", Structure(), nullable=False),
    sa.Column("state", TEXT, nullable=False),
    sa.Column("rows_total", sa.Integer, nullable=False),
    sa.Column("rows_done", sa.Integer, nullable=False),
    sa.Column("created", sa.Integer, nullable=False),
    sa.Column("updated", sa.Integer, nullable=False),
    sa.Column("unchanged", sa.Integer, nullable=False),
    sa.Column("refused", sa.Integer, nullable=False),
    sa.Column("problems", Structure(), nullable=False),
    sa.Column("ended_at", INSTANT),
    sa.Column("undone_at", INSTANT),
)

IMPORT_ROW = sa.Table(
    "dg_import_row",
    metadata,
    sa.Column("import_id", KEY, primary_key=True),
    sa.Column("row", sa.Integer, primary_key=True),
    sa.Column("record", KEY, nullable=False),
    sa.Column("created", sa.Boolean, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("before", Structure()),
    sqlite_with_rowid=False,
)

IMPORT_REFUSAL = sa.Table(
    "dg_import_refusal",
    metadata,
    sa.Column("import_id", KEY, primary_key=True),
    sa.Column("row", sa.Integer, primary_key=True),
    sa.Column("line", sa.Integer, nullable=False),
    sa.Column("problems", Structure(), nullable=False),
    sa.Column("cells", Structure(), nullable=False),
    comment="Rows of a file that were not taken, whole, so that they can be given back with the reasons.",
)

SETTING = sa.Table(
    "dg_setting",
    metadata,
    sa.Column("name", TEXT, primary_key=True),
    sa.Column("value", Structure(), nullable=False),
)
