# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Calls that must not be made: with wrong arguments, at the wrong time, for what is over."""

from __future__ import annotations

from collections.abc import Iterator

from ..log import CALL, ENTER, LEAVE, RETURN, LogEvent, functions, number_of
from . import Context, Finding

#: What a server says of arguments that can't be right, whatever the request.
_WRONG = ("must not be null", "out of bounds", "not a live", "is no ")


def refused(context: Context) -> Iterator[Finding]:
    for event in context.events:
        if event.kind != RETURN or event.error != "INVALID_ARG":
            continue
        if event.function != "TRITONSERVER_ErrorNew" and any(w in event.text for w in _WRONG):
            yield Finding(
                "hygiene.valid-calls", f"{event.function} was refused: {event.text}", event.seq
            )


def set_config(context: Context) -> Iterator[Finding]:
    inside = 0
    for event in context.events:
        if event.function == "TRITONBACKEND_ModelInitialize":
            inside += 1 if event.kind == ENTER else -1 if event.kind == LEAVE else 0
        elif event.function == "TRITONBACKEND_ModelSetConfig" and event.kind == CALL and not inside:
            yield Finding(
                "lifecycle.set-config-in-initialize",
                "TRITONBACKEND_ModelSetConfig was called outside of ModelInitialize",
                event.seq,
            )


_LIVES = {
    "TRITONBACKEND_Finalize": "TRITONBACKEND_Backend*",
    "TRITONBACKEND_ModelFinalize": "TRITONBACKEND_Model*",
    "TRITONBACKEND_ModelInstanceFinalize": "TRITONBACKEND_ModelInstance*",
}
_BEGINNINGS = {
    "TRITONBACKEND_Initialize", "TRITONBACKEND_ModelInitialize",
    "TRITONBACKEND_ModelInstanceInitialize",
}  # fmt: skip


def after_finalize(context: Context) -> Iterator[Finding]:
    over: dict[tuple[str, int], LogEvent] = {}
    enters: dict[int, LogEvent] = {}
    for event in context.events:
        if event.kind == ENTER:
            enters[event.seq] = event
            if event.function in _BEGINNINGS:
                kind = functions()[number_of(event.function)].parameters[0][1]
                over.pop((kind, event.args[0]), None)
        elif event.kind == LEAVE and event.function in _LIVES:
            enter = enters.get(event.partner)
            if enter is not None:
                over[(_LIVES[event.function], enter.args[0])] = event
            if event.error:
                yield Finding(
                    "lifecycle.finalize-succeeds",
                    f"{event.function} returned an error: {event.text}",
                    event.seq,
                )
        elif event.kind == CALL:
            for index, (name, kind) in enumerate(
                functions()[number_of(event.function)].parameters
            ):
                if (kind, event.args[index]) in over:
                    yield Finding(
                        "lifecycle.no-call-after-finalize",
                        f"{event.function} was called with a {name} after its Finalize",
                        event.seq,
                    )


RULES = (refused, set_config, after_finalize)
