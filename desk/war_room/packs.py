"""The pack that people in a war room decide by: topology, recent changes, capacity (EMG-3).

Links stand in the policy ``packs.yaml`` by service; what the house itself deployed lately and what people add during
the emergency come beside them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa

from loopdesk.desk import attachments, people, policy, record, templates
from loopdesk.desk import emergency as emergencies
from loopdesk.desk.emergency.rows import Emergency
from loopdesk.desk.emergency.timeline import wrong
from loopdesk.desk.record import Case
from loopdesk.desk.rights import require
from loopdesk.desk.store import Readable, Store
from loopdesk.engine.actor import Actor
from loopdesk.engine.bundles import bundle
from loopdesk.engine.errors import Phrase
from loopdesk.engine.tx import Tx

POLICY = "packs"
FILE = f"{POLICY}.yaml"
SECTIONS = TOPOLOGY, CHANGES, CAPACITY = ("topology", "changes", "capacity")
KIND = "pack"
"""Of the entries on the timeline by which people add something."""


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to look at: a link, or a file of the case (``attachment``); ``by`` whoever added it, if anyone did."""

    name: str
    url: str = ""
    attachment: str = ""
    service: str = ""
    by: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """A version of a process folder that was deployed lately; ``note`` is what its author said about it."""

    name: str
    number: int
    at: datetime
    author: str
    note: str
    current: bool


@dataclass(frozen=True, slots=True)
class Pack:
    """What there is to decide by; ``services`` are those that the policy means for this emergency, by name."""

    services: list[str] = field(default_factory=list)
    topology: list[Item] = field(default_factory=list)
    changes: list[Item] = field(default_factory=list)
    capacity: list[Item] = field(default_factory=list)
    deployed: list[Change] = field(default_factory=list)


def of(tx: Tx, emergency: Emergency, case: Case, language: str) -> Pack:
    """The pack of an emergency as it stands now, with names in ``language``."""
    services = list(_services(tx, emergency, case))
    sections = {name: list(_links(services, name, language)) for name in SECTIONS}
    for one in _added(tx, emergency.id):
        sections[one[0]].append(one[1])
    names = [policy.name_in(one, language) for one in services]
    return Pack(services=[name for name in names if name], **sections, deployed=_deployed(tx))


def attach(actor: Actor, tx: Tx, store: Store, emergency_id: str) -> str:
    """Keep the pack as it stands now with the case, in the commander's language; the attachment's id.

    An emergency has one such file: asked again, the one that is there is it.
    """
    require(actor, "war_room.run")
    emergency = emergencies.get(tx, emergency_id)
    case = record.get(tx, emergency.case)
    if before := _attached(tx, emergency_id):
        return before
    commander = people.find(tx, emergency.commander_id)
    language = templates.base_language(commander.language if commander else case.language)
    zone = commander.zone if commander else tx.host.zone
    scope = {"emergency": emergency, "case": case, "pack": of(tx, emergency, case, language)}
    text = templates.render(tx, "war-room-pack", language=language, zone=zone, scope=scope)
    content = BytesIO(f"{text.subject}\n\n{text.body}".encode())
    name = f"{case.number}-pack.txt"
    kept = attachments.attach(actor, tx, store, case.number, name, content, visibility=attachments.STAFF)
    emergencies.note(actor, tx, emergency_id, KIND, "", what="attached", attachment=kept.id, name=kept.name)
    return kept.id


def add_link(actor: Actor, tx: Tx, emergency_id: str, *, section: str, name: str, url: str) -> None:
    """Put a link into a section of the pack. Raises `Invalid` with the field for one that leads nowhere."""
    _check_section(actor, section)
    try:
        parts = urlsplit(url.strip())
        leads = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        leads = False
    if not leads:
        wrong("url", Phrase("Give an address that begins with http:// or https://."))
    said = {"section": section, "name": name.strip() or url.strip(), "url": url.strip()}
    emergencies.note(actor, tx, emergency_id, KIND, said["name"], what="added", **said)


def add_file(
    actor: Actor, tx: Tx, store: Store, emergency_id: str, *, section: str, name: str, stream: Readable
) -> None:
    """Put a file into a section of the pack; it is attached to the case, for staff. Raises what `attach` raises."""
    _check_section(actor, section)
    number = emergencies.get(tx, emergency_id).case
    kept = attachments.attach(actor, tx, store, number, name, stream, visibility=attachments.STAFF)
    said = {"section": section, "name": kept.name, "attachment": kept.id}
    emergencies.note(actor, tx, emergency_id, KIND, kept.name, what="added", **said)


def _check_section(actor: Actor, section: str) -> None:
    require(actor, "emergency.note")
    if section not in SECTIONS:
        wrong("section", Phrase("Choose topology, changes or capacity."))


def _services(tx: Tx, emergency: Emergency, case: Case) -> Iterator[Mapping[str, Any]]:
    """The services of the policy that one of the emergency's words means; one without ``for`` is always meant."""
    words = {emergency.kind, emergency.cause, case.type, case.service, case.category, case.department} - {""}
    services = policy.value(tx, POLICY, "services", default={})
    for service in services.values() if isinstance(services, Mapping) else ():
        meant = service.get("for") or []
        if not meant or words & {str(word) for word in meant}:
            yield service


def _links(services: Sequence[Mapping[str, Any]], section: str, language: str) -> Iterator[Item]:
    for service in services:
        for one in service.get(section) or []:
            name = policy.name_in(one, language) or str(one.get("url"))
            yield Item(name, str(one.get("url") or ""), service=policy.name_in(service, language))


def _added(tx: Tx, emergency_id: str) -> Iterator[tuple[str, Item]]:
    for entry in emergencies.entries(tx, emergency_id):
        said = entry["data"]
        if entry["kind"] == KIND and said.get("what") == "added":
            kept = {name: str(said.get(name) or "") for name in ("name", "url", "attachment")}
            yield said["section"], Item(**kept, by=entry["by_name"])


def _attached(tx: Tx, emergency_id: str) -> str:
    said = (one["data"] for one in emergencies.entries(tx, emergency_id) if one["kind"] == KIND)
    return next((str(one["attachment"]) for one in said if one.get("what") == "attached"), "")


def _deployed(tx: Tx) -> list[Change]:
    """What was deployed lately; the first version of a folder changed nothing that ran before."""
    days = policy.duration(policy.said(tx, POLICY, "recent"), place=f"{FILE}: recent")
    most = int(policy.said(tx, POLICY, "most"))
    names = ("name", "number", "at", "author", "note", "current")
    query = sa.select(*(bundle.c[name] for name in names)).where(bundle.c.at >= tx.now - days, bundle.c.number > 1)
    found = tx.conn.execute(query.order_by(bundle.c.at.desc(), bundle.c.name).limit(most)).mappings()
    return [Change(**dict(row)) for row in found]
