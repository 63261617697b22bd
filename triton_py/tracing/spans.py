# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Recordings as OpenTelemetry's spans, the same that Triton makes.

``InferRequest`` from the sampling to the end of the answer, with the front end's times as events; in
it a span of the model's name from REQUEST_START to REQUEST_END; in that ``compute``, and one for each
pair of a backend's own activities that end in _START and _END. A child trace's span lies in its
parent's. All other activities are events of the innermost span.

Spans are made when a recording is complete, so their ids have to be told to the SDK: the backend was
given that of its request's span while it ran.
"""

from __future__ import annotations

from typing import Any

from triton_py.errors import UnavailableError
from triton_py.tracing.context import tracestate_of
from triton_py.tracing.notes import Happened, Recorded, Started, Tensor
from triton_py.tracing.settings import OpenTelemetryOptions

ROOT = "InferRequest"
COMPUTE = "compute"
TRACER = "triton-server"
SERVICE = "triton-inference-server"


def _needs(error: ImportError) -> UnavailableError:
    return UnavailableError(
        "trace mode opentelemetry needs OpenTelemetry's SDK and its OTLP exporter: "
        f"pip install 'triton-py[opentelemetry]' ({error})")


def _ids() -> Any:
    """The SDK's random ids, but for those that are set for the next span."""
    from opentelemetry.sdk.trace.id_generator import RandomIdGenerator

    class ChosenIds(RandomIdGenerator):
        trace_id = 0
        span_id = 0

        def generate_trace_id(self) -> int:
            chosen, self.trace_id = self.trace_id, 0
            return chosen or super().generate_trace_id()

        def generate_span_id(self) -> int:
            chosen, self.span_id = self.span_id, 0
            return chosen or super().generate_span_id()

    return ChosenIds()


def _batching(options: OpenTelemetryOptions) -> Any:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    return BatchSpanProcessor(
        OTLPSpanExporter(endpoint=options.url),
        max_queue_size=options.bsp_max_queue_size,
        schedule_delay_millis=options.bsp_schedule_delay,
        max_export_batch_size=options.bsp_max_export_batch_size,
    )


class SpanExport:
    """Makes spans of recordings and gives them to a span processor. For one thread.

    :param processor: where spans go; by default a batching one with OTLP over HTTP.
    :raises UnavailableError: the SDK or the exporter is not installed.
    """

    def __init__(self, options: OpenTelemetryOptions, processor: Any = None) -> None:
        try:
            from opentelemetry.sdk.resources import Resource
            from opentelemetry.sdk.trace import TracerProvider
            from opentelemetry.sdk.trace.sampling import ALWAYS_ON

            self._ids = _ids()
            self._provider = TracerProvider(
                # Whether a request is traced is decided before there is a span.
                sampler=ALWAYS_ON,
                resource=Resource.create({"service.name": SERVICE, **dict(options.resource)}),
                id_generator=self._ids,
                shutdown_on_exit=False,
            )
            self._provider.add_span_processor(
                _batching(options) if processor is None else processor)
        except ImportError as error:
            raise _needs(error) from None
        self._tracer = self._provider.get_tracer(TRACER)

    def send(self, recorded: Recorded) -> None:
        _Replay(self._tracer, self._ids, recorded).run()

    def close(self, seconds: float) -> None:
        """Exports what is left, for so long."""
        self._provider.force_flush(int(seconds * 1000))
        self._provider.shutdown()


