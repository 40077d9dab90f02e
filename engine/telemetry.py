"""Traces and the place of log lines: what is being done, for which case, in which instance.

Spans go nowhere until a process sets OpenTelemetry up (``web/telemetry``). The trace of whoever wanted an effect
travels in the outbox row as a ``traceparent`` (W3C Trace Context), so the worker's span hangs below it.
"""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from loopdesk.engine import figures
from loopdesk.engine.clock import SystemClock

if TYPE_CHECKING:
    from loopdesk.engine.outbox_rows import Row
    from loopdesk.engine.tx import Engine

_tracer = trace.get_tracer("loopdesk")
_carrier = TraceContextTextMapPropagator()
_place: ContextVar[Mapping[str, str] | None] = ContextVar("loopdesk_place", default=None)


def place() -> Mapping[str, str]:
    """``case``, ``instance`` and ``element`` of what is being done now, those that are known."""
    return _place.get() or {}


def stand(case: str = "", instance: str = "", element: str = "") -> None:
    """From now on log lines of this thread belong to this case and instance; without arguments to none."""
    if instance and not element and place().get("instance") == instance:
        return  # the element is known already
    known = {"case": case, "instance": instance, "element": element}
    _place.set({name: value for name, value in known.items() if value})


def traceparent() -> str:
    """The trace of what is being done now, to put into a row; empty when nothing is traced."""
    span = trace.get_current_span().get_span_context()
    return f"00-{span.trace_id:032x}-{span.span_id:016x}-{span.trace_flags:02x}" if span.is_valid else ""


def below(traceparent: str) -> Context | None:
    """The context below the trace that a row or a request names; None for none."""
    return _carrier.extract({"traceparent": traceparent}) if traceparent else None


class Outcome:
    """How an attempt ended."""

    error: Exception | None = None


@contextmanager
def performing(engine: "Engine", row: "Row") -> Iterator[Outcome]:
    """Trace and count one attempt at an outbox row; the caller puts the error that it dealt with into the outcome."""
    now, outcome = engine.clock.now(), Outcome()
    waited = max(0.0, (now - row.created_at).total_seconds())
    stand(row.key, row.instance_id, row.element)
    about: dict[str, Any] = {
        **_attributes(row.key, row.instance_id, row.element),
        "loopdesk.outbox.kind": row.kind,
        "loopdesk.outbox.age_seconds": waited,
        "loopdesk.outbox.attempt": row.attempts + 1,
    }
    with _tracer.start_as_current_span(
        f"outbox {row.kind}", context=below(row.trace), kind=SpanKind.CONSUMER, attributes=about
    ) as span:
        yield outcome
        if outcome.error is not None:
            span.record_exception(outcome.error)
            span.set_status(Status(StatusCode.ERROR))
    engine.figures.observe(figures.WAIT, waited, kind=row.kind)
    engine.figures.add(figures.ATTEMPTS, kind=row.kind, outcome="failed" if outcome.error else "done")
    stand()


def stepped(engine: "Engine", row: Mapping[str, Any], began: float) -> None:
    """Count and trace a step that took from ``began`` (of ``time.perf_counter``) until now."""
    seconds = time.perf_counter() - began
    engine.figures.observe(figures.STEP, seconds, process=row["process"])
    if trace.get_current_span().is_recording():
        end = int(SystemClock().now().timestamp() * 1e9)
        about = {**_attributes(row["key"], row["id"]), "loopdesk.process": row["process"]}
        start = end - int(seconds * 1e9)
        _tracer.start_span(f"step {row['process']}", attributes=about, start_time=start).end(end)


def fired(engine: "Engine", late: float) -> None:
    """Count a timer that fires ``late`` seconds after its moment."""
    engine.figures.observe(figures.LATE, max(0.0, late))
    trace.get_current_span().set_attribute("loopdesk.timer.late_seconds", late)


def _attributes(case: str, instance: str, element: str = "") -> dict[str, str]:
    known = {"loopdesk.case": case, "loopdesk.instance": instance, "loopdesk.element": element}
    return {name: value for name, value in known.items() if value}
