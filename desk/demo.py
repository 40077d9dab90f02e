"""People and customers to look around with (`LOOPDESK_DEMO=1`): one agent and one supervisor per department.

Nobody here has a password: a demo signs in from a list, on loopback only.
"""

from dataclasses import dataclass

from loopdesk.desk import customers, people
from loopdesk.desk.crm import assets, contracts
from loopdesk.desk.customers import Organisation
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.tx import Tx

DOMAIN = "loopdesk.example"
_SHANGHAI, _BERLIN, _NEW_YORK = "Asia/Shanghai", "Europe/Berlin", "America/New_York"


@dataclass(frozen=True, slots=True)
class _One:
    login: str
    name: str
    language: str
    zone: str
    roles: tuple[str, ...]
    departments: tuple[str, ...]


_AGENT, _SUPERVISOR = ("agent",), ("supervisor",)
PEOPLE = (
    _One("li.na", "李娜", "zh", _SHANGHAI, _AGENT, ("support",)),
    _One("tom.baker", "Tom Baker", "en", _BERLIN, _AGENT, ("support",)),
    _One("wang.fang", "王芳", "zh", _SHANGHAI, _SUPERVISOR, ("support",)),
    _One("zhang.wei", "张伟", "zh", _SHANGHAI, _AGENT, ("rnd",)),
    _One("priya.raman", "Priya Raman", "en", _BERLIN, _AGENT, ("rnd",)),
    _One("emma.stone", "Emma Stone", "en", _BERLIN, _SUPERVISOR, ("rnd",)),
    _One("chen.jie", "陈洁", "zh", _SHANGHAI, _AGENT, ("finance",)),
    _One("frank.olsen", "Frank Olsen", "en", _NEW_YORK, _SUPERVISOR, ("finance",)),
    _One("laura.conti", "Laura Conti", "en", _BERLIN, _AGENT, ("legal",)),
    _One("liu.yang", "刘洋", "zh", _SHANGHAI, _SUPERVISOR, ("legal",)),
    _One("sara.klein", "Sara Klein", "en", _BERLIN, _AGENT, ("security",)),
    _One("he.ping", "何平", "zh", _SHANGHAI, _SUPERVISOR, ("security",)),
    _One("zhao.lei", "赵磊", "zh", _SHANGHAI, _AGENT, ("supply_chain",)),
    _One("greta.holm", "Greta Holm", "en", _BERLIN, _SUPERVISOR, ("supply_chain",)),
    _One("omar.hadid", "Omar Hadid", "en", _BERLIN, _AGENT, ("operations",)),
    _One("guo.tao", "郭涛", "zh", _SHANGHAI, _SUPERVISOR, ("operations",)),
    _One("sun.li", "孙丽", "zh", _SHANGHAI, _AGENT, ("product",)),
    _One("nora.quinn", "Nora Quinn", "en", _NEW_YORK, _SUPERVISOR, ("product",)),
    _One("zhou.min", "周敏", "zh", _SHANGHAI, _AGENT, ("customer_success",)),
    _One("daniel.reyes", "Daniel Reyes", "en", _NEW_YORK, _SUPERVISOR, ("customer_success",)),
    _One("petra.owner", "Petra Lang", "en", _BERLIN, ("owner",), ("support",)),
    _One("ivan.link", "Ivan Petrov", "en", _BERLIN, ("integrator",), ("operations",)),
    _One("xu.min", "许敏", "zh", _SHANGHAI, ("admin",), ("support",)),
)
CUSTOMERS = (
    ("C-1001", "Aurora Retail", "vip", (("Anna Berg", "anna@aurora.example", "+49 30 23125101", "en", _BERLIN),)),
    (
        "C-1002",
        "晨星物流",
        "normal",
        (
            ("何静", "hejing@chenxing.example", "+86 21 0000 0102", "zh", _SHANGHAI),
            ("马强", "maqiang@chenxing.example", "+86 21 0000 0103", "zh", _SHANGHAI),
        ),
    ),
    ("C-1003", "Delta Works", "potential", (("Paul Meier", "paul@delta.example", "+49 30 23125104", "en", _BERLIN),)),
)
"""Number, name, tier and contacts: name, e-mail, phone, language, zone.

Nobody can have these phone numbers: the German ones are set aside for films and books (Bundesnetzagentur, Mitteilung
148/2021), and no number within a Chinese city begins with 0.
"""


DEVICES = {
    "C-1002": (
        ("PDA-88-1203", "扫描枪 3 号", "ScanPad 88", "2.7.0"),
        ("SRV-5-0031", "调度服务器", "RackOne 5", "4.2.1"),
    ),
}
"""Customer -> devices: serial number, name, model, version of the service."""
CONTRACTS = {"C-1002": ("K-2026-014", "标准服务", "standard", 1_200_000, "CNY")}
"""Customer -> contract: number, title, service catalogue, base fee of one month in minor units, currency."""


def seed(tx: Tx) -> None:
    """Bring in who is not there yet; safe at each start, and nobody is changed whom an admin has edited."""
    for one in PEOPLE:
        if people.by_login(tx, one.login) is None:
            _person(tx, one)
    for number, name, tier, contacts in CUSTOMERS:
        if customers.by_number(tx, number) is None:
            made = customers.add_organisation(SYSTEM, tx, number=number, name=name, tier=tier)
            for who, email, phone, language, zone in contacts:
                if customers.contact_by_email(tx, email) is None:
                    reached = {"email": email, "phone": phone, "language": language, "zone": zone}
                    customers.add_contact(SYSTEM, tx, organisation_id=made.id, name=who, **reached)
            _bought(tx, made)


def _bought(tx: Tx, customer: Organisation) -> None:
    for serial, name, model, version in DEVICES.get(customer.number, ()):
        assets.keep(SYSTEM, tx, customer, serial=serial, name=name, model=model, service_version=version)
    if customer.number in CONTRACTS:
        number, title, catalogue, fee, currency = CONTRACTS[customer.number]
        given = {"number": number, "title": title, "catalogue": catalogue}
        contracts.keep(SYSTEM, tx, customer, **given, base_fee=fee, currency=currency)


def _person(tx: Tx, one: _One) -> None:
    people.create(
        SYSTEM,
        tx,
        login=one.login,
        name=one.name,
        email=f"{one.login}@{DOMAIN}",
        language=one.language,
        zone=one.zone,
        roles=one.roles,
        departments=one.departments,
    )
