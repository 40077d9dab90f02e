"""A running emergency with a war room, and what its people do on the page."""

from dataclasses import dataclass
from typing import Any

from flask import Flask

from loopdesk.desk import emergency
from loopdesk.engine.actor import SYSTEM
from loopdesk.tests.web.browsers import as_person, csrf_of
from loopdesk.web.wiring import Loopdesk

HTMX = {"HX-Request": "true"}


@dataclass
class Room:
    """An emergency with a war room: led by Wang Fang (support), in it Tom Baker (support)."""

    app: Flask
    desk: Loopdesk
    id: str
    number: str

    def page(self, login: str, query: str = "") -> str:
        """The whole page as somebody sees it."""
        answer = as_person(self.app, login).get(f"/emergencies/{self.id}{query}")
        assert answer.status_code == 200
        return answer.text

    def live(self, login: str) -> str:
        """The fragments as somebody's page fetches them."""
        return as_person(self.app, login).get(f"/emergencies/{self.id}/live", headers=HTMX).text

    def post(self, login: str, path: str, *, htmx: bool = True, **data: Any) -> Any:
        """Send one of the page's forms."""
        client = as_person(self.app, login)
        data["csrf_token"] = csrf_of(self.app, client)
        return client.post(f"/emergencies/{self.id}{path}", data=data, headers=HTMX if htmx else {})

    def entries(self) -> list[dict[str, Any]]:
        """The timeline as it stands."""
        with self.desk.engine.read() as tx:
            return emergency.entries(tx, self.id)


def declared(app: Flask, desk: Loopdesk, number: str, **facts: Any) -> Room:
    """An emergency of that case, grade I unless said otherwise, with Tom Baker as scribe."""
    led = {"commander": "wang.fang", "grade": "I", "kind": "system_fault"} | facts
    with desk.engine.begin() as tx:
        wide = emergency.Response("global", "P0", "payment")
        made = emergency.declare(SYSTEM, tx, number, **led, response=wide)
        emergency.assign(SYSTEM, tx, made.id, "scribe", "tom.baker")
    return Room(app, desk, made.id, number)
