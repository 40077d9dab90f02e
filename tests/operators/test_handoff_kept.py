"""Handoffs and their arbitrations go into the archive with the case, and forget who is erased (SEC-2, SEC-3)."""

import json
from dataclasses import replace

import sqlalchemy as sa
from click.testing import CliRunner

from loopdesk.desk import arbitration, handoff, record
from loopdesk.desk.arbitration import arbitration_
from loopdesk.desk.handoff import Handoff, handoff_, signature
from loopdesk.engine.actor import SYSTEM, Actor
from loopdesk.engine.tx import Tx
from loopdesk.tests.operators.conftest import ADDRESS, House
from loopdesk.tests.operators.test_erasure import erase
from loopdesk.tests.operators.test_retention import later, run
from loopdesk.web.cli._desk import group_for

TABLES = (handoff_, signature, arbitration_)
BEFORE = "The till of Marienplatz is dead."
"""What the customer had written when the handoff was signed; the case says something else by now."""


def disputed(house: House, tx: Tx) -> str:
    """A handoff of the case, signed, disputed and ruled by Zhang Wei; returns his name."""
    zhang = house.stage.people["zhangwei"]
    actor = Actor("person", zhang.id, zhang.name, roles=zhang.roles, departments=zhang.departments)
    given = Handoff("h1", house.number, "support", "rnd", f"{zhang.name} can.", "", handoff.DISPUTED, tx.now)
    tx.conn.execute(sa.insert(handoff_).values(**{name: getattr(given, name) for name in Handoff.__slots__}))
    case = record.get(tx, house.number)
    handoff.sign(actor, tx, given, replace(case, description=BEFORE), side="sender", decision="signed", reason="")
    opened = arbitration.open_(SYSTEM, tx, house.number, handoff_id="h1", reason="dispute")
    ruling = {"department": "rnd", "reasoning": f"{zhang.name} knows it.", "for_customer": "It is mended."}
    by = replace(actor, on_behalf_of="process:1")
    arbitration.rule(by, tx, opened.id, **ruling)
    return zhang.name


def found(house: House, words: str) -> int:
    with house.stage.desk.engine.read() as tx:
        return arbitration.rulings(SYSTEM, tx, q=words)[1]


def test_they_go_into_the_archive_with_their_case(house: House) -> None:
    desk = house.stage.desk
    with desk.engine.begin() as tx:
        disputed(house, tx)
    house.stage.rest()
    later(house, 3.1)
    assert run(house)["cases"] == 1
    with desk.engine.read() as tx:
        left = {table.name: tx.conn.scalar(sa.select(sa.func.count()).select_from(table)) for table in TABLES}
    assert left == dict.fromkeys(left, 0)
    shown = json.loads(CliRunner().invoke(group_for(desk), ["archive", "show", house.number]).output)
    assert {table.name for table in TABLES} <= set(shown["tables"])
    assert shown["tables"]["signature"][0]["dossier"]["description"] == BEFORE


def test_a_customers_words_leave_what_was_signed_and_what_rulings_are_found_by(house: House) -> None:
    with house.stage.desk.engine.begin() as tx:
        disputed(house, tx)
    assert (found(house, "Lindenweg"), found(house, "mended")) == (1, 1)
    house.chain()
    erase(house, ADDRESS)
    assert (found(house, "Lindenweg"), found(house, "mended")) == (0, 1)
    after = house.everything().lower()
    for word in ("lindenweg", "marienplatz"):
        assert word not in after, word


def test_an_erased_colleague_is_no_longer_found_by_name(house: House) -> None:
    with house.stage.desk.engine.begin() as tx:
        name = disputed(house, tx)
    assert found(house, name) == 1
    erase(house, "zhangwei")
    assert (found(house, name), found(house, "mended")) == (0, 1)
    kept = [line for line in house.everything().splitlines() if line.split(":")[0] in {one.name for one in TABLES}]
    assert [line for line in kept if name in line or (BEFORE in line and "signature" not in line)] == []
