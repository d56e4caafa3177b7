"""Logs and traces: one structured line per thing that happened, one trace through calls and events.

Logs carry the correlation id and, when traces are exported, the trace id. Traces follow the
OpenTelemetry semantic conventions and travel with requests (traceparent header) and events.
"""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any, Final

import structlog
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from chassis.settings import ChassisSettings

ROW: Final = re.compile(
    r"^DETAIL:.*?(?=^\[SQL: |^\nThe above exception|\Z)", re.DOTALL | re.MULTILINE
)
"""What a line says after PostgreSQL's DETAIL, up to where SQLAlchemy or Python go on."""

_configured = False


def add_trace(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Name the trace a line belongs to."""
    context = trace.get_current_span().get_span_context()
    if context.is_valid:
        event["trace_id"] = f"{context.trace_id:032x}"
    return event


def leave_rows_out(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Drop the rows PostgreSQL quotes in its errors: people's data and secrets are not for logs."""
    for name in ("error", "exception"):
        if isinstance(event.get(name), str):
            event[name] = ROW.sub("DETAIL: not logged\n", event[name])
    return event


PROCESSORS: Final[list[Any]] = [
    structlog.contextvars.merge_contextvars,
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    add_trace,
    structlog.processors.format_exc_info,
    leave_rows_out,
]
"""What happens to every line before it is rendered."""


def configure(service: str, settings: ChassisSettings) -> None:
    """Set logs and traces up, once per process."""
    global _configured  # noqa: PLW0603 - logging and tracing are one of a kind in a process
    if _configured:
        return
    _configured = True
    _configure_logs(settings)
    _configure_traces(service, settings)


def _configure_logs(settings: ChassisSettings) -> None:
    renderer: Any = (
        structlog.processors.JSONRenderer()
        if settings.log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[*PROCESSORS, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.getLevelNamesMapping()[settings.log_level.upper()]
        ),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )

    for library in ("aio_pika", "aiormq"):
        # what these log as errors is raised as well, and reported once by `keep_running`
        logging.getLogger(library).setLevel(logging.CRITICAL)


def _configure_traces(service: str, settings: ChassisSettings) -> None:
    if settings.otlp_endpoint is None:
        return
    provider = TracerProvider(resource=Resource({"service.name": f"rapport-{service}"}))
    exporter = OTLPSpanExporter(endpoint=settings.otlp_endpoint)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
