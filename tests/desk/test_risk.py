"""Warnings of risk between two departments: features, table, reason, and how good they would have been (HND-8)."""

from datetime import date, datetime, timedelta

import pytest
import sqlalchemy as sa

from loopdesk.desk import actions, policy
from loopdesk.desk.handoff.tables import handoff_
from loopdesk.desk.team import backtest, checks, history, risk
from loopdesk.engine import bundles, events, outbox_rows
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.db import new_id
from loopdesk.engine.errors import Invalid
from loopdesk.engine.tx import Tx
from loopdesk.tests.desk.house import BASE, WORKFLOWS, House

DAY = timedelta(days=1)
PAIR = ("support", "rnd")


def hand(house: House, tx: Tx, at: datetime, *, state: str = "accepted", late: bool = False, to: str = "rnd") -> str:
    """A handoff of a case of its own in the past: its case's number."""
    number = house.report(tx).number
    row = {"id": new_id(), "case": number, "from_department": "support", "to_department": to, "reason": "r"}
    row |= {"summary": "s", "state": state}
    limit = at + timedelta(minutes=30) if late else None
    times = {"offered_at": at, "decided_at": at + timedelta(hours=1), "overdue_at": limit}
    tx.conn.execute(sa.insert(handoff_).values(**row, **times))
    return number


def happen(tx: Tx, kind: str, number: str, at: datetime) -> None:
    """Something in the log of a case, at a moment of the past."""
    now, tx.now = tx.now, at
    events.record(SYSTEM, tx, kind, key=number)
    tx.flush()
    tx.now = now


def letters(tx: Tx) -> list[tuple[str, str]]:
    """Who was warned, and the subjects."""
    query = sa.select(outbox_rows.outbox.c.payload).where(outbox_rows.outbox.c.kind == "letter")
    rows = tx.conn.scalars(query.order_by(outbox_rows.outbox.c.id)).all()
    return [(row["to_name"], row["subject"]) for row in rows if row["template"] == "risk-warning"]


def test_features_are_made_of_what_was_known_then(house: House, tx: Tx) -> None:
    """Hand-counted: five handoffs, one too old, one overdue, one sent back, one case reopened, a promise missed."""
    now = tx.now
    hand(house, tx, now - 40 * DAY, late=True)
    hand(house, tx, now - 20 * DAY, late=True)
    hand(house, tx, now - 10 * DAY, state="rejected")
    again = hand(house, tx, now - 5 * DAY)
    hand(house, tx, now - 5 * DAY, to="finance")
    happen(tx, "case.reopened", again, now - 2 * DAY)
    handoff = tx.conn.scalar(sa.select(handoff_.c.id).where(handoff_.c.case == again))
    tx.now = now - 4 * DAY
    given = {"text": "x", "owner": "zhangwei", "due_at": now - 3 * DAY}
    actions.add(SYSTEM, tx, source="board", source_id=str(handoff), **given)  # type: ignore[arg-type]
    actions.add(SYSTEM, tx, source="meeting", source_id="m", **given)  # type: ignore[arg-type]
    tx.now = now
    past = history.read(tx, ["breach.opened"])
    assert past.pairs(now) == [("support", "finance"), PAIR]
    found = past.features(PAIR, now, 30 * DAY)
    assert found == history.Features(3, 1, 0.3333, 1, 1, 1, 1)
    assert past.features(PAIR, now - 3 * DAY, 30 * DAY) == history.Features(3, 1, 0.3333, 1, 0, 0, 0)
    assert past.features(("support", "finance"), now, 30 * DAY) == history.Features(1, 0, 0.0, 0, 0, 0, 0)


def test_the_reason_is_shown_with_its_numbers_in_both_languages(tx: Tx, house: House) -> None:
    by = risk.rules(tx)
    features = history.Features(4, 2, 0.5, 0, 0, 0, 0)
    assert by.judge(features, tx.now) == ("high", "overdue")
    text = by.reason_text("overdue", features.numbers(), "en")
    assert text == "2 of 4 handoffs (50 per cent) were not answered in time."
    assert "4 次移交中有 2 次（百分之 50）" in by.reason_text("overdue", features.numbers(), "zh")
    assert by.judge(history.Features(9, 0, 0.0, 1, 0, 0, 2), tx.now) == ("low", "calm")
    assert house.people


