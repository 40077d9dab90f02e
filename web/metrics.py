"""Is it up, is it ready, how is it doing: for load balancers and Prometheus."""

from collections.abc import Iterable, Sequence
from ipaddress import ip_address
from typing import Any

import redis
import sqlalchemy as sa
import sqlalchemy.exc
from flask import Flask, Response, g, request
from flask.typing import ResponseReturnValue
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector
from werkzeug.exceptions import Forbidden

from loopdesk import migrations
from loopdesk.engine import audit, figures
from loopdesk.engine.incidents import incident
from loopdesk.engine.instances import instance
from loopdesk.engine.outbox_rows import outbox
from loopdesk.engine.timers import timer
from loopdesk.engine.tx import Tx
from loopdesk.engine.work import task
from loopdesk.web import telemetry
from loopdesk.web.api.auth import bearer
from loopdesk.web.context import loopdesk, loopdesk_of
from loopdesk.web.security import public

SCOPE = "instances:read"
"""What a token needs to read the figures from another machine."""
BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Seconds."""


class Figures(Collector):
    """Figures that stand in the database, read at the moment somebody asks for them."""

    def __init__(self, app: Flask) -> None:
        self._app = app

    def collect(self) -> Iterable[Metric]:
        """Steps taken, and what waits: outbox rows, due timers, human tasks; and what all processes have counted."""
        engine = loopdesk_of(self._app).engine
        engine.figures.hand_in(engine, every=0)
        with engine.read() as tx:
            yield from _counted(tx)
            yield CounterMetricFamily("loopdesk_steps", "Committed steps of all instances", value=_steps(tx))
            for name, text, value in _gauges(tx):
                yield GaugeMetricFamily(name, text, value=value)


def _steps(tx: Tx) -> float:
    return float(tx.conn.scalar(sa.select(sa.func.sum(instance.c.version))) or 0)


def _counted(tx: Tx) -> Iterable[Metric]:
    """What web servers and workers have handed in, as Prometheus knows it."""
    texts = {
        figures.STEP: "Time of a step, from loading the instance to storing it",
        figures.LATE: "How late timers fired",
        figures.WAIT: "How long an effect waited from being wanted to an attempt at it",
    }
    rows = tx.conn.execute(sa.select(figures.figure).order_by(figures.figure.c.name, figures.figure.c.labels)).all()
    for name, text in texts.items():
        family = HistogramMetricFamily(name, text, labels=_labels([row for row in rows if row.name == name]))
        for labels, (counts, total) in _histograms(name, rows).items():
            family.add_metric([value for _, value in labels], _cumulative(counts), total)
        yield family
    attempts = CounterMetricFamily(figures.ATTEMPTS, "Attempts at effects", labels=["kind", "outcome"])
    for row in rows:
        if row.name == figures.ATTEMPTS:
            attempts.add_metric([value for _, value in _pairs(row.labels)], row.value)
    yield attempts


def _pairs(labels: str) -> list[tuple[str, str]]:
    return [(name, value) for name, _, value in (pair.partition("=") for pair in labels.split(",") if pair)]


def _labels(rows: Sequence[sa.Row[Any]]) -> list[str]:
    return [name for name, _ in _pairs(rows[0].labels) if name != "le"] if rows else []


def _histograms(
    name: str, rows: Sequence[sa.Row[Any]]
) -> dict[tuple[tuple[str, str], ...], tuple[dict[str, float], float]]:
    """Labels -> how many things lie below each limit and above the one before, and the sum of all seconds."""
    found: dict[tuple[tuple[str, str], ...], dict[str, float]] = {}
    sums = {tuple(_pairs(row.labels)): row.value for row in rows if row.name == f"{name}_sum"}
    for row in rows:
        if row.name == name:
            pairs = _pairs(row.labels)
            found.setdefault(tuple(pairs[:-1]), {})[pairs[-1][1]] = row.value
    return {labels: (counts, sums.get(labels, 0.0)) for labels, counts in found.items()}


def _cumulative(counts: dict[str, float]) -> list[tuple[str, float]]:
    total, limits = 0.0, []
    for limit in [*map(str, figures.BUCKETS), "+Inf"]:
        total += counts.get(limit, 0.0)
        limits.append((limit, total))
    return limits


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
        ("loopdesk_audit_lag_seconds", "How long the oldest event waits to be chained", audit.lag(tx)),
        ("loopdesk_tasks_open", "Human tasks waiting for somebody", count(task, task.c.state == "open")),
    ]


def register(app: Flask) -> None:
    """Serve ``/healthz``, ``/readyz`` and ``/metrics``, and count every request by endpoint."""
    telemetry.register(app)
    registry = CollectorRegistry()
    registry.register(Figures(app))
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
