"""Improvement actions: agreed, done with a result, seen by those who may see their case (HND-9)."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from loopdesk.desk import actions, people, record
from loopdesk.desk.actions import Action
from loopdesk.engine import outbox_rows
from loopdesk.engine.errors import Conflict, Invalid, Missing, Refused
from loopdesk.engine.tx import Tx
from loopdesk.tests.desk.house import House


def agree(house: House, tx: Tx, by: str = "wangfang", **given: str) -> Action:
    """An action of Li Na for tomorrow, out of the meeting m1."""
    usual = {"source": "meeting", "source_id": "m1", "text": "Name a second signer.", "owner": "lina"}
    return actions.add(house.people[by], tx, **(usual | given), due_at=tx.now + timedelta(days=1))


def test_an_action_has_an_owner_a_day_and_his_department(house: House, tx: Tx) -> None:
    made = agree(house, tx)
    assert (made.owner, made.department, made.state, made.case) == ("李娜", "support", "open", "")
    assert actions.of(tx, "meeting", "m1") == [made]
    assert actions.of(tx, "meeting", "m2") == []


def test_it_is_done_once_with_a_result_by_its_owner_or_a_supervisor(house: House, tx: Tx) -> None:
    made, other = agree(house, tx), agree(house, tx)
    with pytest.raises(Refused):
        actions.done(house.people["zhangwei"], tx, made.id, result="Named.")
    with pytest.raises(Refused):
        actions.done(house.people["emma"], tx, made.id, result="Named.")
    with pytest.raises(Invalid):
        actions.done(house.people["lina"], tx, made.id, result=" ")
    ended = actions.done(house.people["lina"], tx, made.id, result="Named.")
    assert (ended.state, ended.result, ended.done_by, ended.done_at) == ("done", "Named.", "李娜", tx.now)
    with pytest.raises(Conflict) as twice:
        actions.done(house.people["wangfang"], tx, made.id, result="Again.")
    assert twice.value.params["name"] == "李娜"
    assert actions.done(house.people["wangfang"], tx, other.id, result="Named.").state == "done"


@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("text", {"text": " "}),
        ("owner", {"owner": "nobody"}),
        ("source", {"source": "gossip"}),
        ("department", {"department": "kitchen"}),
    ],
)
def test_a_field_that_cannot_be_kept_is_named_and_nothing_is_written(
    house: House, tx: Tx, field: str, given: dict[str, str]
) -> None:
    with pytest.raises(Invalid) as refused:
        agree(house, tx, **given)
    assert list(refused.value.fields) == [field]
    assert actions.listing(house.people["admin"], tx) == []


def test_a_day_that_has_passed_and_a_case_that_is_not_there_are_refused(house: House, tx: Tx) -> None:
    given = {"source": "review", "source_id": "e1", "text": "Alarm.", "owner": "emma"}
    with pytest.raises(Invalid) as late:
        actions.add(house.people["emma"], tx, **given, due_at=tx.now)
    assert list(late.value.fields) == ["due_at"]
    with pytest.raises(Missing):
        actions.add(house.people["emma"], tx, **given, due_at=tx.now + timedelta(days=1), case="LD-1")


def test_lists_are_filtered_and_late_ones_are_seen(house: House, tx: Tx) -> None:
    mine, theirs = agree(house, tx), agree(house, tx, owner="emma", source="drill")
    everybody = house.people["lina"]
    assert actions.listing(everybody, tx, source="drill") == [theirs]
    assert actions.listing(everybody, tx, department="support") == [mine]
    assert actions.listing(everybody, tx, owner=mine.owner_id, state="open") == [mine]
    assert actions.listing(everybody, tx, late=True) == []
    assert mine.late(tx.now + timedelta(days=2))
    assert not mine.late(tx.now)


def test_the_action_of_a_hidden_case_is_hidden(house: House, tx: Tx, number: str) -> None:
    record.change(tx, number, department="security", restricted=True)
    made = agree(house, tx, by="sara", case=number)
    assert actions.listing(house.people["sara"], tx) == [made]
    assert actions.listing(house.people["zhangwei"], tx) == []
    with pytest.raises(Refused):
        actions.listing(house.contacts["anna"], tx)


def test_only_who_may_see_a_restricted_case_is_reminded_of_its_action(house: House, tx: Tx, number: str) -> None:
    def told() -> set[str]:
        rows = tx.conn.scalars(sa.select(outbox_rows.outbox.c.payload).where(outbox_rows.outbox.c.kind == "letter"))
        return {row["to_name"] for row in rows}

    leads = {one.name for one in people.in_department(tx, "support", "supervisor")}
    assert leads
    record.change(tx, number, department="security", restricted=True)
    made = agree(house, tx, by="sara", owner="lina", case=number)
    remind = actions.local_handlers("https://desk.example")[actions.DUE]
    [due] = tx.conn.execute(sa.select(outbox_rows.outbox).where(outbox_rows.outbox.c.kind == actions.DUE)).mappings()
    row = outbox_rows.Row(**{name: due[name] for name in outbox_rows._FIELDS})
    remind(tx, row)
    assert told() == {made.owner}
    record.change(tx, number, restricted=False)
    remind(tx, row)
    assert told() == {made.owner} | leads
