"""What feedback says, over the API: themes, and transcripts of calls to be read for them (FBK-5)."""

from typing import Any

import marshmallow as ma
from flask_smorest import Blueprint

from loopdesk.desk.themes import overview
from loopdesk.desk.themes.transcripts import add_transcript
from loopdesk.web.api.auth import scoped
from loopdesk.web.api.cases import Made
from loopdesk.web.api.schemas import Query, Strict
from loopdesk.web.context import actor, open_tx, read_tx

blueprint = Blueprint("themes", __name__, description="Themes of feedback")


class Transcript(Strict):
    """What was said on a call; ``external_id`` is your name of it: the same one again is answered with the first."""

    text = ma.fields.String(required=True)
    external_id = ma.fields.String(required=True, validate=ma.validate.Length(1, 200))


class ThemeQuery(Query):
    """Which texts, and of how many days back."""

    days = ma.fields.Integer(load_default=overview.DAYS[0], validate=ma.validate.OneOf(overview.DAYS))
    kind = ma.fields.String(load_default=overview.COMPLAINTS, validate=ma.validate.OneOf(overview.KINDS))
    language = ma.fields.String(load_default="en", validate=ma.validate.OneOf(("en", "zh")))


class ThemeOut(ma.Schema):
    """One theme: ``count`` texts now, ``before`` in as many days before."""

    code = ma.fields.String()
    name = ma.fields.String()
    aspect = ma.fields.Boolean(metadata={"description": "Named by the owner; else a phrase that was found."})
    phrases = ma.fields.List(ma.fields.String())
    count = ma.fields.Function(lambda one: len(one.texts))
    before = ma.fields.Integer()
    cases = ma.fields.List(ma.fields.String())


class DriverOut(ma.Schema):
    """Mean stars of answers with a theme and without it, with how many there are of each."""

    code = ma.fields.String()
    name = ma.fields.String()
    count = ma.fields.Integer()
    mean = ma.fields.Float()
    others = ma.fields.Integer()
    mean_others = ma.fields.Float()


class ThemesOut(ma.Schema):
    """The most frequent first; drivers only where enough answers stand on both sides."""

    themes = ma.fields.List(ma.fields.Nested(ThemeOut))
    drivers = ma.fields.List(ma.fields.Nested(DriverOut))
    texts = ma.fields.Integer()


@blueprint.get("/themes")
@scoped("cases:read")
@blueprint.arguments(ThemeQuery, location="query")
@blueprint.response(200, ThemesOut)
def themes(asked: dict[str, Any]) -> Any:
    """Read what feedback repeats, and what goes with many or few stars."""
    with read_tx() as tx:
        return overview.overview(actor(), tx, **asked)


@blueprint.post("/cases/<number>/transcripts")
@scoped("cases:write")
@blueprint.arguments(Transcript)
@blueprint.response(201, Made, description="What was kept; 200 when this external id was told before.")
def transcript(given: dict[str, Any], number: str) -> tuple[dict[str, str], int]:
    """Hand in the transcript of a call; it is kept inside the case and read for themes."""
    with open_tx() as tx:
        kept, new = add_transcript(actor(), tx, number, given["text"], external_id=given["external_id"])
    return {"id": kept}, 201 if new else 200
