"""Cases: opened once whatever the channel, with a number of their own (INT-1, INT-2)."""

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from loopdesk.desk import case, communications, customers, facts
from loopdesk.engine import instances
from loopdesk.engine.actor import SYSTEM, Actor
from loopdesk.engine.errors import Invalid, Missing, Refused
from loopdesk.engine.tx import Tx
from loopdesk.tests.desk.house import MAIL, House, kinds, told


def test_a_report_becomes_a_case_with_its_intake_process(house: House, tx: Tx) -> None:
    """INT-1, INT-2: one record, the process started in the same transaction."""
    made = house.report(tx)
    assert re.fullmatch(r"L-2026-\d{6}", made.number)
    assert (made.status, made.department, made.title) == ("new", "support", "Orders stand still")
    assert [row["process"] for row in instances.of_key(tx, made.number)] == ["intake"]
    assert kinds(tx, made.number) == ["case.opened"]
    assert told(tx, made.number, "case.opened")["channel"] == "portal"


def test_the_same_mail_twice_is_one_case(house: House, tx: Tx) -> None:
    """INT-1: (channel, Message-ID) names the report, so a mail that arrives again opens nothing."""
    mail = {"channel": "email", "email": "anna@aurora.example", "external_id": "<a@aurora>"}
    first = house.report(tx, MAIL, **mail)
    assert house.report(tx, MAIL, **mail).number == first.number
    assert house.report(tx, MAIL, **(mail | {"channel": "api"})).number != first.number
    assert len(instances.of_key(tx, first.number)) == 1


def test_two_deliveries_at_the_same_moment_are_one_case(house: House) -> None:
    """INT-1: the database decides, not the order in which two workers look."""

    def deliver(_: int) -> str:
        with house.engine.begin() as tx:
            fields = {"channel": "email", "email": "new@nowhere.example", "external_id": "<twice@nowhere>"}
            return house.report(tx, MAIL, **fields).number

    with ThreadPoolExecutor(6) as pool:
        assert len(set(pool.map(deliver, range(6)))) == 1


def test_numbers_are_unique_for_concurrent_reporters(house: House) -> None:
    """INT-1: eight reporters at once, eight numbers."""

    def report(_: int) -> str:
        with house.engine.begin() as tx:
            return house.report(tx).number

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(report, range(8)))) == 8


def test_a_mail_with_missing_fields_is_a_case_that_says_what_is_missing(house: House, tx: Tx) -> None:
    """INT-2: missing fields are asked for, not dropped."""
    made = case.open(MAIL, tx, case.Report(channel="email", description="It is broken\nplease", email="x@y.example"))
    assert made.title == "It is broken"
    known = facts.facts(tx, made.number)
    assert known["missing"] == ["customer", "occurred_at", "steps", "expected", "system_version", "scope"]
    assert known["tier"] == "potential"
    assert set(known) == facts.NAMES


def test_an_unknown_sender_becomes_a_contact_that_staff_should_look_at(house: House, tx: Tx) -> None:
    """INT-2: nothing is refused because we do not know somebody."""
    made = house.report(tx, MAIL, channel="email", email="Stranger@Else.example", name="A Stranger")
    contact = customers.contact_by_email(tx, "stranger@else.example")
    assert contact is not None
    assert (contact.unknown, contact.organisation_id, contact.name) == (True, None, "A Stranger")
    assert made.organisation_id is None
    assert told(tx, made.number, "case.opened")["unknown_customer"] is True


def test_a_claimed_customer_number_names_the_customer_but_opens_no_door(house: House, tx: Tx) -> None:
    """INT-2, SEC-1: the case is the customer's; the stranger sees his own case and no other of that customer."""
    hers = house.report(tx)
    made = house.report(tx, MAIL, channel="portal", email="s@else.example", customer_number="c-1001")
    assert made.organisation_id == hers.organisation_id
    contact = customers.contact_by_email(tx, "s@else.example")
    assert contact is not None
    stranger = customers.actor_of(contact)
    assert case.read(stranger, tx, made.number).number == made.number
    assert [one.number for one in case.listing(stranger, tx).cases] == [made.number]


def test_an_unknown_customer_number_names_field_and_remedy(house: House, tx: Tx) -> None:
    """INT-2."""
    with pytest.raises(Invalid) as refused:
        house.report(tx, MAIL, channel="api", customer_number="C-9999", email="s@else.example")
    assert "customer_number" in refused.value.fields
    assert refused.value.remedy


def test_somebody_has_to_be_answered(house: House, tx: Tx) -> None:
    """INT-2: no customer at all is refused, except for monitoring, whose alerts have none yet (INT-1)."""
    with pytest.raises(Invalid) as refused:
        house.report(tx, MAIL, channel="api")
    assert "email" in refused.value.fields
    assert house.report(tx, MAIL, channel="monitoring").contact_id is None


@pytest.mark.parametrize("field", ["description", "steps"])
def test_a_text_beyond_bounds_names_its_field(house: House, tx: Tx, field: str) -> None:
    """INT-2: 1 MB of text is a file, not a field."""
    long: dict[str, Any] = {field: "x" * 1_000_000}
    with pytest.raises(Invalid) as refused:
        house.report(tx, **long)
    assert field in refused.value.fields


