"""People of the house: who they are, their roles, departments, language and zone (SEC-1, ONC-1).

A host with a sign-in of its own mirrors its people into the same table, so workers need no host (architecture §3).
"""

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from loopdesk.desk import zones
from loopdesk.desk.record import PERSON_ID
from loopdesk.desk.rights import KEPT, STAFF, require
from loopdesk.desk.sql import dialect_insert
from loopdesk.engine import events
from loopdesk.engine.actor import Actor
from loopdesk.engine.db import JSON, metadata, new_id
from loopdesk.engine.errors import Invalid, Missing, Phrase
from loopdesk.engine.tx import Tx

LANGUAGES = ("en", "zh")
Leaves = Callable[[Actor, Tx, str], None]
"""What has to be done when the person of an id no longer works here."""
_LEAVING: list[Leaves] = []

person = sa.Table(
    "person",
    metadata,
    sa.Column("id", PERSON_ID, primary_key=True),
    sa.Column("login", sa.String(100), nullable=False, unique=True),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("email", sa.String(320), nullable=False),
    sa.Column("language", sa.String(10), nullable=False),
    sa.Column("zone", sa.String(60), nullable=False),
    sa.Column("roles", JSON, nullable=False),
    sa.Column("departments", JSON, nullable=False),
    sa.Column("active", sa.Boolean, nullable=False),
)

membership = sa.Table(
    "membership",
    metadata,
    sa.Column("person_id", PERSON_ID, sa.ForeignKey("person.id"), primary_key=True),
    sa.Column("department", sa.String(60), primary_key=True, index=True),
)
"""`person.departments` once more, in the shape a database can look up."""


@dataclass(frozen=True, slots=True)
class Person:
    """One member of staff; ``language`` is en or zh, ``zone`` an IANA name."""

    id: str
    login: str
    name: str
    email: str = ""
    language: str = "en"
    zone: str = "UTC"
    roles: tuple[str, ...] = ()
    departments: tuple[str, ...] = ()
    active: bool = True


def create(
    actor: Actor,
    tx: Tx,
    *,
    login: str,
    name: str,
    email: str = "",
    language: str = "en",
    zone: str = "UTC",
    roles: Iterable[str] = (),
    departments: Iterable[str] = (),
) -> Person:
    """A new active person without a password; raises `Invalid` with the field that is wrong."""
    require(actor, "people.change")
    who = (new_id(), login.strip().lower(), name.strip(), email.strip(), language, zone)
    new = Person(*who, *_sets(roles, departments))
    _check(new)
    if by_login(tx, new.login) is not None:
        _refuse("login", Phrase("Somebody already signs in with this name."))
    mirror(tx, [new])
    events.record(actor, tx, "person.created", data={"person": new.id, "name": new.name})
    return new


def edit(
    actor: Actor,
    tx: Tx,
    person_id: str,
    *,
    name: str | None = None,
    email: str | None = None,
    roles: Iterable[str] | None = None,
    departments: Iterable[str] | None = None,
    active: bool | None = None,
) -> Person:
    """Change what is given. Raises `Missing` and `Invalid`."""
    require(actor, "people.change")
    old = by_id(tx, person_id)
    given_roles, given_departments = _sets(
        old.roles if roles is None else roles, old.departments if departments is None else departments
    )
    new = replace(
        old,
        name=old.name if name is None else name.strip(),
        email=old.email if email is None else email.strip(),
        roles=given_roles,
        departments=given_departments,
        active=old.active if active is None else active,
    )
    _check(new)
    mirror(tx, [new])
    changed = sorted(key for key, value in asdict(new).items() if value != asdict(old)[key])
    events.record(actor, tx, "person.changed", data={"person": new.id, "name": new.name, "fields": changed})
    if old.active and not new.active:
        for leaves in _LEAVING:
            leaves(actor, tx, new.id)
    return new


def when_leaving(leaves: Leaves) -> None:
    """Have something done, in the same transaction, whenever somebody is deactivated."""
    _LEAVING.append(leaves)


def deactivate(actor: Actor, tx: Tx, person_id: str) -> Person:
    """The person can no longer sign in, use tokens or be given work; history keeps the name."""
    return edit(actor, tx, person_id, active=False)


def prefer(actor: Actor, tx: Tx, person_id: str, *, language: str, zone: str) -> Person:
    """Choose the language and time zone of one's own pages and messages."""
    require(actor, "people.prefer", person_id)
    new = replace(by_id(tx, person_id), language=language, zone=zone)
    _check(new)
    mirror(tx, [new])
    events.record(actor, tx, "person.preferred", data={"person": new.id, "language": language, "zone": zone})
    return new


