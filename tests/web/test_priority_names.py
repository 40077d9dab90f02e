"""What priorities are called: the same words on pages, clocks, letters and forms, in both languages (SLA-1)."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import orjson
import pytest
import sqlalchemy as sa
import yaml
from flask import Flask

from loopdesk.desk import priorities
from loopdesk.desk.figures.names import called
from loopdesk.desk.letters import communication
from loopdesk.engine import bundles
from loopdesk.engine.actor import SYSTEM
from loopdesk.tests.web.browsers import as_contact, as_person
from loopdesk.tests.web.conftest import Api, settle
from loopdesk.web.first_start import WORKFLOWS
from loopdesk.web.wiring import Loopdesk

NAMES = {
    "en": {"P0": "Emergency", "P1": "Urgent", "P2": "Important", "P3": "Normal"},
    "zh": {"P0": "紧急", "P1": "高", "P2": "中", "P3": "普通"},
}
REPORT = {
    "title": "Orders cannot be sent",
    "description": "Since nine nobody can order.",
    "email": "hejing@chenxing.example",
    "category": "fault",
}


def offered(folder: Path, file: str, key: str, language: str) -> dict[str, str]:
    """Value -> label of a form's options in a language."""
    form = orjson.loads((folder / file).read_bytes())
    values = next(one["values"] for one in form["components"] if one.get("key") == key)
    texts: Mapping[str, Any] = yaml.safe_load((folder / f"texts.{language}.yaml").read_text())
    words = texts[f"{file.removesuffix('.form')}.{key}"]["options"]
    return {str(one["value"]): str(words[one["value"]]) for one in values}


@pytest.mark.parametrize("language", NAMES)
def test_the_shipped_forms_call_priorities_what_the_levels_are_called(light_desk: Loopdesk, language: str) -> None:
    with light_desk.engine.read() as tx:
        found = priorities.names(tx, language)
        figures = called(tx, "level", found, language)
    assert figures == {code: f"{code} · {name}" for code, name in found.items()}
    assert found == NAMES[language]
    for key in ("wanted", "priority"):
        shown = offered(WORKFLOWS / "negotiation", "answer-wish.form", key, language)
        assert shown == {code: f"{code} · {name}" for code, name in found.items()}


@pytest.mark.row("SLA-1/p-levels")
def test_a_level_that_its_owner_renames_is_renamed_on_pages_and_in_letters(
    desk: Loopdesk, api: Callable[..., Api], app: Flask
) -> None:
    with desk.engine.begin() as tx:
        files = dict(bundles.current(tx, "policies").files)
        said = files["sla.yaml"].decode()
        for code, (name, other) in {"P2": ("Important", "Weighty"), "P3": ("Normal", "Calm")}.items():
            assert f"name: {{en: {name}, " in said, code
            said = said.replace(f"name: {{en: {name}, ", f"name: {{en: {other}, ")
        bundles.deploy(SYSTEM, tx, "policies", files | {"sla.yaml": said.encode()})
    made: Any = api("ivan.link").post("/cases", json=REPORT)
    settle(desk)
    number = made.json["number"]
    with desk.engine.read() as tx:
        query = sa.select(communication.c.body).where(communication.c.case == number)
        [letter] = tx.conn.scalars(query.where(communication.c.template == "acknowledgement"))
        chinese = priorities.names(tx, "zh")
    code = api("ivan.link").get(f"/cases/{number}").json["priority"]
    names = {"P0": "Emergency", "P1": "Urgent", "P2": "Weighty", "P3": "Calm"}
    assert f"{code} ({names[code]})" in letter or f"{code}（{chinese[code]}）" in letter
    page = as_person(app, "li.na").get(f"/cases/{number}?lang=en").text
    assert f"{code} · {names[code]}" in page
    assert f"{code} · {names[code]}" in as_contact(app, REPORT["email"]).get(f"/portal/cases/{number}?lang=en").text
    listed = as_person(app, "petra.owner").get("/cases?lang=en").text
    assert all(f"{one} · {name}" in listed for one, name in names.items())
