"""Log lines for machines, traces of requests, and the figures of workers on one page (issue 4, Operable)."""

import json
import logging

from flask import Flask
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client.parser import text_string_to_metric_families

from loopdesk.engine import figures, telemetry
from loopdesk.tests.spans import spans as spans
from loopdesk.web.telemetry import JsonLines
from loopdesk.web.wiring import Loopdesk

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def test_a_json_line_names_case_and_instance() -> None:
    record = logging.LogRecord("loopdesk.x", logging.WARNING, "", 1, "%d rows", (3,), None)
    telemetry.stand("L-1", "i1", "triage")
    line = json.loads(JsonLines("worker").format(record))
    telemetry.stand()
    assert {name: line[name] for name in ("part", "level", "message", "case", "instance", "element")} == {
        "part": "worker",
        "level": "WARNING",
        "message": "3 rows",
        "case": "L-1",
        "instance": "i1",
        "element": "triage",
    }
    assert "case" not in json.loads(JsonLines("worker").format(record))


def test_a_request_is_traced_below_whoever_asks(light_app: Flask, spans: InMemorySpanExporter) -> None:
    light_app.test_client().get("/healthz", headers={"traceparent": PARENT})
    [found] = spans.get_finished_spans()
    assert found.name == "GET healthz"
    assert f"{found.context.trace_id:032x}" == PARENT.split("-")[1]
    assert found.attributes is not None
    assert (found.attributes["http.route"], found.attributes["http.response.status_code"]) == ("/healthz", 200)


def test_what_workers_counted_stands_on_the_page_of_figures(light_desk: Loopdesk, light_app: Flask) -> None:
    counted = light_desk.engine.figures
    for seconds in (0.004, 0.02, 9999.0):
        counted.observe(figures.STEP, seconds, process="intake")
    counted.add(figures.ATTEMPTS, kind="send", outcome="done")
    text = light_app.test_client().get("/metrics", environ_base={"REMOTE_ADDR": "127.0.0.1"}).text
    samples = {
        (one.name, tuple(sorted(one.labels.items()))): one.value
        for family in text_string_to_metric_families(text)
        for one in family.samples
    }
    step = (("process", "intake"),)
    assert samples[f"{figures.STEP}_bucket", (("le", "0.005"), *step)] == 1
    assert samples[f"{figures.STEP}_bucket", (("le", "0.05"), *step)] == 2
    assert samples[f"{figures.STEP}_count", step] == 3
    assert samples[f"{figures.ATTEMPTS}_total", (("kind", "send"), ("outcome", "done"))] == 1
    assert ("loopdesk_audit_lag_seconds", ()) in samples
