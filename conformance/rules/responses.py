# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Responses and their factories: sent or deleted, one final, nothing after it."""

from __future__ import annotations

from collections.abc import Iterator

from ..configs import declared
from ..log import RETURN
from ..story import RequestStory, Story
from . import Context, Finding


def _decoupled(context: Context) -> bool:
    return any(declared(model.config).decoupled for model in context.case.models)


def _to_answer(context: Context, story: Story) -> Iterator[RequestStory]:
    for request in story.requests:
        if not request.given_back and not request.rescheduled and request.id:
            yield request


def finals(context: Context) -> Iterator[Finding]:
    story = context.story
    decoupled = _decoupled(context)
    for request in _to_answer(context, story):
        final = [event for event, last in request.sends if last]
        if context.whole and not final:
            yield Finding(
                "responses.final",
                f"nothing that was sent for request '{request.id}' was final",
                request.given.seq,
            )
        if len(final) > 1:
            yield Finding(
                "decoupled.final-once" if decoupled else "responses.none-after-final",
                f"request '{request.id}' got a second final response",
                final[1].seq,
            )
        elif final and request.sends[-1][0] is not final[0]:
            yield Finding(
                "responses.none-after-final",
                f"something was sent for request '{request.id}' after its final response",
                request.sends[-1][0].seq,
            )
        sent = [r for r in request.responses if r.sent is not None]
        if not decoupled and len(sent) > 1 and len(final) <= 1:
            yield Finding(
                "responses.exactly-one",
                f"request '{request.id}' got {len(sent)} responses from a model that is not "
                "decoupled",
                request.sends[-1][0].seq,
            )
        if not decoupled and context.whole and not sent:
            yield Finding(
                "responses.exactly-one",
                f"request '{request.id}' got no response",
                request.given.seq,
            )


def leftovers(context: Context) -> Iterator[Finding]:
    if not context.whole and not context.hangs:
        return
    for response in context.story.responses:
        # Where nothing goes on, the response of a request that was released is what is missed.
        if not response.over and (context.whole or response.request.released is not None):
            yield Finding(
                "responses.sent-or-deleted",
                f"a response for request '{response.request.id}' was neither sent nor deleted",
                response.made.seq,
            )


def dead(context: Context) -> Iterator[Finding]:
    for use in context.story.dead_uses:
        if use.what in ("response", "output"):
            yield Finding(
                "responses.untouched-after-send",
                f"{use.event.function} was called with a {use.what} that {_fate(use.ended.function)}"
                f" (of request '{use.story.id}')",
                use.event.seq,
            )
        elif use.what == "factory":
            again = use.event.function == "TRITONBACKEND_ResponseFactoryDelete"
            yield Finding(
                "decoupled.factory-deleted-once",
                f"a response factory of request '{use.story.id}' was "
                + ("deleted again" if again else f"used by {use.event.function} when deleted"),
                use.event.seq,
            )


def refused(context: Context) -> Iterator[Finding]:
    for event in context.events:
        if event.kind == RETURN and event.error == "INVALID_ARG" and "final response" in event.text:
            yield Finding(
                "responses.none-after-final", f"{event.function} was refused: {event.text}",
                event.seq,
            )


def _fate(function: str) -> str:
    return "was sent before" if function.endswith("Send") else "was deleted before"


def factories(context: Context) -> Iterator[Finding]:
    if not context.whole:
        return
    for factory in context.story.factories:
        if factory.deleted is None:
            yield Finding(
                "decoupled.factory-deleted-once",
                f"a response factory of request '{factory.request.id}' was never deleted",
                factory.made.seq,
            )


def timely(context: Context) -> Iterator[Finding]:
    for step in context.outcome.steps:
        for index in step.unanswered:
            yield Finding("responses.timely", f"request 'case-{index}' was not answered in time")
    if context.outcome.ended.startswith("hang"):
        yield Finding("responses.timely", "the process did not go on in time")


RULES = (finals, leftovers, dead, refused, factories, timely)
