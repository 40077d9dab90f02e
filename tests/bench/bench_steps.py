"""One step: a human task completed, young and old, small and large; what it writes; what a service task costs."""

import statistics
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import psycopg
import sqlalchemy as sa

from loopdesk.engine import bundles, instances, outbox, runner, values, work
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.clock import SystemClock
from loopdesk.engine.db import Database
from loopdesk.engine.host import Host
from loopdesk.engine.outbox import Handlers, Row
from loopdesk.engine.outbox_rows import outbox as outbox_
from loopdesk.engine.tx import Engine, Tx
from loopdesk.engine.work_rows import OPEN, task
from loopdesk.tests.bench import house
from loopdesk.tests.bench.report import row
from loopdesk.tests.engine.bpmn.world import World
from loopdesk.tests.engine.drawing import diagram, extended, flows, script, service
from loopdesk.tests.engine.steps import ANN

LIVE, AGES, TIMES = 10, (10, 100, 1000, 5000), 120
START, END = '<bpmn:startEvent id="s"/>', '<bpmn:endEvent id="e"/>'
BRANCHES = "".join(f'<bpmn:exclusiveGateway id="m{n}"/><bpmn:userTask id="t{n}"/>' for n in range(LIVE))
ROUNDS = START + '<bpmn:parallelGateway id="f"/>' + BRANCHES
ROUNDS += flows("s > f", *(f"f > m{n} > t{n} > m{n}" for n in range(LIVE)))
"""Ten people who always have a task; each completed one is followed by the next."""
MANY = "<bpmn:multiInstanceLoopCharacteristics><bpmn:loopCardinality>=1000</bpmn:loopCardinality>"
MANY = START + f'<bpmn:userTask id="t">{MANY}</bpmn:multiInstanceLoopCharacteristics></bpmn:userTask>' + END
LOOP = START + '<bpmn:exclusiveGateway id="m"/>' + script("t", "=n + 1", "n") + '<bpmn:exclusiveGateway id="g"/>' + END
FORM = '<bpmn:userTask id="ask">' + extended('<zeebe:formDefinition formId="f"/>') + "</bpmn:userTask>"
SCRIPTS = FORM + "".join(script(f"x{n}", f"={n}", f"x{n}") for n in range(5))


def deploy(engine: Engine, body: str, more: str = "") -> None:
    """The process ``p``."""
    files = {"p.bpmn": diagram(body, more=more), "f.form": b'{"type": "default", "components": []}'}
    with engine.begin() as tx:
        bundles.deploy(SYSTEM, tx, "p", files)


def start(engine: Engine, **data: Any) -> str:
    """A new instance."""
    with engine.begin() as tx:
        return runner.start(SYSTEM, tx, "p", key="L-1", data=data)


def opened(engine: Engine, instance: str, number: int = 1) -> list[str]:
    """Ids of open tasks of an instance."""
    query = sa.select(task.c.id).where(task.c.instance_id == instance, task.c.state == OPEN).order_by(task.c.id)
    with engine.read() as tx:
        return list(tx.conn.execute(query.limit(number)).scalars())


def complete(engine: Engine, identity: str, **data: Any) -> None:
    """A person completes a task."""
    with engine.begin() as tx:
        work.complete(ANN, tx, identity, data)


def complete_all(engine: Engine, identities: list[str]) -> None:
    """A person completes one task after the other."""
    for identity in identities:
        complete(engine, identity)


def timed(deed: Callable[[], object]) -> float:
    """Milliseconds."""
    began = time.perf_counter()
    deed()
    return (time.perf_counter() - began) * 1e3


