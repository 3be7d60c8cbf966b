"""Creating and changing a record: nothing typed is lost, every problem stands beside its field, two people's changes are merged."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Response

from engine import access, forms, limits
from engine.errors import BadRequest, Conflict, DougongError, FieldProblem, Forbidden, Invalid, NotFound
from engine.forms import FormState
from engine.ids import is_id, new_id
from engine.model.kinds.entity import Field
from engine.model.kinds.role import Verb
from engine.records import Record, Reference, create, get, preview, restorable, restore, update
from engine.store import UnitOfWork
from engine.web.inputs import Raw, given_values, input_of, new_line_inputs, pruned, read_form
from engine.web.jsons import loads
from engine.web.menu import entity_path
from engine.web.pages import once
from engine.web.pages.addresses import Place, key_of, place_of, preset_of
from engine.web.pages.files import name_files, take_files
from engine.web.pages.merging import merge_lines, tell_clashes
from engine.web.pages.people import named_choices
from engine.web.pages.picks import suggest
from engine.web.render import Renderer
from engine.web.routes import Routes
from engine.web.show import show, show_file, show_value, zone_of
from engine.web.toasts import leave_toast
from engine.web.visit import Visit
from engine.wording import say_problem

ROUTES = Routes()


@dataclass(slots=True)
class Page:
    """A form in progress: what was typed, where it stands against the stored record, and what is wrong with it.

    ``raw`` is what the inputs hold, ``base`` what they held when the form was first shown, ``theirs`` the fields that
    somebody else changed since, with their value now. ``candidates`` are records offered for a link field. ``once`` is the
    form's own key, with which it is saved once; ``saved_as`` where it led when it was saved already. ``key`` is that of the
    record in the address, which may be ``gone`` by now, and perhaps ``restorable`` by this person.
    """

    place: Place
    record: Record | None
    raw: dict[str, Raw]
    base: dict[str, Raw]
    version: int | None
    problems: list[FieldProblem]
    theirs: dict[str, Raw]
    candidates: dict[str, list[Reference]]
    picked: dict[str, Reference]
    typed: dict[str, str]
    conflict: bool = False
    files: dict[str, Mapping[str, Any]] = dataclasses.field(default_factory=dict)
    once: str = dataclasses.field(default_factory=new_id)
    saved_as: str = ""
    key: str = ""
    gone: bool = False
    restorable: bool = False

    @property
    def changed(self) -> dict[str, Raw]:
        """What the person changed: only that is sent, so that untouched fields keep what others put there."""
        if self.gone:
            return dict(self.raw)
        return {name: value for name, value in self.raw.items() if value != self.base.get(name)}


def _links(place: Place) -> list[Field]:
    return [field for field in place.entity.fields.values() if field.targets and field.lines is None]


def _stored_inputs(visit: Visit, place: Place, values: Mapping[str, Any]) -> dict[str, Raw]:
    zone = zone_of(visit)
    return {name: input_of(visit.app, field, values.get(name), values, zone) for name, field in place.entity.fields.items()}


def _posted(visit: Visit, place: Place, record: Record | None) -> Page:
    form = visit.request.form
    raw = read_form(visit.app, place.entity, form)
    try:
        base = loads((form.get("base") or "{}").encode())
    except BadRequest:
        base = {}
    version = form.get("version", "")
    typed = {each.name: form.get(f"{each.name}__text", "").strip()[:200] for each in _links(place)}
    page = Page(
        place=place,
        record=record,
        raw=raw,
        base=base if isinstance(base, dict) else {},
        version=int(version) if version.isdecimal() and len(version) < 10 else None,
        problems=[],
        theirs={},
        candidates={},
        picked={},
        typed=typed,
        once=form.get("_once", ""),
        key=record.id if record else "",
    )
    if not is_id(page.once):
        page.once = ""
    take_files(visit, page)
    return page


def _resolve_links(work: UnitOfWork, page: Page, *, searching: str = "") -> None:
    """Turn words typed for a link into the record they name, where a page without scripts could not; else offer candidates."""
    for field in _links(page.place):
        value = page.raw.get(field.name)
        key = value.get("id", "") if isinstance(value, dict) else value
        target = value.get("entity", "") if isinstance(value, dict) else field.targets[0]
        words = page.typed.get(field.name, "")
        if field.name not in page.raw or target not in field.targets:
            continue
        if searching == field.name or (words and not key):
            _offer(work, page, field, target, words, choose=searching != field.name)


def _offer(work: UnitOfWork, page: Page, field: Field, target: str, words: str, *, choose: bool) -> None:
    found = suggest(work, target, words)
    exact = [each for each in found if each.display == words]
    only = exact if len(exact) == 1 else found if len(found) == 1 else []
    if choose and only:
        page.raw[field.name] = {"id": only[0].id, "entity": target} if len(field.targets) > 1 else only[0].id
        return
    page.candidates[field.name] = found
    if choose:
        page.problems.append(FieldProblem(field.name, "several-match" if found else "no-such-record", {"entity": target}))


def _name_links(work: UnitOfWork, page: Page) -> None:
    """The display of every chosen link, for the picker's text."""
    for field in _links(page.place):
        value = page.raw.get(field.name)
        key = value.get("id", "") if isinstance(value, dict) else value
        target = value.get("entity", "") if isinstance(value, dict) else field.targets[0]
        if isinstance(key, str) and is_id(key) and target in field.targets:
            known = page.record.references.get(field.name) if page.record else None
            if known is not None and known.id == key:
                page.picked[field.name] = known
                continue
            try:
                page.picked[field.name] = Reference(target, key, get(work, target, key).display)
            except DougongError:
                continue


