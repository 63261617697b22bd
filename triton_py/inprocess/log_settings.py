# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The settings of the process's log, as the logging extension of the protocol has them.

The C API can change them and not tell them, so what ``Options`` was told is kept here. The log is the
process's: all servers in it share the settings.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from triton_py.errors import InvalidArgumentError, UnsupportedError

if TYPE_CHECKING:
    from triton_py.inprocess.options import Options

Value = bool | int | str

#: Name -> TRITONSERVER_LogFormat; the last is not one of Triton's.
FORMATS = {"default": 0, "ISO8601": 1, "json": 2}

_lock = threading.Lock()
_current: dict[str, Value] = {
    "log_file": "",
    "log_info": True,
    "log_warning": True,
    "log_error": True,
    "log_verbose_level": 0,
    "log_format": "default",
}

_APPLY: dict[str, Callable[[Options, Value], None]] = {
    "log_info": lambda options, value: options.set_log_info(bool(value)),
    "log_warning": lambda options, value: options.set_log_warn(bool(value)),
    "log_error": lambda options, value: options.set_log_error(bool(value)),
    "log_verbose_level": lambda options, value: options.set_log_verbose(int(value)),
    "log_format": lambda options, value: options.set_log_format(FORMATS[str(value)]),
}


def remember(name: str, value: Value) -> None:
    """``Options`` has changed a setting."""
    _current[name] = value


def remember_format(number: int) -> None:
    """As ``remember``, of a TRITONSERVER_LogFormat."""
    remember("log_format", next(name for name, known in FORMATS.items() if known == number))


def log_settings() -> dict[str, Value]:
    """All settings by name, in the order of the extension."""
    return dict(_current)


def update_log_settings(changes: Mapping[str, object]) -> dict[str, Value]:
    """Changes them all or, where one of them is wrong, none; returns all settings.

    Raises:
        InvalidArgumentError: a setting that there is not, or a wrong value.
        UnsupportedError: the log file, which nobody may choose over a network.
    """
    from triton_py.inprocess.options import Options

    checked = {name: _checked(name, value) for name, value in changes.items()}
    with _lock:
        options = Options()
        for name, value in checked.items():
            _APPLY[name](options, value)
        return log_settings()


def _checked(name: str, value: object) -> Value:
    if name == "log_file":
        raise UnsupportedError("log file location can not be updated through network protocol")
    if name not in _APPLY:
        raise InvalidArgumentError(
            f"unknown logging setting '{name}'; there are: {', '.join(_APPLY)}"
        )
    if name == "log_verbose_level":
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**31:
            raise InvalidArgumentError(
                f"'{name}' must be a whole number from 0 to {2**31 - 1}, got {value!r}"
            )
        return value
    if name == "log_format":
        if not isinstance(value, str) or value not in FORMATS:
            raise InvalidArgumentError(
                f"invalid argument for log_format, got: {value!r}; expected one of "
                f"{', '.join(FORMATS)}"
            )
        return value
    if not isinstance(value, bool):
        raise InvalidArgumentError(f"'{name}' must be a boolean, got {value!r}")
    return value
