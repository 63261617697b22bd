# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Text of a flag to its value, with tritonserver's rules and messages.

Each parser takes the text after ``=`` and returns the value, or raises
``argparse.ArgumentTypeError`` with the sentence that is printed under the flag's name.
Stricter than tritonserver in one point: it takes ``80abc`` for the number 80, we refuse it.
"""

from __future__ import annotations

import re
from argparse import ArgumentTypeError
from collections.abc import Callable
from typing import NamedTuple

from triton_py.frontend.address import unix_path
from triton_py.frontend.restriction import CATEGORIES, Restriction, grpc_restriction
from triton_py.metrics import check_setting

_INT = re.compile(r"[+-]?[0-9]+")


class Setting(NamedTuple):
    """One ``name,key=value``; ``name`` is empty where the setting is for every backend."""

    name: str
    key: str
    value: str


class Restricted(NamedTuple):
    """One ``categories:key=value``."""

    categories: tuple[str, ...]
    restriction: Restriction


def boolean(text: str) -> bool:
    """``true|1|on`` or ``false|0|off``, in any case."""
    lower = text.lower()
    if lower in ("true", "1", "on"):
        return True
    if lower in ("false", "0", "off"):
        return False
    raise ArgumentTypeError(f"invalid value for bool option: {text} (true|1|on or false|0|off)")


def integer(low: int, high: int) -> Callable[[str], int]:
    """A parser of decimal integers from ``low`` to ``high``, both included."""

    def parse(text: str) -> int:
        if not _INT.fullmatch(text.strip()):
            raise ArgumentTypeError(f"Invalid option value. Got {text}")
        value = int(text)
        if not low <= value <= high:
            raise ArgumentTypeError(
                f"Provided option value is out of bound. Got {text}, "
                f"must be in the range {low} to {high}"
            )
        return value

    return parse


int32 = integer(-(2**31), 2**31 - 1)
count = integer(0, 2**31 - 1)
byte_size = integer(0, 2**63 - 1)
#: 0 asks the system for a free port; the bound one is printed.
port = integer(0, 65535)


def positive_size(flag: str) -> Callable[[str], int]:
    """A byte size above zero; ``flag`` is named in the message, as tritonserver does."""

    def parse(text: str) -> int:
        value = integer(-(2**63), 2**63 - 1)(text)
        if value <= 0:
            raise ArgumentTypeError(f"Error: --{flag} must be greater than 0.")
        return value

    return parse


def number(text: str) -> float:
    """A decimal number."""
    try:
        value = float(text)
    except ValueError:
        raise ArgumentTypeError(f"Invalid option value. Got {text}") from None
    if not abs(value) < float("inf"):
        raise ArgumentTypeError(f"Provided option value is out of bound. Got {text}")
    return value


def seconds(text: str) -> float:
    """A time, not negative."""
    value = number(text)
    if value < 0:
        raise ArgumentTypeError(f"Provided option value is out of bound. Got {text}")
    return value


def verbosity(text: str) -> int:
    """A level from 0 up; ``true`` is 1 and ``false`` is 0."""
    lower = text.lower()
    if lower in ("true", "false"):
        return int(lower == "true")
    return count(text)


def choice(flag: str, *allowed: str, fold: bool = True) -> Callable[[str], str]:
    """One of ``allowed``, in any case if ``fold``."""

    def parse(text: str) -> str:
        value = text.lower() if fold else text
        if value not in allowed:
            raise ArgumentTypeError(
                f"invalid argument for --{flag}: {text} (one of {', '.join(allowed)})"
            )
        return value

    return parse


def nonempty(flag: str) -> Callable[[str], str]:
    """Any text but the empty one."""

    def parse(text: str) -> str:
        if not text:
            raise ArgumentTypeError(f"Error: empty argument for --{flag}")
        return text

    return parse


def address(flag: str) -> Callable[[str], str]:
    """A host, or ``unix:PATH``; ``flag`` is named in the message."""
    some = nonempty(flag)

    def parse(text: str) -> str:
        try:
            unix_path(some(text))
        except ValueError as error:
            raise ArgumentTypeError(f"Error: --{flag}: {error}") from None
        return text

    return parse


def file_mode(text: str) -> int:
    """Permissions as chmod takes them in digits."""
    if not re.fullmatch(r"0?[0-7]{3}", text):
        raise ArgumentTypeError(f"Invalid option value. Got {text}, expected three octal digits")
    return int(text, 8)


def restricted(flag: str, kind: str) -> Callable[[str], Restricted]:
    """``categories:key=value``; ``kind`` is what Triton calls a category, of HTTP an api, of gRPC a
    protocol."""
    make: Callable[[str, str], Restriction] = (
        grpc_restriction if kind == "protocol" else Restriction)

    def parse(text: str) -> Restricted:
        # What stands behind the first equals sign is a secret, which no message shows.
        shown = text.partition("=")[0]
        names, colon, rest = text.partition(":")
        key, equals, value = rest.partition("=")
        if not (colon and equals and names and key and value):
            raise ArgumentTypeError(
                f"--{flag} option format is '<{kind}>[,<{kind}>...]:<key>=<value>'. Got {shown}")
        categories = tuple(names.split(","))
        for name in categories:
            if name not in CATEGORIES:
                raise ArgumentTypeError(
                    f"unknown restricted {kind} '{name}' (one of {', '.join(CATEGORIES)})")
        try:
            return Restricted(categories, make(key, value))
        except ValueError as error:
            raise ArgumentTypeError(str(error)) from None

    return parse


def pattern(text: str) -> str:
    """A regular expression, returned as it was written."""
    try:
        re.compile(text)
    except re.error as error:
        raise ArgumentTypeError(f"'{text}' is no regular expression: {error}") from None
    return text


def backend_config(text: str) -> Setting:
    """``name,key=value``, or ``key=value`` for every backend."""
    form = "'<backend name>,<setting>=<value>' or '<setting>=<value>'"
    name, comma, rest = text.partition(",")
    # A comma inside the value of a setting for every backend is no separator. tritonserver
    # takes it for one; "key=a,b" has no reading in which that is what the user meant.
    if not comma or "=" in name:
        name, rest = "", text
    elif not name:
        raise ArgumentTypeError(
            f"No backend specified. --backend-config option format is {form}. Got {text}"
        )
    key, equals, value = rest.partition("=")
    if not equals or not key or not value:
        raise ArgumentTypeError(f"--backend-config option format is {form}. Got {text}")
    return Setting(name, key, value)


def named_setting(flag: str, what: str) -> Callable[[str], Setting]:
    """``name,key=value``, all three given."""

    def parse(text: str) -> Setting:
        name, comma, rest = text.partition(",")
        key, equals, value = rest.partition("=")
        if not (comma and equals and name and key and value):
            raise ArgumentTypeError(
                f"--{flag} option format is '<{what}>,<setting>=<value>'. Got {text}"
            )
        return Setting(name, key, value)

    return parse


def metrics_config(text: str) -> Setting:
    """``key=value``; no name in front."""
    key, equals, value = text.partition("=")
    if not (equals and key and value) or "," in key:
        raise ArgumentTypeError(
            f"--metrics-config option format is <setting>=<value>. Got {text}"
        )
    try:
        check_setting(key, value)
    except ValueError as error:
        raise ArgumentTypeError(f"--metrics-config: {error}") from None
    return Setting("", key, value)


def device_size(text: str) -> tuple[int, int]:
    """``device:bytes``."""
    device, colon, size = text.partition(":")
    if not colon:
        raise ArgumentTypeError(
            "Cannot parse pair option due to incorrect number of inputs. "
            f"Format is <device id>:<byte size>. Found: {text}"
        )
    return count(device), byte_size(size)


def device_fraction(text: str) -> tuple[int, float]:
    """``device:fraction``, the fraction from 0 to 1."""
    device, colon, fraction = text.partition(":")
    if not colon:
        raise ArgumentTypeError(
            "Cannot parse pair option due to incorrect number of inputs. "
            f"Format is <device id>:<fraction>. Found: {text}"
        )
    value = number(fraction)
    if not 0.0 <= value <= 1.0:
        raise ArgumentTypeError(
            f"Provided option value is out of bound. Got {fraction}, must be from 0 to 1"
        )
    return count(device), value
