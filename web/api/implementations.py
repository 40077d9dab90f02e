"""Implementations: milestones by case, their alarms, reviews with the customer (FIX-1, FIX-2)."""

from typing import Any

import marshmallow as ma
from flask_smorest import Blueprint

from loopdesk.desk.implementation import alarms, board, course, tables
from loopdesk.engine.tx import Tx
from loopdesk.web.api.auth import scoped
from loopdesk.web.api.schemas import Moment, Page, PageQuery, Strict, placed
from loopdesk.web.context import actor, open_tx, read_tx

blueprint = Blueprint(
    "implementations", __name__, url_prefix="/implementations", description="Milestones of implementations"
)


class ImplementationQuery(PageQuery):
    """Filters; all that are given must match."""

    state = ma.fields.String(load_default="", validate=ma.validate.OneOf(("", *tables.STATES)))
    case = ma.fields.String(load_default="")


class NewImplementation(Strict):
    """For which case, by which plan of implementation.yaml; ``lead`` (id, sign-in name, e-mail) else its owner."""

    case = ma.fields.String(required=True)
    plan = ma.fields.String(required=True)
    lead = ma.fields.String(load_default="")


class NewMilestone(Strict):
    """A milestone that the plan does not have."""

    kind = ma.fields.String(required=True, validate=ma.validate.OneOf(tables.KINDS))
    name = ma.fields.String(required=True, validate=ma.validate.Length(1, 300))
    due_at = Moment(required=True)


class MilestoneChange(Strict):
    """One thing that became of it: ``progress`` (0 to 99), ``due_at`` with a ``reason``, ``state`` done, or dropped
    with a ``reason``."""

    progress = ma.fields.Integer(validate=ma.validate.Range(0, 99))
    due_at = Moment()
    state = ma.fields.String(validate=ma.validate.OneOf((tables.DONE, tables.DROPPED)))
    reason = ma.fields.String(load_default="", validate=ma.validate.Length(max=2000))

    @ma.validates_schema
    def one_thing(self, data: dict[str, Any], **_kwargs: Any) -> None:
        """Several changes in one request would have an order that nobody can see."""
        if len(data.keys() & {"progress", "due_at", "state"}) != 1:
            raise ma.ValidationError("Give exactly one of progress, due_at and state.")


class ImplementationStop(Strict):
    """Why."""

    reason = ma.fields.String(required=True, validate=ma.validate.Length(1, 2000))


class MilestoneAlarm(ma.Schema):
    """An alarm; ``plan`` is empty until it is answered, ``late_at`` when the supervisors were told."""

    level = ma.fields.String(metadata={"enum": list(tables.LEVELS)})
    at = ma.fields.AwareDateTime()
    due_at = ma.fields.AwareDateTime()
    plan = ma.fields.String()
    answered_at = ma.fields.AwareDateTime(allow_none=True)
    answered_by = ma.fields.String()
    late_at = ma.fields.AwareDateTime(allow_none=True)


class MilestoneOut(ma.Schema):
    """One milestone; ``level`` is its alarm now, ``names`` by language."""

    id = ma.fields.String()
    kind = ma.fields.String(metadata={"enum": list(tables.KINDS)})
    names = ma.fields.Dict(keys=ma.fields.String(), values=ma.fields.String())
    due_at = ma.fields.AwareDateTime()
    progress = ma.fields.Integer()
    state = ma.fields.String(metadata={"enum": list(tables.MILESTONE_STATES)})
    level = ma.fields.String()
    moved = ma.fields.Integer()
    note = ma.fields.String()
    done_at = ma.fields.AwareDateTime(allow_none=True)
    done_by = ma.fields.String()
    alarms = ma.fields.List(ma.fields.Nested(MilestoneAlarm))


class CustomerReview(ma.Schema):
    """A review with the customer; held once it has minutes."""

    id = ma.fields.String()
    starts_at = ma.fields.AwareDateTime()
    agenda = ma.fields.String()
    attendees = ma.fields.String()
    minutes = ma.fields.String()
    held_at = ma.fields.AwareDateTime(allow_none=True)
    held_by = ma.fields.String()


