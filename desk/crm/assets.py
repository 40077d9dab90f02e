"""Devices and systems at customers, with model, serial number and version of the service (INT-3)."""

from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa

from loopdesk.desk.customers import Organisation, organisation
from loopdesk.desk.rights import require
from loopdesk.desk.sql import insert_new, row_as
from loopdesk.engine import events
from loopdesk.engine.actor import Actor
from loopdesk.engine.db import metadata, new_id
from loopdesk.engine.errors import Invalid, Missing, Phrase
from loopdesk.engine.tx import Tx

asset = sa.Table(
    "asset",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("organisation_id", sa.String(32), sa.ForeignKey("organisation.id"), nullable=False),
    sa.Column("serial", sa.String(100), nullable=False),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("model", sa.String(200), nullable=False),
    sa.Column("service_version", sa.String(100), nullable=False),
    sa.Column("since", sa.Date),
    sa.Column("retired", sa.Boolean, nullable=False),
    sa.UniqueConstraint("organisation_id", "serial"),
)


@dataclass(frozen=True, slots=True)
class Asset:
    """A device or an installed system; ``serial`` is unique at its customer, ``service_version`` what runs on it."""

    id: str
    organisation_id: str
    serial: str
    name: str
    model: str
    service_version: str
    since: date | None
    retired: bool


def keep(actor: Actor, tx: Tx, customer: Organisation, asset_id: str = "", **values: Any) -> Asset:
    """Add a device of a customer, or change the one with ``asset_id``.

    ``values``: serial, name, model, service_version, since, retired. Raises `Invalid` for a serial number that is
    missing or taken at this customer, `Missing` for a device of nobody or of another customer.
    """
    require(actor, "customers.change")
    before = get(tx, customer.id, asset_id) if asset_id else _empty(customer.id)
    known = asdict(before) | {name: one.strip() if isinstance(one, str) else one for name, one in values.items()}
    new = Asset(**known)
    if not new.serial:
        raise Invalid("Please check the device.", fields={"serial": [Phrase("A serial number is needed.")]})
    row = asdict(new) | {"name": new.name or new.model or new.serial}
    taken = (asset.c.organisation_id == customer.id) & (asset.c.serial == new.serial) & (asset.c.id != new.id)
    held = tx.conn.scalar(sa.select(asset.c.id).where(taken)) is not None
    if asset_id and not held:
        tx.conn.execute(sa.update(asset).where(asset.c.id == asset_id).values(**row))
    elif held or not insert_new(tx, asset, row, unique=["organisation_id", "serial"]):
        message = Phrase("Another device of this customer has this serial number.")
        raise Invalid("Please check the device.", fields={"serial": [message]})
    kind = "asset.changed" if asset_id else "asset.added"
    events.record(actor, tx, kind, key=customer.number, data={"asset": new.id, "serial": new.serial})
    return Asset(**row)


def of_organisation(tx: Tx, organisation_id: str | None, *, retired: bool = False) -> list[Asset]:
    """The devices of a customer, the newest first; those out of use only when asked for."""
    if not organisation_id:
        return []
    query = sa.select(asset).where(asset.c.organisation_id == organisation_id)
    if not retired:
        query = query.where(asset.c.retired.is_(False))
    rows = tx.conn.execute(query.order_by(asset.c.since.is_(None), asset.c.since.desc(), asset.c.serial)).mappings()
    return [_asset(row) for row in rows]


def get(tx: Tx, organisation_id: str, asset_id: str) -> Asset:
    """A device of this customer; raises `Missing`."""
    mine = (asset.c.id == asset_id) & (asset.c.organisation_id == organisation_id)
    row = tx.conn.execute(sa.select(asset).where(mine)).mappings().first()
    if row is None:
        raise Missing("This customer has no such device.")
    return _asset(row)


def named(tx: Tx, organisation_id: str | None, text: str) -> Asset | None:
    """The device that a reporter means by its serial number; or by its model or name, when only one is called so."""
    wanted = text.strip().casefold()
    mine = of_organisation(tx, organisation_id) if wanted else []
    by_serial = [one for one in mine if one.serial.casefold() == wanted]
    called = by_serial or [one for one in mine if wanted in (one.model.casefold(), one.name.casefold())]
    return called[0] if len(called) == 1 else None


def customer_of(tx: Tx, serial: str) -> list[str]:
    """Ids of the customers that have a device with this serial number."""
    return list(tx.conn.scalars(sa.select(organisation.c.id).join(asset).where(asset.c.serial == serial.strip())))


def _empty(organisation_id: str) -> Asset:
    return Asset(new_id(), organisation_id, "", "", "", "", None, False)


def _asset(row: sa.RowMapping) -> Asset:
    return row_as(Asset, row)
