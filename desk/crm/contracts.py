"""What customers have bought: contracts with the service catalogue that they were promised, and purchases (SLA-9)."""

from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa

from loopdesk.desk import catalogues
from loopdesk.desk.customers import Organisation
from loopdesk.desk.rights import require
from loopdesk.desk.sql import row_as
from loopdesk.engine import events
from loopdesk.engine.actor import Actor
from loopdesk.engine.db import BIG, metadata, new_id
from loopdesk.engine.errors import Invalid, Missing, Phrase
from loopdesk.engine.tx import Tx

KINDS = ("contract", "purchase")
MOST = 10**15
"""Minor units that no base fee reaches: programs that count in floats are exact below."""

contract = sa.Table(
    "contract",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("organisation_id", sa.String(32), sa.ForeignKey("organisation.id"), nullable=False, index=True),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("number", sa.String(60), nullable=False),
    sa.Column("title", sa.String(200), nullable=False),
    sa.Column("catalogue", sa.String(60), nullable=False),
    sa.Column("starts_on", sa.Date),
    sa.Column("ends_on", sa.Date),
    sa.Column("base_fee", BIG),
    sa.Column("currency", sa.String(3), nullable=False, server_default=""),
)


@dataclass(frozen=True, slots=True)
class Contract:
    """A contract or a purchase; ``catalogue`` is the service catalogue that counts from ``starts_on`` to ``ends_on``,
    both included, open where None. ``base_fee`` is that of one month in minor units of ``currency`` (ISO 4217), None
    where it is not known (EMG-8)."""

    id: str
    organisation_id: str
    kind: str
    number: str
    title: str
    catalogue: str
    starts_on: date | None
    ends_on: date | None
    base_fee: int | None = None
    currency: str = ""

    def in_force(self, day: date) -> bool:
        """Whether it counts on that day."""
        begun = self.starts_on is None or self.starts_on <= day
        return begun and (self.ends_on is None or day <= self.ends_on)


def keep(actor: Actor, tx: Tx, customer: Organisation, contract_id: str = "", **values: Any) -> Contract:
    """Add a contract or purchase of a customer, or change the one with ``contract_id``.

    ``values``: kind, number, title, catalogue, starts_on, ends_on, base_fee, currency. Raises `Invalid` for an unknown
    kind or catalogue, a missing title, an end before the beginning or a fee without a currency, `Missing` for a
    contract of nobody or of another customer.
    """
    require(actor, "customers.change")
    before = get(tx, customer.id, contract_id) if contract_id else _empty(customer.id)
    known = asdict(before) | {name: one.strip() if isinstance(one, str) else one for name, one in values.items()}
    new = Contract(**known)
    _check(tx, new)
    if contract_id:
        tx.conn.execute(sa.update(contract).where(contract.c.id == contract_id).values(**asdict(new)))
    else:
        tx.conn.execute(sa.insert(contract).values(**asdict(new)))
    kind = "contract.changed" if contract_id else "contract.added"
    data = {"contract": new.id, "number": new.number, "title": new.title, "catalogue": new.catalogue}
    events.record(actor, tx, kind, key=customer.number, data=data)
    return new


def of_organisation(tx: Tx, organisation_id: str | None) -> list[Contract]:
    """The contracts and purchases of a customer, those that last longest first."""
    if not organisation_id:
        return []
    query = sa.select(contract).where(contract.c.organisation_id == organisation_id)
    order = (contract.c.ends_on.is_not(None), contract.c.ends_on.desc(), contract.c.number, contract.c.id)
    return [_contract(row) for row in tx.ask(query.order_by(*order)).mappings()]


def get(tx: Tx, organisation_id: str, contract_id: str) -> Contract:
    """A contract or purchase of this customer; raises `Missing`."""
    mine = (contract.c.id == contract_id) & (contract.c.organisation_id == organisation_id)
    row = tx.conn.execute(sa.select(contract).where(mine)).mappings().first()
    if row is None:
        raise Missing("This customer has no such contract.")
    return _contract(row)


def _check(tx: Tx, new: Contract) -> None:
    problems = {
        "kind": [] if new.kind in KINDS else [Phrase("Choose contract or purchase.")],
        "title": [] if new.title else [Phrase("Say what was bought.")],
        "catalogue": [],
        "ends_on": [],
    }
    if new.catalogue and new.catalogue not in catalogues.names(tx, "en"):
        problems["catalogue"] = [Phrase("There is no such service catalogue.")]
    if new.starts_on and new.ends_on and new.ends_on < new.starts_on:
        problems["ends_on"] = [Phrase("The end lies before the beginning.")]
    problems |= _wrong_fee(new)
    wrong: dict[str, list[str]] = {name: list(messages) for name, messages in problems.items() if messages}
    if wrong:
        raise Invalid("Please check the contract.", fields=wrong)


def _wrong_fee(new: Contract) -> dict[str, list[Phrase]]:
    if new.base_fee is not None and not 0 <= new.base_fee < MOST:
        return {"base_fee": [Phrase("An amount of 0 or more is expected.")]}
    known = new.currency.isascii() and new.currency.isalpha() and new.currency.isupper() and len(new.currency) == 3
    needed = new.base_fee is not None or new.currency
    return {"currency": [Phrase("Three letters such as CNY.")]} if needed and not known else {}


def _empty(organisation_id: str) -> Contract:
    return Contract(new_id(), organisation_id, "contract", "", "", "", None, None)


def _contract(row: sa.RowMapping) -> Contract:
    return row_as(Contract, row)
