"""The shapes of emergencies in the API."""

import marshmallow as ma

from loopdesk.desk import emergency as emergencies
from loopdesk.web.api.schemas import Query, Strict

_TEXT = ma.validate.Length(1, 20_000)


class EmergencyQuery(Query):
    """``ended``: also those that are over."""

    ended = ma.fields.Boolean(load_default=False)


class EmergencyOut(ma.Schema):
    """One emergency; ``state`` is running, stable or ended."""

    id = ma.fields.String()
    case = ma.fields.String()
    state = ma.fields.String(metadata={"enum": ["running", "stable", "ended"]})
    kind = ma.fields.String()
    grade = ma.fields.String()
    scope = ma.fields.String()
    severity = ma.fields.String()
    cause = ma.fields.String()
    commander_id = ma.fields.String()
    commander = ma.fields.String()
    declared_at = ma.fields.AwareDateTime()
    next_update_at = ma.fields.AwareDateTime(allow_none=True)
    internal_due_at = ma.fields.AwareDateTime(allow_none=True)
    limit_at = ma.fields.AwareDateTime(allow_none=True)
    stable_at = ma.fields.AwareDateTime(allow_none=True)
    ended_at = ma.fields.AwareDateTime(allow_none=True)
    summary = ma.fields.String()
    chain = ma.fields.List(ma.fields.String())
    team = ma.fields.List(ma.fields.String())
    room = ma.fields.String()
    facts = ma.fields.Dict()


class EntryOut(ma.Schema):
    """One line of the timeline."""

    id = ma.fields.Integer()
    at = ma.fields.AwareDateTime()
    kind = ma.fields.String()
    text = ma.fields.String()
    by_name = ma.fields.String()
    audience = ma.fields.String(metadata={"enum": list(emergencies.AUDIENCES)})
    data = ma.fields.Dict()


class RoleOut(ma.Schema):
    """Who has a role."""

    role = ma.fields.String(metadata={"enum": list(emergencies.ROLES)})
    person_id = ma.fields.String()
    name = ma.fields.String()
    since = ma.fields.AwareDateTime()


class DecisionOut(ma.Schema):
    """A question to the decision chain."""

    id = ma.fields.String()
    question = ma.fields.String()
    state = ma.fields.String(metadata={"enum": ["open", "decided", "lapsed"]})
    decider = ma.fields.String()
    asked_by = ma.fields.String()
    asked_at = ma.fields.AwareDateTime()
    decision = ma.fields.String()
    by_name = ma.fields.String()
    at = ma.fields.AwareDateTime(allow_none=True)


class ToldOut(ma.Schema):
    """A customer who was told something."""

    customer_name = ma.fields.String()
    contact = ma.fields.String()
    about = ma.fields.String()
    at = ma.fields.AwareDateTime()
    affected = ma.fields.Integer()
    score = ma.fields.Float()


class WholeOut(EmergencyOut):
    """An emergency with all that belongs to it."""

    cases = ma.fields.List(ma.fields.String())
    entries = ma.fields.List(ma.fields.Nested(EntryOut))
    roles = ma.fields.List(ma.fields.Nested(RoleOut))
    decisions = ma.fields.List(ma.fields.Nested(DecisionOut))
    told = ma.fields.List(ma.fields.Nested(ToldOut))


class Note(Strict):
    """A line for the timeline."""

    text = ma.fields.String(required=True, validate=_TEXT)
    audience = ma.fields.String(load_default="internal")


class Update(Strict):
    """How it stands, to customers (external) or the team; without minutes the cadence of the grade counts."""

    text = ma.fields.String(required=True, validate=_TEXT)
    audience = ma.fields.String(load_default="external")
    next_minutes = ma.fields.Integer(load_default=None, allow_none=True)


class Question(Strict):
    """What has to be decided."""

    question = ma.fields.String(required=True, validate=_TEXT)


class Answer(Strict):
    """What is decided."""

    decision = ma.fields.String(required=True, validate=_TEXT)


class Part(Strict):
    """Who gets a role."""

    role = ma.fields.String(required=True)
    person = ma.fields.String(required=True, metadata={"description": "Id, sign-in name or e-mail."})


class Leaving(Strict):
    """The commander steps back."""

    successor = ma.fields.String(load_default="")
    reason = ma.fields.String(load_default="", validate=ma.validate.Length(max=2000))


class NewGrade(Strict):
    """Another grade, and why."""

    grade = ma.fields.String(required=True)
    reason = ma.fields.String(required=True)


class Words(Strict):
    """What happened."""

    text = ma.fields.String(required=True, validate=_TEXT)


class Summary(Strict):
    """What happened, from when to when, what was done."""

    summary = ma.fields.String(required=True, validate=_TEXT)
