"""Acceptance: the customer's monitoring hands samples in, reports of load tests, how each gate stands (FIX-5 to 8)."""

from typing import Any

import marshmallow as ma
from flask import request
from flask_smorest import Blueprint

from loopdesk.desk import acceptance
from loopdesk.desk.acceptance import attainment, benefits, load_tests, samples, users, wants
from loopdesk.desk.acceptance.gates import Acceptance, Gate
from loopdesk.engine.tx import Tx
from loopdesk.web.api.auth import scoped
from loopdesk.web.api.schemas import Entries, Page, PageQuery, Strict, placed
from loopdesk.web.context import actor, loopdesk, open_tx, read_tx
from loopdesk.web.pages.shown import shown

blueprint = Blueprint("acceptances", __name__, url_prefix="/acceptances", description="Gates before a case is closed")
benefit_blueprint = Blueprint("benefits", __name__, url_prefix="/cost-benefits", description="What a solution brought")


class Samples(Strict):
    """A batch: `{at, seconds, ok}` each, `at` with its zone; without `seconds` where nothing answered, `ok: false`.

    With `ok: false` it is a fail, with `seconds` too. `at` may be ahead of the clock here by `skew` of
    `policies/acceptance.yaml`, a minute as shipped.
    """

    samples = ma.fields.List(
        ma.fields.Raw(allow_none=True, metadata={"example": {"at": "2026-03-02T10:05:00+08:00", "seconds": 0.42}}),
        required=True,
        metadata={"description": f"At most {samples.MOST}; one counts for each interval, the first that came."},
    )


class SampleOut(ma.Schema):
    """What became of one sample; `again`: the same one was there already."""

    index = ma.fields.Integer(metadata={"description": "Its place in the batch, from 0."})
    at = ma.fields.String()
    state = ma.fields.String(metadata={"enum": [samples.KEPT, samples.AGAIN, samples.NOT_KEPT]})
    error = ma.fields.String(metadata={"description": "Why it was refused."})
    remedy = ma.fields.String()


class StandingOut(ma.Schema):
    """How the window stands: passing among those due by now; a sample that was due and is not there fails."""

    due = ma.fields.Integer()
    passed = ma.fields.Integer()
    missing = ma.fields.Integer()
    whole = ma.fields.Integer(metadata={"description": "Samples of the whole window."})
    percent = ma.fields.String(metadata={"description": "Never rounded up; empty before any is due."})
    lost = ma.fields.Boolean(metadata={"description": "Nothing that may still come reaches the bar."})


class BatchOut(ma.Schema):
    """Each sample with what became of it, and how the window stands with them."""

    kept = ma.fields.Integer()
    again = ma.fields.Integer()
    refused = ma.fields.Integer()
    samples = ma.fields.List(ma.fields.Nested(SampleOut))
    standing = ma.fields.Nested(StandingOut)


class DayOut(ma.Schema):
    """24 hours of the window."""

    number = ma.fields.Integer()
    begins = ma.fields.AwareDateTime()
    due = ma.fields.Integer()
    passed = ma.fields.Integer()
    slow = ma.fields.Integer()
    down = ma.fields.Integer()
    missing = ma.fields.Integer()
    percent = ma.fields.String()


class GateOut(ma.Schema):
    """One gate; `fails` names what its last round did not reach."""

    id = ma.fields.String()
    kind = ma.fields.String(metadata={"enum": list(acceptance.KINDS)})
    state = ma.fields.String(metadata={"enum": list(acceptance.GATE_STATES)})
    round = ma.fields.Integer()
    from_at = ma.fields.AwareDateTime(allow_none=True)
    until_at = ma.fields.AwareDateTime(allow_none=True)
    lost_at = ma.fields.AwareDateTime(allow_none=True)
    fails = ma.fields.List(ma.fields.String())
    figures = ma.fields.Dict()
    decided_at = ma.fields.AwareDateTime(allow_none=True)
    reason = ma.fields.String(metadata={"description": "Of an exception, or why it was handed back."})
    approved_by = ma.fields.String()


