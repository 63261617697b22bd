# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""``--trace-config`` and the deprecated flags in its place, to ``TraceOptions``."""

from __future__ import annotations

from argparse import ArgumentTypeError
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from triton_py.cli import values
from triton_py.cli.errors import UsageError
from triton_py.cli.values import Setting

if TYPE_CHECKING:
    from triton_py.tracing import TraceOptions

_FORM = "'<trace mode>,<setting>=<value>' or '<setting>=<value>'"
_UINT32 = values.integer(0, 2**32 - 1)
#: TRITONSERVER_InferenceTraceLevel, by every spelling that tritonserver takes.
_LEVELS = {
    "off": 0, "false": 0, "timestamps": 4, "true": 4, "on": 4, "min": 4, "max": 4, "tensors": 8,
}
_TENSORS = 8
_MODES = ("triton", "opentelemetry")
#: The environment's names for what no flag says.
_BATCHING = {
    "bsp_max_queue_size": ("OTEL_BSP_MAX_QUEUE_SIZE", 2048),
    "bsp_schedule_delay": ("OTEL_BSP_SCHEDULE_DELAY", 5000),
    "bsp_max_export_batch_size": ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", 512),
}


def level(text: str) -> int:
    try:
        return _LEVELS[text.lower()]
    except KeyError:
        raise ArgumentTypeError(
            f"invalid value for trace level option: {text} (OFF, TIMESTAMPS or TENSORS)") from None


def _mode(text: str) -> str:
    if text.lower() not in _MODES:
        raise ArgumentTypeError(
            f"invalid value for trace mode option: {text}. Available options are "
            '"triton" and "opentelemetry"')
    return text.lower()


