"""Whoever may not do something is told which role it takes, in his own language (SEC-1)."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from loopdesk.desk import rights
from loopdesk.desk.refusals import ROLES
from loopdesk.engine.actor import Actor
from loopdesk.engine.errors import Refused
from loopdesk.tests.web.browsers import as_person
from loopdesk.tests.web.conftest import Api
from loopdesk.web import vocabulary
from loopdesk.web.wiring import Loopdesk

WRITES = "cases:write"


def told(verb: str, *, role: str = "agent", kind: Any = "person", scope: str = "") -> str:
    """What is said to whoever may not do ``verb``, and what about it."""
    scopes = frozenset({scope} if scope else ())
    with pytest.raises(Refused) as refused:
        rights.require(Actor(kind, "x", "X", frozenset({role}), scopes=scopes), verb)
    assert refused.value.text() == "You may not do this."
    return refused.value.remedy_text()


def test_a_page_and_the_api_name_the_roles_that_it_takes(app: Flask, api: Callable[..., Api]) -> None:
    browser = as_person(app, "petra.owner")
    refused = browser.get("/customers?lang=en")
    assert refused.status_code == 403
    assert "You may not do this." in refused.text
    assert "It takes the role Agent or Supervisor or Integrator. Ask somebody who has it" in refused.text
    chinese = browser.get("/customers?lang=zh").text
    assert all(str(name) in chinese for name in ("坐席", "主管", "集成工程师"))
    answer = api("petra.owner").get("/customers")
    assert answer.status_code == 403
    assert answer.json["remedy"].startswith("It takes the role Agent or Supervisor or Integrator.")


def test_the_roles_are_told_in_words_of_the_reader_s_language(light_app: Flask, light_desk: Loopdesk) -> None:
    with pytest.raises(Refused) as refused:
        rights.require(Actor("person", "x", "X", frozenset({"integrator"})), "emergency.note")
    words = {
        "Agent": "坐席",
        "Supervisor": "主管",
        "Process owner": "流程负责人",
        "%(first)s or %(next)s": "%(first)s 或 %(next)s",
    }
    assert "坐席 或 主管 或 流程负责人" in refused.value.remedy_text(lambda text: words.get(text, text))
    with light_app.test_request_context():
        assert {code: str(name) for code, name in vocabulary.ROLES.items()} == dict(ROLES)


@pytest.mark.parametrize(
    ("verb", "who", "remedy"),
    [
        ("clock.move", {}, "It takes the role Supervisor or Process owner or Administrator."),
        ("sentiment.correct", {"role": "owner"}, "It takes the role Agent or Supervisor."),
        ("sentiment.correct", {"role": "owner", "scope": WRITES}, "It takes the role Agent or Supervisor."),
        ("people.change", {"role": "admin", "scope": WRITES}, "No token does this: sign in and do it there."),
        ("case.close", {"role": "admin"}, "No role is enough for this"),
        ("survey.answer", {"role": "admin"}, "No role is enough for this"),
        ("people.list", {"kind": "customer"}, "Ask a supervisor or an administrator"),
    ],
)
def test_what_is_wanting_is_told_where_it_is_no_role(verb: str, who: dict[str, str], remedy: str) -> None:
    assert told(verb, **who).startswith(remedy)
