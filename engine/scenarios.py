"""Scenarios beside a diagram: given, steps, expect, run on a virtual clock in a database of their own.

Every operation and effect that the diagram names is recorded and answered by the scenario, so that a folder is tested
alone; time passes only when a step says so.
"""

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from loopdesk.engine import bundles, feel, instances, messages, runner, timers, work, yamlfiles
from loopdesk.engine.actor import SYSTEM, Actor
from loopdesk.engine.bpmn import read, read_duration, read_moment
from loopdesk.engine.clock import VirtualClock
from loopdesk.engine.db import Database, default_url, lay_out
from loopdesk.engine.errors import Away, Invalid, LoopdeskError
from loopdesk.engine.expectations import compare
from loopdesk.engine.host import Call, Files, Host
from loopdesk.engine.outbox import Handlers, drain, outbox
from loopdesk.engine.tx import Engine, Tx
from loopdesk.engine.work_rows import OPEN, task

MONDAY = datetime(2026, 1, 5, 9, tzinfo=UTC)
KEY = "L-2026-000001"
KEYS = frozenset({"name", "process", "rows", "at", "given", "steps", "expect"})
NEVER = "never"
"""What stands for the answer of another system that does not answer: nobody performs the effect."""
STEPS = frozenset({"complete", "message", "after", "expect", "fail"})
MAX_ROUNDS = 1000
"""Batches of work between two steps; more is a process that never rests."""


@dataclass
class Result:
    """How a scenario went: ``passed`` holds the places (``process/element``) that tokens went through."""

    name: str
    failures: list[str] = field(default_factory=list)
    passed: set[str] = field(default_factory=set)

    @property
    def ok(self) -> bool:
        """Whether everything was as expected."""
        return not self.failures


@dataclass
class Recorder:
    """Stands in for the desk: remembers what was called and answers as the scenario says."""

    given: Mapping[str, Any]
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    failing: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.case: dict[str, Any] = dict(self.given.get("case") or {})
        self._asked: dict[str, int] = {}

    def operation(self, name: str) -> Callable[..., dict[str, Any]]:
        """The operation ``name``, recorded."""

        def recorded(_actor: Actor, _tx: Tx, _call: Call, /, **inputs: Any) -> dict[str, Any]:
            if name in self.failing:
                self.failing.remove(name)
                raise Away("The scenario lets “%(name)s” fail.", name=name)
            self.calls.append((name, inputs))
            for fact, value in ((self.given.get("case_after") or {}).get(name) or {}).items():
                self.case[fact] = feel.to_json(_value(value, inputs))
            return self._answer(name)

        return recorded

    def _answer(self, name: str) -> dict[str, Any]:
        answers = (self.given.get("operations") or {}).get(name) or {}
        if not isinstance(answers, list):
            return dict(answers)
        index = min(self._asked.get(name, 0), len(answers) - 1)
        self._asked[name] = index + 1
        return dict(answers[index])


def load(content: bytes, file: str) -> list[dict[str, Any]]:
    """The scenarios of a file; ``Invalid`` when it is none."""
    found = yamlfiles.read(content, file)
    scenarios = found if isinstance(found, list) else [found]
    for scenario in scenarios:
        if not isinstance(scenario, dict) or "process" not in scenario or not set(scenario) <= KEYS:
            raise Invalid(
                "%(file)s is not a scenario: it needs “process” and knows only %(keys)s.", file=file, keys=sorted(KEYS)
            )
        rows = scenario.get("rows", [])
        if not isinstance(rows, list) or not all(isinstance(row, str) for row in rows):
            raise Invalid("%(file)s: “rows” is not a list of the requirements that a scenario proves.", file=file)
    return scenarios


def run(scenario: Mapping[str, Any], files: Files, base: Host | None = None) -> Result:
    """Play one scenario against the folder ``files``; ``base`` lends its form validation, if given."""
    result = Result(str(scenario.get("name") or scenario["process"]))
    with tempfile.TemporaryDirectory(prefix="loopdesk-scenario-") as folder:
        play = _Play(scenario, files, base or Host(), Path(folder), result)
        try:
            play.go()
        except LoopdeskError as error:
            result.failures.append(f"{type(error).__name__}: {error}")
        finally:
            play.close()
    return result


def _value(text: Any, inputs: Mapping[str, Any]) -> Any:
    return feel.compile(text[1:])(inputs) if isinstance(text, str) and text.startswith("=") else text


def _moment(value: Any) -> datetime:
    return value if isinstance(value, datetime) else read_moment(str(value))


