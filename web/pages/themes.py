"""What feedback says: repeated themes with their trend, what goes with stars, what was decided (FBK-5, FBK-3)."""

from typing import Any

from flask import Blueprint, Response, render_template, request
from flask_babel import lazy_gettext

from loopdesk.desk.themes import decide, overview
from loopdesk.desk.themes.mining import Theme
from loopdesk.web import vocabulary
from loopdesk.web.context import actor, read_tx
from loopdesk.web.pages.sheets import sheet

blueprint = Blueprint("pages_themes", __name__, url_prefix="/feedback/themes")

KINDS = {
    overview.COMPLAINTS: lazy_gettext("Complaints"),
    overview.SUGGESTIONS: lazy_gettext("Suggestions"),
    overview.ALL: lazy_gettext("All feedback"),
}
DECISIONS = {
    "": lazy_gettext("not decided yet"),
    decide.ACTION: lazy_gettext("an action"),
    decide.WATCH: lazy_gettext("watched further"),
    decide.NOTHING: lazy_gettext("nothing"),
}
SOURCES = {
    "survey": lazy_gettext("Survey"),
    "call": lazy_gettext("Note of a call"),
    "transcript": lazy_gettext("Transcript"),
    "feedback": lazy_gettext("Feedback"),
}
_COLUMNS = ("code", "name", "count", "before", "cases")


@blueprint.get("")
def themes() -> str:
    """The themes of a period, the most frequent first."""
    wanted = _wanted()
    with read_tx() as tx:
        found = overview.overview(actor(), tx, **wanted)
        decided = decide.listing(actor(), tx)
    shown = [{"theme": one, "quotes": overview.quotes(one)} for one in found.themes]
    return render_template(
        "feedback/themes.html",
        found=found,
        shown=shown,
        decided=decided,
        wanted=wanted,
        kinds=KINDS,
        days=overview.DAYS,
        decisions=DECISIONS,
        source_text=_source,
    )


@blueprint.get("/themes.csv")
def as_csv() -> Response:
    """The same themes as a file for a spreadsheet."""
    with read_tx() as tx:
        found = overview.overview(actor(), tx, **_wanted())
    return sheet("themes.csv", _COLUMNS, [_line(one) for one in found.themes])


@blueprint.get("/texts")
def texts() -> str:
    """All texts and cases behind one theme."""
    wanted = _wanted()
    with read_tx() as tx:
        found = overview.one(actor(), tx, request.args.get("code", "")[:80], **wanted)
    return render_template("feedback/theme.html", theme=found, wanted=wanted, kinds=KINDS, source_text=_source)


def _wanted() -> dict[str, Any]:
    days = request.args.get("days", overview.DAYS[0], type=int)
    kind = request.args.get("kind", "")
    return {
        "days": days if days in overview.DAYS else overview.DAYS[0],
        "kind": kind if kind in KINDS else overview.COMPLAINTS,
        "language": vocabulary.language(),
    }


def _line(one: Theme) -> list[object]:
    return [one.code, one.name, len(one.texts), one.before, " ".join(one.cases)]


def _source(code: str) -> str:
    return str(SOURCES.get(code) or vocabulary.channel(code))
