"""Is it up, is it ready, how is it doing: for load balancers and Prometheus."""

from collections.abc import Iterable
from ipaddress import ip_address

import redis
import sqlalchemy as sa
import sqlalchemy.exc
from flask import Flask, Response, g, request
from flask.typing import ResponseReturnValue
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector
from werkzeug.exceptions import Forbidden

from loopdesk import migrations
from loopdesk.engine.incidents import incident
from loopdesk.engine.instances import instance
from loopdesk.engine.outbox_rows import outbox
from loopdesk.engine.timers import timer
from loopdesk.engine.tx import Engine, Tx
from loopdesk.engine.work import task
from loopdesk.web.api.auth import bearer
from loopdesk.web.context import loopdesk, loopdesk_of
from loopdesk.web.security import public

SCOPE = "instances:read"
"""What a token needs to read the figures from another machine."""
BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Seconds."""


class Figures(Collector):
    """Figures that stand in the database, read at the moment somebody asks for them."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def collect(self) -> Iterable[Metric]:
        """Steps taken, and what waits: outbox rows, due timers, human tasks."""
        with self._engine.read() as tx:
            yield CounterMetricFamily("loopdesk_steps", "Committed steps of all instances", value=_steps(tx))
            for name, text, value in _gauges(tx):
                yield GaugeMetricFamily(name, text, value=value)


def _steps(tx: Tx) -> float:
    return float(tx.conn.scalar(sa.select(sa.func.sum(instance.c.version))) or 0)


def _gauges(tx: Tx) -> list[tuple[str, str, float]]:
    def count(table: sa.Table, *conditions: sa.ColumnElement[bool]) -> float:
        return float(tx.conn.scalar(sa.select(sa.func.count()).select_from(table).where(*conditions)) or 0)

    failed = outbox.c.state == "failed"
    opened = incident.c.state == "open"
    overdue = (timer.c.state == "waiting", timer.c.due_at <= tx.now)
    takeable = (outbox.c.state == "ready", outbox.c.not_before <= tx.now)
    oldest = tx.conn.scalar(sa.select(sa.func.min(outbox.c.not_before)).where(*takeable))
    age = (tx.now - oldest).total_seconds() if oldest else 0.0
    return [
        ("loopdesk_outbox_ready", "Outbox rows a worker may take now", count(outbox, *takeable)),
        ("loopdesk_outbox_failed", "Outbox rows given up until a person retries", count(outbox, failed)),
        ("loopdesk_outbox_age_seconds", "How long the oldest ready outbox row has been due", age),
        ("loopdesk_timers_due", "Timers past their time", count(timer, *overdue)),
        ("loopdesk_incidents_open", "Steps that failed for good and wait for a person", count(incident, opened)),
        ("loopdesk_tasks_open", "Human tasks waiting for somebody", count(task, task.c.state == "open")),
    ]


def register(app: Flask) -> None:
    """Serve ``/healthz``, ``/readyz`` and ``/metrics``, and count every request by endpoint."""
    registry = CollectorRegistry()
    registry.register(Figures(loopdesk_of(app).engine))
    labels = ("endpoint", "method", "status")
    requests = Counter("loopdesk_requests", "Answered requests", labels, registry=registry)
    seconds = Histogram("loopdesk_request_seconds", "Time to answer", ("endpoint",), buckets=BUCKETS, registry=registry)

    def start() -> None:
        g.timer = seconds.labels(_endpoint()).time()
        g.timer.__enter__()

    def count(response: Response) -> Response:
        requests.labels(_endpoint(), request.method, response.status_code).inc()
        return response

    def stop(_error: BaseException | None) -> None:
        if "timer" in g:
            g.timer.__exit__(None, None, None)

    app.before_request(start)
    app.after_request(count)
    app.teardown_request(stop)
    app.add_url_rule("/healthz", "healthz", public(_health))
    app.add_url_rule("/readyz", "readyz", public(_ready))
    app.add_url_rule("/metrics", "metrics", public(lambda: _metrics(registry)))


def _endpoint() -> str:
    # Not the path: one series per case number would grow without bound.
    return request.endpoint or "unknown"


def _health() -> ResponseReturnValue:
    return {"status": "up"}


def _ready() -> ResponseReturnValue:
    checks = {"database": _database(), "redis": _redis()}
    ready = all(state in ("ok", "not used") for state in checks.values())
    return {"status": "ready" if ready else "not ready", "checks": checks}, 200 if ready else 503


def _database() -> str:
    try:
        current = migrations.is_current(loopdesk().engine.database)
    except sqlalchemy.exc.OperationalError:
        return "does not answer"
    return "ok" if current else "not migrated: run `loopdesk migrate`"


def _redis() -> str:
    client = loopdesk().redis
    if client is None:
        return "not used"
    try:
        client.ping()
    except redis.RedisError:
        return "does not answer"
    return "ok"


def _metrics(registry: CollectorRegistry) -> Response:
    if not _may_scrape():
        raise Forbidden
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def _may_scrape() -> bool:
    scraper = g.actor if g.signed_in else bearer()
    return _is_near(request.remote_addr) or bool(scraper and (SCOPE in scraper.scopes or scraper.has_role("admin")))


def _is_near(address: str | None) -> bool:
    """Whether the scraper runs on this machine and not merely behind a proxy that does."""
    return bool(address) and ip_address(address or "").is_loopback and "X-Forwarded-For" not in request.headers
