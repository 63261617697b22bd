# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Servers that start, stop, are forgotten, outlive their interpreter or get forked."""

from __future__ import annotations

import gc
import subprocess
import sys
import textwrap
import threading
import time

import numpy as np
import pytest
from inprocess_support import request_objects, settles_to
from live_objects import more_than

from triton_py import (
    InvalidArgumentError,
    NotFoundError,
    Options,
    Server,
    TritonError,
    UnavailableError,
)
from triton_py.inprocess import CompletionQueue, NativeRequest, NativeServer, infer, live_objects

ONE = np.ones(1, np.float32)
#: How a stopping server turns requests away: it stops, or the model is unloaded already.
REFUSALS = (UnavailableError, NotFoundError)


def run_child(repository, code):
    """Runs `code` in a fresh interpreter with `repository` and `np` at hand; returns its output."""
    prelude = (
        "import faulthandler, sys, numpy as np\n"
        "faulthandler.enable()\n"
        "import triton_py\n"
        "from triton_py.inprocess import *\n"
        "repository = sys.argv[1]\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", prelude + textwrap.dedent(code), str(repository)],
        capture_output=True, text=True, timeout=60, check=False,
    )
    assert done.returncode == 0, done.stderr
    # A DeprecationWarning about fork is fine (Python 3.12 on); what a broken shutdown prints isn't.
    for sign in ("Fatal Python error", "Exception ignored", "Traceback", "triton-py:"):
        assert sign not in done.stderr, done.stderr
    return done.stdout


class TestStartAndStop:
    def test_context_manager(self, repository):
        server = Server(model_repository=repository)
        with server as running:
            assert running is server
            assert server.live() and server.ready()
            assert server.model("echo").ready()
        for use in (server.live, server.ready, server.metadata, server.models):
            with pytest.raises(InvalidArgumentError, match="Server not started"):
                use()
        server.stop()

    def test_restart(self, repository):
        server = Server(Options(model_repository=repository))
        for _ in range(3):
            server.start(wait_until_ready=True, timeout=10)
            with pytest.raises(InvalidArgumentError, match="Server already started"):
                server.start()
            response = server.model("echo").infer(inputs={"INPUT0": ONE}).result(10)
            assert response["OUTPUT0"].tolist() == [1.0]
            server.stop()

    def test_everything_is_gone_after_stop(self, repository):
        gc.collect()
        before = live_objects()
        with Server(model_repository=repository) as server:
            server.model("echo").infer(inputs={"INPUT0": ONE}).result(10)
            assert live_objects()["server"] == before["server"] + 1
        del server
        gc.collect()
        assert more_than(before) == {}

    def test_forgotten_server_is_stopped(self, repository):
        gc.collect()
        before = live_objects()
        server = Server(model_repository=repository).start()
        server.model("echo").infer(inputs={"INPUT0": ONE}).result(10)
        del server
        gc.collect()
        assert more_than(before) == {}

    def test_two_servers_side_by_side(self, repository):
        with Server(model_repository=repository, server_id="a") as first:
            with Server(model_repository=repository, server_id="b") as second:
                assert (first.metadata()["name"], second.metadata()["name"]) == ("a", "b")
                first.model("echo").infer(inputs={"INPUT0": ONE}).result(10)
            assert first.model("echo").infer(inputs={"INPUT0": ONE}).result(10).final

    def test_options_are_checked(self, repository):
        with pytest.raises(InvalidArgumentError, match="not both"):
            Server(Options(model_repository=repository), server_id="x")
        with pytest.raises(InvalidArgumentError, match="Model repository must be specified"):
            Server().start()
        with pytest.raises(InvalidArgumentError, match="model_control_mode is 'often'"):
            Server(model_repository=repository, model_control_mode="often").start()
        with pytest.raises(InvalidArgumentError, match="server id must be a str"):
            Server(model_repository=repository, server_id=1).start()

    def test_missing_repository(self, tmp_path):
        with pytest.raises(TritonError, match="nowhere"):
            Server(model_repository=tmp_path / "nowhere").start()


