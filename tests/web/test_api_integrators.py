"""A CRM that is wired to the desk: its person's role, its token's scopes, and refusals in the language it asks for."""

import io
from collections.abc import Callable
from typing import Any

import pytest

REPORT = {"description": "Payment fails since nine.", "customer_number": "C-1001"}


def test_an_integrator_reports_reads_comments_and_attaches(api: Callable[..., Any]) -> None:
    """INT-1, SEC-1: what its own systems reported."""
    crm = api("ivan.link", "cases:write", "cases:read")
    made = crm.post("/cases", json=REPORT)
    assert made.status_code == 201
    number = made.json["number"]
    assert crm.get(f"/cases/{number}").json["contact_id"]
    assert crm.post(f"/cases/{number}/comments", json={"body": "Order 4711."}).status_code == 201
    file = {"file": (io.BytesIO(b"ERROR 502\n"), "shop.log")}
    sent = crm.post(f"/cases/{number}/attachments", data=file, content_type="multipart/form-data")
    assert sent.status_code == 201


def test_writing_is_enough_to_report(api: Callable[..., Any]) -> None:
    """SEC-1: also for the same key again and for what routing restricts; reading names the scope that lacks."""
    crm = api("ivan.link", "cases:write")
    leak = REPORT | {"description": "Data leak: somebody was hacked, phishing."}
    answers = [crm.post("/cases", json=leak, headers={"Idempotency-Key": "1"}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json["number"] == answers[1].json["number"]
    refused = crm.get("/cases")
    assert refused.status_code == 403
    assert refused.json["detail"] == "This token lacks the scope cases:read."
    assert refused.json["remedy"] == "Make a token with scope cases:read."


def test_a_customer_nobody_can_write_to_is_refused_with_the_field(api: Callable[..., Any]) -> None:
    """INT-7: a known customer without a contact."""
    from loopdesk.desk import customers
    from loopdesk.engine.actor import SYSTEM

    crm = api("ivan.link", "cases:write")
    with crm.desk.engine.begin() as tx:
        customers.add_organisation(SYSTEM, tx, number="C-9000", name="Nobody yet")
    refused = crm.post("/cases", json=REPORT | {"customer_number": "C-9000"})
    assert refused.status_code == 422
    assert list(refused.json["errors"]) == ["email"]
    assert refused.json["remedy"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "description"),
        ({"description": None}, "description"),
        ({"description": 7}, "description"),
        ({"description": ""}, "description"),
        ({"description": "x", "title": "t" * 400}, "title"),
        ({"description": "x", "colour": "red"}, "colour"),
        ({"description": "x", "occurred_at": "yesterday"}, "occurred_at"),
        ({"description": "x", "email": "nobody"}, "email"),
        ({"description": "x", "language": "fr"}, "language"),
        ([1], "_schema"),
    ],
)
def test_each_field_is_refused_in_our_own_words(api: Callable[..., Any], body: object, field: str) -> None:
    """Every message is one of the catalogue's, so that it exists in Chinese, and a remedy stands beside it."""
    from loopdesk.tests.web.test_catalogue import CATALOGUE

    answer = api("ivan.link").post("/cases", json=body, headers={"Accept-Language": "en"})
    assert answer.status_code == 422
    assert answer.json["remedy"] == "Correct the fields that are named and send it again."
    [message] = answer.json["errors"][field]
    words = message.partition(" 1 ")[0].partition(" 300 ")[0].partition(" en, zh")[0]
    assert f'msgid "{words}' in CATALOGUE.read_text("utf-8")


def test_a_page_out_of_range_and_broken_json_are_told_in_chinese(api: Callable[..., Any]) -> None:
    crm = api("ivan.link")
    page = crm.get("/cases?per_page=1000", headers={"Accept-Language": "zh"})
    broken = crm.post("/cases", data="{", content_type="application/json", headers={"Accept-Language": "zh"})
    for answer in (page, broken):
        assert answer.json["remedy"]
        for messages in answer.json.get("errors", {}).values():
            assert not any(letter.isascii() and letter.isalpha() for letter in "".join(messages).replace("JSON", ""))