def _state(visit: Visit, work: UnitOfWork, page: Page) -> tuple[FormState, Mapping[str, Any]]:
    """Which fields the form shows for what it holds now, and the values worked out from it."""
    record = page.record
    verb: Verb = "update" if page.gone and not page.place.may_create else "create"
    seen = preview(work, page.place.entity.name, record.id if record else None, given_values(page.place.entity, page.changed), verb=verb)
    state = forms.form_state(visit.app, page.place.entity.name, seen.values, page.place.rights, work.variables, creating=record is None)
    return state, seen.values


def _draw(visit: Visit, renderer: Renderer, work: UnitOfWork, page: Page, *, status: int = 200, part: bool = False) -> Response:
    _name_links(work, page)
    name_files(work, page)
    state, values = _state(visit, work, page)
    by_field: dict[str, list[str]] = {}
    for problem in page.problems:
        by_field.setdefault(problem.field, []).append(say_problem(problem, visit.language))
    entity, record = page.place.entity, page.record
    what = visit.label(entity.title)
    path = entity_path(entity.name, record.id) if record else entity_path(entity.name)
    content = {
        "place": page.place,
        "page": page,
        "state": state,
        "record": record,
        "problems": by_field,
        "jumps": _jumps(visit, page, state),
        "title": visit.say("form.edit" if record or page.gone else "form.new", what=record.display if record else what),
        "path": path,
        "action": entity_path(entity.name, page.key, "edit") if page.key else f"{path}/new",
        "base": json.dumps(page.base, ensure_ascii=False),
        "shown": lambda field: _computed(visit, field, values, record),
        "children": lambda field: _columns(visit, field),
        "line_shown": lambda field, position, column: _line_computed(visit, field, position, column, values),
        "theirs": lambda field: _theirs(visit, field, page),
        "limits": limits,
        "file_link": lambda file: show_file(visit, file),
        "worked_out": lambda field: values.get(field.name) is not None,
        "any_typed": lambda section: any(not each.readonly for each in section.fields),
        "named": lambda field: named_choices(visit, entity.name, field.name),
        "target_title": lambda name: visit.label(visit.app.entities[name].title),
    }
    if part or visit.saves_by_script:
        response = renderer.part(visit, "form_body.html", status=status, **content)
        response.headers["Dougong-Form"] = "unread" if visit.stale else "read"
        return response
    return renderer.page(visit, "form.html", status=status, **content)


def _computed(visit: Visit, field: Field, values: Mapping[str, Any], record: Record | None) -> Any:
    """A field that is not typed here: worked out anew, or as it is stored."""
    if record is not None and (field.targets or field.name in record.masked or not field.stored):
        return show(visit, field, record)
    return show_value(visit, field, values.get(field.name), values)


