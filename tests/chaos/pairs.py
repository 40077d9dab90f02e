"""How long the second of two people waits who complete parallel tasks of one case at the same moment."""

import statistics
import time
from threading import Barrier, Thread

from loopdesk.desk import people
from loopdesk.engine import bundles, instances, runner, work
from loopdesk.engine.actor import SYSTEM, Actor
from loopdesk.engine.tx import Engine
from loopdesk.tests.chaos.plans import pair


def slower_of_two(engine: Engine, count: int = 20) -> dict[str, float]:
    """Let two people complete at once, ``count`` times; median and most of the slower one's milliseconds.

    Fails unless both succeed and both answers stand in the case.
    """
    with engine.begin() as tx:
        bundles.deploy(SYSTEM, tx, "pair", pair())
        staff = [people.actor_of(person) for person in people.in_department(tx, "support", "agent")[:2]]
    slower = [_slower(engine, staff, number) for number in range(count)]
    return {"median": round(statistics.median(slower), 1), "most": round(max(slower), 1)}


def _slower(engine: Engine, staff: list[Actor], number: int) -> float:
    with engine.begin() as tx:
        instance = runner.start(SYSTEM, tx, "pair", key=f"pair-{number}")
        tasks = [row["id"] for row in work.listing(staff[0], tx, key=f"pair-{number}")]
    start, took = Barrier(2), []

    def complete(who: Actor, task: str) -> None:
        start.wait()
        begun = time.monotonic()
        with engine.begin() as tx:
            element = work.get(who, tx, task)["element"]
            work.complete(who, tx, task, {element: who.id})
        took.append((time.monotonic() - begun) * 1000)

    threads = [Thread(target=complete, args=pair) for pair in zip(staff, tasks, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with engine.read() as tx:
        assert instances.get(tx, instance)["status"] == instances.COMPLETED
        assert set(instances.variables(tx, instance).values()) == {who.id for who in staff}
    return max(took)