def test_both_departments_supervisors_are_warned_once_per_rise(house: House, tx: Tx) -> None:
    hand(house, tx, tx.now - 3 * DAY, late=True)
    assert [one.level for one in risk.weigh(SYSTEM, tx, base_url=BASE)] == ["raised"]
    assert {name for name, _ in letters(tx)} == {"王芳", "Emma Stone"}
    assert risk.weigh(SYSTEM, tx, base_url=BASE) == []
    tx.now += DAY
    assert risk.weigh(SYSTEM, tx, base_url=BASE) == []
    assert len(letters(tx)) == 2
    for _ in range(3):
        hand(house, tx, tx.now - DAY, late=True)
    assert [one.level for one in risk.weigh(SYSTEM, tx, base_url=BASE)] == ["high"]
    assert len(letters(tx)) == 4
    tx.now += 60 * DAY
    assert risk.weigh(SYSTEM, tx, base_url=BASE) == []
    assert [(one.level, one.raised) for one in risk.latest(tx)] == [("low", False)]
    hand(house, tx, tx.now - DAY, late=True)
    assert len(risk.weigh(SYSTEM, tx, base_url=BASE)) == 1, "a rise after it had fallen is a rise again"


def test_without_history_nothing_is_said(house: House, tx: Tx) -> None:
    assert risk.weigh(SYSTEM, tx, base_url=BASE) == []
    assert risk.listing(house.people["emma"], tx) == []
    score = backtest.run(house.people["emma"], tx)
    assert (score.weeks, score.precision, score.recall, score.base_rate) == ((), None, None, None)


def test_the_back_test_is_what_one_counts_by_hand(house: House, tx: Tx) -> None:
    """Six weeks of one pair: warned in weeks 1 to 4 (an overdue handoff stays 30 days in the window), breaches in weeks
    2 and 6; so of four warnings one came true, and of two breaches one was warned of."""
    tx.now = datetime.combine(date(2026, 3, 2), datetime.min.time(), tx.now.tzinfo) + 9 * timedelta(hours=1)
    first = tx.now - 50 * DAY
    number = hand(house, tx, first, late=True)
    happen(tx, "breach.opened", number, first + 15 * DAY)
    happen(tx, "breach.opened", number, first + 43 * DAY)
    score = backtest.run(SYSTEM, tx)
    assert [(week.at - first).days for week in score.weeks] == [7, 14, 21, 28, 35, 42]
    assert [week.warned for week in score.weeks] == [True, True, True, True, False, False]
    assert [week.happened for week in score.weeks] == [False, True, False, False, False, True]
    assert (score.precision, score.recall) == (0.25, 0.5)
    assert score.base_rate == pytest.approx(2 / 6)
    counts = [score.count(warned=warned, happened=came) for warned in (True, False) for came in (True, False)]
    assert counts == [1, 3, 1, 1]


def test_a_table_and_a_policy_that_do_not_fit_say_so(house: House, tx: Tx) -> None:
    hand(house, tx, tx.now - DAY, late=True)
    files = bundles.read_folder(WORKFLOWS / policy.BUNDLE)
    calm = (
        files["risk.yaml"]
        .replace(b"  raised: {name", b"  grave: {name")
        .replace(b"warns_from: raised", b"warns_from: high")
    )
    bundles.deploy(SYSTEM, tx, policy.BUNDLE, files | {"risk.yaml": calm})
    with pytest.raises(Invalid) as unknown:
        risk.weigh(SYSTEM, tx, base_url=BASE)
    assert unknown.value.params["level"] == "raised"
    bundles.deploy(SYSTEM, tx, policy.BUNDLE, files | {"risk.yaml": b"window: P30D\n"})
    with pytest.raises(Invalid):
        risk.rules(tx)
    older = {name: content for name, content in files.items() if not name.startswith("risk.")}
    bundles.deploy(SYSTEM, tx, policy.BUNDLE, older)
    assert risk.rules(tx).levels == ("low", "raised", "high")
    assert house.people


def test_a_policy_that_cannot_be_used_is_found_before_it_counts() -> None:
    files = bundles.read_folder(WORKFLOWS / policy.BUNDLE)
    known = ("support", "rnd", "operations", "product", "customer_success")
    assert checks.check(files, known) == []
    wrong = files["meetings.yaml"].replace(b"day: 2", b"day: 9").replace(b"product, ", b"kitchen, ")
    said = checks.check({"meetings.yaml": wrong, "risk.yaml": b"window: soon"}, known)
    assert [(one.file, one.params.get("department", "")) for one in said] == [
        ("meetings.yaml", ""),
        ("meetings.yaml", "kitchen"),
        ("risk.yaml", ""),
    ]


def test_a_table_that_gives_what_the_policy_does_not_know_is_found_before_it_counts() -> None:
    files = bundles.read_folder(WORKFLOWS / policy.BUNDLE)
    wrong = files["risk.dmn"].replace(b'"raised"', b'"alarming"').replace(b'"missed"', b'"broken"')
    said = checks.check({"risk.yaml": files["risk.yaml"], "risk.dmn": wrong}, ())
    assert [(one.file, one.element, one.params["word"]) for one in said] == [
        ("risk.dmn", "level", "alarming"),
        ("risk.dmn", "reason", "broken"),
    ]
