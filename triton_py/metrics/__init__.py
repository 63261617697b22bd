# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Prometheus metrics under Triton's names.

``render`` makes the text from plain data; it asks no server. ``MachineMetrics`` reads what the
machine says of itself (processors, memory, GPUs).
"""

from __future__ import annotations

from triton_py.metrics.exposition import CONTENT_TYPE, Family, Sample, format_families, render
from triton_py.metrics.machine import MachineMetrics

__all__ = ["CONTENT_TYPE", "Family", "MachineMetrics", "Sample", "format_families", "render"]
