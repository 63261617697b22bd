# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The tracing of one server: its settings, the sampling for all front ends, and the thread that writes."""

from __future__ import annotations

import logging
import random
import threading
import time
from typing import TYPE_CHECKING, NamedTuple

from triton_py.errors import InvalidArgumentError
from triton_py.tracing._tracer import Tracer
from triton_py.tracing.context import parent_of, spans_of
from triton_py.tracing.files import TraceFile
from triton_py.tracing.form import trace_text
from triton_py.tracing.notes import Recorded, Spans
from triton_py.tracing.setting import Batch, Setting
from triton_py.tracing.settings import (
    Change,
    Layer,
    Level,
    Mode,
    TraceOptions,
    Values,
    changed,
    why_idle,
)

if TYPE_CHECKING:
    from triton_py.tracing.spans import SpanExport

logger = logging.getLogger("triton_py.tracing")

#: Bytes of complete recordings that wait for the thread that writes. With more, requests go untraced.
MOST_BACKLOG = 64 << 20


class View(NamedTuple):
    """What is in force, for a model or globally."""

    values: Values
    options: TraceOptions


class TraceManager:
    """Made once, used by every front end, closed when the server has stopped.

    :raises UnavailableError: the mode needs a package that isn't there.
    """

    def __init__(self, options: TraceOptions | None = None,
                 export: SpanExport | None = None, most_backlog: int = MOST_BACKLOG) -> None:
        self.options = o = options or TraceOptions()
        self._most_backlog = most_backlog
        self._export = export
        if o.mode is Mode.OPENTELEMETRY and export is None:
            from triton_py.tracing import spans

            self._export = spans.SpanExport(o.open_telemetry)
        self._file = TraceFile(o.file)
        self._default = Values(o.level, o.rate, o.count, o.log_frequency)
        #: Of all that follows. Held for moments only, and never by a thread without the GIL.
        self._lock = threading.Lock()
        self._settings: dict[int, Setting] = {}
        self._last_number = 0
        self._outstanding = 0
        #: Requests that went untraced since the thread that writes fell behind; and ever.
        self._left_out = 0
        self.left_out = 0
        #: For the thread that writes: from threads that must not wait for a file.
        self._due: list[Batch] = []
        self._global = self._made(Layer(self._default))
        self._models: dict[str, Setting] = {}
        self._thread: threading.Thread | None = None
        self._stopping = False
        self._closed = False
        self.tracer = Tracer(self)
        with self._lock:
            self._refresh()

    # --- settings ---

    def view(self, model: str = "") -> View:
        """The settings of a model, or the global ones; the count is what is left of it."""
        with self._lock:
            return View(self._models.get(model, self._global).values, self.options)

    def update(self, model: str, change: Change) -> None:
        """Changes a model's settings, or with an empty name the global ones and what rests on them.

        All or nothing.

        :raises InvalidArgumentError: nothing could be traced by them, and tracing isn't off.
        """
        batches: list[Batch | None] = []
        with self._lock:
            self._count_passed()
            # From here on requests wait for the end of the change.
            if model:
                layers = {model: self._layer_after(model, self._global.values, change)}
            else:
                top = self._checked(changed(self._global.layer, self._default, change))
                layers = {name: self._layer_after(name, top.values, {}) for name in self._models}
                batches.append(self._global.retire())
                self._global = self._made(top)
            for name, layer in layers.items():
                old = self._models.pop(name, None)
                if old is not None:
                    batches.append(old.retire())
                if layer.specified:
                    self._models[name] = self._made(layer)
            self._forget_complete()
            self._refresh()
        for batch in batches:
            self._save(batch)

    def _layer_after(self, model: str, below: Values, change: Change) -> Layer:
        current = self._models.get(model)
        layer = changed(current.layer if current is not None else None, below, change)
        # A model without settings of its own has the global ones, whatever they are.
        return self._checked(layer) if layer.specified else layer

    def _checked(self, layer: Layer) -> Layer:
        if layer.values.level:
            problem = why_idle(layer.values, self.options.mode, self.options.file)
            if self.options.mode is Mode.OPENTELEMETRY and layer.values.level & Level.TENSORS:
                problem = "trace level TENSORS is not supported by the mode: opentelemetry"
            if problem:
                raise InvalidArgumentError(f"Attempting to set invalid trace setting :{problem}")
        return layer

    def _made(self, layer: Layer) -> Setting:
        self._last_number += 1
        setting = Setting(self._last_number, layer, self.options.mode, self.options.file)
        self._settings[setting.number] = setting
        return setting

    def _forget_complete(self) -> None:
        done = [number for number, s in self._settings.items() if s.retired and s.complete]
        for number in done:
            del self._settings[number]

    def _refresh(self) -> None:
        """Under the lock, after ``_count_passed``: says to front ends what is worth asking."""
        on = not self._closed and any(
            setting.samples for _, setting in self._in_force())
        if on and self._thread is None:
            self._thread = threading.Thread(target=self._run, name="traces", daemon=True)
            self._thread.start()
        self.tracer.set_models(self._models)
        for name, setting in self._in_force():
            self.tracer.skip_next(name, setting.without_traces)
        self.tracer.switch(on, self._export is not None)

    def _in_force(self) -> list[tuple[str, Setting]]:
        return [("", self._global), *self._models.items()]

    def _count_passed(self) -> None:
        """Under the lock; from then on each request is asked about."""
        for name, setting in self._in_force():
            setting.pass_over(self.tracer.look(name))

    # --- sampling, called by the tracer ---

    def decide(self, model: str, traceparent: str | None, tracestate: str | None
               ) -> tuple[int, int, Spans | None, int] | None:
        """Whether one more request of a model is traced; see ``_tracer.pyi``."""
        with self._lock:
            name = model if model in self._models else ""
            setting = self._models.get(model, self._global)
            setting.pass_over(self.tracer.look(name))
            level = setting.level
            parent = None
            if traceparent and self._export is not None and level:
                parent = parent_of(traceparent)
            traced = not self._closed and setting.sample(parent is not None)
            if setting.samples:
                self.tracer.skip_next(name, setting.without_traces)
            else:
                # That was the last one.
                self._count_passed()
                self._refresh()
            if not traced:
                return None
            self._outstanding += 1
        if self.tracer.backlog >= self._most_backlog:
            self._leave_out(setting.number)
            return None
        if self._export is None:
            return setting.number, int(level), None, 0
        return setting.number, int(level), spans_of(parent, tracestate), random.getrandbits(64)

    def lost(self, tag: int) -> None:
        """A trace that was sampled comes to nothing."""
        batch = self._collect(tag, "")
        with self._lock:
            if batch is not None:
                self._due.append(batch)
        self.tracer.wake()

    def _leave_out(self, tag: int) -> None:
        with self._lock:
            first = self._left_out == 0
            self._left_out += 1
            self.left_out += 1
        if first:
            logger.error("traces are made faster than they can be written: requests go untraced "
                         "until fewer than %d bytes of them wait", self._most_backlog)
        self.lost(tag)

    # --- the thread that writes ---

    def _run(self) -> None:
        while True:
            recorded = self.tracer.take()
            if recorded is not None:
                self._write(recorded)
            self._save_due()
            self._tell_left_out(2 * self.tracer.backlog <= self._most_backlog)
            with self._lock:
                if self._stopping or (self._closed and not self._outstanding):
                    return

    def _write(self, recorded: Recorded) -> None:
        text = ""
        try:
            if recorded.lossy:
                logger.error("trace %d is incomplete: memory was short", recorded.trace_id)
            if self._export is not None:
                self._export.send(recorded)
            else:
                text = trace_text(recorded)
        except Exception:
            # One that can't be written is no reason to lose those after it.
            logger.exception("trace %d could not be written", recorded.trace_id)
        self._save(self._collect(recorded.tag, text))

    def _collect(self, tag: int, text: str) -> Batch | None:
        """One trace is complete, or lost: what is to be written now."""
        with self._lock:
            self._outstanding -= 1
            setting = self._settings[tag]
            batch = setting.collect(text)
            if setting.retired and setting.complete:
                del self._settings[tag]
        return batch

    def _save_due(self) -> None:
        with self._lock:
            due, self._due = self._due, []
        for batch in due:
            self._save(batch)

    def _tell_left_out(self, caught_up: bool) -> None:
        with self._lock:
            if not caught_up or not self._left_out:
                return
            count, self._left_out = self._left_out, 0
        logger.error("%d requests went untraced while traces waited to be written", count)

    def _save(self, batch: Batch | None) -> None:
        if batch is not None and self._export is None:
            self._file.save(batch)

    # --- the end ---

    def close(self, timeout: float = 5.0) -> None:
        """Traces no more, waits up to ``timeout`` seconds for traces in flight, writes what is there.

        May be called more than once.
        """
        with self._lock:
            if self._closed:
                return
            self._closed = True
            self._count_passed()
            self._refresh()
            thread = self._thread
        deadline = time.monotonic() + timeout
        if thread is not None:
            self.tracer.wake()
            thread.join(timeout)
            if thread.is_alive():
                with self._lock:
                    self._stopping = True
                    logger.warning("%d traces were not complete, or not written, when tracing ended",
                                   self._outstanding)
                self.tracer.wake()
                thread.join(5.0)
        self._save_due()
        self._tell_left_out(True)
        with self._lock:
            batches = [setting.abandon() for setting in self._settings.values()]
        for batch in batches:
            self._save(batch)
        self._file.close()
        if self._export is not None:
            try:
                self._export.close(max(1.0, deadline - time.monotonic()))
            except Exception:
                # A collector that does not answer must not keep the server from ending.
                logger.exception("the last spans could not be exported")
