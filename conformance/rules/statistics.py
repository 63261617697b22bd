# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Statistics as the backend reports them."""

from __future__ import annotations

from collections.abc import Iterator

from ..configs import declared
from ..log import CALL, LogEvent
from . import Context, Finding

REPORT = "TRITONBACKEND_ModelInstanceReportStatistics"
BATCH = "TRITONBACKEND_ModelInstanceReportBatchStatistics"
_TIMES = ("exec_start_ns", "compute_start_ns", "compute_end_ns", "exec_end_ns")


def reports(context: Context) -> Iterator[Finding]:
    decoupled = any(declared(model.config).decoupled for model in context.case.models)
    for request in context.story.requests:
        if len(request.statistics) > 1:
            yield Finding(
                "statistics.once-per-request",
                f"the statistics of request '{request.id}' were reported again",
                request.statistics[1].seq,
            )
        for report in request.statistics[:1]:
            success = bool(report.argument("success"))
            # An error that is sent after the release nobody could know of before it; nor, where a
            # thread sends what comes later, one after the report.
            end = report if decoupled else request.released
            known = [e for e in request.errors if end is None or e.seq < end.seq]
            failed = bool(known or request.given_back or (request.errors and not success))
            if context.whole and success == failed and request.sends:
                yield Finding(
                    "statistics.truthful",
                    f"request '{request.id}' was reported as a "
                    f"{'success' if success else 'failure'}, and "
                    f"{'got an error' if failed else 'was answered'}",
                    report.seq,
                )
            if success:  # of a failure the times are unknown
                yield from _times(report, request.execute)
        if not request.statistics and request.released and not request.rescheduled and request.id:
            yield Finding(
                "statistics.reported",
                f"the statistics of request '{request.id}' were not reported",
                request.released.seq,
            )


def batches(context: Context) -> Iterator[Finding]:
    story = context.story
    for enter, leave in story.executes:
        if leave is None or leave.error:
            continue
        found = [
            e
            for e in context.events
            if e.kind == CALL and e.function == BATCH and enter.seq < e.seq
            and e.argument("instance") == enter.args[0]
        ]
        taken = [r for r in story.requests if r.execute is enter and r.id]
        # Of a batch that failed as a whole there is nothing to report.
        if not found and not (taken and all(r.errors for r in taken)):
            yield Finding(
                "statistics.reported", "the statistics of a batch were not reported", leave.seq
            )
        for report in found[:1]:
            yield from _times(report, enter)


def _times(report: LogEvent, execute: LogEvent) -> Iterator[Finding]:
    times = [report.argument(name) for name in _TIMES]
    if times != sorted(times):
        yield Finding(
            "statistics.monotonic",
            f"the reported times do not follow each other: {times}",
            report.seq,
        )
    elif times[0] < execute.ns or times[-1] > report.ns:
        yield Finding(
            "statistics.monotonic",
            "the reported times do not lie between the beginning of Execute and the report",
            report.seq,
        )


RULES = (reports, batches)
