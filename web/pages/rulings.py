"""Rulings as precedents: found by words, departments and type (HND-4)."""

from flask import Blueprint, render_template, request

from loopdesk.desk import arbitration, case, departments
from loopdesk.web import handoff_words, vocabulary
from loopdesk.web.context import actor, read_tx

blueprint = Blueprint("pages_rulings", __name__, url_prefix="/handoffs/rulings")

PER_PAGE = 20


@blueprint.get("")
def rulings() -> str:
    """The newest first; all words of the search have to stand in a ruling or in its dispute."""
    wanted = {name: request.args.get(name, "").strip()[:200] for name in ("q", "from", "to", "type")}
    page = min(max(request.args.get("page", 1, type=int), 1), 100_000)
    between = {"from_department": wanted["from"], "to_department": wanted["to"], "type": wanted["type"]}
    with read_tx() as tx:
        found, total = arbitration.rulings(actor(), tx, q=wanted["q"], **between, page=page, per_page=PER_PAGE)
        seen = {one.case for one in found if case.find(actor(), tx, one.case) is not None}
        codes = departments.codes(tx)
    return render_template(
        "handoffs/rulings.html",
        found=found,
        seen=seen,
        total=total,
        page=page,
        pages=(total + PER_PAGE - 1) // PER_PAGE,
        wanted=wanted,
        filtered=any(wanted.values()),
        codes=codes,
        types=[(value, text) for (key, value), text in vocabulary.case_words().items() if key == "type"],
        reasons=handoff_words.REASONS,
    )
