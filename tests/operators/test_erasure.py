"""`loopdesk erase` leaves nothing of a person behind, and the audit log still verifies (issue 4, Operable; SEC-2)."""

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from loopdesk.connectors import inbound
from loopdesk.desk import attachments, customers, erasure, feedback, holds, people, record, search
from loopdesk.desk.crm import merging
from loopdesk.desk.duplicates import problems
from loopdesk.desk.erasure import Erasure
from loopdesk.desk.implementation import change_rows, changes, signing
from loopdesk.engine import audit_verify, instances
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.errors import Conflict, Missing, Refused
from loopdesk.tests.operators.conftest import ADDRESS, NAME, SAID, House
from loopdesk.tests.scenarios.stage import ADMIN
from loopdesk.web.cli._desk import group_for
from loopdesk.web.stores import stores


def erase(house: House, who: str) -> Erasure:
    desk = house.stage.desk
    with desk.engine.begin() as tx:
        return erasure.erase(ADMIN, tx, stores(desk.settings), who, inbound.empty)


def verified(house: House) -> audit_verify.Report:
    house.chain()
    with house.stage.desk.engine.snapshot() as tx:
        return audit_verify.verify(tx)


def test_nothing_of_a_customers_contact_stays(house: House) -> None:
    before = house.everything()
    for word in (ADDRESS, NAME, SAID, "Lindenweg", "anna-berg.log"):
        assert word in before
    contents = [sha256 for sha256, _ in house.stage.desk.store.contents()]
    done = erase(house, ADDRESS)
    assert (done.kind, done.cases, done.files) == ("contact", (house.number,), len(contents))
    after = house.everything().lower()
    for word in (ADDRESS, NAME, SAID, "Lindenweg", "anna-berg"):
        assert word.lower() not in after, word
    assert list(house.stage.desk.store.contents()) == []
    report = verified(house)
    assert report.findings == []
    assert report.erased > 10
    with house.stage.desk.engine.read() as tx:
        [answer] = tx.conn.execute(sa.text("SELECT actor_id FROM event WHERE kind = 'data.erased'")).all()
        assert answer.actor_id == ADMIN.id
        [kept] = attachments.listing(ADMIN, tx, house.number)
        with pytest.raises(Missing):
            attachments.read(ADMIN, tx, house.stage.desk.store, kept.id)
        for row in instances.of_key(tx, house.number):
            assert instances.tokens(tx, row["id"])["completed"], "its diagram is still drawn"


def test_what_a_customer_said_about_us_goes_with_him(house: House) -> None:
    said = "Your Mr Lampe shouted at me on the 3rd of May."
    with house.stage.tx() as tx:
        kept = feedback.add(SYSTEM, tx, house.number, feedback.Words(said, "call", kind="complaint"))
    assert said in house.everything()
    erase(house, ADDRESS)
    assert said not in house.everything()
    assert NAME not in house.everything()
    with house.stage.desk.engine.read() as tx:
        left = feedback.get(tx, kept.id)
    assert (left.kind, left.source, left.at) == ("complaint", "call", kept.at), "what the figures count stays"


def test_why_a_customer_refused_a_change_goes_with_him(house: House) -> None:
    said = "My brother's wedding is in that week."
    with house.stage.tx() as tx:
        wish = change_rows.Wish("Move the orders", "The table is written anew.", "data")
        case = record.get(tx, house.number)
        record.change(tx, house.number, status="open")
        change = changes.register(SYSTEM, tx, house.number, wish)
        record.change(tx, house.number, status="closed")
        signing.weigh(SYSTEM, tx, change.id, size="major", reason="data")
        token = signing.token_of(tx, signing.ask(SYSTEM, tx, change.id).id)
        contact = customers.contact(tx, case.contact_id or "")
        read = signing.of_token(tx, token)["seen"]
        signing.answer(customers.actor_of(contact), tx, token, agreed=False, reason=said, seen=read)
    assert said in house.everything()
    erase(house, ADDRESS)
    assert said not in house.everything()
    with house.stage.desk.engine.read() as tx:
        [left] = signing.of_change(tx, change.id)
    assert (left.role, left.decision) == ("customer", "refused")


