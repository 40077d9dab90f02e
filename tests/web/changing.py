"""What tests of changes do: register one, sign it, read its letters, answer by its link (FIX-3)."""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from flask import Flask

from loopdesk.desk import people
from loopdesk.desk.implementation import change_rows, signing
from loopdesk.desk.letters import communication
from loopdesk.engine import work
from loopdesk.engine.actor import Actor
from loopdesk.tests.web.browsers import csrf_of
from loopdesk.tests.web.conftest import Api, settle
from loopdesk.web.wiring import Loopdesk

REPORT = {
    "title": "Orders stand still",
    "description": "Nobody can order since nine.",
    "email": "anna@aurora.example",
    "customer_number": "C-1001",
    "category": "fault",
}
MERGE = "https://gitlab.example/shop/orders/-/merge_requests/12"
CHANGE = {"title": "Move the orders", "text": "The table is written anew.", "kind": "data", "links": [MERGE]}


def register(desk: Loopdesk, api: Callable[..., Api], number: str, **more: Any) -> dict[str, Any]:
    made: Any = api("ivan.link").post("/changes", json=CHANGE | {"case": number} | more)
    assert made.status_code == 201, made.json
    settle(desk)
    return dict(made.json)


def known(desk: Loopdesk, login: str) -> Actor:
    with desk.engine.read() as tx:
        return people.actor_of(people.find(tx, login))  # type: ignore[arg-type]


def sign(desk: Loopdesk, login: str = "emma.stone", **data: Any) -> None:
    who = known(desk, login)
    with desk.engine.begin() as tx:
        [task] = [one for one in work.listing(who, tx) if one["element"] == "sign"]
        work.complete(who, tx, task["id"], data or {"decision": "sign"})
    settle(desk)


def letters(desk: Loopdesk, number: str, template: str) -> list[Any]:
    query = sa.select(communication).where(communication.c.case == number, communication.c.template == template)
    with desk.engine.read() as tx:
        return list(tx.conn.execute(query.order_by(communication.c.at)).all())


def token(desk: Loopdesk, change: str) -> str:
    with desk.engine.read() as tx:
        return signing.token_of(tx, change)


def answer(app: Flask, link: str, **data: str) -> Any:
    """The customer's browser: read the page, hand back what it says was seen."""
    browser = app.test_client()
    page = browser.get(f"/c/{link}").text
    seen = page.partition('name="seen" value="')[2].partition('"')[0]
    return browser.post(f"/c/{link}", data={"seen": seen, "csrf_token": csrf_of(app, browser), **data})


def state(desk: Loopdesk, change: str) -> str:
    with desk.engine.read() as tx:
        return change_rows.get(tx, change).state