class _Play:
    """A scenario on its stage."""

    def __init__(self, scenario: Mapping[str, Any], files: Files, base: Host, folder: Path, result: Result) -> None:
        self.scenario = scenario
        self.files = files
        self.result = result
        self.given: Mapping[str, Any] = scenario.get("given") or {}
        self.process = str(scenario["process"])
        self.key = str(self.given.get("key") or KEY)
        self.awaits = False
        self.recorder = Recorder(self.given)
        self.clock = VirtualClock(_moment(scenario["at"]) if "at" in scenario else MONDAY)
        lay_out(folder)
        self.engine = Engine(Database(default_url(folder)), self.clock, self._host(base))
        self.handlers = Handlers(local=runner.local_handlers())

    def _host(self, base: Host) -> Host:
        elements = [item for process in read(self.files).processes.values() for item in process.elements.values()]
        names = {item.extras.task for item in elements if item.extras.task}
        answers = self.given.get("operations") or {}
        silent = frozenset(name for name in names if answers.get(name) == NEVER)
        return replace(
            base,
            operations={name: self.recorder.operation(name) for name in names - silent},
            effects=silent,
            facts=lambda _tx, _key: self.recorder.case,
            assign=Host().assign,
            together=Host().together,
            tasked=Host().tasked,
            watched=Host().watched,
            may_work=Host().may_work,
            check=Host().check,
        )

    def close(self) -> None:
        self.engine.database.close()

    def go(self) -> None:
        with self.engine.begin() as tx:
            bundles.deploy(SYSTEM, tx, self.process, self.files)
        self._start()
        for number, step in enumerate(self.scenario.get("steps") or [], 1):
            self._step(step, f"step {number}")
        self._expect(self.scenario.get("expect") or {}, "at the end")
        with self.engine.read() as tx:
            for row in instances.of_key(tx, self.key):
                self.result.passed |= instances.passed(tx, row["id"])

    def _start(self) -> None:
        data = dict(self.given.get("data") or {})
        message = (self.given.get("start") or {}).get("message")
        if message is None:
            with self.engine.begin() as tx:
                program = bundles.current(tx, self.process).program
                by_message = next(program.starts("message", self.process), None)
                awaited = any(start.trigger.kind in ("timer", "signal") for start in program.starts("", self.process))
                if not program.starts_of(self.process) and by_message is not None:
                    message = by_message.trigger.message
                elif program.starts_of(self.process) or not awaited:
                    runner.start(SYSTEM, tx, self.process, key=self.key, data=data)
                else:
                    self.awaits = True
        if message is not None:
            with self.engine.begin() as tx:
                messages.publish(SYSTEM, tx, message, key=self.key, payload=data)
        self._rest()

    def _step(self, step: Mapping[str, Any], where: str) -> None:
        kind = next((key for key in step if key in STEPS), None)
        if kind == "complete":
            self._complete(step, where)
        elif kind == "message":
            with self.engine.begin() as tx:
                key = str(step.get("key") or self.key)
                messages.publish(SYSTEM, tx, step["message"], key=key, payload=step.get("payload") or {})
        elif kind == "after":
            self._wait(read_duration(str(step["after"])).after(self.clock.now()))
        elif kind == "fail":
            self.recorder.failing.append(step["fail"])
        elif kind == "expect":
            self._expect(step["expect"], where)
        else:
            self.result.failures.append(f"{where}: unknown step {dict(step)}")
        self._rest()

    def _complete(self, step: Mapping[str, Any], where: str) -> None:
        element = step["complete"]
        name = str(step.get("as") or "somebody")
        actor = Actor("person", name, name, frozenset({"admin"}))
        with self.engine.read() as tx:
            query = sa.select(task.c.id).where(task.c.element == element, task.c.state == OPEN).order_by(task.c.id)
            found = tx.conn.execute(query).scalar()
        if found is None:
            self.result.failures.append(f"{where}: no task “{element}” is waiting")
            return
        refused = ""
        try:
            with self.engine.begin() as tx:
                work.complete(actor, tx, found, step.get("data") or {})
        except LoopdeskError as error:
            refused = f"{error} {getattr(error, 'fields', None) or ''}".strip()
        if refused and not step.get("refused"):
            self.result.failures.append(f"{where}: completing “{element}” was refused: {refused}")
        elif not refused and step.get("refused"):
            self.result.failures.append(f"{where}: completing “{element}” was not refused")

    def _wait(self, until: datetime) -> None:
        """Let time pass from one due moment to the next."""
        for _ in range(MAX_ROUNDS):
            self._rest()
            with self.engine.read() as tx:
                later = sa.select(sa.func.min(outbox.c.not_before)).where(outbox.c.state == "ready")
                moments = [timers.next_due(tx), tx.conn.execute(later).scalar()]
            due = min((moment for moment in moments if moment is not None), default=None)
            if due is None or due > until:
                break
            self.clock.set(max(due, self.clock.now()))
        self.clock.set(until)

    def _rest(self) -> None:
        """Do everything that is due now."""
        for _ in range(MAX_ROUNDS):
            with self.engine.begin() as tx:
                claimed = timers.claim_due(tx)
            if not drain(self.engine, self.handlers, worker="scenario") and not claimed:
                self._follow()
                return
        self.result.failures.append("the process never rests")

    def _follow(self) -> None:
        """A process that a timer or signal began has a key of its own: the story goes on with the first of them."""
        if self.awaits:
            with self.engine.read() as tx:
                begun = instances.of_process(tx, self.process)
            if begun:
                self.key, self.awaits = begun[0]["key"], False

    def _expect(self, expected: Mapping[str, Any], where: str) -> None:
        with self.engine.read() as tx:
            failures = compare(tx, expected, self.key, self.process, self.recorder.calls)
        self.result.failures += [f"{where}: {failure}" for failure in failures]
