# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The objects of a case's events: which request, response and factory each call was about.

Addresses are used again: an object is an address from the event that made it to the one that ended it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from .log import CALL, ENTER, LEAVE, REQUEST, RETURN, LogEvent, functions, number_of

FINAL = 1
ALL, RESCHEDULE = 1, 2
EXECUTE = "TRITONBACKEND_ModelInstanceExecute"


@dataclass
class RequestStory:
    """One request in one execution."""

    address: int
    id: str
    given: LogEvent
    execute: LogEvent
    released: LogEvent | None = None
    rescheduled: bool = False
    #: Execute gave it back to the server by returning an error.
    given_back: bool = False
    responses: list[ResponseStory] = field(default_factory=list)
    factories: list[FactoryStory] = field(default_factory=list)
    #: Events that sent something: ResponseSend, ResponseFactorySendFlags.
    sends: list[tuple[LogEvent, bool]] = field(default_factory=list)
    statistics: list[LogEvent] = field(default_factory=list)
    #: Those of them that sent an error.
    errors: list[LogEvent] = field(default_factory=list)


@dataclass
class FactoryStory:
    address: int
    request: RequestStory
    made: LogEvent
    deleted: LogEvent | None = None


@dataclass
class ResponseStory:
    address: int
    request: RequestStory
    made: LogEvent
    sent: LogEvent | None = None
    deleted: LogEvent | None = None
    #: Output's address -> its name.
    outputs: dict[int, str] = field(default_factory=dict)
    names: list[str] = field(default_factory=list)

    @property
    def over(self) -> bool:
        return self.sent is not None or self.deleted is not None


@dataclass(frozen=True)
class DeadUse:
    """A call that named something which was over by then."""

    event: LogEvent
    #: "request", "input", "response", "output", "factory"
    what: str
    #: The event that ended it.
    ended: LogEvent
    story: RequestStory


