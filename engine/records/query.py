"""Reading records: lists, single records, totals and search, always within what the actor may see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import sqlalchemy as sa

from engine import access, limits
from engine.errors import BadRequest, NotFound
from engine.language import types as t
from engine.language.expression import Expression
from engine.model.kinds.entity import SYSTEM_FIELDS, Entity
from engine.model.kinds.role import FieldRight
from engine.records import filters, gate, shapes
from engine.records.columns import readable_fields, right_on, type_of, value_of
from engine.records.derive import Values, value_column
from engine.records.lines import read_lines
from engine.records.masking import masked
from engine.records.naming import names_of, references_of
from engine.records.ordering import beyond, cursor_of, directed, order_of
from engine.records.plan import plan_of
from engine.records.record import Record
from engine.records.shapes import Listing
from engine.records.totals import totals_of
from engine.store import UnitOfWork


@dataclass(frozen=True, slots=True)
class Query:
    """What to list.

    ``where`` is text of the language or a compiled condition (a view's); ``also`` a second compiled condition; ``equal``
    are fields with the value (kept form) that each must have.
    ``sort`` and ``fields`` are fields or paths of references (``caller.name``), in ``sort`` "-" first for descending;
    ``totals`` maps a name of the answer to (function, field), e.g. {"won": ("sum", "amount")}.
    ``cursor`` is an earlier page's ``next``. ``trash`` lists deleted records instead. ``names`` asks for the display
    texts of references, which pages need and programs do not. ``export`` leaves out what the actor may read but not
    carry away.
    """

    entity: str
    where: str | Expression | None = None
    also: Expression | None = None
    equal: Mapping[str, Any] = field(default_factory=dict)
    search: str | None = None
    sort: tuple[str, ...] = ()
    fields: tuple[str, ...] | None = None
    limit: int = limits.page_rows_default
    cursor: str | None = None
    totals: Mapping[str, tuple[str, str | None]] = field(default_factory=dict)
    trash: bool = False
    names: bool = False
    export: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list; ``next`` is None on the last one, ``previous`` on the first. ``totals`` cover the whole list."""

    items: tuple[Record, ...]
    next: str | None
    totals: Mapping[str, Any]
    previous: str | None = None


def conditions_of(work: UnitOfWork, entity: Entity, query: Query) -> list[sa.ColumnElement[bool]]:
    """What narrows a list, first of all what the actor may see. Raises NotFound, Forbidden, BadRequest."""
    table = work.tables[entity.name]
    decision = gate.decide(work, entity, "delete" if query.trash else "read")
    found: list[sa.ColumnElement[bool]] = [table.c.deleted_at.is_not(None) if query.trash else table.c.deleted_at.is_(None)]
    allowed = gate.condition(work, entity, decision, "delete" if query.trash else "read")
    if allowed is not None:
        found.append(allowed)
    if query.export:
        carried = gate.condition(work, entity, gate.decide(work, entity, "export"), "export")
        found += [] if carried is None else [carried]
    expression = query.where
    if isinstance(expression, str):
        expression = filters.compile_filter(work, entity, expression) if expression.strip() else None
    for condition in (expression, query.also):
        if condition is not None:
            found.append(filters.where(work, entity, condition))
    rights = access.fields(work.app, work.actor, entity.name) if query.equal else {}
    for name, value in query.equal.items():
        if not access.readable(rights, name):
            raise BadRequest("unknown-field-in-query", field=name[:60], entity=entity.name)
        column = value_column(work, entity, name)
        found.append(column.is_(None) if value is None else column == value)
    if query.search and query.search.strip():
        found.append(_search(work, entity, query.search))
    return found


def _search(work: UnitOfWork, entity: Entity, text: str) -> sa.ColumnElement[bool]:
    """Every word must stand in some searched field that the actor may read, regardless of case."""
    names = entity.search or plan_of(work.app, entity.name).display_fields
    columns = [
        _searched(work, value_of(work, entity, name))
        for name in names
        if right_on(work, entity, name) in ("read", "write") and type(type_of(work.app, entity, name)) is t.Text
    ]
    if not columns:
        return sa.false()
    words = text.lower().split()[:8]
    position = sa.func.instr if work.database.dialect == "sqlite" else sa.func.strpos
    return sa.and_(*(sa.or_(*(position(column, word[:100]) > 0 for column in columns)) for word in words))


def _searched(work: UnitOfWork, column: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    if work.database.dialect == "sqlite":
        return sa.func.dg_lower(column)
    return sa.func.lower(sa.collate(column, "pg_unicode_fast"))


def _chosen(work: UnitOfWork, entity: Entity, fields: tuple[str, ...] | None) -> dict[str, FieldRight]:
    """The fields and paths asked for, each with the actor's right; raises BadRequest for what it may not see."""
    if fields is None:
        rights = readable_fields(work, entity)
        return {name: rights[name] for name, definition in entity.fields.items() if name in rights and definition.lines is None}
    chosen = {name: right_on(work, entity, name) for name in fields}
    for name, right in chosen.items():
        if right == "none":
            raise BadRequest("unknown-field-in-query", field=str(name)[:60], entity=entity.name)
    return {name: right for name, right in chosen.items() if "." in name or (name in entity.fields and entity.fields[name].lines is None)}


def find(work: UnitOfWork, query: Query) -> Page:
    """One page of records in order. Raises NotFound, Forbidden, BadRequest."""
    entity = gate.entity_of(work, query.entity)
    if not 1 <= query.limit <= limits.page_rows_max:
        raise BadRequest("bad-limit", max=limits.page_rows_max)
    ready = _prepared(work, entity, query)
    if ready is not None:
        listing, totals = ready.listing, {}
        found = ready.select.run(work.connection, work.variables)
    else:
        conditions = conditions_of(work, entity, query)
        listing = _listing(work, entity, query, conditions)
        rows = work.connection.execute(listing.statement)
        keys = list(rows.keys())
        found = [dict(zip(keys, row, strict=True)) for row in rows]
        totals = totals_of(work, entity, conditions, query.totals) if query.totals else {}
    backward = (query.cursor or "").startswith("-")
    more, found = len(found) > query.limit, found[: query.limit]
    if backward:
        found.reverse()
    records = present_all(work, entity, found, listing.rights, listing.names, with_names=query.names)
    following = cursor_of(listing.order, found[-1]) if found and (more or backward) else None
    previous = cursor_of(listing.order, found[0], backward=True) if found and (more if backward else query.cursor) else None
    return Page(tuple(records), following, totals, previous)


def _prepared(work: UnitOfWork, entity: Entity, query: Query) -> shapes.Prepared | None:
    """The list's statement ready to run, where its shape has been asked before and no value stands in it."""
    if query.cursor or query.totals or query.equal or query.search:
        return None
    where = query.where if isinstance(query.where, str) else id(query.where)
    shape = (query.entity, where, id(query.also), query.sort, query.fields, query.limit, query.trash)
    return shapes.prepared(
        work, shape, (query.where, query.also), lambda late: _listing(late, entity, query, conditions_of(late, entity, query))
    )


def _listing(work: UnitOfWork, entity: Entity, query: Query, conditions: Sequence[sa.ColumnElement[bool]]) -> Listing:
    order = order_of(work, entity, query.sort or ("-created_at",))
    rights = _chosen(work, entity, query.fields)
    table = work.tables[entity.name]
    columns = [table.c[name] for name in SYSTEM_FIELDS] + [value_of(work, entity, name).label(name) for name in rights]
    columns += [table.c[f"{name}__entity"] for name in rights if name in entity.fields and len(entity.fields[name].targets) > 1]
    present = {*SYSTEM_FIELDS, *rights}
    columns += [step.column.label(step.name) for step in order if step.name not in present]
    statement = sa.select(*columns).where(*conditions)
    if query.cursor:
        statement = statement.where(beyond(work, entity, order, query.cursor))
    backward = (query.cursor or "").startswith("-")
    steps = (directed(step, work.database.dialect, backward=backward) for step in order)
    return Listing(statement.order_by(*steps).limit(query.limit + 1), tuple(order), rights, tuple(rights))


def get(work: UnitOfWork, entity: str, key: str, *, trash: bool = False) -> Record:
    """One record with its lines and the display of what it links to. Raises NotFound where the actor may not see it."""
    definition = gate.entity_of(work, entity)
    table = work.tables[entity]
    rights = readable_fields(work, definition)
    names = list(_chosen(work, definition, None))
    columns = [table.c[name] for name in SYSTEM_FIELDS] + [value_column(work, definition, name).label(name) for name in names]
    columns += [table.c[f"{name}__entity"] for name in names if len(definition.fields[name].targets) > 1]
    statement = sa.select(*columns).where(table.c.id == key, *conditions_of(work, definition, Query(entity, trash=trash)))
    row = work.connection.execute(statement).first()
    if row is None:
        raise NotFound("no-record", entity=entity, id=key)
    values = dict(row._mapping)
    plan = plan_of(work.app, entity)
    if any(name in rights for name in plan.lines):
        read_lines(work, plan, {key: values})
    record = present_all(work, definition, [values], rights, [*names, *(name for name in plan.lines if name in rights)], with_names=True)[0]
    may = {verb: key in gate.ids_allowed(work, definition, verb, [key]) for verb in ("update", "delete")} if not trash else {}
    return replace(record, may_update=may.get("update", False), may_delete=may.get("delete", True))


def present_all(
    work: UnitOfWork, entity: Entity, found: Sequence[Values], rights: Mapping[str, FieldRight], names: Sequence[str], *, with_names: bool
) -> list[Record]:
    """Rows as records: masked where the actor sees only a mask, references named where asked, one statement per target entity."""
    hidden = frozenset(name for name in names if rights.get(name) == "mask")
    displays = names_of(work, entity, found) if with_names else {}
    references = references_of(work, entity, found, [name for name in names if name not in hidden]) if with_names else {}
    shown = (
        *SYSTEM_FIELDS,
        *names,
        *(f"{name}__entity" for name in names if name in entity.fields and len(entity.fields[name].targets) > 1),
    )
    exact = bool(found) and not hidden and found[0].keys() == frozenset(shown)
    records = []
    for values in found:
        key = values["id"]
        kept = values if exact else {name: values.get(name) for name in shown}
        for name in hidden:
            field = work.app.field_at(entity.name, name)
            kept[name] = masked(field, kept[name]) if field is not None else None
        records.append(Record(entity.name, key, values["version"], kept, displays.get(key, ""), references.get(key, {}), hidden))
    return records