def test_a_time_in_the_future_is_a_mistake(house: House, tx: Tx) -> None:
    """INT-2."""
    with pytest.raises(Invalid) as refused:
        house.report(tx, occurred_at=tx.now + timedelta(days=1))
    assert "occurred_at" in refused.value.fields


def test_the_first_person_asked_owns_the_case(house: House, tx: Tx) -> None:
    """INT-6: an agent who enters a call; an app with an agent's token is nobody."""
    lina = house.people["lina"]
    assert house.report(tx, lina, channel="phone", customer_number="C-1001").owner_id == lina.id
    app = replace(lina, scopes=frozenset({"cases:write"}))
    assert house.report(tx, app, channel="api", customer_number="C-1001").owner_id == ""


def test_an_integrator_reports_for_his_systems_and_follows_what_they_reported(house: House, tx: Tx) -> None:
    """SEC-1, INT-1: over the API and the app; other people's cases and restricted ones stay hidden."""
    ivan = house.people["ivan"]
    made = house.report(tx, ivan, channel="api", customer_number="C-1001")
    hidden = house.report(tx)
    assert case.read(ivan, tx, made.number).number == made.number
    assert [one.number for one in case.listing(ivan, tx).cases] == [made.number]
    with pytest.raises(Missing):
        communications.comment(ivan, tx, hidden.number, "May I?")
    assert communications.comment(ivan, tx, made.number, "The order is 4711.", internal=True)
    with pytest.raises(Refused):
        house.report(tx, house.people["petra"], channel="api", customer_number="C-1001")


def test_a_customer_number_alone_reaches_the_first_contact(house: House, tx: Tx) -> None:
    """INT-7: the same person each time; where nobody can be written to, the field and the remedy are named."""
    ivan = house.people["ivan"]
    for _ in range(2):
        made = house.report(tx, ivan, channel="api", customer_number="C-1001")
        assert made.contact_id == house.contacts["anna"].id
    customers.add_organisation(SYSTEM, tx, number="C-9000", name="Nobody yet", tier="normal")
    with pytest.raises(Invalid) as refused:
        house.report(tx, ivan, channel="api", customer_number="C-9000")
    assert list(refused.value.fields) == ["email"]
    assert refused.value.remedy


def test_an_organisations_contact_without_an_address_comes_last(house: House, tx: Tx) -> None:
    """INT-7: a mail reaches somebody if it can."""
    organisation = customers.by_number(tx, "C-1001")
    assert organisation is not None
    customers.add_contact(SYSTEM, tx, organisation_id=organisation.id, name="Aaron", phone="+49 30 1")
    first = customers.first_contact(tx, organisation.id)
    assert first is not None
    assert first.name == "Anna Berg"


def test_a_claimed_number_gives_nobody_elses_address_away(house: House, tx: Tx) -> None:
    """SEC-1: a visitor without an address is asked for one; the organisation's people are not written to."""
    with pytest.raises(Invalid) as refused:
        house.report(tx, Actor(kind="customer", id="", name=""), customer_number="C-1001")
    assert list(refused.value.fields) == ["email"]


def test_the_reporter_is_answered_without_a_right_to_read(house: House, tx: Tx) -> None:
    """SEC-1: what was opened is answered to whoever opened it; another's restricted case is not."""
    app = replace(house.people["ivan"], scopes=frozenset({"cases:write"}))
    made = house.report(tx, app, channel="api", customer_number="C-1001", external_id="crm-1")
    assert case.reported(app, tx, made.number, new=True).number == made.number
    with pytest.raises(Refused) as refused:
        case.read(app, tx, made.number)
    assert refused.value.params == {"scope": "cases:read"}
    hidden = house.report(tx)
    with pytest.raises(Missing):
        case.reported(app, tx, hidden.number, new=False)


def test_a_list_is_filtered_counted_and_paged(house: House, tx: Tx) -> None:
    """COM-8: search takes wildcards literally and finds Chinese text too."""
    for title in ("发票打印错误", "100% broken", "100 broken"):
        house.report(tx, title=title, description="-")
    anna = house.contacts["anna"]
    assert [one.title for one in case.listing(anna, tx, q="发票").cases] == ["发票打印错误"]
    assert [one.title for one in case.listing(anna, tx, q="100%").cases] == ["100% broken"]
    page = case.listing(anna, tx, page=2, per_page=2)
    assert (page.total, len(page.cases), page.page) == (3, 1, 2)
    assert case.listing(anna, tx, status="closed").total == 0


def test_a_case_that_is_not_there_and_one_that_is_not_yours_look_alike(house: House, tx: Tx, number: str) -> None:
    """SEC-1."""
    hejing = house.contacts["hejing"]
    texts = []
    for wanted in (number, "L-2026-999999"):
        with pytest.raises(Missing) as missing:
            case.read(hejing, tx, wanted)
        texts.append(missing.value.text().replace(wanted, "N"))
    assert texts[0] == texts[1]
    assert case.find(hejing, tx, number) is None