class Story:
    """All objects, in the order in which they came to be."""

    def __init__(self, events: Sequence[LogEvent]) -> None:
        self.requests: list[RequestStory] = []
        self.responses: list[ResponseStory] = []
        self.factories: list[FactoryStory] = []
        #: Execute's ENTER and LEAVE; the latter None where it never came back.
        self.executes: list[tuple[LogEvent, LogEvent | None]] = []
        self.dead_uses: list[DeadUse] = []
        self._request: dict[int, RequestStory] = {}
        self._response: dict[int, ResponseStory] = {}
        self._output: dict[int, ResponseStory] = {}
        self._factory: dict[int, FactoryStory] = {}
        self._input: dict[int, RequestStory] = {}
        self._enters: dict[int, LogEvent] = {}
        self._latest: dict[int, LogEvent] = {}
        self._calls: dict[int, LogEvent] = {}
        for event in events:
            self._read(event)
        left = {enter.seq for enter, _ in self.executes}
        for enter in self._enters.values():
            if enter.function == EXECUTE and enter.seq not in left:
                self.executes.append((enter, None))

    def _read(self, event: LogEvent) -> None:
        if event.kind == ENTER:
            self._enters[event.seq] = event
            if event.function == EXECUTE:
                self._latest[event.thread] = event
        elif event.kind == REQUEST:
            execute = self._latest.get(event.thread, event)
            story = RequestStory(event.args[0], event.text, event, execute)
            self.requests.append(story)
            self._request[event.args[0]] = story
        elif event.kind == LEAVE:
            self._left(event)
        elif event.kind == CALL:
            self._calls[event.seq] = event
            self._look_for_the_dead(event)
            self._ending(event)
        elif event.kind == RETURN:
            if event.error:
                self._refused(event)
            else:
                self._made(event)

    def _left(self, event: LogEvent) -> None:
        enter = self._enters.get(event.partner)
        if enter is None or event.function != EXECUTE:
            return
        self.executes.append((enter, event))
        if event.error:
            for story in self.requests:
                if story.execute is enter and story.released is None:
                    story.given_back = True

    def _look_for_the_dead(self, event: LogEvent) -> None:
        for index, (_, kind) in enumerate(functions()[number_of(event.function)].parameters):
            address = event.args[index] if index < len(event.args) else 0
            story: RequestStory | None = None
            ended: LogEvent | None = None
            what = ""
            if kind == "TRITONBACKEND_Request*" and address in self._request:
                story, what = self._request[address], "request"
                ended = story.released
            elif kind == "TRITONBACKEND_Input*" and address in self._input:
                story, what = self._input[address], "input"
                ended = story.released
            elif kind == "TRITONBACKEND_Response*" and address in self._response:
                response = self._response[address]
                story, what = response.request, "response"
                ended = response.sent or response.deleted
            elif kind == "TRITONBACKEND_Output*" and address in self._output:
                response = self._output[address]
                story, what = response.request, "output"
                ended = response.sent or response.deleted
            elif kind == "TRITONBACKEND_ResponseFactory*" and address in self._factory:
                story, what = self._factory[address].request, "factory"
                ended = self._factory[address].deleted
            if story is not None and ended is not None:
                self.dead_uses.append(DeadUse(event, what, ended, story))

    def _ending(self, event: LogEvent) -> None:
        """Calls that end something do so when they begin: its address may be used again before
        their return is noted."""
        name = event.function.removeprefix("TRITONBACKEND_")
        if name == "RequestRelease":
            request = self._request.get(event.argument("request"))
            if request is not None and request.released is None:
                request.released = event
                request.rescheduled = event.argument("release_flags") == RESCHEDULE
        elif name == "ResponseSend":
            response = self._response.get(event.argument("response"))
            if response is not None and not response.over:
                response.sent = event
                if event.argument("error"):
                    response.request.errors.append(event)
                final = bool(event.argument("send_flags") & FINAL)
                response.request.sends.append((event, final))
        elif name == "ResponseDelete":
            response = self._response.get(event.argument("response"))
            if response is not None and not response.over:
                response.deleted = event
        elif name == "ResponseFactoryDelete":
            factory = self._factory.get(event.argument("factory"))
            if factory is not None and factory.deleted is None:
                factory.deleted = event
        elif name == "ResponseFactorySendFlags":
            factory = self._factory.get(event.argument("factory"))
            if factory is not None:
                final = bool(event.argument("send_flags") & FINAL)
                factory.request.sends.append((event, final))
        elif name == "ModelInstanceReportStatistics":
            request = self._request.get(event.argument("request"))
            if request is not None:
                request.statistics.append(event)

    def _refused(self, event: LogEvent) -> None:
        if event.function == "TRITONBACKEND_RequestRelease":
            request = self._request.get(event.argument("request"))
            released = request.released if request is not None else None
            if request is not None and released is not None and released.seq == event.partner:
                request.released = None

    def _made(self, event: LogEvent) -> None:
        name = event.function.removeprefix("TRITONBACKEND_")
        if name == "ResponseNew":
            self._response_made(event, self._request.get(event.argument("request")))
        elif name == "ResponseNewFromFactory":
            factory = self._factory.get(event.argument("factory"))
            self._response_made(event, factory.request if factory is not None else None)
        elif name == "ResponseOutput":
            response = self._response.get(event.argument("response"))
            call = self._calls.get(event.partner)
            if response is not None and call is not None:
                response.outputs[event.out("output")] = call.text
                response.names.append(call.text)
                self._output[event.out("output")] = response
        elif name == "ResponseFactoryNew":
            request = self._request.get(event.argument("request"))
            if request is not None:
                made = FactoryStory(event.out("factory"), request, event)
                self.factories.append(made)
                request.factories.append(made)
                self._factory[made.address] = made
        elif name in ("RequestInput", "RequestInputByIndex"):
            request = self._request.get(event.argument("request"))
            if request is not None:
                self._input[event.out("input")] = request

    def _response_made(self, event: LogEvent, request: RequestStory | None) -> None:
        if request is None:
            return
        response = ResponseStory(event.out("response"), request, event)
        self.responses.append(response)
        request.responses.append(response)
        self._response[response.address] = response
