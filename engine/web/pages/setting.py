"""Changing one field of a record where it is shown, without its form: a card put into another lane."""

from __future__ import annotations

from flask import Response

from engine.errors import BadRequest, Conflict, Invalid
from engine.records import get, update
from engine.web.inputs import given_values, input_of
from engine.web.menu import entity_path, with_query
from engine.web.pages.addresses import Place, key_of, place_of
from engine.web.pages.bulk import back_to_list
from engine.web.render import Renderer
from engine.web.routes import Routes
from engine.web.show import zone_of
from engine.web.visit import Visit
from engine.wording import say_problem

ROUTES = Routes()


@ROUTES.post("/app/<app>/<name>/<key>/set", allow="people")
def set_field(visit: Visit, renderer: Renderer, app: str, name: str, key: str) -> Response:
    """Sets ``field`` to ``value``. A change that others made meanwhile elsewhere in the record is no obstacle; one of this field is.

    What the record's rules refuse is told, with the way to the form in which the rest can be filled in.
    """
    place, wanted = place_of(visit, app, name), key_of(key)
    form = visit.request.form
    name_of_field, value = form.get("field", ""), form.get("value", "")
    try:
        with visit.writing() as work:
            record = get(work, place.entity.name, wanted)
            field = place.entity.fields.get(name_of_field)
            if field is None or field.lines is not None or place.rights.get(name_of_field) != "write":
                raise BadRequest("bad-request")
            now = input_of(visit.app, field, record.values.get(field.name), record.values, zone_of(visit))
            if str(record.version) != form.get("version") and now != form.get("was"):
                raise Conflict("record-changed")
            update(work, place.entity.name, wanted, given_values(place.entity, {field.name: value}), record.version)
    except Invalid as error:
        return _refused(visit, renderer, place, wanted, {name_of_field: value}, error)
    if visit.saves_by_script:
        return Response(status=204)
    return Response(status=303, headers={"Location": back_to_list(visit, place)})


def _refused(
    visit: Visit, renderer: Renderer, place: Place, key: str, change: dict[str, str | list[str] | None], error: Invalid
) -> Response:
    """What stands in the way of the change, and the form that holds it."""
    address = with_query(entity_path(place.entity.name, key, "edit"), change)
    if not visit.saves_by_script:
        return Response(status=303, headers={"Location": address})
    told = []
    for problem in error.problems:
        field = place.entity.fields.get(problem.field.partition(".")[0])
        told.append((visit.label(field.title) if field else "", say_problem(problem, visit.language)))
    response = renderer.part(visit, "set_refused.html", status=422, told=told, address=address)
    response.headers["Dougong-Notice"] = "1"
    return response