class _Replay:
    """One recording, note by note."""

    def __init__(self, tracer: Any, ids: Any, recorded: Recorded) -> None:
        self._tracer = tracer
        self._ids = ids
        self._recorded = recorded
        #: From the monotonic clock to that of the calendar.
        self._offset = recorded.wall_ns - recorded.began_ns
        #: By trace, the innermost span last.
        self._open: dict[int, list[Any]] = {}
        self._root: Any = None

    def run(self) -> None:
        self._root = self._begin_root()
        self._open[self._recorded.trace_id] = [self._root]
        for note in self._recorded.notes:
            if isinstance(note, Started):
                self._request(note)
            elif isinstance(note, Happened):
                self._happened(note)
            else:
                # The level isn't allowed in this mode.
                assert isinstance(note, Tensor)
        # Also what a failure kept from ending, the inner ones first.
        for spans in reversed(self._open.values()):
            while spans:
                spans.pop().end(end_time=self._recorded.ended_ns + self._offset)

    def _begin_root(self) -> Any:
        from opentelemetry.context import Context
        from opentelemetry.trace import (
            NonRecordingSpan,
            SpanContext,
            TraceFlags,
            TraceState,
            set_span_in_context,
        )

        spans = self._recorded.spans
        assert spans is not None
        context = Context()
        if spans.parent_span:
            state = tracestate_of(spans)
            parent = SpanContext(
                int(spans.trace_hex, 16), spans.parent_span, is_remote=True,
                trace_flags=TraceFlags(TraceFlags.SAMPLED),
                trace_state=TraceState.from_header([state]) if state else None)
            context = set_span_in_context(NonRecordingSpan(parent), context)
        else:
            self._ids.trace_id = int(spans.trace_hex, 16)
        return self._start(ROOT, context, self._recorded.began_ns)

    def _start(self, name: str, context: Any, ns: int, attributes: dict[str, Any] | None = None
               ) -> Any:
        from opentelemetry.trace import SpanKind

        return self._tracer.start_span(
            name, context=context, kind=SpanKind.SERVER, attributes=attributes,
            start_time=ns + self._offset)

    def _begin(self, trace_id: int, parent_id: int, name: str, ns: int,
               attributes: dict[str, Any] | None = None) -> None:
        """A span inside the innermost one of a trace."""
        from opentelemetry.context import Context
        from opentelemetry.trace import set_span_in_context

        # A parent whose span is over, or that was never heard of: the whole is a parent to all.
        around = self._open.get(parent_id) or self._open[self._recorded.trace_id]
        context = set_span_in_context(around[-1], Context()) if around else Context()
        span = self._start(name, context, ns, attributes)
        self._open.setdefault(trace_id, []).append(span)

    def _event(self, trace_id: int, name: str, ns: int) -> None:
        spans = self._open.get(trace_id)
        if spans:
            spans[-1].add_event(name, timestamp=ns + self._offset)

    def _finish(self, trace_id: int, ns: int) -> None:
        spans = self._open.get(trace_id)
        # A backend may end what it did not start; the whole ends with the answer.
        if spans and spans[-1] is not self._root:
            spans.pop().end(end_time=ns + self._offset)

    def _request(self, note: Started) -> None:
        attributes: dict[str, Any] = {
            "triton.model_name": note.model,
            "triton.model_version": note.version,
            "triton.trace_id": note.trace_id,
            "triton.trace_parent_id": note.parent_id,
        }
        if note.request_id:
            attributes["triton.request_id"] = note.request_id
        self._ids.span_id = note.span_id
        self._begin(note.trace_id, note.parent_id or note.trace_id, note.model, note.ns, attributes)
        self._event(note.trace_id, "REQUEST_START", note.ns)

    def _happened(self, note: Happened) -> None:
        if note.front:
            self._root.add_event(note.name, timestamp=note.ns + self._offset)
            return
        if note.name == "COMPUTE_START":
            self._begin(note.trace_id, note.trace_id, COMPUTE, note.ns)
        elif _is_custom(note.name) and note.name.endswith("_START"):
            name = note.name.removesuffix("_START")
            self._begin(note.trace_id, note.trace_id, name, note.ns)
        self._event(note.trace_id, note.name, note.ns)
        if note.name in ("COMPUTE_END", "REQUEST_END") or (
                _is_custom(note.name) and note.name.endswith("_END")):
            self._finish(note.trace_id, note.ns)


#: Activities of the core that end in _START or _END and are no spans of their own.
_CORES = frozenset({"QUEUE_START", "COMPUTE_START", "COMPUTE_INPUT_END", "COMPUTE_OUTPUT_START",
                    "COMPUTE_END", "REQUEST_START", "REQUEST_END"})


def _is_custom(name: str) -> bool:
    return name not in _CORES and name not in ("_START", "_END")
