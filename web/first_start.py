"""What a new house finds on its first day: shipped processes, one administrator, in a demo people and customers too."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

import loopdesk
from loopdesk import migrations
from loopdesk.desk import credentials, demo, people
from loopdesk.desk.classification import guess as classification
from loopdesk.desk.departments import FIRST_LINE
from loopdesk.desk.sentiment import moods
from loopdesk.engine import bundles
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.errors import N_
from loopdesk.engine.tx import Tx
from loopdesk.web import identity, wiring
from loopdesk.web.settings import Settings
from loopdesk.web.wiring import Loopdesk

WORKFLOWS = Path(loopdesk.__file__).parent / "workflows"
ADMIN = "admin"
NO_AGENTS = N_("No agent in department %(department)s: add people.")
"""What an administrator is told as long as reports find nobody who answers them."""
FIRST_SIGN_IN = N_("First sign-in: %(login)s, password: %(password)s (shown only now)")


@dataclass(frozen=True)
class FirstSignIn:
    """The administrator just made; the password is shown once and stored nowhere but as its hash."""

    login: str
    password: str


@dataclass(frozen=True)
class Prepared:
    """A database that is ready: ``first`` sign-in if it was made just now, and whether the house is ``staffed``."""

    first: FirstSignIn | None
    staffed: bool

    def news(self) -> Iterator[tuple[str, dict[str, str]]]:
        """What whoever starts the house has to be told: texts in English, and what they name."""
        if not self.staffed:
            yield NO_AGENTS, {"department": FIRST_LINE}
        if self.first:
            yield FIRST_SIGN_IN, {"login": self.first.login, "password": self.first.password}


def prepare(settings: Settings) -> Prepared:
    """Bring the database to this release's schema and in what a first day needs; safe at each start."""
    desk = wiring.build(settings)
    try:
        migrations.upgrade(desk.engine.database)
        first = first_start(desk)
        with desk.engine.read() as tx:
            return Prepared(first, bool(people.in_department(tx, FIRST_LINE, "agent")))
    finally:
        desk.close()


def first_start(desk: Loopdesk) -> FirstSignIn | None:
    """Bring shipped bundles and the first people in; safe at each start. Hands back the first sign-in if it was made.

    An owner's edit of a shipped bundle is never overwritten (``bundles.seed``).
    """
    with desk.engine.begin() as tx:
        bundles.seed(tx, WORKFLOWS)
        classification.seed(tx)
        moods.seed(tx)
        made = _first_admin(tx, desk)
        if desk.settings.demo:
            demo.seed(tx)
    everyone = tuple(desk.identity.everyone())
    if everyone:
        with desk.engine.begin() as tx:
            identity.mirror(tx, everyone)
    return made


def _first_admin(tx: Tx, desk: Loopdesk) -> FirstSignIn | None:
    if not isinstance(desk.identity, identity.LocalIdentity):
        return None
    if tx.conn.scalar(sa.select(sa.func.count()).select_from(people.person)):
        return None
    admin = people.create(SYSTEM, tx, login=ADMIN, name="Administrator", roles=["admin"])
    password = desk.settings.admin_password or secrets.token_urlsafe(12)
    credentials.set_password(SYSTEM, tx, admin.id, password)
    return FirstSignIn(ADMIN, password)