class AcceptanceOut(ma.Schema):
    """An acceptance with its gates."""

    id = ma.fields.String()
    case = ma.fields.String()
    state = ma.fields.String(metadata={"enum": list(acceptance.STATES)})
    reason = ma.fields.String()
    opened_at = ma.fields.AwareDateTime()
    ended_at = ma.fields.AwareDateTime(allow_none=True)
    gates = ma.fields.List(ma.fields.Nested(GateOut))


class AcceptancesOut(Page):
    """One page."""

    acceptances = ma.fields.List(ma.fields.Nested(AcceptanceOut))


class AcceptanceWhole(AcceptanceOut):
    """With the days of monitoring, and how many answers of key users there are."""

    standing = ma.fields.Nested(StandingOut, allow_none=True)
    days = ma.fields.List(ma.fields.Nested(DayOut))
    answers = ma.fields.Integer(allow_none=True)
    missing_answers = ma.fields.Integer(allow_none=True, metadata={"description": "Until the survey is decided."})


class AcceptanceQuery(PageQuery):
    """Filters; all that are given must match."""

    state = ma.fields.String(load_default="", validate=ma.validate.OneOf(("", *acceptance.STATES)))
    case = ma.fields.String(load_default="")


class NewAcceptance(Strict):
    """Which case has to pass which gates before it is closed."""

    case = ma.fields.String(required=True)
    gates = ma.fields.List(
        ma.fields.String(validate=ma.validate.OneOf(acceptance.KINDS)),
        required=True,
        validate=Entries(1, len(acceptance.KINDS)),
        metadata={"example": [acceptance.MONITORING]},
    )


class LoadTestOut(ma.Schema):
    """A report that was handed in; the process checks it by its table."""

    id = ma.fields.String()
    case = ma.fields.String()
    round = ma.fields.Integer()
    peak = ma.fields.String()
    hours = ma.fields.String()
    success = ma.fields.String()
    swing = ma.fields.String()
    file = ma.fields.String()
    at = ma.fields.AwareDateTime()
    by_name = ma.fields.String()


class BenefitQuery(PageQuery):
    """Filters; all that are given must match."""

    state = ma.fields.String(load_default="", validate=ma.validate.OneOf(("", *benefits.STATES)))
    case = ma.fields.String(load_default="")


class BenefitOut(ma.Schema):
    """Amounts in minor units of `currency` (cents, fen), null before finance has entered them."""

    id = ma.fields.String()
    case = ma.fields.String()
    state = ma.fields.String(metadata={"enum": list(benefits.STATES)})
    due_at = ma.fields.AwareDateTime()
    currency = ma.fields.String()
    labour = ma.fields.Integer(allow_none=True)
    outage = ma.fields.Integer(allow_none=True)
    cost = ma.fields.Integer(allow_none=True)
    percent = ma.fields.String(metadata={"description": "(labour + outage − cost) ÷ cost, in per cent."})
    entered_at = ma.fields.AwareDateTime(allow_none=True)
    entered_by = ma.fields.String()
    note = ma.fields.String()


class BenefitsOut(Page):
    """One page."""

    cost_benefits = ma.fields.List(ma.fields.Nested(BenefitOut))


LOAD_TEST = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": [*load_tests.FIGURES, "file"],
                "properties": {
                    **{name: {"type": "number"} for name in load_tests.FIGURES},
                    "file": {"type": "string", "format": "binary"},
                },
            }
        }
    },
}


@blueprint.get("")
@scoped("cases:read")
@blueprint.arguments(AcceptanceQuery, location="query")
@blueprint.response(200, AcceptancesOut)
def listing(query: dict[str, Any]) -> dict[str, Any]:
    """The acceptances that match, newest first."""
    with read_tx() as tx:
        found = acceptance.listing(actor(), tx, **query)
    return {"acceptances": found.rows, **placed(found)}