def mirror(tx: Tx, people: Iterable[Person]) -> None:
    """Write ``people`` as they are, new or known by id: the way a host's own sign-in hands over its staff."""
    for one in people:
        values = asdict(one) | {"roles": list(one.roles), "departments": list(one.departments)}
        statement = dialect_insert(tx, person).values(**values)
        changed = {key: value for key, value in values.items() if key != "id"}
        tx.conn.execute(statement.on_conflict_do_update(index_elements=["id"], set_=changed))
        tx.conn.execute(sa.delete(membership).where(membership.c.person_id == one.id))
        rows = [{"person_id": one.id, "department": department} for department in one.departments]
        if rows:
            tx.conn.execute(sa.insert(membership), rows)


def by_id(tx: Tx, person_id: str) -> Person:
    """The person with that id, active or not; raises `Missing`."""
    found = _made(tx, _by_id(person_id))
    if not found:
        raise Missing("There is no person %(person)s.", person=person_id)
    return found[0]


def by_login(tx: Tx, login: str) -> Person | None:
    """The person who signs in with ``login`` (in any case), active or not."""
    return next(iter(_select(tx, person.c.login == login.strip().lower())), None)


def find(tx: Tx, who: str) -> Person | None:
    """An active person by id, login or e-mail address, as a form or a diagram may name one."""
    text, small = who.strip(), who.strip().lower()
    condition = (person.c.id == text) | (person.c.login == small) | (sa.func.lower(person.c.email) == small)
    return next(iter(_select(tx, condition & person.c.active)), None) if text else None


def in_department(tx: Tx, department: str, role: str = "") -> list[Person]:
    """Active people of a department who carry ``role`` (all for an empty one), by name."""
    member = sa.select(membership.c.person_id).where(membership.c.department == department)
    people = _select(tx, person.c.active & person.c.id.in_(member))
    return [one for one in people if not role or role in one.roles]


def active(tx: Tx) -> list[Person]:
    """Everybody who is here, by name."""
    return _select(tx, person.c.active)


def with_role(tx: Tx, role: str) -> list[Person]:
    """Active people of any department, or of none, who carry ``role``, by name."""
    return [one for one in active(tx) if role in one.roles]


def listing(actor: Actor, tx: Tx) -> list[Person]:
    """Everybody, by name; staff only."""
    require(actor, "people.list")
    return _select(tx, sa.true())


def actor_of(one: Person) -> Actor:
    """The person as the first argument of verbs."""
    return Actor(
        kind="person",
        id=one.id,
        name=one.name,
        roles=frozenset(one.roles),
        departments=frozenset(one.departments),
        language=one.language,
        zone=one.zone,
    )


@lru_cache(KEPT)
def _by_id(person_id: str) -> sa.Select[Any]:
    return _query(person.c.id == person_id)  # asked with each page


def _query(condition: sa.ColumnElement[bool]) -> sa.Select[Any]:
    return sa.select(person).where(condition).order_by(person.c.name, person.c.id)


def _select(tx: Tx, condition: sa.ColumnElement[bool]) -> list[Person]:
    return _made(tx, _query(condition))


def _made(tx: Tx, query: sa.Select[Any]) -> list[Person]:
    rows = tx.ask(query).mappings()
    return [Person(**{**row, "roles": tuple(row["roles"]), "departments": tuple(row["departments"])}) for row in rows]


def _sets(roles: Iterable[str], departments: Iterable[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return tuple(sorted(set(roles))), tuple(sorted(set(departments)))


def _refuse(field: str, message: Phrase) -> None:
    raise Invalid("Please check this person's details.", fields={field: [message]})


def _check(one: Person) -> None:
    if not one.login:
        _refuse("login", Phrase("A sign-in name is needed."))
    if not one.name:
        _refuse("name", Phrase("A name is needed."))
    if one.email and "@" not in one.email:
        _refuse("email", Phrase("This is not an e-mail address."))
    if one.language not in LANGUAGES:
        _refuse("language", Phrase("Choose English or Chinese."))
    if not zones.is_known(one.zone):
        _refuse("zone", Phrase("This time zone is not known."))
    if not set(one.roles) <= STAFF:
        _refuse("roles", Phrase("Choose among the roles owner, agent, supervisor, integrator and admin."))
