"""What a new house finds on its first day: shipped processes, one administrator, in a demo people and customers too."""

import secrets
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

import loopdesk
from loopdesk.desk import credentials, customers, departments, people
from loopdesk.engine import bundles
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.tx import Tx
from loopdesk.web import identity
from loopdesk.web.wiring import Loopdesk

WORKFLOWS = Path(loopdesk.__file__).parent / "workflows"
ADMIN = "admin"
DEMO_DOMAIN = "loopdesk.example"


@dataclass(frozen=True)
class FirstSignIn:
    """The administrator just made; the password is shown once and stored nowhere but as its hash."""

    login: str
    password: str


def first_start(desk: Loopdesk) -> FirstSignIn | None:
    """Bring shipped bundles and the first people in; safe at each start. Hands back the first sign-in if it was made.

    An owner's edit of a shipped bundle is never overwritten (``bundles.seed``).
    """
    with desk.engine.begin() as tx:
        bundles.seed(tx, WORKFLOWS)
        made = _first_admin(tx, desk)
        if desk.settings.demo:
            _demo(tx)
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


@dataclass(frozen=True)
class _Demo:
    login: str
    name: str
    language: str
    roles: tuple[str, ...]
    departments: tuple[str, ...]


_DEMO_PEOPLE = (
    _Demo("li.na", "李娜 Li Na", "zh", ("agent",), ("support",)),
    _Demo("tom.baker", "Tom Baker", "en", ("agent",), ("support",)),
    _Demo("wang.fang", "王芳 Wang Fang", "zh", ("supervisor", "agent"), ("support",)),
    _Demo("zhang.wei", "张伟 Zhang Wei", "zh", ("agent",), ("rnd",)),
    _Demo("emma.stone", "Emma Stone", "en", ("supervisor", "agent"), ("rnd",)),
    _Demo("chen.jie", "陈洁 Chen Jie", "zh", ("agent",), ("finance",)),
    _Demo("liu.yang", "刘洋 Liu Yang", "zh", ("agent",), ("legal",)),
    _Demo("sara.klein", "Sara Klein", "en", ("agent",), ("security",)),
    _Demo("zhao.lei", "赵磊 Zhao Lei", "zh", ("agent",), ("supply_chain",)),
    _Demo("omar.hadid", "Omar Hadid", "en", ("agent", "supervisor"), ("operations",)),
    _Demo("sun.li", "孙丽 Sun Li", "zh", ("agent",), ("product",)),
    _Demo("zhou.min", "周敏 Zhou Min", "zh", ("agent", "supervisor"), ("customer_success",)),
    _Demo("petra.owner", "Petra Lang", "en", ("owner",), ("support",)),
    _Demo("ivan.link", "Ivan Petrov", "en", ("integrator",), ("operations",)),
)
_DEMO_CUSTOMERS = (
    ("C-1001", "Aurora Retail", "vip", "Anna Berg", "anna@aurora.example", "en"),
    ("C-1002", "晨星物流", "normal", "何静", "hejing@chenxing.example", "zh"),
    ("C-1003", "Delta Works", "potential", "Paul Meier", "paul@delta.example", "en"),
)


def _demo(tx: Tx) -> None:
    known = set(departments.codes(tx))
    for one in _DEMO_PEOPLE:
        if people.by_login(tx, one.login) is None:
            people.create(
                SYSTEM,
                tx,
                login=one.login,
                name=one.name,
                email=f"{one.login}@{DEMO_DOMAIN}",
                language=one.language,
                zone="Asia/Shanghai" if one.language == "zh" else "Europe/Berlin",
                roles=one.roles,
                departments=known.intersection(one.departments),
            )
    for number, name, tier, contact, email, language in _DEMO_CUSTOMERS:
        if customers.by_number(tx, number) is None:
            made = customers.add_organisation(SYSTEM, tx, number=number, name=name, tier=tier)
            customers.add_contact(SYSTEM, tx, organisation_id=made.id, name=contact, email=email, language=language)