def typical(figures: list[float]) -> float:
    """The tenth of the way up: what the machine does when nobody else wants it."""
    return sorted(figures)[len(figures) // 10]


@contextmanager
def counted(database: Database) -> Iterator[list[str]]:
    """The statements that the database gets meanwhile."""
    seen: list[str] = []

    def note(*given: Any) -> None:
        if not given[2].startswith("BEGIN"):
            seen.append(given[2])

    sa.event.listen(database.engine, "before_cursor_execute", note)
    sa.event.listen(database.engine, "commit", lambda _connection: seen.append("COMMIT"))
    yield seen


def in_memory() -> float:
    """Milliseconds of the same step on tokens in memory, with nothing stored."""
    world = World(diagram(ROUNDS)).start()
    execution = world.execution

    def step() -> None:
        ref = next(iter(world.waits))
        world.waits.pop(ref)
        execution.resume(ref, {})

    return typical([timed(step) for _ in range(500)])


def bare(engine: Engine) -> Callable[[], object]:
    """One row in a transaction of its own, as the product opens them."""
    insert = sa.insert(outbox_)

    def commit() -> None:
        with engine.begin() as tx:
            row_ = dict.fromkeys(("payload", "key", "instance_id", "element", "claimed_by", "error"), "")
            row_ |= {"kind": "bench", "idempotency_key": f"bench:{time.perf_counter_ns()}", "state": "done"}
            moments = {"not_before": tx.now, "created_at": tx.now}
            tx.conn.execute(insert, {**row_, **moments, "attempts": 0, "claims": 0, "deaths": 0})

    return commit


def driver_alone(database: Database) -> float:
    """Milliseconds of one row inserted through the driver, without SQLAlchemy and without BEGIN and COMMIT."""
    with psycopg.connect(database.url.replace("+psycopg", ""), autocommit=True) as conn:
        conn.execute("CREATE TABLE public.bare (n bigint PRIMARY KEY)")
        insert = "INSERT INTO public.bare VALUES (%s)"
        return typical([timed(lambda n=n: conn.execute(insert, (n,))) for n in range(300)])  # type: ignore[misc]


def ages(kind: str, engine: Engine) -> list[dict[str, Any]]:
    """Completing a task at each age, the ages taking turns, beside the bare commit of the same moments."""
    deploy(engine, ROUNDS)
    old = {age: start(engine) for age in AGES}
    for age, instance in old.items():
        for _ in range(age):
            complete(engine, opened(engine, instance)[0])
    commit, memory = bare(engine), in_memory()
    bares: list[float] = []
    warm: dict[int, list[float]] = {age: [] for age in AGES}
    cold: dict[int, list[float]] = {age: [] for age in AGES}
    for number in range(TIMES):
        bares.append(timed(commit))
        for age, instance in old.items():
            (identity,) = opened(engine, instance)
            warm[age].append(timed(lambda identity=identity: complete(engine, identity)))  # type: ignore[misc]
            if number % 4 == 0:
                (identity,) = opened(engine, instance)
                bundles._cache.clear()
                cold[age].append(timed(lambda identity=identity: complete(engine, identity)))  # type: ignore[misc]
    first, one, bar = typical(warm[AGES[0]]), typical(bares), 2 if kind == "PostgreSQL" else None
    rows = [
        row(f"{kind}: calibration: a bare one-statement commit", one, "ms"),
        row(f"{kind}: calibration: the step in memory", memory, "ms"),
        row(f"{kind}: completing a human task", first, "ms"),
        row(f"{kind}: the same / (bare commit + step in memory)", first / (one + memory), "×", bar),
    ]
    for name, figures in (("warm", warm), ("cold", cold)):
        slowest = {age: statistics.median(figures[age]) / statistics.median(figures[AGES[0]]) for age in AGES[1:]}
        rows += [row(f"{kind}: at {age} finished tasks, {name}, / at 10", slowest[age], "×", 1.3) for age in slowest]
    return rows + sizes(kind, engine, old[AGES[-1]])


def sizes(kind: str, engine: Engine, instance: str) -> list[dict[str, Any]]:
    """Statements, commits and bytes of one step of an old instance."""
    (identity,) = opened(engine, instance)
    with counted(engine.database) as seen:
        complete(engine, identity)
    commits = seen.count("COMMIT")
    return [
        row(f"{kind}: statements of a completed task", len(seen) - commits, "", 8),
        row(f"{kind}: commits of a completed task", commits, "", 1),
        row(f"{kind}: state written by a step at 5,000 finished tasks", state(engine, instance), "B", 2048),
    ]


def state(engine: Engine, instance: str) -> int:
    """Bytes of the stored state, and of the values beside it."""
    with engine.read() as tx:
        own = sa.func.length(instances.instance.c.state)
        beside = sa.select(sa.func.coalesce(sa.func.sum(sa.func.length(values.value.c.content)), 0))
        size = tx.conn.scalar(sa.select(own).where(instances.instance.c.id == instance))
        return int(size or 0) + int(tx.conn.scalar(beside.where(values.value.c.instance_id == instance)) or 0)


def large(kind: str, engine: Engine) -> list[dict[str, Any]]:
    """Many live tasks; a long answer and scripts behind it."""
    deploy(engine, MANY + flows("s > t > e"))
    instance = start(engine)
    size = state(engine, instance)
    todo = opened(engine, instance, 1000)
    took = timed(lambda: complete_all(engine, todo))
    assert _status(engine, instance) == instances.COMPLETED
    body = START + SCRIPTS + '<bpmn:userTask id="u"/>' + END
    deploy(engine, body + flows("s > ask > x0 > x1 > x2 > x3 > x4 > u > e"))
    instance = start(engine)
    text = "".join(f"{number:x} " for number in range(20_000))[:100_000]
    complete(engine, opened(engine, instance)[0], log=text)
    with engine.read() as tx:
        stored = list(tx.conn.execute(sa.select(values.value.c.content)).scalars())
    return [
        row(f"{kind}: state with 1,000 live tasks", size, "B", 64 * 1024),
        row(f"{kind}: 1,000 tasks side by side, each completed in", took / 1000, "ms"),
        row(f"{kind}: stored copies of a 100 kB answer after 5 scripts", len(stored), "", 1),
    ]


def _status(engine: Engine, instance: str) -> str:
    with engine.read() as tx:
        return str(instances.get(tx, instance)["status"])


def long_ones(kind: str, engine: Engine) -> list[dict[str, Any]]:
    """A loop of 5,000 rounds and calls of depth 20, each in one step."""
    deploy(engine, LOOP.replace('id="g"', 'id="g" default="f-g-e"') + flows("s > m > t > g > e", "g >[=n < 5000] m"))
    loop = timed(lambda: _ends(engine, {"n": 5000}, n=0))

    def call(d: int) -> str:
        inside = f'<bpmn:callActivity id="c{d}" calledElement="p{d + 1}"/>' if d < 20 else script("c20", "=n + 1", "n")
        body = f'<bpmn:startEvent id="s{d}"/><bpmn:endEvent id="e{d}"/>' + inside + flows(f"s{d} > c{d} > e{d}")
        return f'<bpmn:process id="p{d}" isExecutable="true">{body}</bpmn:process>'

    body = START + '<bpmn:callActivity id="c" calledElement="p1"/>' + END + flows("s > c > e")
    deploy(engine, body, "".join(map(call, range(1, 21))))
    depth = timed(lambda: _ends(engine, {"n": 1}, n=0))
    return [
        row(f"{kind}: a loop of 5,000 rounds, one step", loop / 1000, "s"),
        row(f"{kind}: call activities of depth 20, one step", depth, "ms"),
    ]


def _ends(engine: Engine, data: dict[str, Any], **given: Any) -> None:
    instance = start(engine, **given)
    assert _status(engine, instance) == instances.COMPLETED
    with engine.read() as tx:
        assert instances.variables(tx, instance) == data


def two_people(engine: Engine) -> list[dict[str, Any]]:
    """Two complete parallel tasks of one case at once."""
    body = START + '<bpmn:parallelGateway id="f"/><bpmn:userTask id="a"/><bpmn:userTask id="b"/>'
    deploy(engine, body + '<bpmn:parallelGateway id="j"/>' + END + flows("s > f > a > j > e", "f > b > j"))
    slowest = []
    with ThreadPoolExecutor(2) as people:
        for _ in range(20):
            instance = start(engine)
            both = opened(engine, instance, 2)
            deeds = [people.submit(timed, lambda one=one: complete(engine, one)) for one in both]  # type: ignore[misc]
            slowest.append(max(deed.result(30) for deed in deeds))
            assert _status(engine, instance) == instances.COMPLETED
    return [row("PostgreSQL: two people at once: the second waits", statistics.median(slowest), "ms", 200)]


class _Done:
    """An outside that is always quick."""

    def perform(self, _row: Row) -> dict[str, Any]:
        return {"done": True}

    def settle(self, tx: Tx, row: Row, result: dict[str, Any]) -> None:
        runner.settle_effect(tx, row, result)


def service_tasks(kind: str, engine: Engine) -> list[dict[str, Any]]:
    """A worker's way for a service task: claim, perform, step, commit; in one process without Redis."""
    engine.host = Host(effects=frozenset({"ping"}))
    tasks = [f"t{n}" for n in range(20)]
    deploy(engine, START + END + "".join(service(one, "ping") for one in tasks) + flows(" > ".join(["s", *tasks, "e"])))
    started = [start(engine) for _ in range(20)]
    handlers = Handlers(local=runner.local_handlers(), remote={"effect": _Done()})

    def drain() -> None:
        while outbox.drain(engine, handlers, worker="bench"):
            pass

    with counted(engine.database) as seen:
        took = timed(drain)
    assert {_status(engine, one) for one in started} == {instances.COMPLETED}
    count = len(tasks) * len(started)
    return [
        row(f"{kind}: a service task through a worker", took / count, "ms"),
        row(f"{kind}: its statements", (len(seen) - seen.count("COMMIT")) / count, ""),
    ]


def rows() -> list[dict[str, Any]]:
    """The figures on both databases."""
    found: list[dict[str, Any]] = []
    for kind in house.KINDS:
        for bench in (ages, large, long_ones, service_tasks):
            with house.database(kind) as database:
                found += bench(kind, Engine(database, SystemClock(), Host()))
    with house.database("PostgreSQL") as database:
        found.append(row("PostgreSQL: calibration: one row through the driver alone", driver_alone(database), "ms"))
        found += two_people(Engine(database, SystemClock(), Host()))
    return found
