"""What the tests of handoffs share: people with tokens, a case under way, tasks completed (HND-2, HND-4)."""

from typing import Any

from flask import Flask

from loopdesk.desk import case
from loopdesk.engine.actor import SYSTEM
from loopdesk.tests.web.conftest import Api, settle
from loopdesk.web.wiring import Loopdesk

TO_RND: dict[str, Any] = {
    "to_department": "rnd",
    "handover_reason": "It needs a patch.",
    "summary": "Error 500.",
    "signed": True,
}
TRIAGE = {"type": "fault", "department": "support", "urgency": "normal", "scope": "one", "complexity": "normal"}


class Story:
    """A case between departments, moved on over the API."""

    def __init__(self, app: Flask, desk: Loopdesk) -> None:
        self._app, self.desk = app, desk
        report = case.Report(channel="portal", title="It stops", description="Half-way.", email="anna@aurora.example")
        with desk.engine.begin() as tx:
            self.number = case.open(SYSTEM, tx, report).number
        settle(desk)
        self.did("tom.baker", "triage", **TRIAGE)

    def api(self, who: str) -> Any:
        return Api(self._app, self.desk, who)

    def task(self, who: str, element: str) -> dict[str, Any]:
        listed = self.api(who).get("/tasks").json["tasks"]
        [found] = [one for one in listed if (one["key"], one["element"]) == (self.number, element)]
        return dict(found)

    def tries(self, who: str, element: str, *, seen: str = "", **answers: Any) -> Any:
        sent = {"data": answers, "seen": seen}
        done = self.api(who).post(f"/tasks/{self.task(who, element)['id']}/complete", json=sent)
        settle(self.desk)
        return done

    def did(self, who: str, element: str, **answers: Any) -> None:
        done = self.tries(who, element, **answers)
        assert done.status_code == 200, done.json

    def offered(self, **other: Any) -> str:
        """Tom offers the case; the handoff's id."""
        wanted = {name: (TO_RND | other)[name] for name in ("to_department", "handover_reason")}
        self.did("tom.baker", "resolve", outcome="hand_over", **wanted)
        self.did("tom.baker", "offer", **TO_RND | other)
        return str(self.last()["id"])

    def last(self) -> dict[str, Any]:
        """The newest handoff of the case."""
        states = "&".join(
            f"state={one}" for one in ("offered", "accepted", "rejected", "recalled", "disputed", "ruled")
        )
        found = self.api("xu.min").get(f"/handoffs?{states}").json["handoffs"]
        mine = [one for one in found if one["case"] == self.number]
        newest = max(mine, key=lambda one: (one["offered_at"], one["attempt"]))
        return dict(self.api("xu.min").get(f"/handoffs/{newest['id']}").json)

    def said(self, who: str, handoff: str, verb: str, **body: Any) -> Any:
        """Somebody answers, recalls or disputes a handoff over the API."""
        done = self.api(who).post(f"/handoffs/{handoff}/{verb}", json=body)
        settle(self.desk)
        return done

    def ruled(self, department: str, by: str = "daniel.reyes", **other: Any) -> None:
        """The other side says nothing more; the leader rules."""
        ruling = {"ruled_department": department, "reasoning": "They alone can mend it.", "signed": True}
        self.did(by, "rule", **ruling | {"for_customer": "It is mended today."} | other)

    def case(self) -> Any:
        return self.api("xu.min").get(f"/cases/{self.number}").json
