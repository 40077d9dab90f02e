"""Health, readiness and figures of a running Loopdesk."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from flask import Flask
from prometheus_client.parser import text_string_to_metric_families

from loopdesk.engine import outbox
from loopdesk.engine.clock import VirtualClock
from loopdesk.tests.support import free_port
from loopdesk.tests.web.test_api_cases import REPORT
from loopdesk.web.app import create_app
from loopdesk.web.wiring import Loopdesk


def figures(app: Flask, **options: Any) -> dict[str, float]:
    """The figures without their labels, requests summed up."""
    answer = app.test_client().get("/metrics", **options)
    assert answer.status_code == 200
    found: dict[str, float] = {}
    for family in text_string_to_metric_families(answer.text):
        for sample in family.samples:
            found[sample.name] = found.get(sample.name, 0.0) + sample.value
    return found


def test_health_needs_nobody_and_nothing(light_app: Flask) -> None:
    assert light_app.test_client().get("/healthz").json == {"status": "up"}


def test_ready_when_the_database_is_migrated(app: Flask) -> None:
    answer = app.test_client().get("/readyz")
    assert answer.status_code == 200
    assert answer.get_json()["checks"] == {"database": "ok", "redis": "not used"}


def test_not_ready_on_an_empty_database_or_without_redis(light_desk: Loopdesk) -> None:
    settings = replace(light_desk.settings, database_url="sqlite://", redis_url=f"redis://127.0.0.1:{free_port()}/0")
    answer = create_app(settings).test_client().get("/readyz")
    assert answer.status_code == 503
    assert answer.get_json()["checks"]["database"].startswith("not migrated")
    assert answer.get_json()["checks"]["redis"] == "does not answer"


def test_ready_with_a_redis_that_answers(light_desk: Loopdesk, redis_url: str) -> None:
    answer = create_app(replace(light_desk.settings, redis_url=redis_url)).test_client().get("/readyz")
    assert answer.get_json()["checks"]["redis"] == "ok"


def test_figures_tell_what_waits(app: Flask, desk: Loopdesk, api: Callable[..., Any], clock: VirtualClock) -> None:
    assert figures(app)["loopdesk_tasks_open"] == 0
    before = figures(app)
    api("li.na").post("/cases", json=REPORT)
    with desk.engine.begin() as tx:
        outbox.put(tx, "message", {"message": 0}, idempotency_key="waiting")
    clock.advance(timedelta(seconds=90))
    after = figures(app)
    assert after["loopdesk_steps_total"] > before["loopdesk_steps_total"]
    assert after["loopdesk_tasks_open"] == before["loopdesk_tasks_open"] + 1
    assert after["loopdesk_outbox_ready"] > before["loopdesk_outbox_ready"]
    assert after["loopdesk_outbox_age_seconds"] == 90
    assert after["loopdesk_requests_total"] > before["loopdesk_requests_total"]
    assert after["loopdesk_request_seconds_count"] > 0


def test_figures_are_for_this_machine_or_a_token(app: Flask, api: Callable[..., Any]) -> None:
    far: dict[str, Any] = {"environ_base": {"REMOTE_ADDR": "192.0.2.7"}}
    assert app.test_client().get("/metrics", **far).status_code == 403
    assert app.test_client().get("/metrics", headers={"X-Forwarded-For": "192.0.2.7"}).status_code == 403
    scraper = api("ivan.link", "instances:read").client
    assert scraper.get("/metrics", **far).status_code == 200