class ImplementationOut(ma.Schema):
    """One implementation with its milestones, what is due first at the front."""

    id = ma.fields.String()
    case = ma.fields.String()
    plan = ma.fields.String()
    state = ma.fields.String(metadata={"enum": list(tables.STATES)})
    lead_id = ma.fields.String()
    lead = ma.fields.String()
    begun_at = ma.fields.AwareDateTime()
    begun_by = ma.fields.String()
    ended_at = ma.fields.AwareDateTime(allow_none=True)
    note = ma.fields.String()
    milestones = ma.fields.List(ma.fields.Nested(MilestoneOut))
    reviews = ma.fields.List(ma.fields.Nested(CustomerReview))


class ImplementationsOut(Page):
    """One page."""

    implementations = ma.fields.List(ma.fields.Nested(ImplementationOut))


@blueprint.get("")
@scoped("cases:read")
@blueprint.arguments(ImplementationQuery, location="query")
@blueprint.response(200, ImplementationsOut)
def listing(query: dict[str, Any]) -> dict[str, Any]:
    """The implementations that match, newest first."""
    with read_tx() as tx:
        found = board.listing(actor(), tx, **query)
        return {"implementations": _several(tx, found.rows), **placed(found)}


@blueprint.post("")
@scoped("cases:write")
@blueprint.arguments(NewImplementation)
@blueprint.response(201, ImplementationOut)
def begin(given: dict[str, Any]) -> dict[str, Any]:
    """Begin one; its process watches the milestones from now on."""
    with open_tx() as tx:
        return _whole(tx, course.request(actor(), tx, given["case"], plan=given["plan"], lead=given["lead"]))


@blueprint.post("/<implementation_id>/milestones")
@scoped("cases:write")
@blueprint.arguments(NewMilestone)
@blueprint.response(201, MilestoneOut)
def add(given: dict[str, Any], implementation_id: str) -> tables.Milestone:
    """Add a milestone."""
    with open_tx() as tx:
        return course.add(actor(), tx, implementation_id, **given)


@blueprint.post("/<implementation_id>/stop")
@scoped("cases:write")
@blueprint.arguments(ImplementationStop)
@blueprint.response(200, ImplementationOut)
def stop(given: dict[str, Any], implementation_id: str) -> dict[str, Any]:
    """End it before its milestones are reached."""
    with open_tx() as tx:
        return _whole(tx, course.stop(actor(), tx, implementation_id, reason=given["reason"]))


@blueprint.patch("/milestones/<milestone_id>")
@scoped("cases:write")
@blueprint.arguments(MilestoneChange)
@blueprint.response(200, MilestoneOut)
def change(given: dict[str, Any], milestone_id: str) -> Any:
    """Reach, move, advance or drop a milestone."""
    reason = given["reason"]
    with open_tx() as tx:
        if "progress" in given:
            return course.advance(actor(), tx, milestone_id, progress=given["progress"])
        if "due_at" in given:
            return course.move(actor(), tx, milestone_id, due_at=given["due_at"], reason=reason)
        if given["state"] == tables.DONE:
            return course.finish(actor(), tx, milestone_id, note=reason)
        return course.drop(actor(), tx, milestone_id, reason=reason)


def _whole(tx: Tx, one: tables.Implementation) -> dict[str, Any]:
    return _several(tx, [one])[0]


def _several(tx: Tx, found: list[tables.Implementation]) -> list[dict[str, Any]]:
    milestones = board.milestones_of(tx, *(one.id for one in found))
    told = alarms.of_milestones(tx, *(each.id for listed in milestones.values() for each in listed))
    held = tables.reviews(tx, tables.review_.c.implementation.in_([one.id for one in found]))
    return [
        {name: getattr(one, name) for name in tables.Implementation.__slots__}
        | {
            "milestones": [
                {name: getattr(each, name) for name in tables.Milestone.__slots__} | {"alarms": told[each.id]}
                for each in milestones[one.id]
            ],
            "reviews": [each for each in held if each.implementation == one.id],
        }
        for one in found
    ]