def _line_computed(visit: Visit, field: Field, position: int, column: Field, values: Mapping[str, Any]) -> Any:
    """A worked-out field of one child line as typed so far."""
    rows = values.get(field.name) or ()
    row = rows[position] if position < len(rows) else {}
    return show_value(visit, column, row.get(column.name), row, short=True)


def _columns(visit: Visit, field: Field) -> list[Field]:
    """The fields of a child line that its grid shows."""
    return list(visit.app.entities[field.lines or ""].fields.values())


def _theirs(visit: Visit, field: Field, page: Page) -> str:
    """What somebody else saved for a field meanwhile, in a few words."""
    if page.record is None or field.name not in page.theirs:
        return ""
    if field.lines is not None:
        return " ".join(str(words) for words in page.theirs[field.name] or ())
    return visit.say("form.theirs", value=show(visit, field, page.record).striptags())


def _jumps(visit: Visit, page: Page, state: FormState) -> list[tuple[str, str, str]]:
    """The problems as a list to jump from: (anchor, field's title, words)."""
    titles = {each.field.name: each.field for each in state.fields}
    found = []
    for problem in page.problems:
        top, _, rest = problem.field.partition(".")
        field = titles.get(top) or page.place.entity.fields.get(top)
        title = visit.label(field.title) if field else visit.say("form.whole")
        if rest and field is not None and field.lines is not None:
            position, _, name = rest.partition(".")
            child = visit.app.entities[field.lines].fields.get(name)
            line = visit.say("form.line", number=int(position) + 1 if position.isdecimal() else position)
            title = " · ".join([title, line, *([visit.label(child.title)] if child else [])])
        found.append((f"field-{problem.field.replace('.', '-')}" if field else "form", title, say_problem(problem, visit.language)))
    return found


def _first_page(place: Place, record: Record | None, raw: dict[str, Raw]) -> Page:
    if record is None:
        return Page(place, None, raw, {}, None, [], {}, {}, {}, {})
    return Page(place, record, raw, dict(raw), record.version, [], {}, {}, {}, {}, key=record.id)


@ROUTES.get("/app/<app>/<name>/new", allow="people")
def new_page(visit: Visit, renderer: Renderer, app: str, name: str) -> Response:
    """An empty form with defaults; the address may preset fields (``?owner=…``)."""
    place = place_of(visit, app, name)
    preset = preset_of(visit, place)
    with visit.reading() as work:
        seen = preview(work, place.entity.name, None, preset)
        page = _first_page(place, None, _stored_inputs(visit, place, seen.values))
        return _draw(visit, renderer, work, page)


@ROUTES.post("/app/<app>/<name>/new", allow="people", bytes_max=limits.form_bytes_max, keeps_input=True)
def new(visit: Visit, renderer: Renderer, app: str, name: str) -> Response:
    """Creates the record, or shows the form again with every problem."""
    place = place_of(visit, app, name)
    page = _posted(visit, place, None)
    again = _interim(visit, renderer, page)
    if again is not None:
        return again
    try:
        with visit.writing() as work:
            before = once.claimed(work, page)
            if before is None:
                address = _landing(work, place, create(work, place.entity.name, given_values(place.entity, page.raw)))
                once.keep(work, page, address)
            else:
                address = before.headers["Location"]
    except (Invalid, Conflict) as error:
        return _refused(visit, renderer, page, error)
    except Forbidden as error:
        if error.code != "outside-your-records":
            raise
        return _refused(visit, renderer, page, Invalid([_outside(visit, page)]))
    if before is not None and not once.same(page, before):
        page.saved_as, page.once = address, new_id()
        with visit.reading() as work:
            return _draw(visit, renderer, work, page, status=409)
    return _saved(visit, place, "created", address)


def _landing(work: UnitOfWork, place: Place, key: str) -> str:
    """Where to go from a saved form: to the record, or to the list where its writer may not see it (any more)."""
    try:
        return entity_path(place.entity.name, get(work, place.entity.name, key).id)
    except NotFound:
        return entity_path(place.entity.name)


def _saved(visit: Visit, place: Place, told: str, address: str) -> Response:
    overview = entity_path(place.entity.name)
    leave_toast(visit, f"{told}_unseen" if address == overview else told)
    more = visit.request.form.get("_action") == "save_new"
    target = f"{overview}/new" if more else address
    if visit.saves_by_script:
        return Response(status=204, headers={"Dougong-Location": target})
    return Response(status=303, headers={"Location": target})


