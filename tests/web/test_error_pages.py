"""Each family of errors as a page, a fragment and problem details; a bug tells nothing of itself."""

import pytest
from flask import Flask

from loopdesk.tests.web.browsers import as_person
from loopdesk.tests.web.probe import FAMILIES

STATUS = {"missing": 404, "refused": 403, "conflict": 409, "invalid": 422, "away": 503}


@pytest.mark.parametrize("family", FAMILIES)
def test_each_family_has_its_status_and_says_what_to_do(probed: Flask, family: str) -> None:
    client = probed.test_client()
    page = client.get(f"/probe/fail/{family}")
    details = client.get(f"/probe/fail/{family}", headers={"Accept": "application/json"})
    assert (page.status_code, details.status_code) == (STATUS[family], STATUS[family])
    assert page.mimetype == "text/html"
    assert details.get_json()["type"] == f"urn:loopdesk:problem:{family}"
    assert details.get_json()["detail"] in page.text.replace("&#39;", "'")
    assert details.get_json()["remedy"]
    if family == "away":
        assert details.headers["Retry-After"] == "7"
    if family == "invalid":
        assert details.get_json()["errors"] == {"title": ["At most 3 characters."]}


def test_htmx_gets_the_error_as_a_fragment(probed: Flask) -> None:
    answer = probed.test_client().get("/probe/fail/conflict", headers={"HX-Request": "true"})
    assert answer.status_code == 409
    assert "<html" not in answer.text


def test_a_bug_tells_nothing_of_itself(probed: Flask) -> None:
    answer = probed.test_client().get("/probe/crash")
    assert answer.status_code == 500
    assert "secret" not in answer.text


def test_unknown_addresses_are_our_404(probed: Flask) -> None:
    answer = as_person(probed, "li.na").get("/nowhere")
    assert answer.status_code == 404
    assert answer.mimetype == "text/html"
