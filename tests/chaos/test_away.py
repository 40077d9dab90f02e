"""Redis or PostgreSQL away: people are told, keep what they wrote, and everything goes on by itself (issue 4)."""

from pathlib import Path

import httpx
import pytest

from loopdesk.tests.chaos.crew import Crew
from loopdesk.tests.chaos.house import FAST, IMMEDIATE
from loopdesk.tests.chaos.reader import Reader
from loopdesk.tests.chaos.scene import PATIENCE, Scene, finish, scene
from loopdesk.tests.support import eventually, start_redis

pytestmark = pytest.mark.timeout(600)  # a few seconds each, unless the machine has much else to do


def task_of(crew: Crew, number: int, element: str) -> str:
    """Open the case and wait for one of its tasks, which nobody then works on; its id."""
    crew.idle = True

    def made() -> str:
        crew.turn()
        return crew.state.tasks.get(number, {}).get(element, "")

    eventually(made, within=PATIENCE)
    return made()


def test_a_web_that_starts_without_redis_answers_and_work_goes_on(tmp_path: Path) -> None:
    with scene(tmp_path / "data", None, without=("redis",)) as found:
        assert found.house.answers("/sign-in")
        finish(found.crew(1), 1)
        server = start_redis(found.house.settings.redis_url, tmp_path)
        try:
            with found.house.redis() as client:
                eventually(lambda: client.smembers("rq:workers"), within=PATIENCE)
            finish(found.crew(2), 2)
        finally:
            server.kill()
            server.wait()
        finish(found.crew(3), 3)


@pytest.mark.parametrize(("number", "mode"), [(1, FAST), (2, IMMEDIATE)])
def test_who_fills_in_a_form_while_postgresql_restarts_keeps_it_and_goes_on(
    struck: Scene, number: int, mode: str
) -> None:
    crew = struck.crew(number)
    assert struck.postgres
    with struck.client() as person:
        task = f"/tasks/{task_of(crew, number, 'sign_a')}"
        draft, answers = {"sign_a": "half of it"}, {"sign_a": f"sign_a of {number}"}
        assert person.put(f"{task}/draft", json={"data": draft}).status_code == 204
        struck.postgres.stop(mode)
        try:
            refused = person.post(f"{task}/complete", json={"data": answers})
        finally:
            struck.postgres.start()
        assert refused.status_code == 503
        assert refused.json()["remedy"], "says that nothing that was saved is lost"
        assert person.get(task).json()["data"]["sign_a"] == "half of it", "the very next request works"
        assert person.post(f"{task}/complete", json={"data": answers}).status_code == 200
    crew.idle = False
    finish(crew, number)


def test_a_broken_connection_costs_no_worker_its_rows(struck: Scene) -> None:
    """Within seconds: the rows in hand do not wait for the end of a lease."""
    assert struck.postgres
    crew = struck.crew(3)
    for mode in (FAST, IMMEDIATE):
        crew.turn()
        struck.postgres.restart(mode)
    finish(crew, 3)
    ends = [how for name in struck.house.names() for how in struck.house.ended(name)]
    assert ends == [], "nobody has to be started again for it"


def test_an_open_page_comes_back_and_has_missed_nothing(struck: Scene) -> None:
    assert struck.postgres
    reader = Reader(struck.house.url)
    reader.start()
    try:
        eventually(lambda: reader.opened, within=PATIENCE)
        struck.postgres.restart(FAST)
        crew = struck.crew(4)
        task = task_of(crew, 4, "sign_a")
        eventually(lambda: task in reader.tasks, within=PATIENCE)
        struck.house.kill("web")
        opened, later = reader.opened, struck.crew(5)
        eventually(struck.house.answers, within=PATIENCE)
        task = task_of(later, 5, "sign_a")
        eventually(lambda: task in reader.tasks and reader.opened > opened, within=PATIENCE)
    finally:
        reader.stop()
    for number, one in ((4, crew), (5, later)):
        one.idle = False
        finish(one, number)


def test_a_session_outlives_every_restart(struck: Scene) -> None:
    reader = Reader(struck.house.url)
    eventually(reader.sign_in, within=PATIENCE)
    assert struck.postgres
    struck.postgres.restart(IMMEDIATE)
    struck.house.kill("web")

    def inbox() -> int:
        try:
            return reader.client.get("/inbox").status_code
        except httpx.TransportError:
            return 0

    eventually(lambda: inbox() == 200, within=PATIENCE)