def _outside(visit: Visit, page: Page) -> FieldProblem:
    """A new record that its writer may not create, told beside the field that decides about it where that can be changed here."""
    entity = page.place.entity
    decision = access.rows(visit.app, visit.person, entity.name, "create")
    reads = {path.partition(".")[0] for condition in decision.conditions for path in condition.reads}
    deciding = [name for name in entity.fields if name in reads and name in page.raw and page.place.rights.get(name) == "write"]
    return FieldProblem(deciding[0], "outside-by-this") if deciding else FieldProblem("", "outside-your-records")


@ROUTES.get("/app/<app>/<name>/<key>/edit", allow="people")
def edit_page(visit: Visit, renderer: Renderer, app: str, name: str, key: str) -> Response:
    """The record's form; the address may bring changes along (``?status=…``), which are saved like typed ones."""
    place = place_of(visit, app, name)
    preset = preset_of(visit, place)
    with visit.reading() as work:
        record = get(work, place.entity.name, key_of(key))
        page = _first_page(place, record, _stored_inputs(visit, place, record.values))
        if preset:
            seen = preview(work, place.entity.name, record.id, preset)
            changed = _stored_inputs(visit, place, seen.values)
            page.raw.update({each: changed[each] for each in preset})
        return _draw(visit, renderer, work, page)


@ROUTES.post("/app/<app>/<name>/<key>/edit", allow="people", bytes_max=limits.form_bytes_max, keeps_input=True)
def edit(visit: Visit, renderer: Renderer, app: str, name: str, key: str) -> Response:
    """Saves what was changed. Where somebody else was faster, shows both and keeps what was typed."""
    place, wanted = place_of(visit, app, name), key_of(key)
    restoring = visit.request.form.get("_action") == "restore"
    problems = _restore(visit, place, wanted) if restoring else []
    try:
        with visit.reading() as work:
            record = get(work, place.entity.name, wanted)
    except NotFound:
        return _gone(visit, renderer, place, wanted, problems)
    page = _posted(visit, place, record)
    again = _interim(visit, renderer, page)
    if again is not None:
        return again
    if restoring:
        stored = _stored_inputs(visit, place, record.values)
        if all(stored.get(each) == page.base.get(each) for each in page.changed):
            page.version = record.version
    return _change(visit, renderer, page, record)


def _change(visit: Visit, renderer: Renderer, page: Page, record: Record) -> Response:
    """Write what was changed, once; else draw the form again with what stands in the way."""
    entity = page.place.entity
    told = "updated"
    try:
        with visit.writing() as work:
            before = once.claimed(work, page)
            if before is not None and once.same(page, before):
                return _saved(visit, page.place, told, before.headers["Location"])
            if before is not None or page.version is None:
                raise Conflict("record-changed")
            if update(work, entity.name, record.id, given_values(entity, page.changed), page.version) == record.version:
                told = "unchanged"
            address = _landing(work, page.place, record.id)
            once.keep(work, page, address)
    except Conflict as error:
        if error.code != "record-changed":
            return _refused(visit, renderer, page, error)
        with visit.reading() as work:
            page.record = get(work, entity.name, record.id)
        return _merge(visit, renderer, page)
    except Invalid as error:
        return _refused(visit, renderer, page, error)
    except Forbidden as error:
        if error.code != "not-allowed":
            raise
        page.problems.append(FieldProblem("", "update-not-allowed"))
        with visit.reading() as work:
            return _draw(visit, renderer, work, page, status=403)
    except NotFound:
        return _gone(visit, renderer, page.place, record.id, [])
    return _saved(visit, page.place, told, address)


def _restore(visit: Visit, place: Place, key: str) -> list[FieldProblem]:
    """Bring back the record that a form was about; what cannot be is gone as before."""
    try:
        with visit.writing() as work:
            restore(work, place.entity.name, key)
    except Conflict as error:
        return _of_conflict(error)
    except (NotFound, Forbidden):
        return []
    return []