class TestStopWithRequests:
    def test_those_in_flight_finish(self, repository):
        server = Server(model_repository=repository).start()
        iterator = server.model("echo").infer(
            inputs={"INPUT0": ONE}, parameters={"delay_ms": 300}
        )
        time.sleep(0.05)
        server.stop(10)
        assert iterator.result(10)["OUTPUT0"].tolist() == [1.0]

    def test_no_new_ones(self, repository):
        server = Server(model_repository=repository).start()
        native = server.native
        request = NativeRequest(native, "echo")
        request.add_input("INPUT0", "FP32", [1])
        request.append_input_data("INPUT0", ONE)
        native.stop()
        with pytest.raises(REFUSALS):
            infer(request, 10)
        server.stop()
        with pytest.raises(UnavailableError, match="the server is closed"):
            native.is_live()
        with pytest.raises(REFUSALS):
            infer(request, 10)
        del request

    def test_timeout_leaves_a_server_that_still_answers(self, repository):
        """The exit timeout passes; the backend's answer still arrives, into valid memory."""
        before = request_objects()
        server = Server(model_repository=repository, exit_timeout=1).start()
        queue = CompletionQueue()
        request = NativeRequest(server.native, "echo")
        request.add_input("INPUT0", "FP32", [1])
        request.append_input_data("INPUT0", ONE)
        request.set_parameter("delay_ms", 2500)
        request.submit(queue)
        time.sleep(0.05)
        with pytest.raises(TritonError, match="did not stop within 1 s"):
            server.stop()
        while queue.in_flight:
            assert queue.wait(10)
            for _, response, _ in queue.drain():
                assert response.error is None
        del request, queue, response, server
        # The server itself stays: what didn't stop in time may have threads that still use it.
        before.pop("message")
        assert settles_to(before) == before

    def test_requests_keep_the_server(self, repository):
        gc.collect()
        before = live_objects()["server"]
        server = Server(model_repository=repository).start()
        request = NativeRequest(server.native, "echo")
        server.stop()
        assert live_objects()["server"] == before + 1
        del request
        gc.collect()
        assert live_objects()["server"] == before

    def test_finished_requests_do_not_keep_the_server(self, repository):
        gc.collect()
        before = live_objects()["server"]
        server = Server(model_repository=repository).start()
        iterator = server.model("echo").infer(inputs={"INPUT0": ONE})
        array = iterator.result(10)["OUTPUT0"].numpy()
        server.stop()
        assert settles_to({"server": before}) == {"server": before}
        assert array.tolist() == [1.0] and list(iterator) == []

    def test_stop_while_threads_send(self, repository):
        """Everything sent is answered exactly once: with data, or with a refusal."""
        server = Server(model_repository=repository).start()
        native = server.native
        outcomes = []

        def work():
            while True:
                try:
                    request = NativeRequest(native, "echo")
                    request.add_input("INPUT0", "FP32", [1])
                    request.append_input_data("INPUT0", ONE)
                    [response] = infer(request, 10)
                except (TritonError, TimeoutError) as error:
                    outcomes.append(type(error))
                    return
                if response.error is not None:
                    outcomes.append(type(response.error))
                    return
                assert bytes(response.outputs[0]) == ONE.tobytes()

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        time.sleep(0.2)
        server.stop(10)
        for thread in threads:
            thread.join(20)
        assert len(outcomes) == 4
        assert set(outcomes) <= set(REFUSALS)


    def test_close_while_threads_ask(self, repository):
        """A call under way keeps the server it asks."""
        for _ in range(3):
            native = NativeServer(Options(model_repository=repository).native())
            failures = []

            def ask(native=native, failures=failures):
                while True:
                    try:
                        native.metadata_json()
                        native.model_config_json("echo")
                        native.model_index_json()
                    except UnavailableError:
                        return
                    except TritonError as error:
                        # Unloaded already, but not yet closed.
                        if "echo" not in error.message:
                            failures.append(error)
                            return

            threads = [threading.Thread(target=ask) for _ in range(4)]
            for thread in threads:
                thread.start()
            time.sleep(0.05)
            native.close()
            for thread in threads:
                thread.join(20)
            assert failures == []


