"""Tiers, skills and the duty list (DIA-1, DIA-3)."""

from datetime import UTC, datetime, timedelta

import pytest

from loopdesk.desk import duty, people, skills
from loopdesk.desk.skills import Skills
from loopdesk.engine import bundles
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.errors import Invalid, Missing, Refused
from loopdesk.engine.tx import Tx
from loopdesk.tests.desk.house import WORKFLOWS, House

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)


def turn(house: House, tx: Tx, who: str, start: int, end: int, tier: str = "L2") -> duty.Duty:
    """A turn of support, in hours from Monday morning."""
    times = {"starts_at": MONDAY + start * HOUR, "ends_at": MONDAY + end * HOUR}
    return duty.add(house.people["wangfang"], tx, person=who, department="support", tier=tier, **times)


def test_tier_and_skills_are_kept_and_changed(house: House, tx: Tx) -> None:
    """DIA-1: nothing is known of somebody new; the last word counts; skills stand once and in order."""
    admin, lina = house.people["admin"], house.people["lina"].id
    assert skills.of(tx, lina) == Skills()
    skills.set_(admin, tx, lina, tier="L1", skills=["network", "billing", "network"])
    assert (
        skills.set_(admin, tx, lina, tier="L2", skills=["network"]) == skills.of(tx, lina) == Skills("L2", ("network",))
    )
    assert skills.of_all(tx, [lina, house.people["emma"].id]) == {lina: Skills("L2", ("network",))}


def test_wrong_tiers_skills_and_people_are_refused(house: House, tx: Tx) -> None:
    """DIA-1: each with its field; only administrators change them."""
    admin, lina = house.people["admin"], house.people["lina"].id
    for field, tier, wanted in (("tier", "L9", ["network"]), ("skills", "L1", ["juggling"])):
        with pytest.raises(Invalid) as refused:
            skills.set_(admin, tx, lina, tier=tier, skills=wanted)
        assert list(refused.value.fields) == [field]
    with pytest.raises(Missing):
        skills.set_(admin, tx, "nobody", tier="L1", skills=[])
    with pytest.raises(Refused):
        skills.set_(house.people["wangfang"], tx, lina, tier="L1", skills=[])


def test_a_house_without_the_policy_knows_the_shipped_skills(house: House, tx: Tx) -> None:
    """DIA-1: a house of an older version has no support.yaml yet; an owner's own one wins."""
    files = dict(bundles.read_folder(WORKFLOWS / "policies"))
    shipped = files.pop("support.yaml")
    bundles.deploy(SYSTEM, tx, "policies", files)
    assert skills.names(tx, "skills", "zh")["network"] == "网络"
    files["support.yaml"] = shipped.replace(b"network: {name: {en: Networks, zh: ", b"radio: {name: {en: Radio, zh: ")
    bundles.deploy(SYSTEM, tx, "policies", files)
    assert "radio" in skills.names(tx, "skills", "en")
    assert "network" not in skills.names(tx, "skills", "en")


def test_who_is_on_duty_depends_on_tier_department_and_time(house: House, tx: Tx) -> None:
    """DIA-1: a turn is half-open; who has left the house is on no duty."""
    lina, zhangwei = house.people["lina"].id, house.people["zhangwei"].id
    turn(house, tx, "lina", 0, 8)
    duty.add(
        house.people["admin"], tx, person="zhangwei", department="rnd", tier="L3",
        starts_at=MONDAY - HOUR, ends_at=MONDAY + HOUR,
    )  # fmt: skip
    assert duty.on_duty(tx, at=MONDAY) == [zhangwei, lina]
    assert duty.on_duty(tx, tier="L2", at=MONDAY) == [lina]
    assert duty.on_duty(tx, department="rnd", at=MONDAY) == [zhangwei]
    assert duty.on_duty(tx, tier="L2", department="rnd", at=MONDAY) == []
    assert duty.on_duty(tx, tier="L2", at=MONDAY + 8 * HOUR) == []
    people.deactivate(house.people["admin"], tx, lina)
    assert duty.on_duty(tx, tier="L2", at=MONDAY) == []


def test_a_turn_that_cannot_be_is_refused(house: House, tx: Tx) -> None:
    """DIA-1: nobody, nowhere, no tier, no length, twice at once; each with its field."""
    turn(house, tx, "lina", 0, 8)
    for field, who, start, end, tier in (
        ("person", "nobody", 0, 1, "L2"),
        ("tier", "lina", 9, 10, "L4"),
        ("ends_at", "lina", 10, 9, "L2"),
        ("ends_at", "lina", 10, 10, "L2"),
        ("starts_at", "lina", 7, 9, "L2"),
    ):
        with pytest.raises(Invalid) as refused:
            turn(house, tx, who, start, end, tier)
        assert list(refused.value.fields) == [field]
    with pytest.raises(Invalid) as refused:
        duty.add(
            house.people["admin"], tx, person="lina", department="moon", tier="L1", starts_at=MONDAY, ends_at=MONDAY
        )
    assert list(refused.value.fields) == ["department"]
    turn(house, tx, "lina", 8, 9)


def test_supervisors_plan_their_own_department_only(house: House, tx: Tx) -> None:
    """SEC-1: an agent plans nothing, a supervisor nothing of another department, an administrator all."""
    made = turn(house, tx, "lina", 0, 8)
    for login in ("emma", "lina"):
        with pytest.raises(Refused):
            duty.remove(house.people[login], tx, made.id)
        with pytest.raises(Refused):
            duty.add(
                house.people[login], tx, person="lina", department="support", tier="L1",
                starts_at=MONDAY + 20 * HOUR, ends_at=MONDAY + 21 * HOUR,
            )  # fmt: skip
    duty.remove(house.people["admin"], tx, made.id)
    with pytest.raises(Missing):
        duty.remove(house.people["admin"], tx, made.id)


def test_gaps_are_the_working_times_that_nobody_covers(house: House, tx: Tx) -> None:
    """DIA-1: support works 9 to 12 and 13 to 18 in Shanghai; it is 17:00 there. Nights part no gap, people do."""
    actor = house.people["lina"]

    def gaps(tier: str) -> list[tuple[datetime, datetime]]:
        found = [gap for gap in duty.gaps(actor, tx) if (gap.department, gap.tier) == ("support", tier)]
        return [(gap.starts_at, gap.ends_at) for gap in found]

    end = MONDAY + timedelta(days=14)
    assert gaps("L2") == [(MONDAY, end)]
    turn(house, tx, "lina", 0, 18)  # until 11:00 of Tuesday in Shanghai
    turn(house, tx, "wangfang", 18, 22)  # until 15:00
    tuesday_15 = MONDAY + 22 * HOUR
    assert gaps("L2") == [(tuesday_15, end)]
    turn(house, tx, "lina", 24, 400)  # from 17:00
    assert gaps("L2") == [(tuesday_15, MONDAY + 24 * HOUR)]
    assert gaps("L1") == [(MONDAY, end)]
