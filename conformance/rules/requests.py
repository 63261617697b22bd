# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Requests: released once, and not touched after."""

from __future__ import annotations

from collections.abc import Iterator

from ..log import CALL
from ..story import ALL, RESCHEDULE
from . import Context, Finding


def released(context: Context) -> Iterator[Finding]:
    if not context.whole and not context.hangs:
        return
    # Where nothing goes on, a request whose Execute has returned may be what is waited for.
    returned = {enter.seq for enter, leave in context.story.executes if leave is not None}
    for request in context.story.requests:
        if context.hangs and request.execute.seq not in returned:
            continue
        if request.released is None and not request.given_back:
            yield Finding(
                "requests.released",
                f"request '{request.id}' was never released",
                request.given.seq,
            )


def dead(context: Context) -> Iterator[Finding]:
    for use in context.story.dead_uses:
        if use.what not in ("request", "input"):
            continue
        if use.event.function == "TRITONBACKEND_RequestRelease":
            yield Finding(
                "requests.released-once",
                f"request '{use.story.id}' was released again",
                use.event.seq,
            )
        else:
            yield Finding(
                "requests.untouched-after-release",
                f"{use.event.function} was called with {use.what} of request '{use.story.id}', "
                "which was released before",
                use.event.seq,
            )


def kept_on_error(context: Context) -> Iterator[Finding]:
    story = context.story
    for enter, leave in story.executes:
        if leave is None or not leave.error:
            continue
        for request in story.requests:
            if request.execute is not enter:
                continue
            if request.released is not None and request.released.seq < leave.seq:
                yield Finding(
                    "requests.kept-on-error",
                    f"Execute returned an error after it had released request '{request.id}'",
                    leave.seq,
                )
            elif any(send.seq < leave.seq for send, _ in request.sends):
                yield Finding(
                    "requests.kept-on-error",
                    f"Execute returned an error after it had sent a response for request "
                    f"'{request.id}'",
                    leave.seq,
                )


def release_flags(context: Context) -> Iterator[Finding]:
    for event in context.events:
        if event.kind == CALL and event.function == "TRITONBACKEND_RequestRelease":
            flags = event.argument("release_flags")
            iterative = any("iterative_sequence" in m.config for m in context.case.models)
            if flags != ALL and not (flags == RESCHEDULE and iterative):
                yield Finding(
                    "requests.release-flags",
                    f"a request was released with the flags {flags}",
                    event.seq,
                )


RULES = (released, dead, kept_on_error, release_flags)