def _attribute(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals or not key:
        raise ArgumentTypeError(
            f"an OpenTelemetry resource attribute is <key>=<value>. Got {text}")
    return key, value


#: Mode ("": of any), key, and what reads the value.
_KEYS: dict[str, dict[str, Callable[[str], Any]]] = {
    "": {"level": level, "rate": _UINT32, "count": values.integer(-1, 2**31 - 1), "mode": _mode},
    "triton": {"file": str, "log-frequency": _UINT32},
    "opentelemetry": {"url": str, "resource": _attribute, **dict.fromkeys(_BATCHING, _UINT32)},
}


def trace_config(text: str) -> Setting:
    """``mode,key=value``, or ``key=value`` for every mode; its value can be read."""
    name, comma, rest = text.partition(",")
    if not comma or "=" in name:
        name, rest = "", text
    elif not name:
        raise ArgumentTypeError(
            f"No trace mode specified. --trace-config option format is {_FORM}. Got {text}")
    else:
        name = _mode(name)
    key, equals, value = rest.partition("=")
    if not (equals and key and value):
        raise ArgumentTypeError(f"--trace-config option format is {_FORM}. Got {text}")
    if key not in _KEYS[name]:
        known = ", ".join(f"{mode},{k}" if mode else k
                          for mode, keys in _KEYS.items() for k in keys)
        raise ArgumentTypeError(
            f"--trace-config has no setting '{text.rpartition('=')[0]}': it has {known}")
    _KEYS[name][key](value)
    return Setting(name, key, value)


@dataclass(frozen=True)
class Deprecated:
    """A flag that ``--trace-config`` has taken the place of."""

    mode: str
    key: str
    metavar: str

    @property
    def instead(self) -> str:
        prefix = f"{self.mode}," if self.mode else ""
        return f"--trace-config={prefix}{self.key}=<{self.metavar.lower()}>"

    def parse(self, text: str) -> Setting:
        _KEYS[self.mode][self.key](text)
        return Setting(self.mode, self.key, text)


DEPRECATED = {
    "trace-file": Deprecated("triton", "file", "FILE"),
    "trace-level": Deprecated("", "level", "LEVEL"),
    "trace-rate": Deprecated("", "rate", "RATE"),
    "trace-count": Deprecated("", "count", "COUNT"),
    "trace-log-frequency": Deprecated("triton", "log-frequency", "COUNT"),
}


def merged(deprecated: Sequence[Setting], chosen: Sequence[Setting]
           ) -> tuple[list[Setting], list[str]]:
    """All settings, those of the deprecated flags first, so that the others win; and warnings."""
    warnings = []
    for name, flag in DEPRECATED.items():
        both = [any((s.name, s.key) == (flag.mode, flag.key) for s in given)
                for given in (deprecated, chosen)]
        if all(both):
            warnings.append(f"Overriding deprecated '--{name}' in favor of '{flag.instead}'!")
    return [*deprecated, *chosen], warnings


def _spelled(setting: Setting) -> str:
    prefix = f"{setting.name}," if setting.name else ""
    return f"--trace-config={prefix}{setting.key}={setting.value}"


class _Read:
    """The settings with their values read; of those that are given twice, the last one counts."""

    def __init__(self, settings: Sequence[Setting]) -> None:
        self.values: dict[tuple[str, str], Any] = {}
        self.resource: dict[str, str] = {}
        levels = []
        for name, key, text in settings:
            value = _KEYS[name][key](text)
            if key == "resource":
                self.resource[value[0]] = value[1]
            elif key == "level":
                levels.append(value)
            else:
                self.values[name, key] = value
        # Levels add up, but for OFF.
        self.level = 0
        if levels and all(levels):
            for one in levels:
                self.level |= one
        self.mode: str = self.values.get(("", "mode"), "triton")

    def get(self, name: str, key: str, default: Any) -> Any:
        return self.values.get((name, key), default)


def check(settings: Sequence[Setting], environ: Mapping[str, str]) -> list[str]:
    """The rules between settings; returns warnings.

    :raises UsageError: one sentence about what does not go together.
    """
    read = _Read(settings)
    warnings = [f"'{_spelled(s)}' is ignored: the trace mode is {read.mode}."
                for s in settings if s.name not in ("", read.mode)]
    if read.mode == "opentelemetry":
        batching = _batching(read, environ)
        if read.level & _TENSORS:
            raise UsageError("Error: --trace-config=level=TENSORS is not supported in trace mode "
                             "opentelemetry.")
        if batching["bsp_max_export_batch_size"] > batching["bsp_max_queue_size"]:
            raise UsageError(
                "Error: OpenTelemetry's bsp_max_export_batch_size "
                f"({batching['bsp_max_export_batch_size']}) must not be greater than "
                f"bsp_max_queue_size ({batching['bsp_max_queue_size']}).")
        return warnings
    if not read.level:
        return warnings
    if not read.get("triton", "file", ""):
        raise UsageError("Error: tracing needs a file: give --trace-config=triton,file=FILE.")
    for key in ("rate", "count"):
        if read.get("", key, 1) == 0:
            warnings.append(f"nothing is traced while the trace {key} is 0.")
    return warnings


def _batching(read: _Read, environ: Mapping[str, str]) -> dict[str, int]:
    out = {}
    for key, (variable, default) in _BATCHING.items():
        out[key] = read.get("opentelemetry", key, None)
        if out[key] is None:
            try:
                out[key] = _UINT32(environ.get(variable, str(default)))
            except ArgumentTypeError as error:
                raise UsageError(f'Bad environment variable: "{variable}".\n{error}') from None
        if out[key] == 0 and key != "bsp_schedule_delay":
            raise UsageError(f"Error: OpenTelemetry's {key} must be greater than 0.")
    return out


def trace_options(settings: Sequence[Setting], environ: Mapping[str, str]) -> TraceOptions:
    """What ``check`` found to be right, for a ``TraceManager``."""
    from triton_py.tracing import Level, Mode, OpenTelemetryOptions, TraceOptions

    read = _Read(settings)
    return TraceOptions(
        level=Level(read.level),
        rate=read.get("", "rate", 1000),
        count=read.get("", "count", -1),
        log_frequency=read.get("triton", "log-frequency", 0),
        file=read.get("triton", "file", "") if read.mode == "triton" else "",
        mode=Mode(read.mode),
        open_telemetry=OpenTelemetryOptions(
            url=read.get("opentelemetry", "url", None),
            resource=tuple(read.resource.items()),
            **_batching(read, environ)) if read.mode == "opentelemetry"
        else OpenTelemetryOptions(),
    )
