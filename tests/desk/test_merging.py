"""What is under way for a case ends when it is merged; milestones and policies that no calendar can hold."""

from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import yaml

from loopdesk.desk import merging, policy
from loopdesk.desk.acceptance import gates, samples, wants
from loopdesk.desk.closure import listing, rounds
from loopdesk.desk.implementation import board, change_rows, changes, course, plans, tables
from loopdesk.desk.implementation.change_rows import Wish
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.errors import Conflict, Invalid
from loopdesk.engine.tx import Tx
from loopdesk.tests.desk.house import House


def test_what_is_under_way_ends_with_a_merged_case(house: House, tx: Tx, number: str) -> None:
    """INT-8, FIX-1, FIX-3 to FIX-5: its processes end by the merge, so nothing waits on lists, boards and links."""
    into = house.report(tx, house.contacts["bo"]).number
    rounds.begin(SYSTEM, tx, number)
    accepted = gates.open_(SYSTEM, tx, number, ["monitoring"])
    gates.begin(SYSTEM, tx, accepted.gates[0].id)
    built = course.begin(SYSTEM, tx, number, plan=next(iter(plans.plans(tx))), lead="lina")
    change = changes.register(SYSTEM, tx, number, Wish("Index", "One more index.", "code"))
    merging.merge(house.people["wangfang"], tx, number, into)
    assert listing.under_way(SYSTEM, tx).total == 0
    assert rounds.of_case(SYSTEM, tx, number)[0].outcome == "merged"
    assert tables.get(tx, built.id).state == "stopped"
    assert (change_rows.get(tx, change.id).state, change_rows.get(tx, change.id).reason) == ("withdrawn", "merged")
    assert gates.get(tx, accepted.id).state != "running"
    with pytest.raises(Conflict):
        samples.add(house.people["ivan"], tx, accepted.id, [])


def test_gates_that_were_asked_for_are_not_waited_for_once_the_case_is_merged(
    house: House, tx: Tx, number: str
) -> None:
    """INT-8, FIX-5: the case that goes on has gates of its own."""
    into = house.report(tx, house.contacts["bo"]).number
    wanted = wants.ask(house.people["wangfang"], tx, number, [gates.LOAD_TEST]).acceptance
    merging.merge(house.people["wangfang"], tx, number, into)
    ended = gates.get(tx, wanted.id)
    assert (ended.state, ended.gates[0].state) == (gates.WITHDRAWN, gates.GIVEN_UP)


@pytest.mark.parametrize("year", [2226, 9999])
def test_a_milestone_of_another_century_is_a_mistake_in_typing(house: House, tx: Tx, number: str, year: int) -> None:
    """FIX-1, bad input: refused at its field; the process would stand still at a day that no calendar counts to."""
    built = course.begin(SYSTEM, tx, number, plan=next(iter(plans.plans(tx))), lead="lina")
    far = datetime(year, 12, 31, 23, 59, tzinfo=UTC)
    with pytest.raises(Invalid) as refused:
        course.add(SYSTEM, tx, built.id, kind="test", name="Load", due_at=far)
    assert set(refused.value.fields) == {"due_at"}
    [first, *_] = board.milestones_of(tx, built.id)[built.id]
    with pytest.raises(Invalid):
        course.move(SYSTEM, tx, first.id, due_at=far, reason="Later.")
    assert course.move(SYSTEM, tx, first.id, due_at=tx.now + timedelta(days=3649), reason="Later.").moved == 1
    course.look(SYSTEM, tx, built.id)


@pytest.mark.parametrize("keys", plans.LENGTHS, ids=".".join)
def test_a_time_that_is_none_is_found_before_it_is_deployed(keys: tuple[str, ...]) -> None:
    """FIX-1, FIX-2, FIX-3: it would stop the process on the day on which it counts."""
    said: dict[str, Any] = deepcopy(dict(policy.shipped("implementation")))  # what was parsed is kept for all
    part = said if len(keys) == 1 else said.setdefault(keys[0], {})
    part[keys[-1]] = "two days"
    [finding] = plans.check({"implementation.yaml": yaml.safe_dump(said).encode()})
    assert (finding.rule, finding.params["text"]) == ("implementation.unusable", "two days")


@pytest.mark.parametrize("at", ["noon", 600])
def test_a_time_of_reviews_that_is_none_is_found_before_it_is_deployed(at: object) -> None:
    """FIX-2: YAML reads 10:00 without quotes as 600."""
    said = dict(policy.shipped("implementation"))
    said["reviews"] = {**said["reviews"], "at": at}
    [finding] = plans.check({"implementation.yaml": yaml.safe_dump(said).encode()})
    assert finding.rule == "implementation.unusable"
