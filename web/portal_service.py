"""The house's service on the portal: how often promised times were kept, and how long things took (SLA-7)."""

from flask import Blueprint, render_template

from loopdesk.desk.sla import attainment
from loopdesk.web.context import read_tx
from loopdesk.web.pages.sla import groups

blueprint = Blueprint("portal_service", __name__, url_prefix="/portal/service")


@blueprint.get("")
def service() -> str:
    """The published figures, for whoever has signed in."""
    with read_tx() as tx:
        return render_template("portal/service.html", groups=groups(tx), days=attainment.period(tx).days)
