"""Why something is not allowed, in plain words: the right that is missing, and which of the person's roles were looked at."""

from __future__ import annotations

from engine import access
from engine.errors import Forbidden
from engine.model.kinds.role import VERBS
from engine.web.visit import Visit
from engine.web.words import knows


def why_refused(visit: Visit, error: Exception) -> tuple[str, ...]:
    """Sentences for the page of a refusal; none where the refusal is about something other than roles."""
    if not isinstance(error, Forbidden) or visit.actor is None:
        return ()
    if error.code == "administrators-only":
        return (visit.say("why.admin"), _looked_at(visit))
    asked = error.params.get("verb", "create" if error.code == "outside-your-records" else "")
    verb = next((each for each in VERBS if each == asked), None)
    entity = visit.app.entities.get(str(error.params.get("entity", "")))
    if entity is None or verb is None:
        return ()
    right = {"verb": visit.say(f"verb.{verb}"), "what": visit.label(entity.plural)}
    reasons = access.rows(visit.app, visit.actor, entity.name, verb).reasons
    given = [visit.say(f"scope.{each.scope}") if knows(f"scope.{each.scope}") else each.scope for each in reasons]
    if given:
        return (visit.say("why.only", **right, scopes="; ".join(dict.fromkeys(given))), _looked_at(visit))
    return (visit.say("why.missing", **right), _looked_at(visit))


def _looked_at(visit: Visit) -> str:
    roles = [visit.label(visit.app.roles[name].title) for name in sorted(visit.person.roles) if name in visit.app.roles]
    return visit.say("why.roles", roles=("、" if visit.language == "zh" else ", ").join(roles)) if roles else visit.say("why.no_roles")
