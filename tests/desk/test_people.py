"""People, their passwords and tokens (SEC-1, ONC-1)."""

import time
from datetime import timedelta

import pytest

from loopdesk.desk import credentials, demo, departments, people, tokens
from loopdesk.desk.people import Person
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.errors import Invalid, Missing, Refused
from loopdesk.engine.tx import Tx
from loopdesk.tests.desk.house import House

GOOD = "correct horse battery"


@pytest.fixture
def lina(house: House) -> str:
    """The id of Lina, who has a password."""
    with house.engine.begin() as tx:
        credentials.set_password(SYSTEM, tx, house.people["lina"].id, GOOD)
    return house.people["lina"].id


def fails(house: House, login: str, password: str = "wrong password") -> str:
    """The words in which a sign-in is refused."""
    with pytest.raises(Refused) as refused:
        credentials.sign_in(house.engine, login, password)
    return str(refused.value)


def test_the_right_password_signs_in_whatever_the_case_of_the_name(house: House, lina: str) -> None:
    """SEC-1."""
    actor = credentials.sign_in(house.engine, " LINA ", GOOD)
    assert (actor.id, actor.roles, actor.departments) == (lina, frozenset({"agent"}), frozenset({"support"}))


def test_wrong_names_and_wrong_passwords_read_alike(house: House, lina: str) -> None:
    """SEC-1: nobody learns who works here; somebody without a password or gone is like nobody."""
    with house.engine.begin() as tx:
        credentials.set_password(SYSTEM, tx, house.people["sara"].id, GOOD)
        people.deactivate(SYSTEM, tx, house.people["sara"].id)
    texts = {fails(house, "lina"), fails(house, "nobody"), fails(house, "emma", GOOD), fails(house, "sara", GOOD)}
    assert len(texts) == 1


@pytest.mark.parametrize("login", ["lina", "nobody"])
def test_five_wrong_tries_lock_a_name_for_15_minutes(house: House, lina: str, login: str) -> None:
    """SEC-1: whether or not somebody has that name; the right password waits too."""
    for _ in range(credentials.TRIES - 1):
        assert "Too many" not in fails(house, login)
    assert "15 minutes" in fails(house, login)
    house.clock.advance(timedelta(minutes=14))
    assert "1 minutes" in fails(house, login, GOOD)
    house.clock.advance(timedelta(minutes=2))
    if login == "lina":
        assert credentials.sign_in(house.engine, login, GOOD).id == lina


def test_a_right_try_forgets_the_wrong_ones(house: House, lina: str) -> None:
    """SEC-1: four slips a day lock nobody out."""
    for _ in range(3):
        for _ in range(credentials.TRIES - 1):
            fails(house, "lina")
        credentials.sign_in(house.engine, "lina", GOOD)


def test_a_wrong_name_takes_as_long_as_a_wrong_password(house: House, lina: str) -> None:
    """SEC-1: the clock on the wall tells nothing either."""

    def seconds(login: str) -> float:
        start = time.perf_counter()
        fails(house, login)
        return time.perf_counter() - start

    fails(house, "warm up")
    assert seconds("nobody") > 0.3 * seconds("lina")


@pytest.mark.parametrize(
    "password",
    ["short", "x" * 300, "password1234", "Password!!!!!", "1234567890", "aaaaaaaaaaaa", "my-lina-2026!", "qwertyuiop"],
)
def test_weak_passwords_are_refused(password: str) -> None:
    """SEC-1: too short, too long, common, the name in it."""
    with pytest.raises(Invalid) as refused:
        credentials.check_password("lina", password)
    assert "password" in refused.value.fields


def test_no_way_around_the_rules_for_passwords(house: House, tx: Tx) -> None:
    """SEC-1: an admin gives nobody a weak one either."""
    with pytest.raises(Invalid):
        credentials.set_password(house.people["admin"], tx, house.people["lina"].id, "password1234")
    assert not credentials.has_password(tx, house.people["lina"].id)


def test_only_admins_set_the_passwords_of_others(house: House, tx: Tx) -> None:
    """SEC-1."""
    lina, emma, admin = (house.people[login] for login in ("lina", "emma", "admin"))
    credentials.set_password(lina, tx, lina.id, GOOD)
    credentials.set_password(admin, tx, emma.id, GOOD)
    with pytest.raises(Refused):
        credentials.set_password(lina, tx, emma.id, GOOD)


def test_passwords_are_stored_as_argon2(house: House, lina: str) -> None:
    """SEC-1."""
    with house.engine.read() as tx:
        row = tx.conn.execute(credentials.credential.select()).one()
    assert row.hash.startswith("$argon2id$")


def test_a_person_with_a_wrong_detail_is_refused(house: House, tx: Tx) -> None:
    """ONC-1: each with its field."""
    good: dict[str, object] = {"login": "new", "name": "New", "email": "new@house.example"}
    for field, value in (
        ("login", ""),
        ("login", "LINA"),
        ("name", " "),
        ("email", "nowhere"),
        ("language", "xx"),
        ("zone", "Mars/Base"),
        ("zone", "../etc/passwd"),
        ("roles", ["king"]),
    ):
        with pytest.raises(Invalid) as refused:
            people.create(SYSTEM, tx, **(good | {field: value}))  # type: ignore[arg-type]
        assert list(refused.value.fields) == [field]


