"""Cases over the API (INT-1, INT-2, CON-10), with the bad inputs that issue 2 names."""

import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from loopdesk.engine.clock import VirtualClock
from loopdesk.web.wiring import Loopdesk

REPORT = {
    "description": "The payment page shows error 502 since this morning.",
    "customer_number": "C-1001",
    "email": "anna@aurora.example",
    "occurred_at": "2026-03-02T08:40:00+01:00",
    "steps": "Open the basket, press Pay.",
    "expected": "The receipt.",
}

UNKNOWN = {"customer_number": "C-4711", "email": "stranger@elsewhere.example"}


@pytest.mark.row("INT-1/api", "INT-2/fields")
def test_a_report_becomes_a_case_with_number_and_place(api: Callable[..., Any]) -> None:
    made = api("li.na").post("/cases", json=REPORT)
    assert made.status_code == 201
    assert made.json["number"].startswith("L-2026-")
    assert made.json["channel"] == "api"
    assert made.json["organisation_id"]
    assert made.json["occurred_at"] == "2026-03-02T07:40:00+00:00"
    read = api("wang.fang").get(f"/cases/{made.json['number']}")
    assert made.headers["Location"] == f"/api/v1/cases/{made.json['number']}"
    told = {name: read.json[name] for name in ("description", "steps", "expected")}
    assert told == {name: REPORT[name] for name in told}


def test_same_idempotency_key_and_body_get_the_first_answer(api: Callable[..., Any]) -> None:
    app = api("li.na")
    first = app.post("/cases", json=REPORT, headers={"Idempotency-Key": "order-7"})
    again = app.post("/cases", json=REPORT, headers={"Idempotency-Key": "order-7"})
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json["number"] == first.json["number"]
    assert again.headers["Idempotency-Replayed"] == "true"
    assert app.get("/cases").json["total"] == 1


def test_same_key_with_another_body_is_refused_and_opens_nothing(api: Callable[..., Any]) -> None:
    app = api("li.na")
    app.post("/cases", json=REPORT, headers={"Idempotency-Key": "order-7"})
    other = app.post("/cases", json=REPORT | {"description": "Something else"}, headers={"Idempotency-Key": "order-7"})
    assert other.status_code == 422
    assert "Idempotency-Key" in other.json["errors"]
    assert app.get("/cases").json["total"] == 1


def test_a_comment_sent_again_under_its_key_is_one_letter(api: Callable[..., Any]) -> None:
    app = api("li.na")
    number, other = (app.post("/cases", json=REPORT).json["number"] for _ in "ab")
    said = {"json": {"body": "We cleared the cache."}, "headers": {"Idempotency-Key": "answer-7"}}
    first, again = (app.post(f"/cases/{number}/comments", **said) for _ in "ab")
    assert (first.status_code, again.status_code, again.json) == (201, 201, first.json)
    assert (first.json["jargon"][0]["word"], again.headers["Idempotency-Replayed"]) == ("cache", "true")
    told = [one["body"] for one in app.get(f"/cases/{number}/comments").json["comments"]]
    assert [text.strip() for text in told].count("We cleared the cache.") == 1
    assert app.post(f"/cases/{other}/comments", **said).status_code == 422


def test_a_failed_request_leaves_its_key_free(api: Callable[..., Any]) -> None:
    app = api("li.na")
    wrong = app.post("/cases", json=REPORT | UNKNOWN, headers={"Idempotency-Key": "k"})
    right = app.post("/cases", json=REPORT, headers={"Idempotency-Key": "k"})
    assert (wrong.status_code, right.status_code) == (422, 201)


def test_keys_of_two_people_do_not_meet(api: Callable[..., Any]) -> None:
    one = api("li.na").post("/cases", json=REPORT, headers={"Idempotency-Key": "k"})
    other = api("tom.baker").post("/cases", json=REPORT, headers={"Idempotency-Key": "k"})
    assert one.json["number"] != other.json["number"]


def test_the_same_external_id_is_the_same_case(api: Callable[..., Any], clock: VirtualClock) -> None:
    app = api("li.na")
    first = app.post("/cases", json=REPORT | {"external_id": "ticket-5"})
    clock.advance(timedelta(seconds=1))
    again = app.post("/cases", json=REPORT | {"external_id": "ticket-5"})
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json["number"] == first.json["number"]


