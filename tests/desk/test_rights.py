"""Who may do what and see which case (SEC-1)."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from loopdesk.desk import attachments, case, communications, emergency, handoff
from loopdesk.desk.closure import verification
from loopdesk.desk.feedback import survey
from loopdesk.desk.rights import VERBS, by_process, may_work, require
from loopdesk.engine.actor import SYSTEM, TIMER, Actor
from loopdesk.engine.errors import Missing, Refused
from loopdesk.engine.tx import Tx
from loopdesk.tests.desk.house import MAIL, STAFF, House, staff

Run = Callable[..., dict[str, object]]


def seen(house: House, tx: Tx, login: str) -> bool:
    """Whether somebody of the house sees any case."""
    return case.listing(house.people[login], tx).total > 0


def test_a_case_is_seen_by_those_who_take_part(house: House, tx: Tx, number: str, run: Run) -> None:
    """SEC-1: agents by department, supervisors and process owners all, integrators none."""
    watchers = {login: seen(house, tx, login) for login in house.people}
    assert watchers == {
        "lina": True,
        "wangfang": True,
        "zhangwei": False,
        "emma": True,
        "sara": False,
        "petra": True,
        "ivan": False,
        "admin": True,
    }
    run(house.people["lina"], "handoff.offer", number, to_department="rnd", reason="a bug")
    assert seen(house, tx, "zhangwei")


def test_a_restricted_case_is_for_security_its_owner_and_admins(house: House, tx: Tx, number: str, run: Run) -> None:
    """SEC-1, INT-6: not even supervisors and departments that took part see it."""
    run(SYSTEM, "case.name_owner", number, department="support")
    run(SYSTEM, "case.set_type", number, type="security", department="security")
    assert {login for login in house.people if seen(house, tx, login)} == {"lina", "sara", "admin"}
    assert case.read(house.contacts["anna"], tx, number).restricted


def test_customers_see_their_organisation_only(house: House, tx: Tx, number: str) -> None:
    """SEC-1: a colleague sees the case, another customer and an anonymous visitor do not."""
    assert case.read(house.contacts["bo"], tx, number)
    anonymous = Actor(kind="customer", id="", name="")
    for stranger in (house.contacts["hejing"], anonymous):
        with pytest.raises(Missing):
            case.read(stranger, tx, number)


def test_every_verb_is_refused_to_somebody() -> None:
    """SEC-1: no verb is open to all, and the system's own work is never refused."""
    anna = Actor(kind="customer", id="anna", name="Anna")
    for verb in VERBS:
        refusals = []
        for actor in (*(staff(login) for login, *_ in STAFF), anna, MAIL, TIMER):
            try:
                require(actor, verb)
            except Refused as refused:
                refusals.append(refused)
        assert refusals, verb
        assert all(refused.params["verb"] == verb and refused.remedy for refused in refusals)
        require(SYSTEM, verb)


def test_a_verb_nobody_listed_is_refused() -> None:
    """SEC-1: to an admin too."""
    with pytest.raises(Refused):
        require(staff("admin"), "case.burn")


def test_a_diagram_may_do_what_the_person_behind_it_may_not() -> None:
    """PRO-11: the deployed process is the authority for its operations, and for nothing else."""
    anna = Actor(kind="customer", id="anna", name="Anna")
    acting = replace(anna, on_behalf_of=by_process("i1"))
    require(acting, "case.close")
    for actor, verb in ((anna, "case.close"), (acting, "people.change"), (staff("admin"), "case.close")):
        with pytest.raises(Refused):
            require(actor, verb)


def test_a_token_does_what_its_scopes_say() -> None:
    """SEC-1: least privilege, whatever the person's roles are."""
    reader = replace(staff("admin"), scopes=frozenset({"cases:read"}))
    require(reader, "case.read")
    for verb in ("case.open", "case.comment", "people.change", "people.set_password", "tokens.change"):
        with pytest.raises(Refused):
            require(reader, verb, reader.id)


@pytest.mark.parametrize(
    ("login", "task", "may"),
    [
        ("lina", {"department": "support", "role": "agent", "person": ""}, True),
        ("lina", {"department": "rnd", "role": "agent", "person": ""}, False),
        ("lina", {"department": "support", "role": "supervisor", "person": ""}, False),
        ("wangfang", {"department": "support", "role": "agent", "person": ""}, True),
        ("wangfang", {"department": "rnd", "role": "agent", "person": ""}, False),
        ("lina", {"department": "support", "role": "agent", "person": "somebody"}, False),
        ("wangfang", {"department": "support", "role": "agent", "person": "somebody"}, True),
        ("admin", {"department": "legal", "role": "agent", "person": "somebody"}, True),
    ],
)
def test_tasks_go_to_department_and_role(login: str, task: dict[str, str], may: bool) -> None:
    """HND-1: and to one candidate where the diagram names one; the department's supervisor may step in."""
    assert may_work(staff(login), task) is may


def test_a_task_for_one_person_is_his() -> None:
    """HND-1, SEC-1: also for a token with the scope for tasks, and for no other."""
    lina = staff("lina")
    task = {"department": "rnd", "role": "agent", "person": lina.id}
    assert may_work(lina, task)
    assert may_work(replace(lina, scopes=frozenset({"tasks:write"})), task)
    assert not may_work(replace(lina, scopes=frozenset({"cases:read"})), task)
    assert not may_work(Actor(kind="customer", id="anna", name="Anna"), task)


def test_a_token_without_the_scope_reads_nothing_about_a_case(house: House, tx: Tx, number: str) -> None:
    """SEC-1: neither the case nor what hangs on it."""
    writer = replace(house.people["admin"], scopes=frozenset({"cases:write"}))
    reads = (case.read, communications.listing, handoff.listing, attachments.listing, emergency.listing)
    for read in (*reads, verification.listing, survey.listing):
        read(house.people["admin"], tx, number)
        with pytest.raises(Refused):
            read(writer, tx, number)
    with pytest.raises(Refused):
        case.listing(writer, tx)


def test_reads_about_a_case_start_from_its_visibility(house: House, tx: Tx, number: str) -> None:
    """SEC-1: messages and handoffs of a case that one may not see are missing like the case."""
    for read in (communications.listing, handoff.listing):
        with pytest.raises(Missing):
            read(house.contacts["hejing"], tx, number)
