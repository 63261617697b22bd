# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""``--metrics-config``: which forms of latencies are shown, under Triton's names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

SWITCHES = ("counter_latencies", "histogram_latencies", "summary_latencies")
QUANTILES = "summary_quantiles"

#: Triton's: quantile and the error that it may have.
DEFAULT_QUANTILES = ((0.5, 0.05), (0.9, 0.01), (0.95, 0.001), (0.99, 0.001), (0.999, 0.001))


@dataclass(frozen=True)
class MetricsSettings:
    """What the settings say; the defaults are Triton's."""

    counter_latencies: bool = True
    histogram_latencies: bool = False
    summary_latencies: bool = False
    #: Pairs of quantile and error. The error is Triton's measure for its own estimator; here every
    #: quantile is at most 0.8 % of its value off.
    quantiles: tuple[tuple[float, float], ...] = DEFAULT_QUANTILES

    @classmethod
    def from_config(cls, config: Mapping[str, str]) -> MetricsSettings:
        """The settings by name; raises ValueError as ``check_setting``."""
        settings = cls()
        for name, value in config.items():
            settings = replace(settings, **check_setting(name, value))
        return settings


def check_setting(name: str, value: str) -> dict[str, Any]:
    """A setting as a field of ``MetricsSettings`` and its value.

    Raises ValueError, with a sentence, for a setting that there isn't or a value it can't have.
    """
    if name in SWITCHES:
        return {name: _boolean(name, value)}
    if name == QUANTILES:
        return {"quantiles": _quantiles(value)}
    known = ", ".join((*SWITCHES, QUANTILES))
    raise ValueError(f"unknown metrics setting '{name}'; there are {known}")


def _boolean(name: str, value: str) -> bool:
    if value not in ("true", "false"):
        raise ValueError(f"metrics setting '{name}' must be true or false, got '{value}'")
    return value == "true"


def _quantiles(text: str) -> tuple[tuple[float, float], ...]:
    form = f"metrics setting '{QUANTILES}' is a list <quantile>:<error>,... of numbers from 0 to 1"
    pairs = []
    for part in text.split(","):
        quantile, colon, error = part.partition(":")
        try:
            pair = float(quantile), float(error)
        except ValueError:
            raise ValueError(f"{form}, got '{part.strip()}'") from None
        if not colon or not all(0 <= number <= 1 for number in pair):
            raise ValueError(f"{form}, got '{part.strip()}'")
        pairs.append(pair)
    if len({quantile for quantile, _ in pairs}) < len(pairs):
        raise ValueError(f"metrics setting '{QUANTILES}' has a quantile twice: {text}")
    return tuple(pairs)