def test_people_are_found_by_department_and_role_while_active(house: House, tx: Tx) -> None:
    """ONC-1, HND-1."""

    def names(department: str, role: str = "") -> list[str]:
        return sorted(one.login for one in people.in_department(tx, department, role))

    assert names("support") == ["lina", "wangfang"]
    assert names("support", "agent") == ["lina"]
    people.edit(house.people["admin"], tx, house.people["lina"].id, departments=["rnd"])
    assert "lina" in names("rnd", "agent")
    people.deactivate(house.people["admin"], tx, house.people["lina"].id)
    assert names("support", "agent") == []
    assert people.find(tx, "lina") is None
    with pytest.raises(Missing):
        people.by_id(tx, "nobody")


def test_everybody_chooses_his_own_language_and_zone(house: House, tx: Tx) -> None:
    """SEC-1: and nobody else's."""
    lina = house.people["lina"]
    assert people.prefer(lina, tx, lina.id, language="en", zone="Asia/Tokyo").zone == "Asia/Tokyo"
    with pytest.raises(Refused):
        people.prefer(lina, tx, house.people["emma"].id, language="en", zone="UTC")
    with pytest.raises(Refused):
        people.edit(lina, tx, lina.id, roles=["admin"])


def test_a_host_hands_over_its_people_with_ids_of_its_own(house: House, tx: Tx) -> None:
    """SEC-1, architecture §3: again and again, changed or not."""
    theirs = Person("host-17", "joe@host.example", "Joe", "joe@host.example", roles=("agent",), departments=("rnd",))
    people.mirror(tx, [theirs])
    people.mirror(tx, [theirs])
    assert people.by_id(tx, "host-17") == theirs
    assert "host-17" in [one.id for one in people.in_department(tx, "rnd", "agent")]


def test_a_token_works_until_it_expires_or_is_revoked(house: House) -> None:
    """SEC-1: kept as its digest only, limited to its scopes."""
    lina = house.people["lina"]
    with house.engine.begin() as tx:
        secret = tokens.make_token(lina, tx, lina.id, name="till", scopes=["cases:write"], days=10)
        kept = tokens.listing(lina, tx, lina.id)
        stored = str(tx.conn.execute(tokens.api_token.select()).mappings().one())
    assert secret not in stored
    assert "digest" not in kept[0]
    with house.engine.begin() as tx:
        actor = tokens.by_token(tx, secret)
        assert (actor.id, actor.scopes) == (lina.id, frozenset({"cases:write"}))
        other = tokens.make_token(lina, tx, lina.id, name="other", scopes=["cases:read"])
        tokens.revoke(
            lina, tx, next(str(row["id"]) for row in tokens.listing(lina, tx, lina.id) if row["name"] == "other")
        )
    house.clock.advance(timedelta(days=11))
    with house.engine.begin() as tx:
        texts = []
        for wrong in (secret, other, "ld_nonsense"):
            with pytest.raises(Refused) as refused:
                tokens.by_token(tx, wrong)
            texts.append(str(refused.value))
    assert len(set(texts)) == 1


def test_a_token_of_somebody_who_left_is_void(house: House, tx: Tx) -> None:
    """SEC-1."""
    sara = house.people["sara"]
    secret = tokens.make_token(sara, tx, sara.id, name="x", scopes=["cases:read"])
    people.deactivate(SYSTEM, tx, sara.id)
    with pytest.raises(Refused):
        tokens.by_token(tx, secret)


def test_nobody_makes_a_token_for_a_mightier_one(house: House, tx: Tx) -> None:
    """SEC-1."""
    for login in ("lina", "ivan"):
        with pytest.raises(Refused):
            tokens.make_token(house.people[login], tx, house.people["admin"].id, name="x", scopes=["cases:read"])
    lina = house.people["lina"]
    for scopes, days in ((["cases:burn"], 1), ([], 1), (["cases:read"], 0), (["cases:read"], 9999)):
        with pytest.raises(Invalid):
            tokens.make_token(lina, tx, lina.id, name="x", scopes=scopes, days=days)


def test_the_demo_has_an_agent_and_a_supervisor_of_each_department(house: House, tx: Tx) -> None:
    """ONC-1: in both languages, without a password; a second start changes nothing."""
    demo.seed(tx)
    everybody = people.listing(house.people["admin"], tx)
    demo.seed(tx)
    assert people.listing(house.people["admin"], tx) == everybody
    seeded = {one.login for one in demo.PEOPLE}
    for department in departments.codes(tx):
        for role in ("agent", "supervisor"):
            assert seeded & {one.login for one in people.in_department(tx, department, role)}, (department, role)
    ours = [one for one in everybody if one.login in seeded]
    assert {one.language for one in ours} == {"en", "zh"}
    assert {role for one in ours for role in one.roles} == {"agent", "supervisor", "owner", "integrator", "admin"}
    assert not any(credentials.has_password(tx, one.id) for one in ours)


def test_departments_have_names_in_both_languages(house: House, tx: Tx) -> None:
    """ONC-1."""
    assert departments.names(tx, "zh")["rnd"] == "研发部"
    assert departments.names(tx, "en")["rnd"] == "R&D"
    assert departments.names(tx, "fr")["rnd"] == "R&D"
