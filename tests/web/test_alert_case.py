"""What stands on the page of a case that a monitoring alert opened (INT-5, EMG-11)."""

from flask import Flask

from loopdesk.desk import case
from loopdesk.engine.actor import SYSTEM
from loopdesk.tests.web.browsers import as_person
from loopdesk.web.wiring import Loopdesk


def test_how_severe_an_alert_is_stands_there_in_words(app: Flask, desk: Loopdesk) -> None:
    """No form asks for it, so no form has a label for it."""
    told = case.Report("monitoring", "Payment", "No answer", automatic=True, details={"severity": "P1"})
    with desk.engine.begin() as tx:
        number = case.open(SYSTEM, tx, told).number
    page = as_person(app, "wang.fang").get(f"/cases/{number}?lang=en").text
    assert '<dt>Severity</dt><dd class="prose">P1</dd>' in page
