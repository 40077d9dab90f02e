"""One step of one instance: what its diagram asks for becomes rows of the step's transaction."""

import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from loopdesk.engine import (
    bpmn,
    bundles,
    checks,
    events,
    feel,
    instances,
    messages,
    outbox,
    signals,
    subscriptions,
    telemetry,
    timers,
    values,
    waits,
    work_rows,
)
from loopdesk.engine.actor import SYSTEM, Actor
from loopdesk.engine.bpmn import Visit
from loopdesk.engine.bundle import Bundle
from loopdesk.engine.calendar import Calendar
from loopdesk.engine.db import new_id
from loopdesk.engine.errors import N_, Invalid
from loopdesk.engine.host import Call
from loopdesk.engine.housed import Housed
from loopdesk.engine.tx import Tx


class Step(Housed):
    """A locked instance on its way from one stored state to the next; answers the diagram as ``bpmn.Outside``."""

    execution: bpmn.Execution

    def __init__(self, actor: Actor, tx: Tx, row: dict[str, Any]) -> None:
        self._began = time.perf_counter()
        telemetry.stand(row["key"], row["id"])
        self.actor = actor
        self.tx = tx
        self.row = row
        self.bundle: Bundle = bundles.get(tx, row["bundle_id"])
        self.watched = tx.host.watched(self.bundle.files)
        self._facts: Mapping[str, Any] | None = None
        self._waits: list[tuple[str, str]] = []
        """names and keys of messages that began to be waited for"""
        self._gone: list[Visit] = []

    # --- opening and closing ------------------------------------------------------------------------------------

    @classmethod
    def first(
        cls,
        actor: Actor,
        tx: Tx,
        made: Bundle,
        process: str,
        key: str,
        data: Mapping[str, Any],
        start: bpmn.Start | None = None,
    ) -> "Step":
        """Start a new instance, plainly or because what ``start`` waits for came, and run it to its first waits."""
        row = {
            "id": new_id(),
            "bundle_id": made.id,
            "process": process,
            "key": key,
            "state": b"",
            "version": 0,
            "status": instances.ACTIVE,
            "started_at": tx.now,
            "ended_at": None,
            "suspended_at": None,
        }
        instances.add(tx, row)
        step = cls(actor, tx, row)
        step.record("instance.started", data={"bundle": made.name, "number": made.number})
        element, part = (start.element.id, start.part) if start else ("", 0)
        step.execution = bpmn.Execution.begin(made.program, process, step, data, start=element, part=part)
        step.execution.large = values.of(tx, str(row["id"]))
        step.close()
        return step

    @classmethod
    def open(cls, actor: Actor, tx: Tx, instance_id: str, *, held: bool = False) -> "Step":
        """Lock an instance and load it; ``Suspended`` for one on hold, unless such ``held`` ones are wanted too."""
        row = instances.lock(tx, instance_id)
        if not held:
            instances.require_running(row)
        return cls.of(actor, tx, row)

    @classmethod
    def look(cls, tx: Tx, instance_id: str) -> "Step":
        """Load an instance to read from it."""
        return cls.of(SYSTEM, tx, instances.whole(tx, instance_id))

    @classmethod
    def of(cls, actor: Actor, tx: Tx, row: dict[str, Any]) -> "Step":
        """Load an instance from its row, which is locked if it is to be moved on."""
        step = cls(actor, tx, row)
        large = values.of(tx, row["id"])
        step.execution = bpmn.Execution.load(step.bundle.program, row["process"], step, row["state"], large)
        return step

    @property
    def active(self) -> bool:
        """Whether the instance has not ended."""
        return bool(self.row["status"] == instances.ACTIVE)

    def scope_of(self, task: Mapping[str, Any]) -> bpmn.Scope:
        """What a form's conditions see: the variables where the task's token waits, with the task's own inputs."""
        return self.execution.scope_of(task["ref"]).with_data(task["input"])

    def resume(self, ref: str, payload: Mapping[str, Any]) -> None:
        """Let a waiting token go on and store the outcome."""
        try:
            self.execution.resume(ref, payload)
        except Exception as error:
            error.failed_instance = self.row["id"]  # type: ignore[attr-defined]
            raise
        self.close()

    def close(self, *, cancelled: bool = False) -> None:
        """Store the state; new waits for messages look for those that came early."""
        status = instances.COMPLETED if self.execution.completed else instances.ACTIVE
        status = instances.CANCELLED if cancelled else status
        instances.save(self.tx, self.row, state=self.execution.dump(), status=status)
        values.store(self.tx, self.row["id"], self.execution.large)
        self.take_back()
        self.row |= {"version": self.row["version"] + 1, "status": status}
        telemetry.stepped(self.tx.engine, self.row, self._began)
        if not self.active:
            self.record("instance.ended", data={"status": status})
        waits, self._waits = sorted(set(self._waits)), []
        for name, key in waits:
            step = f"{self.row['id']}:{self.row['version']}"
            messages.look_for(self.tx, name, key, case=self.row["key"], step=step)

    # --- what the diagram asks ----------------------------------------------------------------------------------

    def facts(self) -> Mapping[str, Any]:
        """``case.*``, read once between two operations, for only operations change them."""
        if self._facts is None:
            known = self.tx.host.facts(self.tx, self.row["key"])
            self._facts = known if "number" in known else {"number": self.row["key"], **known}
        return self._facts

    def operate(self, visit: Visit, name: str, inputs: Mapping[str, Any]) -> Mapping[str, Any]:
        """Run an operation of the desk in this transaction."""
        operation = self.tx.host.operations.get(name)
        if operation is None:
            raise Invalid("There is no operation “%(operation)s”.", operation=name)
        plain = {key: feel.to_json(value) for key, value in inputs.items()}
        wrong = checks.mismatch(operation, plain)
        if wrong:
            message = N_("The inputs do not fit the operation “%(operation)s”: %(reason)s.")
            raise Invalid(message, operation=name, reason=wrong)
        result = operation(self.actor, self.tx, self.call(visit), **plain) or {}
        self._facts = None
        self.record("operation.done", visit, data={"operation": name})
        return result

    def effect(self, visit: Visit, name: str, inputs: Mapping[str, Any]) -> None:
        """Put an effect into the outbox; its result comes back through ``runner.settle_effect``."""
        plain = {key: feel.to_json(value) for key, value in inputs.items()}
        payload = {"type": name, "inputs": plain, "ref": visit.ref, "actor": messages.actor_out(self.actor)}
        place = {"key": self.row["key"], "instance": self.row["id"], "element": visit.element.id}
        wanted = outbox.Wanted("effect", payload, f"effect:{self.row['id']}:{visit.ref}", **place)
        outbox.put_many(self.tx, [wanted])
        self.record("effect.wanted", visit, data={"type": name})

    def decide(self, visit: Visit, decision: str, scope: Mapping[str, Any]) -> Any:
        """Ask a decision table of the bundle."""
        outcome = self.bundle.model(decision).decide(decision, scope, now=self.now)
        data = {"decision": decision, "value": feel.to_json(outcome.value), "explanation": outcome.explanation}
        self.record("decision.made", visit, data=data)
        return outcome.value

    def publish(self, visit: Visit, name: str, payload: Mapping[str, Any], key: str | None = "") -> None:
        """Send a message to who waits for it by the case number, or by another key."""
        plain, key = feel.to_json(dict(payload)), self.key_of(visit, name, key)
        messages.throw(self.actor, self.tx, name, key=key, payload=plain, case=self.row["key"], **self._where(visit))

    def broadcast(self, visit: Visit, name: str, payload: Mapping[str, Any]) -> None:
        """Throw a signal; what waits for it goes on in steps of its own."""
        plain = feel.to_json(dict(payload))
        signals.throw(self.actor, self.tx, name, key=self.row["key"], payload=plain, **self._where(visit))

    def person(self, visit: Visit, scope: Mapping[str, Any]) -> None:
        """Make a human task for each side that the RACI matrix names."""
        assert isinstance(scope, bpmn.Scope)
        assigned, priority = self.tx.host.assign(self.tx, self.call(visit)), str(self.facts().get("priority") or "")
        for side in (assigned, *assigned.beside):
            row = work_rows.new(self.tx, self.row, self.bundle, visit, scope, side, priority)
            data = {"task": row["id"], "department": row["department"], "role": row["role"], "person": row["person"]}
            self.record("task.created", visit, data=data)
            self.tx.host.tasked(self.actor, self.tx, row)

    def moved(self, visit: Visit, event: str) -> None:
        """Tell the upper rooms of an activity that they watch."""
        self.tx.host.moved(self.actor, self.tx, self.call(visit), event)

    def timer(
        self, visit: Visit, due: datetime, text: str, calendar: Calendar | None = None, since: datetime | None = None
    ) -> None:
        """A timer row wakes the token."""
        where = {"instance": self.row["id"], "key": self.row["key"], "element": visit.element.id, "ref": visit.ref}
        name = visit.element.name
        timers.set(self.tx, due_at=due, name=name, expression=text, calendar=calendar, since=since, **where)
        data = {"due": due.isoformat(), "timer": text} | ({"calendar": calendar.name} if calendar else {})
        self.record("timer.set", visit, data=data)

    def message(self, visit: Visit, name: str, key: str | None = "") -> None:
        """A subscription row wakes the token."""
        key = self.key_of(visit, name, key)
        self._subscribe(visit, name, key)
        self.expect(name, key)

    def expect(self, name: str, key: str = "") -> None:
        """Look for messages of a name that came early, for the case or another key, when the step is closed."""
        self._waits.append((name, key or self.row["key"]))

    def key_of(self, visit: Visit, name: str, key: str | None) -> str:
        """What a message correlates by: a key of its own, else the case. ``Invalid`` for one that has no value."""
        if key is None:
            raise Invalid(
                N_("The value that the message “%(message)s” is correlated by is empty."),
                remedy=N_("Let something write it before, or correct the correlation key."),
                place=f"{visit.element.process}/{visit.element.id}",
                message=name,
            )
        return key or str(self.row["key"])

    def signal(self, visit: Visit, name: str) -> None:
        """A subscription row for every key wakes the token."""
        self._subscribe(visit, name, subscriptions.EVERY)

    def _subscribe(self, visit: Visit, name: str, key: str) -> None:
        subscriptions.add(
            self.tx,
            name=name,
            key=key,
            instance=self.row["id"],
            bundle=self.bundle.id,
            process=self.row["process"],
            element=visit.element.id,
            ref=visit.ref,
        )

    def gone(self, visit: Visit) -> None:
        """Take back what a cancelled token waited for, with the step."""
        self._gone.append(visit)

    def take_back(self) -> None:
        """End the waits of the tokens that are gone."""
        gone, self._gone = self._gone, []
        waits.end(self, gone)

    # --- helpers ------------------------------------------------------------------------------------------------

    def call(self, visit: Visit) -> Call:
        """Where an operation is called or a task made."""
        return Call(
            instance=self.row["id"],
            bundle=self.bundle.id,
            process=self.row["process"],
            element=visit.element.id,
            key=self.row["key"],
            data=visit.data,
            files=self.bundle.files,
        )

    def record(self, kind: str, visit: Visit | None = None, *, data: Mapping[str, Any] = {}) -> None:
        """Append an event of this instance."""
        events.record(self.actor, self.tx, kind, key=self.row["key"], data=data, **self._where(visit))

    def _where(self, visit: Visit | None) -> dict[str, Any]:
        element = visit.element.id if visit else ""
        return {"instance": self.row["id"], "process": self.row["process"], "element": element}
