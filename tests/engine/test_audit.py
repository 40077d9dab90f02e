"""The audit log finds every row changed, removed or inserted, and accepts what was erased by law (SEC-2)."""

from collections.abc import Callable
from datetime import timedelta
from threading import Thread

import pytest
import sqlalchemy as sa

from loopdesk.engine import audit, audit_verify, events
from loopdesk.engine.actor import SYSTEM, Actor
from loopdesk.engine.audit_rows import audit as links
from loopdesk.engine.audit_rows import chain_of, head, house, tombstone
from loopdesk.engine.audit_verify import Report
from loopdesk.engine.clock import VirtualClock
from loopdesk.engine.events import event
from loopdesk.engine.tx import Engine, Tx
from loopdesk.tests.support import eventually

LINA = Actor("person", "p1", "Lina")
CASES, EACH = 3, 4


def happen(engine: Engine, number: int, **data: object) -> None:
    with engine.begin() as tx:
        key = f"L-{number % CASES}"
        events.record(LINA, tx, "case.changed", key=key, instance=f"i{number % CASES}", data={"n": number, **data})


def chained(engine: Engine, count: int) -> None:
    # Readable is what no transaction of the whole server may still precede, also of the databases of other tests.
    def all_of_them() -> bool:
        audit.chain(engine)
        with engine.read() as tx:
            return tx.conn.scalar(sa.select(sa.func.count()).select_from(links)) == count

    eventually(all_of_them)


@pytest.fixture
def log(engine: Engine) -> Engine:
    """Three instances with four events each, chained in two runs."""
    for number in range(CASES * EACH):
        happen(engine, number)
        if number == 5:
            chained(engine, 6)
    chained(engine, CASES * EACH)
    return engine


def verified(engine: Engine, anchor: tuple[int, str] | None = None) -> Report:
    with engine.snapshot() as tx:
        return audit_verify.verify(tx, anchor=anchor)


def places(report: Report) -> set[tuple[str, str, int]]:
    return {(one.what, one.chain, one.position) for one in report.findings}


def test_an_untouched_log_verifies(log: Engine) -> None:
    happen(log, 0)
    report = verified(log)
    assert report.findings == []
    assert (report.rows, report.chains, report.pending) == (CASES * EACH, CASES, 1)
    assert report.ok


def test_events_without_instance_stand_in_the_chain_of_their_case_or_of_the_house(engine: Engine) -> None:
    with engine.begin() as tx:
        events.record(LINA, tx, "case.read", key="L-1")
        events.record(LINA, tx, "person.created")
    chained(engine, 2)
    with engine.read() as tx:
        assert set(tx.conn.scalars(sa.select(links.c.chain))) == {"case:L-1", "house"}


@pytest.mark.parametrize(
    "values",
    [
        {"data": {"n": 99}},
        {"actor_name": "Nobody"},
        {"actor_id": "p2"},
        {"kind": "case.closed"},
        {"at": sa.text("'2020-01-01 00:00:00'")},
    ],
    ids=lambda values: next(iter(values)),
)
def test_a_changed_event_is_named(log: Engine, values: dict[str, object]) -> None:
    with log.begin() as tx:
        tx.conn.execute(sa.update(event).where(event.c.id == 5).values(**values))
    report = verified(log)
    [found] = report.findings
    assert (found.what, found.chain, found.position, found.event) == ("changed", "instance:i1", 2, 5)


def test_a_removed_event_is_named(log: Engine) -> None:
    with log.begin() as tx:
        tx.conn.execute(sa.delete(event).where(event.c.id == 5))
    assert places(verified(log)) == {("removed", "instance:i1", 2)}


def test_a_removed_event_whose_link_went_with_it_is_named(log: Engine) -> None:
    with log.begin() as tx:
        tx.conn.execute(sa.delete(event).where(event.c.id == 5))
        tx.conn.execute(sa.delete(links).where(links.c.event_id == 5))
    assert ("removed", "instance:i1", 2) in places(verified(log))


def test_an_end_cut_off_is_named(log: Engine) -> None:
    with log.begin() as tx:
        tx.conn.execute(sa.delete(event).where(event.c.id == 12))
        tx.conn.execute(sa.delete(links).where(links.c.event_id == 12))
    assert ("removed", "instance:i2", 4) in places(verified(log))


def test_an_end_cut_off_is_found_though_the_head_was_moved_back(log: Engine) -> None:
    with log.begin() as tx:
        before = tx.conn.scalar(sa.select(links.c.previous).where(links.c.event_id == 12))
        tx.conn.execute(sa.delete(event).where(event.c.id == 12))
        tx.conn.execute(sa.delete(links).where(links.c.event_id == 12))
        tx.conn.execute(sa.update(head).where(head.c.chain == "instance:i2").values(position=3, hash=before))
    with log.read() as tx:
        seal = tx.conn.scalar(sa.select(sa.func.max(house.c.number)).where(house.c.last >= 12))
    assert ("removed", audit_verify.HOUSE, seal) in places(verified(log))


