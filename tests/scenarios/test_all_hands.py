"""All hands of the shipped house: who is called, how many at most, who helps, who is released (EMG-6)."""

from collections.abc import Callable

import pytest
import yaml

from loopdesk.desk import emergency as emergencies
from loopdesk.desk import people, record
from loopdesk.desk.response import allhands
from loopdesk.engine import bundles, work
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.errors import Invalid
from loopdesk.tests.scenarios.emergencies import declared, ended
from loopdesk.tests.scenarios.stage import Stage


@pytest.fixture
def stage(staged: Callable[..., Stage]) -> Stage:
    stage = staged()
    with stage.tx() as tx:
        for login, department in (
            ("fin", "finance"),
            ("leg", "legal"),
            ("pro", "product"),
            ("suc", "customer_success"),
        ):
            _hire(tx, login, department)
        _hire(tx, "both", "finance", "rnd")
    return stage


def _hire(tx: object, login: str, *departments: str) -> None:
    person = {"login": login, "name": login.title(), "email": f"{login}@house.example", "language": "en", "zone": "UTC"}
    people.create(SYSTEM, tx, **person, roles=("agent",), departments=departments)  # type: ignore[arg-type]


def roster(stage: Stage, emergency: str) -> dict[str, str]:
    with stage.desk.engine.read() as tx:
        return {one.name: one.state for one in allhands.of(tx, emergency)}


def answer(stage: Stage, login: str, element: str, **data: object) -> None:
    """The person hands in their own task; the inbox of each holds one."""
    with stage.tx() as tx:
        found = people.find(tx, login)
        assert found is not None
        person = people.actor_of(found)
        [task] = [row for row in work.listing(person, tx) if row["element"] == element and row["person"] == found.id]
        work.complete(person, tx, task["id"], data)


@pytest.mark.row("EMG-6/called", "EMG-6/pool")
def test_helpers_and_pool_are_at_most_three_times_the_pool(stage: Stage) -> None:
    """EMG-6: two people of support are the pool, so four are called, none of engineering, in the table's order."""
    number = stage.report("anna")
    emergency = declared(stage, number)
    assert roster(stage, emergency) == {"Max Ode": "called", "Suc": "called", "Pro": "called", "Fin": "called"}
    with stage.desk.engine.read() as tx:
        assert allhands.pool(tx, 3) == allhands.Pool(normal=2, allowed=4)
        assert allhands.pool(tx, 30) == allhands.Pool(normal=2, allowed=4), "the policy's most counts above the table"
        assert allhands.pool(tx, 0) == allhands.Pool(normal=2, allowed=0)
    told = [one["recipient"] for one in stage.letters(number) if one["template"] == "all-hands"]
    assert sorted(told) == ["Fin", "Max Ode", "Pro", "Suc"]


@pytest.mark.row("EMG-6/accept", "EMG-6/released")
def test_who_accepts_takes_part_and_is_released_at_the_end(stage: Stage) -> None:
    """EMG-6: yes, no and silence; the end takes open tasks back and says thank you to those who were not out."""
    number = stage.report("anna")
    emergency = declared(stage, number)
    answer(stage, "fin", "answer", accepted="yes")
    answer(stage, "pro", "answer", accepted="no", reason="On the phone already.")
    stage.wait(minutes=30)
    assert roster(stage, emergency) == {"Max Ode": "declined", "Suc": "declined", "Pro": "declined", "Fin": "accepted"}
    answer(stage, "fin", "filter", reached=12, note="Many ask about refunds.")
    with stage.desk.engine.read() as tx:
        [fin] = [one for one in allhands.of(tx, emergency) if one.name == "Fin"]
        part = [one.name for one in emergencies.roles(tx, emergency) if one.role == "participant"]
    assert (fin.reached, fin.note) == (12, "Many ask about refunds.")
    assert part == ["Fin"]
    ended(stage, number, emergency)
    assert roster(stage, emergency)["Fin"] == "released"
    assert not {"answer", "filter"} & set(stage.waiting())
    assert [one["recipient"] for one in stage.letters(number) if one["template"] == "all-hands-over"] == ["Fin"]


@pytest.mark.row("EMG-6/pool")
def test_another_house_says_another_limit(stage: Stage) -> None:
    """EMG-6: figures are the policy's; nobody beyond it is called, and nobody twice."""
    with stage.tx() as tx:
        files = dict(bundles.current(tx, "policies").files)
        said = yaml.safe_load(files["measures.yaml"])
        said["all_hands"]["most"] = 1.5
        files["measures.yaml"] = yaml.safe_dump(said, allow_unicode=True).encode()
        bundles.deploy(SYSTEM, tx, "policies", files)
    emergency = declared(stage, stage.report("anna"))
    assert list(roster(stage, emergency)) == ["Max Ode"]
    with stage.tx() as tx:
        again = allhands.call(SYSTEM, tx, emergency, departments=["finance", "legal"], times=3)
    assert [one.name for one in again] == ["Max Ode"]


def test_less_than_nobody_is_refused(stage: Stage) -> None:
    """EMG-6: a number of customers below 0 is a slip of the pen."""
    emergency = declared(stage, stage.report("anna"))
    with stage.tx() as tx, pytest.raises(Invalid):
        allhands.report(SYSTEM, tx, allhands.of(tx, emergency)[0].id, reached=-1)


def test_nobody_is_called_to_a_case_that_they_may_not_see(stage: Stage) -> None:
    """EMG-6, SEC-1: a security incident is told to nobody outside of security."""
    number = stage.report("anna")
    with stage.tx() as tx:
        tx.conn.execute(record.case_.update().where(record.case_.c.number == number).values(restricted=True))
    emergency = declared(stage, number)
    assert roster(stage, emergency) == {}
    assert not [one for one in stage.letters(number) if one["template"] == "all-hands"]
