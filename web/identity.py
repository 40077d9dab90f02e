"""Who is there: our own accounts, or the people of the platform we are plugged into (architecture §3, Identity)."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, Protocol
from urllib.parse import urlencode

from flask import Flask, request, session, url_for
from flask_login import current_user

from loopdesk.desk import credentials, customers, people
from loopdesk.desk.people import Person
from loopdesk.engine.actor import Actor
from loopdesk.engine.errors import Missing
from loopdesk.engine.tx import Tx
from loopdesk.web.context import loopdesk, open_tx, read_tx

HOST_ENVIRON = "loopdesk.host_environ"
"""Where the mount keeps SCRIPT_NAME and PATH_INFO as the host saw them."""


class Identity(Protocol):
    """Answers who made a request. People by id and by department are answered from ``desk.people``, where a host's
    people are mirrored, so that workers know them without the host."""

    def actor(self, environ: Mapping[str, Any]) -> Actor | None:
        """The person signed in, nobody otherwise; called inside our request."""

    def sign_in_url(self, back: str) -> str:
        """Where to sign in, coming ``back`` (a path of ours, or empty) afterwards."""

    def everyone(self) -> Iterable[Person]:
        """All people to mirror, for the start-up and ``loopdesk user sync``; may be empty."""


class LocalIdentity:
    """Our own accounts, remembered in our own session cookie."""

    def actor(self, environ: Mapping[str, Any]) -> Actor | None:  # noqa: ARG002 - the protocol's
        """The person or the customer's contact in the session, unless deactivated or given a new password since."""
        if "person" not in session:
            return _customer_in_session()
        with read_tx() as tx:
            person = _known(tx, session["person"])
            if session.get("stamp", "") != credentials.stamp(tx, session["person"]):
                return None
        return people.actor_of(person) if person and person.active else None

    def sign_in_url(self, back: str) -> str:
        """Our sign-in page."""
        return url_for("pages_account.sign_in", next=back or None)

    def everyone(self) -> Iterable[Person]:
        """Nobody: they are ours already."""
        return ()


class HostIdentity:
    """People of the host: give it a function from the WSGI environment to a ``Person``, and the host's sign-in page."""

    def __init__(
        self,
        current: Callable[[dict[str, Any]], Person | None],
        *,
        sign_in: str = "/login",
        everyone: Callable[[], Iterable[Person]] = tuple,
    ) -> None:
        self._current = current
        self._sign_in = sign_in
        self._everyone = everyone

    def actor(self, environ: Mapping[str, Any]) -> Actor | None:
        """The host's signed-in person, mirrored into our own people when new or changed; else a customer who came in
        by a link of ours."""
        person = self._current({**environ, **environ.get(HOST_ENVIRON, {})})
        if person is None:
            return _customer_in_session()
        return mirrored(person) if person.active else None

    def sign_in_url(self, back: str) -> str:
        """The host's sign-in page; Flask-Login's ``next`` brings the person back."""
        return f"{self._sign_in}?{urlencode({'next': request.script_root + back})}" if back else self._sign_in

    def everyone(self) -> Iterable[Person]:
        """Whom the host names."""
        return self._everyone()


class FlaskLoginIdentity(HostIdentity):
    """People of a host that signs them in with Flask-Login; ``describe`` turns its user into a ``Person``."""

    def __init__(
        self,
        app: Flask,
        describe: Callable[[Any], Person | None],
        *,
        sign_in: str = "/login",
        everyone: Callable[[], Iterable[Person]] = tuple,
    ) -> None:
        super().__init__(self._user, sign_in=sign_in, everyone=everyone)
        self._app = app
        self._describe = describe

    def _user(self, environ: dict[str, Any]) -> Person | None:
        # The host's own context on a copy of the environment: its user loader finds its session and its database,
        # nothing of it is saved, and its tear-down runs at the end of the block.
        with self._app.request_context(environ):
            return self._describe(current_user) if current_user.is_authenticated else None


def sign_in_password(login: str, password: str) -> Actor:
    """Whose login and password these are; raises ``Refused``, the same for an unknown login and a wrong password."""
    return credentials.sign_in(loopdesk().engine, login, password)


def remember(person: Actor) -> None:
    """Sign ``person`` (of the house, or a customer's contact) in on this browser.

    Whatever an earlier visitor left in the session is gone.
    """
    forget()
    session.permanent = True
    if person.kind == "customer":
        session["contact"] = person.id
    else:
        with read_tx() as tx:
            session.update(person=person.id, stamp=credentials.stamp(tx, person.id))


def forget() -> None:
    """Sign out on this browser."""
    session.clear()


def mirrored(person: Person) -> Actor:
    """The actor of a host's person; writes our row only when it is new or differs."""
    with read_tx() as tx:
        ours = _as_known(tx, person)
        is_current = _known(tx, person.id) == ours
    if not is_current:
        with open_tx() as tx:
            people.mirror(tx, [ours])
    return people.actor_of(ours)


def mirror(tx: Tx, everyone: Iterable[Person]) -> None:
    """Bring our rows of a host's people up to date."""
    people.mirror(tx, [_as_known(tx, person) for person in everyone])


def _as_known(tx: Tx, person: Person) -> Person:
    """How our row of a host's person has to look. Its login cannot meet one of ours, and no password ever belongs to
    it; language and zone are the person's own choice here once we know them."""
    ours = replace(
        person,
        login=f"host:{person.id}",
        roles=tuple(sorted(set(person.roles))),
        departments=tuple(sorted(set(person.departments))),
    )
    known = _known(tx, person.id)
    return replace(ours, language=known.language, zone=known.zone) if known else ours


def _known(tx: Tx, person_id: str) -> Person | None:
    try:
        return people.by_id(tx, person_id)
    except Missing:
        return None


def _customer_in_session() -> Actor | None:
    if "contact" not in session:
        return None
    with read_tx() as tx:
        try:
            return customers.actor_of(customers.contact(tx, session["contact"]))
        except Missing:
            return None
