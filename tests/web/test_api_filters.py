"""A filter with a value that the house does not have is refused with those there are; it answered with nothing."""

from collections.abc import Callable
from typing import Any

import marshmallow as ma
import pytest
import sqlalchemy as sa
from flask import Flask

from loopdesk.desk import people
from loopdesk.desk.record import case_
from loopdesk.engine.actor import SYSTEM
from loopdesk.tests.web.browsers import as_person
from loopdesk.web import api as web_api
from loopdesk.web.api.filters import Chosen, Somebody
from loopdesk.web.api.schemas import Query
from loopdesk.web.wiring import Loopdesk

REPORT = {"description": "The press stands still.", "customer_number": "C-1001", "email": "anna@aurora.example"}
FREE = {
    "words": {"q", "words"},
    "which one, of very many": {"case", "key", "emergency", "after", "element"},
    "what a message or an effect asked for, which processes name as they like": {"type"},
    "checked with the figures or the log, which know what was": {"channel", "level", "class_", "team", "customer"},
}
"""Why the text of a filter may be any."""


@pytest.mark.parametrize(
    ("path", "field", "right"),
    [
        ("/cases", "priority", "P1"),
        ("/cases", "department", "support"),
        ("/closures", "department", "support"),
        ("/handoffs", "department", "support"),
        ("/handoffs/rulings", "from", "support"),
        ("/handoffs/rulings", "to", "support"),
        ("/handoffs/rulings", "type", "hardware"),
        ("/tasks", "department", "support"),
        ("/actions", "department", "support"),
        ("/feedback", "department", "support"),
        ("/customers", "tier", "vip"),
        ("/support/breaches", "cause", "cross_department_delay"),
        ("/instances", "process", "reassess"),
        ("/incidents", "process", "intake"),
        ("/incidents", "kind", "letter"),
        ("/migrations", "process", "intake"),
    ],
)
def test_what_the_house_does_not_have_is_refused_with_what_it_has(
    api: Callable[..., Any], path: str, field: str, right: str
) -> None:
    program = api("admin")
    answer = program.get(path, query_string={field: "nothing of ours", "lang": "en"})
    assert (answer.status_code, list(answer.json["errors"])) == (422, [field])
    [said] = answer.json["errors"][field]
    assert said.startswith("Choose among ")
    assert right in said.removeprefix("Choose among ").removesuffix(".").split(", ")
    assert program.get(path, query_string={field: right}).status_code == 200
    assert program.get(path, query_string={field: ""}).status_code == 200


@pytest.mark.parametrize("path", ["/cases", "/closures", "/actions"])
def test_an_owner_is_named_by_id_sign_in_name_or_address(api: Callable[..., Any], desk: Loopdesk, path: str) -> None:
    program = api("admin")
    answer = program.get(path, query_string={"owner": "nobody", "lang": "en"})
    assert (answer.status_code, answer.json["errors"]) == (422, {"owner": ["There is nobody of this name."]})
    with desk.engine.read() as tx:
        lina = people.by_login(tx, "li.na")
    assert lina is not None
    for name in (lina.id, lina.login.upper(), lina.email, ""):
        assert program.get(path, query_string={"owner": name}).status_code == 200
    if path == "/cases":
        number = program.post("/cases", json=REPORT).json["number"]
        with desk.engine.begin() as tx:
            tx.conn.execute(sa.update(case_).values(owner_id=lina.id))
            people.deactivate(SYSTEM, tx, lina.id)
        for name in (lina.id, lina.login):
            assert [one["number"] for one in program.get(f"/cases?owner={name}").json["cases"]] == [number]


def test_what_the_house_had_once_still_finds_its_cases(api: Callable[..., Any], app: Flask, desk: Loopdesk) -> None:
    program = api("admin")
    number = program.post("/cases", json=REPORT).json["number"]
    with desk.engine.begin() as tx:
        tx.conn.execute(sa.update(case_).values(priority="P7", department="typing pool", owner_id="gone"))
    for asked in ({"priority": "P7"}, {"department": "typing pool"}, {"owner": "gone"}):
        assert [one["number"] for one in program.get("/cases", query_string=asked).json["cases"]] == [number]
        assert number in as_person(app, "wang.fang").get("/cases", query_string=asked).text


def test_on_the_page_of_cases_a_filter_that_there_is_not_is_none(
    api: Callable[..., Any], app: Flask, desk: Loopdesk
) -> None:
    """As on the other pages: no choice is shown and all cases are, not “No case matches” under “Any priority”."""
    number, reader = api("admin").post("/cases", json=REPORT).json["number"], as_person(app, "wang.fang")
    wrong = ("priority=P9", "status=lost", "department=nobody", "owner=nobody", "page=x")
    for asked in ("", *wrong, "&".join(wrong)):
        assert number in reader.get(f"/cases?{asked}").text, asked
    assert number not in reader.get("/cases?status=closed").text
    assert number not in reader.get("/cases?department=finance").text


@pytest.mark.parametrize("word", ["flase", "2"])
def test_a_folder_is_not_promoted_by_a_misspelt_no(api: Callable[..., Any], word: str) -> None:
    """It used to be: whatever is not `false` was taken for yes."""
    answer = api("petra.owner").post(f"/definitions/handoff?promote={word}&lang=en", data=b"PK")
    assert answer.status_code in (415, 422)
    answer = api("petra.owner").post(
        f"/definitions/handoff?promote={word}&lang=en", data=b"PK", content_type="application/zip"
    )
    assert (answer.status_code, answer.json["errors"]) == (422, {"promote": ["This has to be true or false."]})


def test_each_filter_of_a_list_is_checked_or_free_for_a_reason() -> None:
    """A new text filter is looked at by itself: `Chosen`, `Somebody`, `OneOf`, or a reason above."""
    free = {name for names in FREE.values() for name in names}
    schemas = {
        one
        for module in web_api.MODULES
        for one in vars(module).values()
        if isinstance(one, type) and issubclass(one, Query)
    }
    assert len(schemas) > 20
    asked = {(schema.__name__, name): field for schema in schemas for name, field in schema().fields.items()}
    unchecked = {
        where
        for where, field in asked.items()
        if isinstance(field, ma.fields.String) and not isinstance(field, Chosen | Somebody | ma.fields.Date)
        if not any(isinstance(check, ma.validate.OneOf) for check in field.validators) and where[1] not in free
    }
    assert unchecked == {("Deploying", "note")}, "a note says what one likes"
