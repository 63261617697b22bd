# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Prometheus metrics under Triton's names.

``render`` makes the text from plain data; it asks no server. ``MachineMetrics`` reads what the
machine says of itself (processors, memory, GPUs).
"""

from __future__ import annotations

from triton_py.metrics.exposition import CONTENT_TYPE, Family, Sample, format_families
from triton_py.metrics.families import OWN_KINDS, histogram_bounds, not_histograms
from triton_py.metrics.machine import MachineMetrics
from triton_py.metrics.page import custom_families, render
from triton_py.metrics.settings import MetricsSettings, check_setting

__all__ = [
    "CONTENT_TYPE",
    "OWN_KINDS",
    "Family",
    "MachineMetrics",
    "MetricsSettings",
    "Sample",
    "check_setting",
    "custom_families",
    "format_families",
    "histogram_bounds",
    "not_histograms",
    "render",
]
