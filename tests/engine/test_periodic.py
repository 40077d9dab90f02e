"""House-keeping runs in time, once however many pollers look, and a failing job is one incident (issue 4, Durable)."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa

from loopdesk.engine import incidents, outbox, periodic, repair
from loopdesk.engine.actor import Actor
from loopdesk.engine.clock import VirtualClock
from loopdesk.engine.errors import Refused
from loopdesk.engine.outbox import Handlers
from loopdesk.engine.periodic import Periodic, Schedule
from loopdesk.engine.tx import Engine, Tx

ADMIN = Actor("person", "ada", "Ada", frozenset({"admin"}))
DAY = timedelta(days=1)


class Job:
    """A daily job that counts its runs and can be told to fail."""

    def __init__(self) -> None:
        self.runs = 0
        self.fails = False
        self.periodic = Periodic("house.tidy", DAY, self.run)

    def run(self, tx: Tx) -> None:
        if self.fails:
            raise Refused("The broom is broken.")
        tx.after_commit(self._count)

    def _count(self) -> None:
        self.runs += 1


@pytest.fixture
def job() -> Job:
    return Job()


def turn(engine: Engine, job: Job, *schedules: Schedule) -> int:
    """Let each poller look once and a worker work; how often the job has run."""
    for schedule in schedules or (Schedule([job.periodic]),):
        schedule.tick(engine)
    outbox.drain(engine, Handlers(local=periodic.handlers([job.periodic])), worker="w")
    return job.runs


def open_incidents(engine: Engine) -> list[str]:
    with engine.read() as tx:
        return [row["kind"] for row in incidents.listing(ADMIN, tx)]


def test_a_job_runs_at_first_sight_and_then_once_in_each_interval(
    engine: Engine, clock: VirtualClock, job: Job
) -> None:
    assert turn(engine, job) == 1
    clock.advance(DAY - timedelta(seconds=1))
    assert turn(engine, job) == 1
    clock.advance(timedelta(seconds=1))
    assert turn(engine, job) == 2
    with engine.read() as tx:
        assert len(tx.conn.execute(sa.select(outbox.outbox)).all()) == 1, "a year of runs leaves one row"


def test_of_two_pollers_one_hands_it_out(engine: Engine, clock: VirtualClock, job: Job) -> None:
    pollers = [Schedule([job.periodic]), Schedule([job.periodic])]
    assert [turn(engine, job, *pollers), turn(engine, job, *pollers)] == [1, 1]
    clock.advance(DAY)
    assert turn(engine, job, *pollers) == 2


def test_a_long_stop_is_made_up_for_by_one_run(engine: Engine, clock: VirtualClock, job: Job) -> None:
    turn(engine, job)
    clock.advance(30 * DAY)
    assert [turn(engine, job), turn(engine, job)] == [2, 2]


def test_a_run_that_still_waits_is_not_doubled(engine: Engine, clock: VirtualClock, job: Job) -> None:
    schedule = Schedule([job.periodic])
    schedule.tick(engine)
    clock.advance(DAY)
    assert turn(engine, job, schedule) == 1


def test_a_clock_that_was_set_back_does_not_stop_the_house(engine: Engine, clock: VirtualClock, job: Job) -> None:
    schedule = Schedule([job.periodic])
    turn(engine, job, schedule)
    back = Engine(engine.database, VirtualClock(clock.now() - 400 * DAY), engine.host)
    assert turn(back, job, schedule) == 2


def test_a_failing_job_is_one_incident_that_ends_when_the_next_run_succeeds(
    engine: Engine, clock: VirtualClock, job: Job
) -> None:
    job.fails = True
    for _ in range(3):
        turn(engine, job)
        clock.advance(DAY)
        assert open_incidents(engine) == ["house.tidy"]
    job.fails = False
    assert turn(engine, job) == 1
    assert open_incidents(engine) == []


def test_a_person_may_try_a_failed_job_again_before_its_time(engine: Engine, job: Job) -> None:
    job.fails = True
    turn(engine, job)
    job.fails = False
    with engine.begin() as tx:
        (found,) = incidents.listing(ADMIN, tx)
        incidents.retry(ADMIN, tx, found["id"])
    assert turn(engine, job) == 1
    assert open_incidents(engine) == []


def test_while_nothing_is_due_a_poller_asks_nothing(engine: Engine, clock: VirtualClock, job: Job) -> None:
    schedule = Schedule([job.periodic])
    schedule.tick(engine)
    asked: list[str] = []
    sa.event.listen(engine.database.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    clock.advance(DAY / 2)
    schedule.tick(engine)
    assert asked == []


@pytest.mark.parametrize("dealt_with", [repair.skip, repair.cancel])
def test_a_job_whose_incident_a_person_closes_is_done_again_at_its_next_time(
    engine: Engine, clock: VirtualClock, job: Job, dealt_with: Callable[..., None]
) -> None:
    job.fails = True
    turn(engine, job)
    with engine.begin() as tx:
        (incident,) = incidents.listing(ADMIN, tx)
        dealt_with(ADMIN, tx, incident["id"], reason="the broom is being mended")
    job.fails = False
    clock.advance(DAY)
    assert turn(engine, job) == 1
