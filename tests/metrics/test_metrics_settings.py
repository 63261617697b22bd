# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""``--metrics-config``: Triton's names, forms and defaults; what has no meaning is refused."""

from __future__ import annotations

import pytest

from triton_py.metrics import MetricsSettings, check_setting


def test_the_defaults_are_tritons() -> None:
    settings = MetricsSettings.from_config({})
    assert settings.counter_latencies
    assert not settings.histogram_latencies and not settings.summary_latencies
    assert dict(settings.quantiles) == {
        0.5: 0.05, 0.9: 0.01, 0.95: 0.001, 0.99: 0.001, 0.999: 0.001}


def test_all_of_them() -> None:
    settings = MetricsSettings.from_config({
        "counter_latencies": "false", "histogram_latencies": "true", "summary_latencies": "true",
        "summary_quantiles": "0.5:0.05,0.75:0.01, 1:0"})
    assert settings == MetricsSettings(False, True, True, ((0.5, 0.05), (0.75, 0.01), (1.0, 0.0)))


@pytest.mark.parametrize("name, value, sentence", [
    ("summary", "true", "unknown metrics setting 'summary'; there are counter_latencies"),
    ("", "true", "unknown metrics setting ''"),
    ("counter_latencies", "1", "'counter_latencies' must be true or false, got '1'"),
    ("histogram_latencies", "True", "'histogram_latencies' must be true or false, got 'True'"),
    ("summary_quantiles", "", "a list <quantile>:<error>,... of numbers from 0 to 1, got ''"),
    ("summary_quantiles", "0.5", "from 0 to 1, got '0.5'"),
    ("summary_quantiles", "0.5:0.1,", "from 0 to 1, got ''"),
    ("summary_quantiles", "0.5:0.1,50:0.1", "from 0 to 1, got '50:0.1'"),
    ("summary_quantiles", "0.5:-1", "from 0 to 1, got '0.5:-1'"),
    ("summary_quantiles", "nan:0", "from 0 to 1, got 'nan:0'"),
    ("summary_quantiles", "0.5:0.1,0.50:0.2", "has a quantile twice: 0.5:0.1,0.50:0.2"),
])
def test_refused(name: str, value: str, sentence: str) -> None:
    with pytest.raises(ValueError) as caught:
        check_setting(name, value)
    assert sentence in str(caught.value)
    with pytest.raises(ValueError):
        MetricsSettings.from_config({"counter_latencies": "true", name: value})
