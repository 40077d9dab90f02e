"""What RACI promises (HND-3, HND-7): the consulted get a task, the informed a message, a department its push.

A step only writes down that it is owed; it is done in a transaction of its own, where a failure is an incident that
holds nobody up.
"""

import hashlib
from collections.abc import Mapping
from functools import lru_cache, partial
from typing import Any

import sqlalchemy as sa

from loopdesk.desk import notices, people, record, sending
from loopdesk.desk.raci import advice, outcomes, push
from loopdesk.desk.raci.matrix import FILE, of_files, parse
from loopdesk.desk.raci.sides import Values
from loopdesk.desk.rights import by_process
from loopdesk.engine import bundles, instances, messages, outbox
from loopdesk.engine.actor import Actor
from loopdesk.engine.bundle import Bundle
from loopdesk.engine.db import new_id
from loopdesk.engine.host import Call, Files
from loopdesk.engine.outbox import Row, Wanted
from loopdesk.engine.tx import Tx
from loopdesk.engine.work_rows import task

ASK, SETTLE, DONE, TELL = "raci.ask", "raci.settle", "raci.done", "raci.tell"
"""Outbox kinds: ask a side, end what nobody waits for, an activity is done, tell a side of it."""
TEMPLATE = "raci-informed"


def watched(files: Files) -> frozenset[str]:
    """The activities of a bundle that anybody is consulted or informed about."""
    return _watched(files[FILE]) if FILE in files else frozenset()


@lru_cache(maxsize=256)
def _watched(content: bytes) -> frozenset[str]:
    return frozenset(name for name, row in parse(content).items() if row.C or row.I)


def tasked(actor: Actor, tx: Tx, made: Mapping[str, Any]) -> None:
    """A human task was made: its consulted sides are asked, its department's group is told (HND-3, HND-7)."""
    names = ("id", "instance_id", "element", "key", "department", "name", "expected")
    told = {name: made[name] for name in names}
    wanted = [
        _wanted(ASK, made, {"task": told, "side": side, "actor": messages.actor_out(actor)}, made["id"], side)
        for side in _others(made["raci"], "C")
    ]
    outbox.put_many(tx, [*wanted, *push.wanted(tx, told)])


def moved(actor: Actor, tx: Tx, call: Call, event: str) -> None:
    """A watched activity is over: its consultations end, and when it is completed the informed hear of it (HND-3)."""
    row = of_files(call.files)[call.element]
    if event not in ("completed", "cancelled"):
        return
    wanted = [_settle(actor, call)] if row.C else []
    if row.I and event == "completed":
        values = Values(tx, call)
        shown = {letter: [values.show(side) for side in getattr(row, letter)] for letter in ("R", "I")}
        sides = _others(shown, "I")
        payload = {"sides": sides, "actor": messages.actor_out(actor), "at": tx.now.isoformat()}
        wanted += [_of_call(DONE, call, payload)] if sides else []
    outbox.put_many(tx, wanted)


def local_handlers(base_url: str, *, language: str, zone: str) -> dict[str, Any]:
    """What the workers do about it; links in messages begin with ``base_url``, pushes are in the house's language."""
    return {
        ASK: _ask,
        SETTLE: _end,
        DONE: _done,
        TELL: partial(_tell, base_url.rstrip("/")),
        push.KIND: partial(push.render, base_url.rstrip("/"), language, zone),
    }


def _ask(tx: Tx, row: Row) -> None:
    asking = row.payload["task"]
    known = record.find(tx, asking["key"])
    actor = messages.actor_in(row.payload["actor"])
    side = row.payload["side"]
    if known is not None:
        record.involve(tx, known.number, side.partition("/")[0])
    advice.ask(actor, tx, asking, side, number=known.number if known else None)


def _end(tx: Tx, row: Row) -> None:
    advice.settle(messages.actor_in(row.payload["actor"]), tx, row.instance_id, row.element)


def _done(tx: Tx, row: Row) -> None:
    """Each side is told once of each outcome, however often a loop comes by."""
    made = bundles.get(tx, instances.get(tx, row.instance_id)["bundle_id"])
    answers = _answers(tx, row)
    known = record.find(tx, row.key)
    # Who is informed may not see a restricted case: that it went on is all there is to tell.
    hidden = known is not None and known.restricted
    said = {
        "outcome": {} if hidden else outcomes.said(made, row.element, answers),
        "activity": _names(made, row.element),
    }
    told = {**said, "by": row.payload["actor"]["name"], "at": row.payload["at"], "actor": row.payload["actor"]}
    digest = hashlib.sha256(repr(said).encode()).hexdigest()
    place = {"id": row.id, "instance_id": row.instance_id, "element": row.element, "key": row.key}
    outbox.put_many(tx, [_wanted(TELL, place, {**told, "side": side}, digest, side) for side in row.payload["sides"]])


def _answers(tx: Tx, row: Row) -> dict[str, Any]:
    """What a person answered when the activity was completed; nothing for one that no person does."""
    mine = (task.c.instance_id == row.instance_id, task.c.element == row.element, task.c.data.is_not(None))
    query = sa.select(task.c.data).where(*mine).order_by(task.c.completed_at.desc(), task.c.id.desc())
    return dict(tx.conn.scalar(query.limit(1)) or {})


def _tell(base_url: str, tx: Tx, row: Row) -> None:
    told, side = row.payload, row.payload["side"]
    params = {name: told[name] for name in ("activity", "outcome", "by", "at")}
    if record.find(tx, row.key) is not None:
        actor = messages.actor_in(told["actor"] | {"on_behalf_of": by_process(row.instance_id)})
        sending.send(actor, tx, row.key, template=TEMPLATE, to=side, params=params, base_url=base_url)
        return
    department, _, role = side.partition("/")
    to = people.in_department(tx, department, role)
    notices.tell(tx, TEMPLATE, to, params, base_url=base_url, once=f"{TELL}:{row.id}")


def _names(made: Bundle, element: str) -> dict[str, str]:
    return {language: made.text(element, "name", language) or element for language in made.languages}


def _others(shown: Mapping[str, list[str]], letter: str) -> list[str]:
    """The sides of a letter that do not do it themselves; a place that nothing fills is nobody."""
    doing = {part for side in shown["R"] for part in (side, side.partition("/")[0])}
    return [side for side in dict.fromkeys(shown[letter]) if "{" not in side and side not in doing]


def _settle(actor: Actor, call: Call) -> Wanted:
    return _of_call(SETTLE, call, {"actor": messages.actor_out(actor)})


def _of_call(kind: str, call: Call, payload: Mapping[str, Any]) -> Wanted:
    return Wanted(kind, payload, f"{kind}:{new_id()}", call.key, call.instance, call.element)


def _wanted(kind: str, place: Mapping[str, Any], payload: Mapping[str, Any], *what: str) -> Wanted:
    """Once for what ``what`` says of the place, for ever."""
    digest = hashlib.sha256("\n".join((place["element"], *what)).encode()).hexdigest()
    key = f"{kind}:{place['instance_id']}:{digest}"
    return Wanted(kind, payload, key, place["key"], place["instance_id"], place["element"])
