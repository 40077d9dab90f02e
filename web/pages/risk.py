"""Where it may go wrong between departments, why, and how good the warnings would have been (HND-8)."""

from flask import Blueprint, render_template

from loopdesk.desk.team import backtest, risk
from loopdesk.web import vocabulary
from loopdesk.web.context import actor, read_tx

blueprint = Blueprint("pages_risk", __name__, url_prefix="/handoffs/risk")


@blueprint.get("", endpoint="risk")
def page() -> str:
    """The newest risk of each pair with the reason, and the back-test."""
    language = vocabulary.language()
    with read_tx() as tx:
        by = risk.rules(tx)
        found = [
            {
                "risk": one,
                "level": by.level_name(one.level, language),
                "reason": by.reason_text(one.reason, one.features, language),
                "numbers": risk.shown(one.features),
            }
            for one in risk.listing(actor(), tx)
        ]
        score = backtest.run(actor(), tx)
    return render_template("handoffs/risk.html", found=found, score=score, rules=by)
