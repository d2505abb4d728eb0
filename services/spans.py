"""Spans by the OpenTelemetry SDK; imported only where traces are sent, since the SDK is an extra (`telemetry`)."""

import contextvars
import threading
from typing import Final

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.trace import NonRecordingSpan, SpanContext, SpanKind, Status, StatusCode, TraceFlags
from opentelemetry.trace import set_span_in_context as within

from services.trace_places import Place, Told, span_id_of, trace_id_of

STOP_SECONDS: Final = 2.0
"""How long the last spans may take to leave when a process stops; a collector that hangs holds nobody up."""

EVERY_MILLISECONDS: Final = 1_000


class _ChosenIds(RandomIdGenerator):
    """Gives a span the ids that follow from its place; random ones where it has none."""

    def __init__(self) -> None:
        self.place: contextvars.ContextVar[Place | None] = contextvars.ContextVar("place", default=None)

    def generate_trace_id(self) -> int:
        place = self.place.get()
        return super().generate_trace_id() if place is None else trace_id_of(place.cause)

    def generate_span_id(self) -> int:
        place = self.place.get()
        if place is None or place.step is None:
            return super().generate_span_id()
        return span_id_of(place.cause, place.step)


class Spans:
    """Sends the spans of one process."""

    def __init__(self, endpoint: str, service: str) -> None:
        """Make ready; nothing is connected yet.

        Args:
            endpoint: `http://host:4318`; what else there is to set is read from the standard variables OTEL_….
            service: how this process is named among others.
        """
        self._ids = _ChosenIds()
        self._provider = TracerProvider(
            resource=Resource.create({SERVICE_NAME: service}), shutdown_on_exit=False, id_generator=self._ids
        )
        exporter = OTLPSpanExporter(endpoint=f"{endpoint}/v1/traces")
        self._provider.add_span_processor(BatchSpanProcessor(exporter, schedule_delay_millis=EVERY_MILLISECONDS))
        self._tracer = self._provider.get_tracer("dondoc")

    def tell(
        self,
        name: str,
        began: int,
        ended: int,
        told: Told,
        place: Place | None = None,
        *,
        from_outside: bool = False,
        failed: str | None = None,
    ) -> None:
        """Tell of something that is over.

        Args:
            began: nanoseconds since 1970.
            ended: nanoseconds since 1970.
            told: the attributes.
            place: where it stands in which trace; None makes a trace of its own.
            failed: why it failed, in one word; None when it did not.
        """
        before = self._ids.place.set(place)
        try:
            kind = SpanKind.SERVER if from_outside else SpanKind.INTERNAL
            span = self._tracer.start_span(name, _parent(place), kind, dict(told), start_time=began)
        finally:
            self._ids.place.reset(before)
        if failed is not None:
            span.set_status(Status(StatusCode.ERROR, failed))
        span.end(ended)

    def close(self) -> None:
        """Send what is left, for a short while."""
        last = threading.Thread(target=self._provider.force_flush, name="last spans", daemon=True)
        last.start()
        last.join(STOP_SECONDS)


def _parent(place: Place | None) -> Context:
    if place is None or place.within is None:
        return Context()
    there = SpanContext(
        trace_id_of(place.cause),
        span_id_of(place.cause, place.within),
        is_remote=True,
        trace_flags=TraceFlags(TraceFlags.SAMPLED),
    )
    return within(NonRecordingSpan(there), Context())