def _gone(visit: Visit, renderer: Renderer, place: Place, key: str, problems: list[FieldProblem]) -> Response:
    """The form of a record that is no longer there for this person, with all that was typed, and what may be done with it."""
    page = _posted(visit, place, None)
    page.key, page.gone = key, True
    page.problems += problems
    verb, part = _asked(visit)
    with visit.reading() as work:
        before = once.led_to(work, page)
        if before is not None and once.same(page, before):
            return _saved(visit, place, "updated", before.headers["Location"])
        page.restorable = restorable(work, place.entity.name, key)
        _rearrange(work, page, verb)
        return _draw(visit, renderer, work, page, status=404, part=part)


def _asked(visit: Visit) -> tuple[tuple[str, str], bool]:
    """What the form asks for, as a verb with its object, and whether only for a part of the page."""
    verb, _, rest = visit.request.form.get("_action", "save").partition(":")
    return (verb, rest), visit.request.headers.get("HX-Request") == "true"


def _rearrange(work: UnitOfWork, page: Page, asked: tuple[str, str]) -> bool:
    """Do what a form asks for besides saving: a search for a link, one more line or one less."""
    verb, rest = asked
    if verb == "find":
        _resolve_links(work, page, searching=rest)
    elif verb in ("add", "remove"):
        _change_lines(work, page, verb, rest)
    return verb in ("find", "add", "remove")


def _interim(visit: Visit, renderer: Renderer, page: Page) -> Response | None:
    """A form that is not to be saved (yet) is redrawn for what it holds; None where it is to be saved."""
    asked, part = _asked(visit)
    with visit.reading() as work:
        if _rearrange(work, page, asked) or part or visit.stale:
            return _draw(visit, renderer, work, page, status=403 if visit.stale and not part else 200, part=part)
        page.raw = pruned(visit.app, page.place.entity, page.raw)
        _resolve_links(work, page)
        if not page.problems:
            return None
        page.problems += _further_problems(work, page)
        return _draw(visit, renderer, work, page, status=422)


def _further_problems(work: UnitOfWork, page: Page) -> list[FieldProblem]:
    """What else is wrong with a form that cannot be saved already, so that everything is told in one round."""
    told = {each.field for each in page.problems}
    seen = preview(work, page.place.entity.name, page.record.id if page.record else None, given_values(page.place.entity, page.changed))
    return [each for each in seen.problems if each.field not in told]


def _change_lines(work: UnitOfWork, page: Page, verb: str, rest: str) -> None:
    name, _, position = rest.partition(".")
    lines = page.raw.get(name)
    if not isinstance(lines, list):
        return
    rows: list[Any] = lines
    if verb == "add":
        rows.append(new_line_inputs(work, page.place.entity.fields[name].lines or ""))
    elif position.isdecimal() and int(position) < len(rows):
        rows.pop(int(position))


def _refused(visit: Visit, renderer: Renderer, page: Page, error: Invalid | Conflict) -> Response:
    page.problems += error.problems if isinstance(error, Invalid) else _of_conflict(error)
    with visit.reading() as work:
        return _draw(visit, renderer, work, page, status=422 if isinstance(error, Invalid) else 409)


def _of_conflict(error: Conflict) -> list[FieldProblem]:
    return [FieldProblem(str(field), error.code, dict(error.params)) for field in error.params.get("fields") or [""]]


def _merge(visit: Visit, renderer: Renderer, page: Page) -> Response:
    """Bring the form up to what is stored now: others' changes come in, one's own stay, and what both changed is marked."""
    assert page.record is not None
    now = _stored_inputs(visit, page.place, page.record.values)
    mine = page.changed
    for name, stored in now.items():
        if name not in page.raw or stored == page.base.get(name):
            continue
        field = page.place.entity.fields[name]
        if field.lines is not None:
            lines = merge_lines(page.base.get(name), page.raw[name], stored)
            page.raw[name] = lines.rows
            if lines.clashes:
                page.theirs[name] = tell_clashes(visit, field, page.record, lines.clashes)
        elif name in mine and mine[name] != stored:
            page.theirs[name] = stored
        else:
            page.raw[name] = stored
    page.base, page.version, page.conflict, page.once = now, page.record.version, True, new_id()
    with visit.reading() as work:
        return _draw(visit, renderer, work, page, status=409)
