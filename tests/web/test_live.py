"""The live stream: what changed reaches whom it concerns, nobody else, and nothing is lost between two connections."""

from collections.abc import Callable, Iterator
from typing import Any

import orjson
import pytest
from flask import Flask

from loopdesk.engine import events
from loopdesk.engine.actor import SYSTEM
from loopdesk.tests.support import eventually
from loopdesk.tests.web.browsers import as_person
from loopdesk.tests.web.conftest import settle
from loopdesk.tests.web.test_api_cases import REPORT
from loopdesk.web import live
from loopdesk.web.live import Follower, Tail
from loopdesk.web.wiring import Loopdesk


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests do not wait for heartbeats."""
    monkeypatch.setattr(live, "HEARTBEAT", 0.5)
    monkeypatch.setattr(live, "PAUSE", 0.02)


class Page:
    """An open page that listens."""

    def __init__(self, app: Flask, login: str, query: str = "", **headers: str) -> None:
        self.answer = as_person(app, login).get(f"/live{query}", headers=headers, buffered=False)
        assert self.answer.status_code == 200
        self._chunks: Iterator[bytes] = self.answer.iter_encoded()
        assert next(self._chunks).startswith(b"retry:")
        self.last_id = ""

    def until(self, wanted: Callable[[dict[str, Any]], bool], *, chunks: int = 40) -> list[dict[str, Any]]:
        """What arrives up to the first signal that is ``wanted``, looking at so many chunks at most."""
        heard: list[dict[str, Any]] = []
        for _ in range(chunks):
            for line in next(self._chunks).decode().splitlines():
                if line.startswith("data: "):
                    heard.append(orjson.loads(line[6:]))
                if line.startswith("id: "):
                    self.last_id = line[4:]
            if any(wanted(signal) for signal in heard):
                break
        return heard

    def close(self) -> None:
        """Leave the page."""
        self.answer.close()


def test_a_new_task_reaches_its_group_and_no_other(app: Flask, desk: Loopdesk, api: Callable[..., Any]) -> None:
    agent, stranger = Page(app, "tom.baker"), Page(app, "chen.jie")
    number = api("li.na").post("/cases", json=REPORT).json["number"]
    settle(desk)
    heard = agent.until(lambda signal: signal["kind"] == "task.created")
    assert heard[-1]["key"] == number
    assert heard[-1]["task"]
    assert stranger.until(lambda signal: True, chunks=4) == []
    agent.close()
    stranger.close()


def test_a_case_page_hears_its_case(app: Flask, api: Callable[..., Any]) -> None:
    agent = api("li.na")
    number = agent.post("/cases", json=REPORT).json["number"]
    page = Page(app, "tom.baker", f"?case={number}")
    agent.post(f"/cases/{number}/comments", json={"body": "a note", "internal": True})
    heard = page.until(lambda signal: signal["kind"].startswith("communication"))
    assert heard[-1]["key"] == number
    page.close()


def test_nobody_listens_to_a_case_he_may_not_see(app: Flask, api: Callable[..., Any]) -> None:
    number = api("li.na").post("/cases", json=REPORT).json["number"]
    assert as_person(app, "chen.jie").get(f"/live?case={number}").status_code == 404


def test_what_happened_while_away_is_told_on_return(app: Flask, desk: Loopdesk, api: Callable[..., Any]) -> None:
    page = Page(app, "tom.baker")
    first = api("li.na").post("/cases", json=REPORT).json["number"]
    settle(desk)
    page.until(lambda signal: signal["key"] == first)
    page.close()
    second = api("li.na").post("/cases", json=REPORT).json["number"]
    settle(desk)
    back = Page(app, "tom.baker", **{"Last-Event-ID": page.last_id})
    heard = back.until(lambda signal: signal["key"] == second)
    assert heard
    assert {signal["key"] for signal in heard} == {second}
    back.close()


def test_a_page_hears_what_happened_since_it_was_drawn(app: Flask, desk: Loopdesk, api: Callable[..., Any]) -> None:
    with desk.engine.read() as tx:
        drawn = events.latest(tx)
    number = api("li.na").post("/cases", json=REPORT).json["number"]
    settle(desk)

    def is_readable() -> bool:
        # On PostgreSQL events wait for every older transaction of the server, another test's too.
        with desk.engine.read() as tx:
            return events.latest(tx) != drawn

    eventually(is_readable)
    page = Page(app, "tom.baker", f"?since={drawn}")
    assert page.until(lambda signal: signal["key"] == number)
    page.close()


def test_a_nonsense_id_is_no_error(light_app: Flask) -> None:
    page = Page(light_app, "tom.baker", **{"Last-Event-ID": "'; drop table"})
    page.close()


def test_the_thread_ends_with_the_last_page(light_desk: Loopdesk) -> None:
    tail = Tail(light_desk.engine)
    one, two = tail.open(), tail.open()
    follower = tail._follower
    assert follower is not None
    tail.close(one)
    assert follower.is_alive()
    tail.close(two)
    eventually(lambda: not follower.is_alive())


def test_a_reader_that_is_too_slow_is_cut_off_and_the_others_are_not(
    light_desk: Loopdesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "BACKLOG", 2)
    tail = Tail(light_desk.engine)
    slow = tail.open()
    for number in range(4):
        tail._fan_out(([], f"0.{number}"))
    assert [slow.get_nowait(), slow.get_nowait()][-1] is None
    fresh = tail.open()
    tail._fan_out(([], "0.9"))
    assert fresh.get_nowait() == ([], "0.9")
    tail.close(fresh)


def test_a_follower_survives_a_database_that_is_away(light_desk: Loopdesk, monkeypatch: pytest.MonkeyPatch) -> None:
    import sqlalchemy as sa

    heard: list[str] = []
    follower = Follower(light_desk.engine, lambda batch: heard.extend(row["kind"] for row in batch[0]), "")
    real, failures = events.since, iter([True, False])

    def since(*args: Any) -> Any:
        if next(failures, False):
            raise sa.exc.OperationalError("select", {}, Exception("gone"))
        return real(*args)

    monkeypatch.setattr(events, "since", since)
    with light_desk.engine.begin() as tx:
        events.record(SYSTEM, tx, "case.test")
    follower.start()
    eventually(lambda: "case.test" in heard)
    follower.stop()
    follower.join(5)


def test_what_is_in_hand_when_the_database_goes_away_is_handed_over_again(light_desk: Loopdesk) -> None:
    import sqlalchemy as sa

    heard: list[str] = []
    failures = iter([True, False])

    def call(batch: live.Batch) -> None:
        if next(failures, False):
            raise sa.exc.OperationalError("select", {}, Exception("gone"))
        heard.extend(row["kind"] for row in batch[0])

    follower = Follower(light_desk.engine, call, "")
    with light_desk.engine.begin() as tx:
        events.record(SYSTEM, tx, "case.test")
    follower.start()
    eventually(lambda: "case.test" in heard)
    follower.stop()
    follower.join(5)