def test_a_whole_chain_removed_is_named(log: Engine) -> None:
    with log.begin() as tx:
        tx.conn.execute(sa.delete(event).where(event.c.instance_id == "i0"))
        tx.conn.execute(sa.delete(links).where(links.c.chain == "instance:i0"))
    assert ("removed", "instance:i0", 0) in places(verified(log))


def test_an_inserted_event_is_named(log: Engine) -> None:
    with log.begin() as tx:
        row = dict(tx.conn.execute(sa.select(event).where(event.c.id == 5)).mappings().one())
        tx.conn.execute(sa.insert(event).values(**row | {"id": -7, "data": {"n": "forged"}}))
    [found] = verified(log).findings
    assert (found.what, found.event, found.chain) == ("inserted", -7, "instance:i1")


def test_a_removed_seal_is_found(log: Engine) -> None:
    with log.begin() as tx:
        tx.conn.execute(sa.delete(house).where(house.c.number == 1))
    assert any(chain == audit_verify.HOUSE for _, chain, _ in places(verified(log)))


def test_a_log_cut_back_as_a_whole_is_found_by_a_seal_kept_elsewhere(log: Engine) -> None:
    with log.read() as tx:
        number, _, digest = audit.newest_seal(tx).partition(":")
    assert verified(log, (int(number), digest)).ok
    with log.begin() as tx:
        for table in (links, head, house, event):
            tx.conn.execute(sa.delete(table))
    assert verified(log).ok, "an empty log contradicts nothing"
    assert places(verified(log, (int(number), digest))) == {("removed", audit_verify.HOUSE, int(number))}


def _erase(tx: Tx) -> None:
    """What an erasure does: the words go, tombstones stand for them."""
    rows = [dict(row) for row in tx.conn.execute(sa.select(event).where(event.c.instance_id == "i1")).mappings()]
    left = {row["id"]: row | {"data": {"erased": True}, "actor_name": ""} for row in rows}
    audit.entomb(SYSTEM, tx, audit.ERASED, left)
    for number, row in left.items():
        changed = {"data": row["data"], "actor_name": row["actor_name"]}
        tx.conn.execute(sa.update(event).where(event.c.id == number).values(**changed))


def _archive(tx: Tx) -> None:
    numbers = list(tx.conn.scalars(sa.select(event.c.id).where(event.c.instance_id == "i1")))
    audit.entomb(SYSTEM, tx, audit.ARCHIVED, dict.fromkeys(numbers))
    tx.conn.execute(sa.delete(event).where(event.c.id.in_(numbers)))


@pytest.mark.parametrize("steps", [(_erase,), (_archive,), (_erase, _erase), (_erase, _archive)])
def test_what_was_erased_or_archived_by_law_verifies(log: Engine, steps: tuple[Callable[[Tx], None], ...]) -> None:
    for step in steps:
        with log.begin() as tx:
            step(tx)
    chained(log, CASES * EACH + len(steps))
    report = verified(log)
    assert report.findings == []
    archived = steps[-1] is _archive
    assert (report.erased, report.archived) == ((0, EACH) if archived else (EACH, 0))


def test_what_is_left_after_an_erasure_is_guarded_too(log: Engine) -> None:
    with log.begin() as tx:
        _erase(tx)
        tx.conn.execute(sa.update(event).where(event.c.id == 5).values(actor_name="Somebody"))
    assert ("changed", "instance:i1", 2) in places(verified(log))


def test_an_erasure_that_nobody_answers_for_is_found(log: Engine) -> None:
    with log.begin() as tx:
        tx.conn.execute(sa.delete(event).where(event.c.id == 5))
        tx.conn.execute(sa.insert(tombstone).values(event_id=5, token="f" * 32, payload=None))
    [found] = verified(log).findings
    assert (found.what, found.event) == ("changed", 5)


def test_a_tombstone_slipped_into_a_lawful_erasure_is_found(log: Engine) -> None:
    with log.begin() as tx:
        _erase(tx)
        token = tx.conn.scalar(sa.select(tombstone.c.token).limit(1))
        tx.conn.execute(sa.delete(event).where(event.c.id == 6))
        tx.conn.execute(sa.insert(tombstone).values(event_id=6, token=token, payload=None))
    assert [one.what for one in verified(log).findings] == ["changed"]


def test_two_pollers_chain_each_event_once(engine: Engine) -> None:
    for number in range(40):
        happen(engine, number)
    threads = [Thread(target=lambda: chained(engine, 40)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    report = verified(engine)
    assert (report.ok, report.rows, report.pending) == (True, 40, 0)


def test_lag_tells_how_long_the_oldest_event_waits(log: Engine, clock: VirtualClock) -> None:
    with log.read() as tx:
        assert audit.lag(tx) == 0.0
    happen(log, 1)
    clock.advance(timedelta(seconds=90))
    eventually(lambda: _lag(log) == 90.0)


def _lag(engine: Engine) -> float:
    with engine.read() as tx:
        return audit.lag(tx)


def test_chain_of_names_do_not_meet() -> None:
    one = {"instance_id": "x", "key": "y"}
    assert {chain_of(one), chain_of(one | {"instance_id": ""}), chain_of({"instance_id": "", "key": ""})} == {
        "instance:x",
        "case:y",
        "house",
    }
