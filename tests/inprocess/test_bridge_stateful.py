# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Any order of sending, cancelling, draining, forgetting and closing: every request that was sent
is answered exactly once and in order, nothing it borrowed stays locked, nothing is left behind."""

from __future__ import annotations

import gc
from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from inprocess_support import request_objects, settles_to

from triton_py import CancelledError, UnavailableError
from triton_py.inprocess import FINAL, CompletionQueue, NativeRequest


@dataclass(eq=False)
class Sent:
    """What is known about one request."""

    data: bytearray
    count: int
    request: NativeRequest | None
    flags: list[int] = field(default_factory=list)
    indices: list[int] = field(default_factory=list)
    kept: list[memoryview] = field(default_factory=list)
    unseen: bool = False  # its queue was closed before all was drained
    cancelled: bool = False  # by then it may have been executing, or answered
    dropped: bool = False  # cancelled while it waited: one error is all of its answer


def machine(server):
    """A state machine over one running server."""

    class Bridge(RuleBasedStateMachine):
        @initialize()
        def begin(self):
            self.queue = CompletionQueue()
            self.sent: list[Sent] = []

        @rule(
            count=st.integers(0, 4), late_ms=st.integers(0, 4), bare_final=st.integers(0, 1),
            size=st.integers(0, 40), forget=st.booleans(),
        )
        def send(self, count, late_ms, bare_final, size, forget):
            data = bytearray(range(size))
            request = NativeRequest(server.native, "scripted")
            request.add_input("IN", "UINT8", [size])
            request.append_input_data("IN", data)
            for name, value in (("count", count), ("late_ms", late_ms), ("bare_final", bare_final)):
                request.set_parameter(name, value)
            sent = Sent(data, count, None if forget else request)
            request.submit(self.queue, sent)
            self.sent.append(sent)

        @rule()
        def send_wrong(self):
            request = NativeRequest(server.native, "scripted")
            request.add_input("IN", "UINT8", [2])
            request.append_input_data("IN", b"123")
            with pytest.raises(Exception, match="IN"):
                request.submit(self.queue, None)
            assert not request.in_flight

        @precondition(lambda self: any(s.request for s in self.sent))
        @rule(data=st.data())
        def cancel(self, data):
            sent = data.draw(st.sampled_from([s for s in self.sent if s.request]))
            sent.cancelled = True
            sent.request.cancel()

        @rule(keep=st.booleans())
        def drain(self, keep):
            for sent, response, flags in self.queue.drain():
                sent.flags.append(flags)
                if response is None:
                    assert flags == FINAL
                    continue
                if response.error is not None:
                    # The backend doesn't look for cancellation, so this is the core's answer, for a
                    # request that waited while both instances were busy.
                    assert type(response.error) is CancelledError
                    assert sent.cancelled and flags == FINAL and not sent.indices
                    sent.dropped = True
                    continue
                sent.indices.append(response.parameters["index"])
                [copy] = [o for o in response.outputs if o.name == "COPY"]
                assert bytes(copy) == bytes(range(len(sent.data)))
                if keep:
                    sent.kept.append(memoryview(copy))

        @rule()
        def wait(self):
            self.queue.wait(0.002)

        @rule()
        def close(self):
            self.queue.close()
            for sent in self.sent:
                sent.unseen = sent.unseen or FINAL not in sent.flags
            with pytest.raises(UnavailableError):
                self.queue.drain()
            self.queue = CompletionQueue()

        @rule()
        def forget(self):
            for sent in self.sent:
                sent.request = None
            gc.collect()

        @invariant()
        def in_order(self):
            for sent in getattr(self, "sent", ()):
                assert sent.indices == list(range(len(sent.indices)))
                assert sent.flags.count(FINAL) <= 1

        def check_answers(self):
            """On its own, so that its variables keep nothing alive when objects are counted."""
            for sent in self.sent:
                if not sent.unseen:
                    assert sent.flags[-1] == FINAL
                    assert len(sent.indices) == (0 if sent.dropped else sent.count)
                for view in sent.kept:
                    assert bytes(view) == bytes(range(len(sent.data)))

        def teardown(self):
            if not hasattr(self, "queue"):
                return
            while self.queue.in_flight:
                assert self.queue.wait(10)
                self.drain(keep=False)
            self.check_answers()
            datas = [sent.data for sent in self.sent]
            self.sent.clear()
            self.queue.close()
            del self.queue
            assert settles_to(before) == before
            for data in datas:
                data.append(0)  # locked while anything still borrows from it

    before = request_objects()
    return Bridge


def test_any_order(server):
    """Seen under load: a request that was cancelled while it waited is answered with an error, and
    this test expected an answer in full of each."""
    run_state_machine_as_test(
        machine(server),
        settings=settings(
            max_examples=25, stateful_step_count=30, deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
