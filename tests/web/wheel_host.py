"""A company's Flask platform with Loopdesk from a wheel: run by the wheel's test in an environment of its own.

Mounts the desk, reports a problem through the in-process verbs, has staff complete the tasks, lets the customer
confirm, and prints what happened as JSON.
"""

import json
import sys
from dataclasses import replace
from typing import Any

import flask
import sqlalchemy as sa

import loopdesk
from loopdesk.desk import people
from loopdesk.desk.closure import verification
from loopdesk.engine import outbox, work
from loopdesk.engine.actor import Actor
from loopdesk.engine.outbox import Handlers
from loopdesk.web import SupportDesk
from loopdesk.web.settings import Settings

FORMS: dict[str, dict[str, Any]] = {
    "triage": {"type": "how_to", "department": "support", "urgency": "normal", "scope": "one", "complexity": "low"},
    "resolve": {"outcome": "solved", "solution": "Restarted the gateway."},
    "retest": {"passed": ["answered"]},
}


def main(data: str) -> dict[str, object]:
    app = flask.Flask("platform")
    app.add_url_rule("/", "home", lambda: "the platform's own page")
    settings = replace(Settings.from_env({"LOOPDESK_DATA": data}), demo=True)
    desk = SupportDesk(app, settings=settings)
    desk.prepare()
    number = desk.cases.open(description="The gateway does not answer.", email="anna@aurora.example").number
    done = []
    for _ in FORMS:
        drain(desk)
        done.append(complete(desk, "li.na"))
    drain(desk)
    confirm(desk)
    drain(desk)
    client = app.test_client()
    page = client.get("/support/sign-in").get_data(as_text=True)
    script = next(part.split('"')[0] for part in page.split('src="') if part.startswith("/support/static/build/"))
    return {
        "from": loopdesk.__file__,
        "completed": done,
        "status": desk.cases.read(number, actor=actor(desk, "li.na")).status,
        "home": client.get("/").get_data(as_text=True),
        "chinese": client.get("/support/sign-in?lang=zh").get_data(as_text=True).count("登录"),
        "script": client.get(script).status_code,
    }


def actor(desk: SupportDesk, login: str) -> Actor:
    with desk.loopdesk.engine.read() as tx:
        person = people.by_login(tx, login)
    assert person
    return people.actor_of(person)


def drain(desk: SupportDesk) -> None:
    """Do what a worker would, but send nothing: there is no mail server."""
    handlers: Handlers = replace(desk.loopdesk.handlers, remote={})
    while outbox.drain(desk.loopdesk.engine, handlers, worker="test"):
        pass


def complete(desk: SupportDesk, login: str) -> str:
    who = actor(desk, login)
    with desk.loopdesk.engine.begin() as tx:
        (task,) = work.listing(who, tx, box="group")
        work.complete(who, tx, task["id"], FORMS[task["element"]])
    return str(task["element"])


def confirm(desk: SupportDesk) -> None:
    """Follow the link in the customer's mail."""
    with desk.loopdesk.engine.begin() as tx:
        token = tx.conn.scalars(sa.select(verification.verification.c.token)).one()
        verification.answer(Actor(kind="customer", id="anna", name="Anna"), tx, token, confirmed=True)


if __name__ == "__main__":
    json.dump(main(sys.argv[1]), sys.stdout)