@blueprint.post("")
@scoped("cases:write")
@blueprint.arguments(NewAcceptance)
@blueprint.response(201, AcceptanceOut, description="The acceptance; 200 when it was asked for before, or runs.")
def ask(given: dict[str, Any]) -> tuple[Acceptance, int]:
    """Ask that a case passes gates before it is closed, beside those that the table of its closure asks for.

    They begin once the fix is confirmed: until then the state is `wanted`, and nothing is handed in. The same request
    again is the same acceptance; further gates are added while it has not begun.
    """
    with open_tx() as tx:
        asked = wants.ask(actor(), tx, given["case"], given["gates"])
    return asked.acceptance, 201 if asked.new else 200


@blueprint.get("/<acceptance_id>")
@scoped("cases:read")
@blueprint.response(200, AcceptanceWhole)
def one(acceptance_id: str) -> dict[str, Any]:
    """One acceptance with its gates, the days of monitoring and the answers of key users."""
    with read_tx() as tx:
        return _whole(tx, acceptance.see(actor(), tx, acceptance_id))


@blueprint.post("/<acceptance_id>/samples")
@scoped("samples:write")
@blueprint.arguments(Samples)
@blueprint.response(200, BatchOut)
def add_samples(given: dict[str, Any], acceptance_id: str) -> dict[str, Any]:
    """Hand samples of the customer's monitoring in; the same ones again change nothing.

    Each is answered on its own: one that cannot be kept does not hold up the others, and says why. After the window
    and its grace the whole batch is refused (409).
    """
    with open_tx() as tx:
        batch = samples.add(actor(), tx, acceptance_id, given["samples"])
    counts = {state: batch.count(state) for state in (samples.KEPT, samples.AGAIN, samples.NOT_KEPT)}
    return {**counts, "samples": [_answer(one) for one in batch.answers], "standing": batch.standing}


@blueprint.post("/<acceptance_id>/load-tests")
@scoped("cases:write", takes=("multipart/form-data",))
@blueprint.response(201, LoadTestOut)
@blueprint.doc(requestBody=LOAD_TEST)
def hand_in(acceptance_id: str) -> load_tests.LoadTest:
    """Hand a load-test report in: four figures and the file, which is kept on the case."""
    given = request.files.get("file")
    file = (given.filename or "", given.stream) if given else None
    with open_tx() as tx:
        figures = {name: request.form.get(name) for name in load_tests.FIGURES}
        return load_tests.hand_in(actor(), tx, loopdesk().store, acceptance_id, figures=figures, file=file)


@benefit_blueprint.get("")
@scoped("cases:read")
@benefit_blueprint.arguments(BenefitQuery, location="query")
@benefit_blueprint.response(200, BenefitsOut)
def cost_benefits(query: dict[str, Any]) -> dict[str, Any]:
    """Cost and benefit of cases, those due first; finance enters the figures in its task."""
    with read_tx() as tx:
        found = benefits.listing(actor(), tx, **query)
    return {"cost_benefits": found.rows, **placed(found)}


def _answer(answer: samples.Answer) -> dict[str, Any]:
    said: dict[str, Any] = {"index": answer.index, "at": answer.at, "state": answer.state}
    if answer.error is not None:
        words = shown(answer.error)
        said |= {"error": words.message, "remedy": words.remedy}
    return said


def _whole(tx: Tx, found: Acceptance) -> dict[str, Any]:
    gates: dict[str, Gate] = {gate.kind: gate for gate in found.gates}
    watched, asked = gates.get(acceptance.MONITORING), gates.get(acceptance.USERS)
    standing = attainment.standing(tx, watched) if watched else None
    score = users.score(tx, asked) if asked else None
    return {
        **{name: getattr(found, name) for name in ("id", "case", "state", "reason", "opened_at", "ended_at", "gates")},
        "standing": standing,
        "days": standing.days if standing else [],
        "answers": score.answers if score else None,
        "missing_answers": score.missing if score else None,
    }
