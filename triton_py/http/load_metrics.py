# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""ORCA: how loaded a model's KV cache is, in a header of the answer to whoever asks for it.

A request with ``endpoint-load-metrics-format: text`` or ``json`` gets ``endpoint-load-metrics``,
made from the metrics of TensorRT-LLM's cache, which its backend reports to the server. Where there
are none, or the format is another, there is no such header, as in Triton; the log says so once.
"""

from __future__ import annotations

import json
import logging
import re
import threading
import time
from collections.abc import Callable

logger = logging.getLogger(__name__)

FAMILY = "nv_trt_llm_kv_cache_block_metrics"
KIND_LABEL = "kv_cache_block_type"
#: Seconds for which what was read serves further requests.
FRESH_SECONDS = 0.1
#: Of the header line, which has to fit into the answer's head.
LONGEST_LINE = 256

_SAMPLE = re.compile(rf"^{FAMILY}\{{(.*)\}}\s+(\S+)", re.MULTILINE)
_KIND = re.compile(rf'(?:^|,)\s*{KIND_LABEL}="([^"]*)"')


def cache_load(text: str) -> dict[str, float | int] | None:
    """Utilization and capacity out of metrics in Prometheus' format; None where a part is missing.

    Of several samples of a kind the last counts, as in Triton.
    """
    found: dict[str, float] = {}
    for labels, value in _SAMPLE.findall(text):
        kind = _KIND.search(labels)
        if kind is None:
            continue
        try:
            number = float(value)
        except ValueError:
            continue
        if 0 <= number < float("inf"):
            found[kind.group(1)] = number
    try:
        used, most, tokens = found["used"], found["max"], found["tokens_per"]
    except KeyError:
        return None
    return {"kv_cache_utilization": used / most if most > 0 else 0.0,
            "max_token_capacity": int(most * tokens)}


def header_value(load: dict[str, float | int], as_json: bool) -> str:
    """The header's value in one of ORCA's two formats."""
    if as_json:
        return "JSON " + json.dumps({"named_metrics": load}, separators=(",", ":"))
    return (f"TEXT named_metrics.kv_cache_utilization={load['kv_cache_utilization']:.6f}, "
            f"named_metrics.max_token_capacity={load['max_token_capacity']}")


class LoadMetrics:
    """The header lines of one server. ``metrics_text`` may block; so may ``line``."""

    def __init__(self, metrics_text: Callable[[], str]) -> None:
        self._metrics_text = metrics_text
        self._lock = threading.Lock()
        self._read_at = float("-inf")
        self._load: dict[str, float | int] | None = None
        self._told: set[str] = set()

    def line(self, as_json: bool) -> bytes:
        """The whole header line; nothing where there is no load to tell. Raises nothing."""
        load = self._current()
        if load is None:
            return b""
        text = f"endpoint-load-metrics: {header_value(load, as_json)}\r\n".encode("ascii")
        return text if len(text) <= LONGEST_LINE else b""

    def unknown_format(self, name: str) -> None:
        """A client asked for a format that there is not."""
        self._tell("format", f"the header endpoint-load-metrics-format asks for '{name[:40]}', "
                             "which is neither text nor json: no load is reported for it")

    def _current(self) -> dict[str, float | int] | None:
        # One at a time: those who wait find what the first has read.
        with self._lock:
            if time.monotonic() - self._read_at >= FRESH_SECONDS:
                self._load = self._read()
                self._read_at = time.monotonic()
            return self._load

    def _read(self) -> dict[str, float | int] | None:
        try:
            load = cache_load(self._metrics_text())
        except Exception as error:  # noqa: BLE001  the answer must not fail for it
            self._tell("metrics", f"no load can be reported, the metrics can't be had: {error}")
            return None
        if load is None:
            self._tell("family", "a client asks for endpoint-load-metrics, but no backend reports "
                                 f"the metrics {FAMILY} that they are made from")
        return load

    def _tell(self, what: str, text: str) -> None:
        if what not in self._told:
            self._told.add(what)
            logger.warning(text)