class TestInterpreterShutdown:
    def test_server_never_stopped(self, repository):
        output = run_child(repository, """
            server = triton_py.Server(model_repository=repository).start()
            server.model("echo").infer(inputs={"INPUT0": np.ones(1, np.float32)}).result(10)
            print("done")
        """)
        assert output.strip().endswith("done")

    def test_requests_in_flight_and_responses_unread(self, repository):
        output = run_child(repository, """
            server = triton_py.Server(model_repository=repository).start()
            model = server.model("scripted")
            data = np.zeros(1000, np.uint8)
            late = model.infer(inputs={"IN": data}, parameters={"late_ms": 300, "count": 5})
            unread = model.infer(inputs={"IN": data}, parameters={"count": 5})
            forgotten = [model.infer(inputs={"IN": data.copy()}) for _ in range(50)]
            kept = model.infer(inputs={"IN": data}).result(10)["COPY"].numpy()
            unsent = NativeRequest(server.native, "echo")
            print("done")
        """)
        assert output.strip().endswith("done")

    def test_exit_inside_a_loop(self, repository):
        output = run_child(repository, """
            import asyncio
            server = triton_py.Server(model_repository=repository).start()
            async def main():
                server.model("scripted").async_infer(
                    inputs={"IN": np.zeros(3, np.uint8)}, parameters={"late_ms": 200})
                print("done")
                raise SystemExit(0)
            asyncio.run(main())
        """)
        assert output.strip().endswith("done")

    def test_objects_that_live_longest(self, repository):
        """Kept by a module, and so freed at the very end, after the atexit hooks."""
        output = run_child(repository, """
            import builtins
            server = triton_py.Server(model_repository=repository).start()
            iterator = server.model("scripted").infer(inputs={"IN": np.zeros(3, np.uint8)})
            builtins.kept = [server, iterator.result(10), CompletionQueue(),
                             NativeRequest(server.native, "echo"), Options()]
            print("done")
        """)
        assert output.strip().endswith("done")


class TestFork:
    def test_child_can_not_touch_the_parents_server(self, repository):
        output = run_child(repository, """
            import os
            server = triton_py.Server(model_repository=repository).start()
            model = server.model("echo")
            one = np.ones(1, np.float32)
            response = model.infer(inputs={"INPUT0": one}).result(10)
            request = NativeRequest(server.native, "echo")
            queue = CompletionQueue()
            queue.fileno()
            child = os.fork()
            if child == 0:
                refused = 0
                for use in (server.live, lambda: model.infer(inputs={"INPUT0": one}),
                            queue.drain, queue.fileno, lambda: request.submit(queue),
                            lambda: bytes(response["OUTPUT0"].memory_buffer.owner),
                            lambda: server.native.stop()):
                    try:
                        use()
                    except (triton_py.UnavailableError, BufferError) as error:
                        assert "belongs to the process that made it" in str(error), error
                        refused += 1
                # Objects are dropped and the interpreter ends as usual, without a crash or a hang.
                del server, model, request, queue, response
                sys.exit(refused)
            _, status = os.waitpid(child, 0)
            assert os.waitstatus_to_exitcode(status) == 7, status
            again = model.infer(inputs={"INPUT0": one}).result(10)
            assert again["OUTPUT0"].tolist() == [1.0]
            server.stop()
            print("done")
        """)
        assert output.strip().endswith("done")


def test_native_server_is_closed_twice(repository):
    options = Options(model_repository=repository)
    native = NativeServer(options.native())
    assert not native.closed
    native.close()
    native.close()
    assert native.closed
    with pytest.raises(UnavailableError, match="closed"):
        native.stop()
