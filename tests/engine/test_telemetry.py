"""Steps, timers and effects leave spans and figures; the trace travels through the outbox (issue 4, Operable)."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from opentelemetry import trace
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from loopdesk.engine import figures, outbox, telemetry, timers
from loopdesk.engine.clock import VirtualClock
from loopdesk.engine.errors import Refused
from loopdesk.engine.figures import figure
from loopdesk.engine.outbox import Handlers, Row
from loopdesk.engine.tx import Engine, Tx
from loopdesk.tests.spans import spans as spans


def want(engine: Engine) -> None:
    with engine.begin() as tx:
        outbox.put(tx, "send", {}, idempotency_key="a", key="L-1", instance="i1", element="mail")


def counted(engine: Engine) -> dict[tuple[str, str], float]:
    engine.figures.hand_in(engine, every=0)
    with engine.read() as tx:
        return {(row.name, row.labels): row.value for row in tx.conn.execute(sa.select(figure))}


def test_an_effect_hangs_below_whoever_wanted_it(
    engine: Engine, clock: VirtualClock, spans: InMemorySpanExporter
) -> None:
    with trace.get_tracer("test").start_as_current_span("request") as request:
        want(engine)
    clock.advance(timedelta(seconds=3))
    outbox.drain(engine, Handlers(local={"send": lambda _tx, _row: None}), worker="w")
    [found] = [span for span in spans.get_finished_spans() if span.name == "outbox send"]
    assert found.context.trace_id == request.get_span_context().trace_id
    assert found.parent is not None
    assert found.parent.span_id == request.get_span_context().span_id
    assert found.attributes is not None
    assert {name: found.attributes[name] for name in found.attributes if name.startswith("loopdesk.")} == {
        "loopdesk.case": "L-1",
        "loopdesk.instance": "i1",
        "loopdesk.element": "mail",
        "loopdesk.outbox.kind": "send",
        "loopdesk.outbox.age_seconds": 3.0,
        "loopdesk.outbox.attempt": 1,
    }


def test_a_failed_attempt_is_an_error_in_the_trace_and_a_figure(engine: Engine, spans: InMemorySpanExporter) -> None:
    def refuse(_tx: Tx, _row: Row) -> None:
        raise Refused("Not today.")

    want(engine)
    outbox.drain(engine, Handlers(local={"send": refuse}), worker="w")
    [found] = [span for span in spans.get_finished_spans() if span.name == "outbox send"]
    assert not found.status.is_ok
    assert found.events[0].name == "exception"
    assert counted(engine)[figures.ATTEMPTS, "kind=send,outcome=failed"] == 1


def test_log_lines_know_case_and_instance_while_a_row_is_performed(engine: Engine) -> None:
    seen: list[dict[str, str]] = []
    want(engine)
    outbox.drain(engine, Handlers(local={"send": lambda _tx, _row: seen.append({**telemetry.place()})}), worker="w")
    assert seen == [{"case": "L-1", "instance": "i1", "element": "mail"}]
    assert telemetry.place() == {}


def test_a_step_without_a_row_of_its_own_names_its_case_too() -> None:
    telemetry.stand("L-1", "i1", "mail")
    telemetry.stand("L-1", "i1")
    assert telemetry.place() == {"case": "L-1", "instance": "i1", "element": "mail"}
    telemetry.stand("L-1", "i2")
    assert telemetry.place() == {"case": "L-1", "instance": "i2"}
    telemetry.stand()


def test_lateness_of_timers_is_counted(engine: Engine, clock: VirtualClock) -> None:
    with engine.begin() as tx:
        timers.set(tx, instance="i1", key="L-1", element="t", ref="1", due_at=tx.now)
        (one,) = timers.of_instance(tx, "i1")
    clock.advance(timedelta(seconds=7))
    with engine.begin() as tx:
        assert timers.take(tx, one["id"])
    found = counted(engine)
    assert found[figures.LATE, "le=10.0"] == 1
    assert found[f"{figures.LATE}_sum", ""] == 7.0


def test_figures_of_several_processes_add_up(engine: Engine) -> None:
    other = Engine(engine.database, engine.clock, engine.host)
    for one in (engine, other, engine):
        one.figures.add("x", 2.0, kind="a")
        one.figures.hand_in(one, every=0)
    assert counted(engine)["x", "kind=a"] == 6.0


def test_figures_wait_while_the_database_is_away(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object) -> None:
        raise sa.exc.OperationalError("", {}, Exception("gone"))

    engine.figures.add("x", kind="a")
    with monkeypatch.context() as patch:
        patch.setattr(figures, "_write", away)
        engine.figures.hand_in(engine, every=0)
    assert counted(engine)["x", "kind=a"] == 1.0