def test_unknown_customer_names_field_and_remedy(api: Callable[..., Any]) -> None:
    answer = api("li.na").post("/cases", json=REPORT | UNKNOWN)
    assert answer.status_code == 422
    assert answer.content_type == "application/problem+json"
    assert "customer_number" in answer.json["errors"]
    assert answer.json["remedy"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"description": None}, "description"),
        ({"description": ""}, "description"),
        ({"occurred_at": "yesterday"}, "occurred_at"),
        ({"occurred_at": "2026-03-02T08:40:00"}, "occurred_at"),
        ({"email": "nobody"}, "email"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_wrong_fields_are_named(api: Callable[..., Any], change: dict[str, Any], field: str) -> None:
    answer = api("li.na").post("/cases", json=REPORT | change)
    assert answer.status_code == 422
    assert field in answer.json["errors"]


def test_missing_fields_are_asked_for_not_refused(api: Callable[..., Any]) -> None:
    answer = api("li.na").post("/cases", json={"description": "It is broken", "email": "new@somewhere.example"})
    assert answer.status_code == 201


def test_listing_filters_and_pages(api: Callable[..., Any], clock: VirtualClock) -> None:
    app = api("wang.fang")
    for number in range(3):
        clock.advance(timedelta(minutes=1))
        app.post("/cases", json=REPORT | {"title": f"Problem {number}"})
    first = app.get("/cases?per_page=2").json
    assert [one["title"] for one in first["cases"]] == ["Problem 2", "Problem 1"]
    assert (first["total"], first["page"], first["per_page"]) == (3, 1, 2)
    assert [one["title"] for one in app.get("/cases?per_page=2&page=2").json["cases"]] == ["Problem 0"]
    assert app.get("/cases?q=Problem 1").json["total"] == 1
    assert app.get("/cases?status=closed").json["total"] == 0
    assert app.get("/cases?per_page=1000").status_code == 422


def test_a_comment_and_a_note_stand_on_the_case(api: Callable[..., Any]) -> None:
    app = api("li.na")
    number = app.post("/cases", json=REPORT).json["number"]
    made = app.post(f"/cases/{number}/comments", json={"body": "Looks like the gateway.", "internal": True})
    assert made.status_code == 201
    said = app.get(f"/cases/{number}/comments").json["comments"]
    assert [one["body"] for one in said if one["id"] == made.json["id"]] == ["Looks like the gateway."]


@pytest.mark.row("INT-2/attachments")
def test_a_file_is_attached(api: Callable[..., Any]) -> None:
    app = api("li.na")
    number = app.post("/cases", json=REPORT).json["number"]
    made = app.post(f"/cases/{number}/attachments", data={"file": (io.BytesIO(b"10:02 error 502\n"), "gateway.log")})
    assert made.status_code == 201
    assert made.json["size"] == 16
    assert [one["name"] for one in app.get(f"/cases/{number}/attachments").json] == ["gateway.log"]


def test_30_megabytes_are_too_large(api: Callable[..., Any]) -> None:
    app = api("li.na")
    number = app.post("/cases", json=REPORT).json["number"]
    large = {"file": (io.BytesIO(b"a" * 30 * 1024 * 1024), "big.log")}
    answer = app.post(f"/cases/{number}/attachments", data=large)
    assert answer.status_code == 413
    assert "25 MB" in answer.json["remedy"]
    assert app.get(f"/cases/{number}/attachments").json == []


def test_just_over_25_megabytes_is_too_large_as_well(api: Callable[..., Any]) -> None:
    app = api("li.na")
    number = app.post("/cases", json=REPORT).json["number"]
    large = {"file": (io.BytesIO(b"a" * (25 * 1024 * 1024 + 1)), "big.log")}
    answer = app.post(f"/cases/{number}/attachments", data=large)
    assert answer.status_code == 422
    assert "25 MB" in answer.json["detail"]


def test_a_program_that_calls_itself_a_picture_is_refused(api: Callable[..., Any]) -> None:
    app = api("li.na")
    number = app.post("/cases", json=REPORT).json["number"]
    program = b"MZ\x90\x00\x03" + b"\0" * 200
    answer = app.post(f"/cases/{number}/attachments", data={"file": (io.BytesIO(program), "photo.png")})
    assert answer.status_code == 422
    assert app.get(f"/cases/{number}/attachments").json == []


def test_a_request_without_a_file_says_so(api: Callable[..., Any]) -> None:
    app = api("li.na")
    number = app.post("/cases", json=REPORT).json["number"]
    answer = app.post(f"/cases/{number}/attachments", data={"visibility": "staff"}, content_type="multipart/form-data")
    assert answer.status_code == 422
    assert "file" in answer.json["errors"]


def test_agents_of_other_departments_do_not_see_it(api: Callable[..., Any]) -> None:
    number = api("li.na").post("/cases", json=REPORT).json["number"]
    assert api("chen.jie").get(f"/cases/{number}").status_code == 404
    assert api("chen.jie").get("/cases").json["total"] == 0


def test_scopes_limit_a_token(app: Flask, desk: Loopdesk, api: Callable[..., Any]) -> None:
    reader = api("li.na", "cases:read")
    answer = reader.post("/cases", json=REPORT)
    assert answer.status_code == 403
    assert "cases:write" in answer.json["detail"]
    assert reader.get("/cases").status_code == 200
