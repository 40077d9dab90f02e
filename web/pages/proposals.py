"""Targets proposed from history, for a process owner to accept or decline (SLA-8)."""

import re
from datetime import timedelta

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext

from loopdesk.desk import policy, thresholds
from loopdesk.web import clock_words
from loopdesk.web.context import actor, open_tx, read_tx
from loopdesk.web.pages.clock_section import length

blueprint = Blueprint("pages_proposals", __name__, url_prefix="/sla/proposals")


@blueprint.get("")
def proposals() -> str:
    """What history proposes, beside what is promised today."""
    with read_tx() as tx:
        found = [
            {
                "one": one,
                "clock": clock_words.clock(one.clock),
                "today": _words(one.target),
                "proposed": length(timedelta(minutes=one.proposed)),
            }
            for one in thresholds.proposals(actor(), tx)
        ]
    return render_template("sla/proposals.html", found=found, may=actor().has_role("owner"))


@blueprint.post("")
def decide() -> ResponseReturnValue:
    """Accept, which makes a draft of the policies, or decline."""
    form = request.form
    where = {"level_of": form.get("policy", ""), "level": form.get("level", ""), "clock_kind": form.get("clock", "")}
    with open_tx() as tx:
        version = thresholds.decide(actor(), tx, **where, accepted=form.get("accepted") == "1")
    if version is None:
        flash(gettext("Declined. The target stays as it is."))
        return redirect(url_for("pages_proposals.proposals"))
    flash(
        gettext("Version %(number)s of the policies is a draft now; make it current when you are sure.", number=version)
    )
    return redirect(url_for("pages_proposals.proposals"))


def _words(target: str) -> str:
    """A target as people say it; days are those of its calendar."""
    days = re.fullmatch(r"P(\d+)D", target)
    if days:
        return str(ngettext("%(num)s day", "%(num)s days", int(days[1])))
    return str(length(policy.duration(target)))
