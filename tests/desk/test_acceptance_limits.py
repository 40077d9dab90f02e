"""Acceptance at its edges: moments and numbers beyond all bounds, a policy that changes, a report sent twice."""

from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
import sqlalchemy as sa

from loopdesk.desk import policy
from loopdesk.desk.acceptance import attainment, bars, gates, load_tests, samples, users
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.errors import Conflict, Invalid
from loopdesk.engine.tx import Tx
from loopdesk.tests.desk.house import House

POINTS = {"function": 9, "ease": 8, "speed": 10, "reliability": 9, "support": 7}


def opened(tx: Tx, number: str, kind: str) -> gates.Gate:
    made = gates.open_(SYSTEM, tx, number, [kind])
    return gates.begin(SYSTEM, tx, gates.of_kind(tx, made.id, kind).id)


@pytest.mark.parametrize(
    "wrong",
    [
        {"at": "0001-01-01T00:00:00+08:00", "seconds": 1},
        {"at": "9999-12-31T23:59:59-08:00", "seconds": 1},
        {"at": "2026-03-02T10:00:00+00:00", "seconds": 10**400},
    ],
)
def test_what_no_calendar_and_no_clock_can_hold_is_answered(house: House, tx: Tx, number: str, wrong: Any) -> None:
    """FIX-5, bad input: such a sample is refused like others, and does not take its batch with it."""
    gate = opened(tx, number, "monitoring")
    assert gate.from_at is not None
    tx.now = gate.from_at + timedelta(hours=1)
    good = {"at": gate.from_at.isoformat(), "seconds": 1}
    batch = samples.add(house.people["ivan"], tx, gate.acceptance, [wrong, good])
    assert [one.state for one in batch.answers] == ["refused", "kept"]
    assert isinstance(batch.answers[0].error, Invalid)


def test_an_error_page_is_a_fail_however_fast_and_a_clock_may_be_a_minute_ahead(
    house: House, tx: Tx, number: str
) -> None:
    """FIX-5: `ok: false` beside `seconds`, and `skew` of the policy as it is shipped."""
    gate = opened(tx, number, "monitoring")
    assert gate.from_at is not None
    tx.now = gate.from_at + timedelta(hours=2)
    given = [
        {"at": gate.from_at.isoformat(), "seconds": 0.2, "ok": False},
        *({"at": (tx.now + timedelta(seconds=ahead)).isoformat(), "seconds": 1} for ahead in (60, 61)),
    ]
    batch = samples.add(house.people["ivan"], tx, gate.acceptance, given)
    assert [one.state for one in batch.answers] == ["kept", "kept", "refused"]
    assert "lies in the future" in str(batch.answers[2].error)
    assert (batch.standing.passed, batch.standing.days[0].down) == (0, 1)


def test_a_window_that_was_lost_early_is_not_called_over(house: House, tx: Tx, number: str) -> None:
    """FIX-5: who sends on is told that it is decided, not that it ended on a day that is yet to come."""
    gate = opened(tx, number, "monitoring")
    assert gate.from_at is not None
    tx.now = gate.from_at + timedelta(hours=1)
    gates.decide(SYSTEM, tx, gate.id, fails=["recovery"], figures={})
    with pytest.raises(Conflict, match="decided") as refused:
        samples.add(house.people["ivan"], tx, gate.acceptance, [])
    assert "ended at" not in refused.value.message


def test_a_survey_that_runs_keeps_its_questions(
    house: House, tx: Tx, number: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """FIX-7: dimensions, points and the number of users that the policy gets meanwhile hold from the next round on."""
    gate = opened(tx, number, "users")
    named = [(f"User {one}", f"u{one}@x.example") for one in range(20)]
    rows = users.invite(SYSTEM, tx, gate.id, named)
    for row in rows[:10]:
        users.answer(house.contacts["anna"], tx, row["token"], POINTS)
    said = dict(policy.shipped("acceptance"))
    price = {"price": {"name": {"en": "It is worth its price", "zh": "物有所值"}}}
    later = said | {
        "users": said["users"] | {"count": 5, "most_points": 5},
        "dimensions": said["dimensions"] | price,
    }
    monkeypatch.setattr(policy, "said", lambda tx, name, *keys: policy.under(later, keys))
    score = users.score(tx, gates.one(tx, gate.id))
    assert (score.needed, score.missing, str(score.overall)) == (20, 10, "86.0")
    assert set(users.of_token(tx, rows[10]["token"])["asked"].named) == set(POINTS)
    for row in rows[10:]:
        users.answer(house.contacts["anna"], tx, row["token"], POINTS)
    assert users.score(tx, gates.one(tx, gate.id)).missing == 0
    again = gates.begin(SYSTEM, tx, gate.id)
    assert users.score(tx, again).needed == 5


def test_one_report_of_a_load_test_is_checked_at_a_time(house: House, tx: Tx, number: str) -> None:
    """FIX-6: sent twice by a double click, the second is refused: the page shows the report that was judged."""
    gate = opened(tx, number, "load_test")
    figures = {"peak": 3, "hours": 72, "success": 99.9, "swing": 15}

    def hand_in() -> load_tests.LoadTest:
        file = ("report.pdf", BytesIO(b"%PDF-1.4 three times the peak"))
        return load_tests.hand_in(house.people["lina"], tx, house.store, gate.acceptance, figures=figures, file=file)

    first = hand_in()
    with pytest.raises(Conflict, match="checked"):
        hand_in()
    assert load_tests.last(tx, gate) == first
    gates.decide(SYSTEM, tx, gate.id, fails=["peak"], figures={})
    gates.begin(SYSTEM, tx, gate.id)
    assert hand_in().round == 2


def test_a_list_of_acceptances_reads_no_samples(house: House, tx: Tx, number: str) -> None:
    """FIX-5: what passed among what is due is counted by the database, for all gates of a list at once."""
    gate = opened(tx, number, "monitoring")
    assert gate.from_at is not None
    tx.now = gate.from_at + timedelta(minutes=20)
    given = [
        {"at": (gate.from_at + timedelta(minutes=5 * slot)).isoformat(), "seconds": seconds}
        for slot, seconds in enumerate((1, 2, 2.001, 0.1))
    ]
    samples.add(house.people["ivan"], tx, gate.acceptance, given)
    other = house.report(tx).number
    decided = opened(tx, other, "monitoring")
    gates.decide(SYSTEM, tx, decided.id, fails=[], figures={"attainment": "99.71"})
    asked: list[str] = []
    sa.event.listen(tx.conn, "before_cursor_execute", lambda *said: asked.append(said[2]))
    listed = [gates.one(tx, gate.id), gates.one(tx, decided.id)]
    asked.clear()
    assert attainment.shares(tx, listed) == {gate.id: "75.00", decided.id: "99.71"}
    assert len(asked) == 1
    assert "count" in asked[0].lower()


def test_half_seconds_are_kept_with_a_round(tx: Tx) -> None:
    """FIX-5: what a round keeps of its bars is what the policy said."""
    said = bars.current(tx)
    assert bars.of_kept(bars.kept(said)) == said
