"""What an acceptance keeps leaves with its case, and with the people who answered (SEC-3, FIX-5 to FIX-8)."""

import json
from datetime import timedelta

import pytest
from click.testing import CliRunner

from loopdesk.desk import links
from loopdesk.desk.acceptance import benefits, gates, load_tests, samples, users, words
from loopdesk.desk.acceptance.tables import TABLES, word_
from loopdesk.engine.actor import SYSTEM, Actor
from loopdesk.tests.operators.conftest import ADDRESS, House
from loopdesk.tests.operators.test_erasure import erase, verified
from loopdesk.tests.operators.test_retention import later, run
from loopdesk.web.cli._desk import group_for

KEY, KEY_ADDRESS = "Karl Weber", "karl.weber@aurora.example"
THOUGHT = "The search in the Lindenweg branch takes ages."
AGREED = "My own brother pulled the plug that day."
POINTS = {"function": 9, "ease": 8, "speed": 2, "reliability": 9, "support": 7}


@pytest.fixture
def accepted(house: House) -> House:
    """The closed case has been through all gates: samples, a report, a key user's words, a customer's exception."""
    stage = house.stage
    sender = Actor("person", "monitoring", "Monitoring", frozenset({"integrator"}), scopes=frozenset({"samples:write"}))
    with stage.tx() as tx:
        made = gates.open_(SYSTEM, tx, house.number, [*gates.KINDS, "roi"])
        by_kind = {gate.kind: gates.begin(SYSTEM, tx, gate.id) for gate in made.gates}
        begun = by_kind[gates.MONITORING].from_at
        assert begun is not None
    stage.clock.set(begun + timedelta(minutes=1))
    with stage.tx() as tx:
        samples.add(sender, tx, made.id, [{"at": begun.isoformat(), "seconds": 0.4}])
        figures = load_tests.numbers({"peak": 3, "hours": 72, "success": 99.9, "swing": 15})
        load_tests.keep(SYSTEM, tx, by_kind[gates.LOAD_TEST].id, figures=figures, file="")
        [row] = users.invite(SYSTEM, tx, by_kind[gates.USERS].id, [(KEY, KEY_ADDRESS)])
        users.answer(users.of_token(tx, row["token"])["actor"], tx, row["token"], POINTS, THOUGHT)
        gates.decide(SYSTEM, tx, by_kind[gates.MONITORING].id, fails=["attainment"], figures={})
        asked = words.approve(SYSTEM, tx, by_kind[gates.MONITORING].id, reason="A planned stop.")
        words.answer(links.public(tx, asked)["actor"], tx, links.by_id(tx, word_, asked["id"])["token"], True, AGREED)
        gates.finish(SYSTEM, tx, made.id)
        benefits.open_(SYSTEM, tx, house.number)
    return house


def test_an_archived_case_takes_its_acceptance_with_it(accepted: House) -> None:
    """SEC-3: no sample, answer or word stays in the tables, and all of them are in the archive."""
    later(accepted, 3.1)
    assert run(accepted)["cases"] == 1
    names = {table.name for table in TABLES}
    assert not {line.split(":")[0] for line in accepted.everything().splitlines()} & names
    desk = group_for(accepted.stage.desk)
    shown = json.loads(CliRunner().invoke(desk, ["archive", "show", accepted.number]).output)
    assert names <= set(shown["tables"])
    assert shown["tables"]["acceptance_key_user"][0]["comment"] == THOUGHT


def test_what_was_said_about_an_acceptance_goes_with_the_customer(accepted: House) -> None:
    """SEC-3: the customer's word on an exception and the words of his key users; points and figures stay."""
    before = accepted.everything()
    assert THOUGHT in before
    assert AGREED in before
    erase(accepted, ADDRESS)
    after = accepted.everything()
    assert THOUGHT not in after
    assert AGREED not in after
    assert "'speed': 2" in after
    assert verified(accepted).findings == []


def test_a_key_user_can_be_erased_who_is_no_contact_of_ours(accepted: House) -> None:
    """SEC-3: whoever was asked by mail has the same right, in the tables and in letters to them."""
    done = erase(accepted, KEY_ADDRESS.upper())
    assert done.rows["acceptance_key_user"] == 1
    after = accepted.everything()
    for word in (KEY, KEY_ADDRESS, THOUGHT):
        assert word not in after, word
    assert AGREED in after
    assert ADDRESS in after
    assert verified(accepted).findings == []