def test_a_contact_goes_with_all_who_were_merged_into_him(house: House) -> None:
    twin, called = "a.berg@elsewhere.example", "Anna Lindqvist-Berg"
    with house.stage.desk.engine.begin() as tx:
        stays = customers.contact_by_email(tx, ADDRESS)
        assert stays is not None
        gone = customers.add_contact(SYSTEM, tx, name=called, email=twin)
        merging.merge_contacts(SYSTEM, tx, gone.id, stays.id)
        record.change(tx, house.number, details={"account": f"login of {called}"})
    done = erase(house, twin)
    assert (done.kind, done.cases) == ("contact", (house.number,))
    after = house.everything().lower()
    for word in (ADDRESS, NAME, SAID, twin, called):
        assert word.lower() not in after, word


def test_the_parent_problem_that_began_with_his_report_forgets_his_words(house: House) -> None:
    with house.stage.tx() as tx:
        parent = problems.begin(tx, record.get(tx, house.number), [])
    with house.stage.desk.engine.read() as tx:
        assert {str(row[0]) for row in tx.conn.execute(search.matching(tx, "Lindenweg"))} == {house.number, parent}
    house.chain()
    done = erase(house, ADDRESS)
    assert parent in done.cases
    after = house.everything().lower()
    for word in (SAID, "Lindenweg"):
        assert word.lower() not in after, word


def test_nothing_of_a_colleague_stays_but_what_was_done(house: House) -> None:
    lina = house.stage.people["lina"]
    assert lina.name in house.everything()
    done = erase(house, "lina")
    assert done.kind == "person"
    after = house.everything()
    assert lina.name not in after
    assert "lina@" not in after
    assert lina.id in after, "that the same person did it can still be told"
    with house.stage.desk.engine.read() as tx:
        assert people.by_login(tx, "lina") is None
    assert verified(house).findings == []


def test_a_customer_with_an_open_case_is_not_erased(house: House) -> None:
    number = house.stage.report("anna")
    with pytest.raises(Conflict, match=number):
        erase(house, ADDRESS)
    assert ADDRESS in house.everything()


def test_a_legal_hold_keeps_everything(house: House) -> None:
    with house.stage.desk.engine.begin() as tx:
        holds.add(ADMIN, tx, house.number, "lawsuit 12/26")
    with pytest.raises(Conflict, match=house.number):
        erase(house, ADDRESS)
    with house.stage.desk.engine.begin() as tx:
        holds.release(ADMIN, tx, house.number, "settled")
    assert erase(house, ADDRESS).events


def test_the_same_hold_again_is_one_and_another_reason_is_another(house: House) -> None:
    with house.stage.desk.engine.begin() as tx:
        first = holds.add(ADMIN, tx, house.number, "lawsuit 12/26")
        assert holds.add(ADMIN, tx, house.number, " lawsuit 12/26 ") == first
        assert holds.add(ADMIN, tx, house.number, "tax audit") != first
        assert [row["reason"] for row in holds.listing(ADMIN, tx)] == ["lawsuit 12/26", "tax audit"]
        assert holds.release(ADMIN, tx, house.number, "settled") == 2
        assert holds.add(ADMIN, tx, house.number, "lawsuit 12/26") != first, "the first one is over"


def test_only_an_administrator_erases_and_holds(house: House) -> None:
    lina = house.stage.people["lina"]
    with house.stage.desk.engine.begin() as tx:
        with pytest.raises(Refused):
            erasure.erase(lina, tx, {}, ADDRESS, inbound.empty)
        with pytest.raises(Refused):
            holds.add(lina, tx, house.number, "x")


def test_the_preview_says_what_would_go_and_changes_nothing(house: House) -> None:
    before = house.everything()
    done = CliRunner().invoke(group_for(house.stage.desk), ["erase", ADDRESS, "--dry-run"])
    assert done.exit_code == 0, done.output
    assert house.number in done.output
    assert "communication: " in done.output
    assert house.everything() == before
    assert list(house.stage.desk.store.contents())


def test_the_command_erases_and_the_log_verifies(house: House) -> None:
    desk = group_for(house.stage.desk)
    done = CliRunner().invoke(desk, ["erase", ADDRESS, "--yes"])
    assert done.exit_code == 0, done.output
    assert ADDRESS not in house.everything()
    house.chain()
    assert CliRunner().invoke(desk, ["audit", "verify"]).exit_code == 0
    with house.stage.desk.engine.begin() as tx:
        tx.conn.execute(sa.text("UPDATE event SET kind = 'x' WHERE id = 3"))
    found = CliRunner().invoke(desk, ["audit", "verify", "--json"])
    assert found.exit_code == 1
    assert '"event": 3' in found.output


def test_nobody_and_several_are_told(house: House) -> None:
    with pytest.raises(Missing):
        erase(house, "nobody@nowhere.example")
    assert SYSTEM.id in house.everything()
