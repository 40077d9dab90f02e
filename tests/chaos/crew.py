"""The people and systems around the cases: they work through the API, and try again when nobody answers."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import httpx
import sqlalchemy as sa

from loopdesk.desk import credentials, people, tokens
from loopdesk.desk.record import case_
from loopdesk.engine import instances, runner, subscriptions, work_rows
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.tx import Engine
from loopdesk.tests.chaos.plans import SIGNED, Plan
from loopdesk.tests.chaos.reader import LOGIN, PASSWORD

Call = Callable[[], object]
BUSY = 400
"""Cases that are open at once."""


@dataclass
class State:
    """What the database says of the cases at one moment, by the number of their plan."""

    numbers: dict[int, str] = field(default_factory=dict)
    instances: dict[int, str] = field(default_factory=dict)
    ended: set[int] = field(default_factory=set)
    tasks: dict[int, dict[str, str]] = field(default_factory=dict)
    """Plan -> element -> id of the open task."""
    asking: set[int] = field(default_factory=set)
    hearing: int = 0


class Crew:
    """Opens the cases and does what their plans say, whatever falls down meanwhile."""

    def __init__(self, engine: Engine, url: str, plans: Sequence[Plan], secrets: Sequence[str]) -> None:
        self._engine = engine
        self._plans = plans
        self._clients = [
            httpx.Client(base_url=url, headers={"Authorization": f"Bearer {secret}"}, timeout=20) for secret in secrets
        ]
        self._pool = ThreadPoolExecutor(24)
        self._hands: dict[tuple[int, str], Future[object]] = {}
        self._replied: dict[int, int] = {}
        self._opened: set[int] = set()
        self._due: dict[int, float] = {}
        self._conducted = 0.0
        self.state = State()
        self.idle = False
        """Whether the people leave the tasks of their cases alone."""
        self.refused: list[str] = []
        """Answers that no plan explains."""
        self.pairs: list[float] = []
        """Seconds that the slower of two signatures took, of those that both came through at once."""

    def close(self) -> None:
        """Let everybody go home."""
        self._pool.shutdown(cancel_futures=True)
        for client in self._clients:
            client.close()

    def turn(self) -> int:
        """Look once and do what is to be done; returns how many cases have ended."""
        try:
            self.state = look(self._engine)
        except sa.exc.DBAPIError:
            return len(self.state.ended)
        self._hands = {key: hand for key, hand in self._hands.items() if not self._finished(hand)}
        self._open_more()
        for plan in self._plans:
            if plan.number in self.state.instances and plan.number not in self.state.ended:
                self._serve(plan)
        self._conduct()
        return len(self.state.ended)

    def _finished(self, hand: "Future[object]") -> bool:
        if hand.done():
            hand.result()
        return hand.done()

    def _do(self, plan: Plan, what: str, call: Call) -> None:
        if (plan.number, what) not in self._hands:
            self._hands[plan.number, what] = self._pool.submit(call)

    def _open_more(self) -> None:
        room = BUSY - (len(self._opened) - len(self.state.ended))
        for plan in self._plans:
            if room > 0 and plan.number not in self._opened:
                self._do(plan, "open", lambda plan=plan: self._open(plan))  # type: ignore[misc]
                room -= 1

    def _serve(self, plan: Plan) -> None:
        number = plan.number
        if (plan.early or number in self.state.asking) and self._replied.get(number, 0) < 2:
            self._do(plan, "reply", lambda: self._reply(plan))
        tasks = {} if self.idle else self.state.tasks.get(number, {})
        signing = {name: tasks[name] for name in SIGNED if name in tasks}
        if signing:
            self._do(plan, "sign", lambda: self._sign(plan, signing))
        if "approve" in tasks and (plan.approves or (plan.races and self._is_late(plan))):
            self._do(plan, "approve", lambda: self._complete(plan, "approve", tasks["approve"], number))

    def _is_late(self, plan: Plan) -> bool:
        """Whether about as long has passed since the task was first seen as its timer waits."""
        return time.monotonic() > self._due.setdefault(plan.number, time.monotonic() + plan.patience - 0.2)

    def _conduct(self) -> None:
        """Throw the signal now and then while somebody waits for it; who was not there yet hears the next."""
        if self.state.hearing and time.monotonic() > self._conducted + 3:
            self._conducted = time.monotonic()
            try:
                with self._engine.begin() as tx:
                    runner.start(SYSTEM, tx, "conductor", key="")
            except sa.exc.DBAPIError:
                self._conducted = 0.0

    # --- requests; what nobody answers is asked again at a later turn -----------------------------------------------

    def _ask(self, who: int, path: str, body: Mapping[str, Any], **headers: str) -> httpx.Response | None:
        try:
            answer = self._clients[who % len(self._clients)].post(f"/api/v1{path}", json=dict(body), headers=headers)
        except httpx.TransportError:
            time.sleep(0.2)
            return None
        return None if answer.status_code in (429, 500, 502, 503) and not self._odd(path, answer) else answer

    def _odd(self, path: str, answer: httpx.Response) -> bool:
        if answer.status_code == 500:
            self.refused.append(f"{path}: 500 {answer.text[:300]}")
        return False

    def _open(self, plan: Plan) -> None:
        answer = self._ask(plan.number, "/cases", plan.report(), **{"Idempotency-Key": plan.title})
        if answer is not None and self._is_right(answer, 201):
            self._opened.add(plan.number)

    def _reply(self, plan: Plan) -> None:
        """The same message twice: the second changes nothing."""
        body = {"name": "reply", "payload": {"reply": plan.reply}, "message_id": plan.reply}
        answer = self._ask(plan.number, f"/instances/{self.state.instances[plan.number]}/messages", body)
        if answer is not None and self._is_right(answer, 202):
            self._replied[plan.number] = self._replied.get(plan.number, 0) + 1

    def _sign(self, plan: Plan, tasks: Mapping[str, str]) -> None:
        """Two people at the same moment."""
        begun = time.monotonic()
        done: list[bool] = []

        def one(who: int, name: str, task: str) -> None:
            done.append(self._complete(plan, name, task, who))

        threads = [
            threading.Thread(target=one, args=(plan.number + place, name, task))
            for place, (name, task) in enumerate(tasks.items())
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if done == [True, True]:
            self.pairs.append(time.monotonic() - begun)

    def _complete(self, plan: Plan, element: str, task: str, who: int) -> bool:
        answer = self._ask(who, f"/tasks/{task}/complete", {"data": plan.answer(element)})
        # 409: completed before, but the answer was lost; or the timer was quicker.
        return answer is not None and self._is_right(answer, 200, 409) and answer.status_code == 200

    def _is_right(self, answer: httpx.Response, *expected: int) -> bool:
        if answer.status_code not in expected:
            self.refused.append(f"{answer.request.url.path}: {answer.status_code} {answer.text[:300]}")
        return answer.status_code in expected


def look(engine: Engine) -> State:
    """Read how far the cases are."""
    state, task, instance, waits = State(), work_rows.task.c, instances.instance.c, subscriptions.subscription.c
    with engine.read() as tx:
        found = tx.conn.execute(sa.select(instance.id, instance.key, instance.status).where(instance.key != "")).all()
        tasks = tx.conn.execute(sa.select(task.id, task.key, task.element).where(task.state == work_rows.OPEN)).all()
        waiting = tx.conn.execute(sa.select(waits.key, waits.name).where(waits.instance_id != "")).all()
        # Read last: whatever stands above belongs to a case that is here.
        cases = {row.number: row.title for row in tx.conn.execute(sa.select(case_.c.number, case_.c.title))}
    numbers = {number: int(title.split()[1]) for number, title in cases.items()}
    state.numbers = {plan: number for number, plan in numbers.items()}
    for row in found:
        state.instances[numbers[row.key]] = row.id
        if row.status == instances.COMPLETED:
            state.ended.add(numbers[row.key])
    for identity, key, element in tasks:
        state.tasks.setdefault(numbers[key], {})[element] = identity
    state.hearing = sum(row.name == "go" for row in waiting)
    state.asking = {numbers[row.key] for row in waiting if row.name == "reply"}
    return state


def hire(engine: Engine, count: int) -> list[str]:
    """People of the first line who may also send messages for other systems; their tokens."""
    with engine.begin() as tx:
        roles, departments = ("agent", "integrator", "supervisor"), ("support",)
        staff = [
            people.create(
                SYSTEM, tx, login=LOGIN.replace("0", str(n)), name=f"Person {n}", roles=roles, departments=departments
            )
            for n in range(count)
        ]
        credentials.set_password(SYSTEM, tx, staff[0].id, PASSWORD)
        return [tokens.make_token(SYSTEM, tx, one.id, name="chaos", scopes=tokens.SCOPES) for one in staff]
