"""What a case's page says of its customer: who, the device, what the contract says, what a template asked (SLA-9)."""

from typing import Any

from flask_babel import gettext

from loopdesk.desk import catalogues, customers, report_templates
from loopdesk.desk.crm import assets, contracts
from loopdesk.desk.record import Case
from loopdesk.engine.tx import Tx
from loopdesk.web import reports, vocabulary


def section(tx: Tx, found: Case) -> dict[str, Any]:
    """The values of ``cases/_customer.html``."""
    organisation = customers.organisation_of(tx, found.organisation_id)
    mine = assets.of_organisation(tx, found.organisation_id, retired=True) if found.asset_id else []
    template = report_templates.get(tx, found.template) if found.template else None
    return {
        "organisation": organisation,
        "contact": customers.contact(tx, found.contact_id) if found.contact_id else None,
        "device": next((one for one in mine if one.id == found.asset_id), None),
        "service": _service(tx, found) if found.service else "",
        "template_name": template.called(vocabulary.language()) if template else found.template,
        "details": _details(tx, found),
    }


def _service(tx: Tx, found: Case) -> str:
    """The name of the service that answers; its key where a catalogue has changed meanwhile."""
    held = {one.catalogue for one in contracts.of_organisation(tx, found.organisation_id) if one.catalogue}
    services = (one for name in sorted(held) for one in catalogues.services(tx, name))
    named = next((one for one in services if one.key == found.service), None)
    return named.text("name", vocabulary.language()) if named else found.service


def _details(tx: Tx, found: Case) -> list[tuple[str, str]]:
    """What else the form asked, by the labels that it has now; of an alert, which no form asked, how severe it is."""
    labels = {"severity": gettext("Severity"), **reports.labels(tx)} if found.details else {}
    return [(labels.get(key, key), vocabulary.case_word(key, value)) for key, value in found.details.items()]
