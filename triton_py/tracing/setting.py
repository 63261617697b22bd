# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""A setting in force: it samples, and gathers the text of its traces until that is due for a file.

A change makes a new one; the old one is retired, and written when its last trace is complete. Nothing
here locks: the manager does.
"""

from __future__ import annotations

from typing import NamedTuple

from triton_py.tracing.sampling import (
    Progress,
    after_others,
    after_request,
    to_numbered_file,
    without_traces,
)
from triton_py.tracing.settings import Layer, Level, Mode, Values, why_idle

#: Bytes of traces that would all go to one file, which they may do early: memory stays bounded.
SPILL = 1 << 20


class Batch(NamedTuple):
    """Text of traces, to be written."""

    text: str
    #: To a numbered file.
    numbered: bool


class Setting:
    """One layer of settings and its traces."""

    def __init__(self, number: int, layer: Layer, mode: Mode, file: str) -> None:
        self.number = number
        self._layer = layer
        self._mode = mode
        self._file = file
        self._progress = Progress(layer.values.rate, layer.values.count)
        self._enabled = not why_idle(layer.values._replace(count=-1), mode, file)
        self._pending: list[str] = []
        self._size = 0
        self.collected = 0
        self.retired = False

    @property
    def layer(self) -> Layer:
        """As it is now: what is left of the count, not what it was."""
        values = self._layer.values._replace(count=self._progress.count)
        return self._layer._replace(values=values)

    @property
    def values(self) -> Values:
        return self.layer.values

    @property
    def level(self) -> Level:
        return self._layer.values.level

    @property
    def samples(self) -> bool:
        """Whether any request may be traced by it."""
        forces = self._mode is Mode.OPENTELEMETRY and bool(self.level)
        return forces or (self._enabled and self._progress.count != 0)

    @property
    def complete(self) -> bool:
        """Every trace that was begun is there."""
        return self.collected == self._progress.created

    def sample(self, forced: bool) -> bool:
        traced, self._progress = after_request(self._progress, self._enabled, forced)
        return traced

    @property
    def without_traces(self) -> int:
        """Of so many requests none is traced, unless a client traces one itself."""
        return without_traces(self._progress, self._enabled)

    def pass_over(self, others: int) -> None:
        """So many requests, as ``without_traces`` allows, were not asked about."""
        self._progress = after_others(self._progress, self._enabled, others)

    def collect(self, text: str) -> Batch | None:
        """One trace is complete; what is to be written now. Empty text: it has nothing to say."""
        self.collected += 1
        if text:
            self._pending.append(text)
            self._size += len(text)
        if self.retired:
            return self._rest() if self.complete else None
        values = self._layer.values
        if to_numbered_file(self._progress, self.collected, len(self._pending),
                            values.log_frequency):
            return self._taken(True)
        if self._size > SPILL and not values.log_frequency and self._progress.count < 0:
            return self._taken(False)
        return None

    def retire(self) -> Batch | None:
        """No more is sampled; what is left to be written, where nothing more comes."""
        self.retired = True
        return self._rest() if self.complete else None

    def abandon(self) -> Batch | None:
        """What is there is all there will be."""
        self.retired = True
        return self._rest()

    def _rest(self) -> Batch | None:
        return self._taken(self._layer.values.log_frequency != 0)

    def _taken(self, numbered: bool) -> Batch | None:
        if not self._pending:
            return None
        text = ",".join(self._pending)
        self._pending.clear()
        self._size = 0
        return Batch(text, numbered)
