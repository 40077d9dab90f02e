"""Local accounts: passwords behind argon2, their rules, and the lock after too many tries (SEC-1)."""

import hashlib
from datetime import datetime, timedelta
from functools import cache

import sqlalchemy as sa
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from loopdesk.desk import people
from loopdesk.desk.record import PERSON_ID
from loopdesk.desk.rights import require
from loopdesk.desk.sql import dialect_insert
from loopdesk.engine import events
from loopdesk.engine.actor import SYSTEM, Actor
from loopdesk.engine.db import Moment, metadata
from loopdesk.engine.errors import N_, Invalid, Phrase, Refused
from loopdesk.engine.tx import Engine, Tx

TRIES = 5
LOCKED_FOR = timedelta(minutes=15)
SHORTEST, LONGEST = 10, 256
_GUESSES = """
password passwort passw0rd p@ssword p@ssw0rd qwerty qwertyuiop qwertz azerty asdfghjkl zxcvbnm iloveyou
welcome letmein admin administrator changeme default guest login master monkey dragon football baseball
sunshine princess superman batman trustno secret support helpdesk loopdesk company test testing woaini abc
abcd abcdef abcdefgh abcdefghij abcdefghijk qazwsx qazwsxedc 1qaz2wsx q1w2e3r4t5 zaq12wsx 123qwe 1q2w3e4r5t
asdf asdfgh
"""
_COMMON = frozenset(_GUESSES.split())

credential = sa.Table(
    "credential",
    metadata,
    sa.Column("person_id", PERSON_ID, sa.ForeignKey("person.id"), primary_key=True),
    sa.Column("hash", sa.String(300), nullable=False),
    sa.Column("changed_at", Moment, nullable=False),
)

sign_in_try = sa.Table(
    "sign_in_try",
    metadata,
    sa.Column("login", sa.String(64), primary_key=True),
    sa.Column("failed", sa.Integer, nullable=False),
    sa.Column("last_at", Moment, nullable=False),
    sa.Column("locked_until", Moment),
)
"""Failed tries by the digest of what was typed, whether or not anybody signs in so: the lock tells nothing."""


def sign_in(engine: Engine, login: str, password: str) -> Actor:
    """The person behind ``login`` and ``password`` as an actor, or `Refused` in the same words for every reason.

    Takes the engine: a failed try stays counted although the caller sees an error, and argon2's work holds no
    transaction. Five failures within 15 minutes lock the name for 15 minutes, known or not.
    """
    with engine.read() as tx:
        locked_until = _locked_until(tx, login)
        found = people.by_login(tx, login)
        stored = _hash_of(tx, found.id) if found and found.active else ""
    if locked_until is not None:
        raise _locked(locked_until, engine.clock.now())
    right = _verify(stored, password)
    with engine.begin() as tx:
        locked_until = _count(tx, login, right=right)
        if right and found:
            events.record(people.actor_of(found), tx, "person.signed_in", data={"person": found.id})
    if right and found:
        return people.actor_of(found)
    if locked_until is not None:
        raise _locked(locked_until, engine.clock.now())
    raise Refused(
        "Name or password is wrong.",
        remedy=N_("Check both; after %(tries)s wrong tries you have to wait %(minutes)s minutes."),
        tries=TRIES,
        minutes=LOCKED_FOR.seconds // 60,
    )


def set_password(actor: Actor, tx: Tx, person_id: str, password: str) -> None:
    """Give a person a password; one's own or, as an admin, anybody's. Raises `Invalid` when it breaks the rules."""
    require(actor, "people.set_password", person_id)
    one = people.by_id(tx, person_id)
    check_password(one.login, password)
    values = {"hash": _hasher().hash(password), "changed_at": tx.now}
    statement = dialect_insert(tx, credential).values(person_id=person_id, **values)
    tx.conn.execute(statement.on_conflict_do_update(index_elements=["person_id"], set_=values))
    tx.conn.execute(sa.delete(sign_in_try).where(sign_in_try.c.login == _digest(one.login)))
    events.record(actor, tx, "person.password_set", data={"person": person_id, "name": one.name})


def has_password(tx: Tx, person_id: str) -> bool:
    """Whether the person can sign in with a password at all."""
    return bool(_hash_of(tx, person_id))


def stamp(tx: Tx, person_id: str) -> str:
    """Changes with the password: a session that began under an older one has ended. Empty without a password."""
    changed = tx.conn.scalar(sa.select(credential.c.changed_at).where(credential.c.person_id == person_id))
    return changed.isoformat() if changed else ""


def check_password(login: str, password: str) -> None:
    """Raise `Invalid` unless the password has 10 to 256 characters, is not common and not the sign-in name (SEC-1)."""
    core = password.lower().strip("0123456789!@#$%^&*()-_=+.,;:?~ ")
    message = None
    if not SHORTEST <= len(password) <= LONGEST:
        message = Phrase("Take at least 10 and at most 256 characters.")
    elif login.lower() in password.lower() or password.lower() in login.lower():
        message = Phrase("The password must not contain the sign-in name.")
    elif core in _COMMON or not core or len(set(password)) < 5:
        message = Phrase("This password is among the first that an attacker tries.")
    if message:
        raise Invalid("This password is too weak.", fields={"password": [message]})


@cache
def _hasher() -> PasswordHasher:
    return PasswordHasher()


@cache
def _decoy() -> str:
    return _hasher().hash("nobody's password")


def _verify(stored: str, password: str) -> bool:
    """Check against a decoy where nothing is stored, so that the answer takes as long."""
    try:
        _hasher().verify(stored or _decoy(), password)
    except (VerificationError, InvalidHashError):
        return False
    return bool(stored)


def _hash_of(tx: Tx, person_id: str) -> str:
    return tx.conn.scalar(sa.select(credential.c.hash).where(credential.c.person_id == person_id)) or ""


def _digest(login: str) -> str:
    return hashlib.sha256(login.strip().lower().encode()).hexdigest()


def _locked_until(tx: Tx, login: str) -> datetime | None:
    until = tx.conn.scalar(sa.select(sign_in_try.c.locked_until).where(sign_in_try.c.login == _digest(login)))
    return until if until is not None and until > tx.now else None


def _count(tx: Tx, login: str, *, right: bool) -> datetime | None:
    """Forget the failures after a right try, else count one more; returns until when the name is locked."""
    tx.conn.execute(sa.delete(sign_in_try).where(sign_in_try.c.last_at < tx.now - LOCKED_FOR))
    key = _digest(login)
    if right:
        tx.conn.execute(sa.delete(sign_in_try).where(sign_in_try.c.login == key))
        return None
    statement = dialect_insert(tx, sign_in_try).values(login=key, failed=1, last_at=tx.now)
    more = {"failed": sign_in_try.c.failed + 1, "last_at": tx.now}
    upsert = statement.on_conflict_do_update(index_elements=["login"], set_=more).returning(sign_in_try.c.failed)
    failed = tx.conn.execute(upsert).scalar_one()
    if failed < TRIES:
        return None
    until = tx.now + LOCKED_FOR
    tx.conn.execute(sa.update(sign_in_try).where(sign_in_try.c.login == key).values(failed=0, locked_until=until))
    events.record(SYSTEM, tx, "person.locked", data={"login": login.strip().lower()[:100]})
    return until


def _locked(until: datetime, now: datetime) -> Refused:
    return Refused(
        "Too many wrong tries.",
        remedy=N_("Try again in %(minutes)s minutes, or ask an administrator for a new password."),
        minutes=max(1, -(-int((until - now).total_seconds()) // 60)),
    )
