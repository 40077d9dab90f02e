"""What the desk's tests share: the people of a small house, and short words for what happens in it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

import loopdesk
from loopdesk.desk import case, customers, people
from loopdesk.desk.record import Case
from loopdesk.desk.store import FolderStore
from loopdesk.engine import events, outbox_rows
from loopdesk.engine.actor import SYSTEM, Actor
from loopdesk.engine.clock import VirtualClock
from loopdesk.engine.host import Call, Operation
from loopdesk.engine.tx import Engine, Tx

BASE = "https://desk.example"
WORKFLOWS = Path(loopdesk.__file__).parent / "workflows"
INTAKE = b"""<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" id="d" targetNamespace="http://example.com">
  <bpmn:process id="intake" isExecutable="true">
    <bpmn:startEvent id="start"/>
    <bpmn:sequenceFlow id="flow" sourceRef="start" targetRef="end"/>
    <bpmn:endEvent id="end"/>
  </bpmn:process>
</bpmn:definitions>
"""
STAFF = (
    ("lina", "李娜", "zh", ("agent",), ("support",)),
    ("wangfang", "王芳", "zh", ("supervisor",), ("support",)),
    ("zhangwei", "张伟", "zh", ("agent",), ("rnd",)),
    ("emma", "Emma Stone", "en", ("supervisor",), ("rnd",)),
    ("sara", "Sara Klein", "en", ("agent",), ("security",)),
    ("petra", "Petra Lang", "en", ("owner",), ()),
    ("ivan", "Ivan Petrov", "en", ("integrator",), ()),
    ("admin", "Ada Min", "en", ("admin",), ()),
)
CONTACTS = (
    ("anna", "C-1001", "Anna Berg", "anna@aurora.example", "en", "Europe/Berlin"),
    ("bo", "C-1001", "Bo Lind", "bo@aurora.example", "en", "Europe/Berlin"),
    ("hejing", "C-1002", "何静", "hejing@chenxing.example", "zh", "Asia/Shanghai"),
)
MAIL = Actor(kind="connector", id="email", name="E-mail")


@dataclass
class House:
    """The engine with its people (``people["lina"]``) and customers' contacts (``contacts["anna"]``) as actors."""

    engine: Engine
    clock: VirtualClock
    store: FolderStore
    operations: Mapping[str, Operation]
    people: Mapping[str, Actor]
    contacts: Mapping[str, Actor]

    def report(self, tx: Tx, actor: Actor | None = None, **fields: Any) -> Case:
        """Open a case; Anna's, complete in its fields, unless said otherwise."""
        given: dict[str, Any] = {
            "channel": "portal",
            "title": "Orders stand still",
            "description": "Nobody can order since nine.",
            "occurred_at": tx.now,
            "steps": "Open the shop.",
            "expected": "An order.",
            "system_version": "4.2",
            "scope": "all",
            "urgency": "critical",
        }
        return case.open(actor or self.contacts["anna"], tx, case.Report(**(given | fields)))

    def run(self, tx: Tx, actor: Actor, name: str, number: str, **inputs: Any) -> dict[str, Any]:
        """Call an operation as the element of a diagram does."""
        call = Call(instance="i1", bundle="b1", process="p", element="e", key=number)
        return self.operations[name](actor, tx, call, **inputs) or {}


def settle_in(tx: Tx) -> tuple[dict[str, Actor], dict[str, Actor]]:
    """Bring in the staff and the customers."""
    known = {
        login: people.actor_of(
            people.create(
                SYSTEM,
                tx,
                login=login,
                name=name,
                email=f"{login}@house.example",
                language=language,
                zone="Asia/Shanghai" if language == "zh" else "Europe/Berlin",
                roles=roles,
                departments=departments,
            )
        )
        for login, name, language, roles, departments in STAFF
    }
    customers.add_organisation(SYSTEM, tx, number="C-1001", name="Aurora Retail", tier="vip")
    customers.add_organisation(SYSTEM, tx, number="C-1002", name="晨星物流", tier="normal")
    contacts = {}
    for key, number, name, email, language, zone in CONTACTS:
        organisation = customers.by_number(tx, number)
        assert organisation is not None
        made = customers.add_contact(
            SYSTEM, tx, organisation_id=organisation.id, name=name, email=email, language=language, zone=zone
        )
        contacts[key] = customers.actor_of(made)
    return known, contacts


def staff(login: str) -> Actor:
    """Somebody of the staff without a database; the id is the login."""
    _, name, language, roles, departments = next(one for one in STAFF if one[0] == login)
    return Actor("person", login, name, frozenset(roles), frozenset(departments), language=language)


def kinds(tx: Tx, number: str) -> list[str]:
    """The kinds of the case's events in order, those of the engine left out."""
    rows = events.timeline(tx, number)
    return [row["kind"] for row in rows if not row["kind"].startswith(("instance.", "message.", "effect."))]


def told(tx: Tx, number: str, kind: str) -> dict[str, Any]:
    """The data of the last event of a kind."""
    return dict([row for row in events.timeline(tx, number) if row["kind"] == kind][-1]["data"])


def posted(tx: Tx, kind: str = "send") -> list[dict[str, Any]]:
    """The payloads that wait in the outbox."""
    table = outbox_rows.outbox
    query = sa.select(table.c.payload).where(table.c.kind == kind).order_by(table.c.id)
    return [dict(payload) for payload in tx.conn.scalars(query)]
