"""What a process tells about itself: OpenTelemetry spans, and log lines for people or for machines.

Spans leave only where ``OTEL_EXPORTER_OTLP_ENDPOINT`` names a collector and the extra ``otel`` is installed; all other
``OTEL_…`` variables work as OpenTelemetry documents them.
"""

import logging
import os
from collections.abc import Mapping
from datetime import UTC, datetime

import orjson
from flask import Flask, Response, g, request
from opentelemetry import trace
from opentelemetry.trace import SpanKind, Status, StatusCode

from loopdesk.engine import telemetry

log = logging.getLogger(__name__)
_tracer = trace.get_tracer("loopdesk.web")


class JsonLines(logging.Formatter):
    """One JSON object a line: time, level, part, logger, message; case, instance and element of the step; the trace."""

    def __init__(self, part: str) -> None:
        super().__init__()
        self._part = part

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname,
            "part": self._part,
            "logger": record.name,
            "message": record.getMessage(),
            **telemetry.place(),
        }
        if trace_parent := telemetry.traceparent():
            line["trace"] = trace_parent.split("-")[1]
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return orjson.dumps(line).decode()


def start(part: str, environ: Mapping[str, str] = os.environ) -> None:
    """Set up logging (``LOOPDESK_LOG``: text or json) and, where a collector is named, tracing of this process."""
    if environ.get("LOOPDESK_LOG") == "json":
        handler = logging.StreamHandler()
        handler.setFormatter(JsonLines(part))
        logging.basicConfig(level=logging.WARNING, handlers=[handler])
        logging.getLogger("loopdesk").setLevel(logging.INFO)
    else:
        logging.basicConfig(
            level=logging.WARNING, format=f"%(asctime)s {part}: %(levelname)s %(name)s: %(message)s"
        )  # fmt: skip
    if environ.get("OTEL_EXPORTER_OTLP_ENDPOINT"):
        _export(part)


def _export(part: str) -> None:
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError:
        log.warning("OTEL_EXPORTER_OTLP_ENDPOINT is set, but the extra is missing: pip install 'loopdesk[otel]'.")
        return
    provider = TracerProvider(resource=Resource.create({"service.name": "loopdesk", "service.instance.id": part}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)


def register(app: Flask) -> None:
    """Trace every request, below the trace of whoever asks."""

    def begin() -> None:
        name = f"{request.method} {request.endpoint or 'unknown'}"
        about = {"http.request.method": request.method, "http.route": str(request.url_rule or "")}
        parent = telemetry.below(request.headers.get("traceparent", ""))
        g.span = _tracer.start_as_current_span(name, context=parent, kind=SpanKind.SERVER, attributes=about)
        g.span.__enter__()

    def answer(response: Response) -> Response:
        span = trace.get_current_span()
        span.set_attribute("http.response.status_code", response.status_code)
        for name, value in telemetry.place().items():
            span.set_attribute(f"loopdesk.{name}", value)
        if response.status_code >= 500:
            span.set_status(Status(StatusCode.ERROR))
        return response

    def end(_error: BaseException | None) -> None:
        if "span" in g:
            g.pop("span").__exit__(None, None, None)
        telemetry.stand()

    app.before_request(begin)
    app.after_request(answer)
    app.teardown_request(end)
