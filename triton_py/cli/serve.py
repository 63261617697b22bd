# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""``triton-py serve``: loads the models, opens the ports, and stops cleanly.

One event loop in the main thread runs every front end. What blocks (loading, stopping, polling the
repository) runs on threads of its own, so that signals are always answered.
"""

from __future__ import annotations

import asyncio
import os
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, TypeVar

from triton_py.cli.errors import CliError
from triton_py.cli.serve_parser import parse, print_warnings
from triton_py.cli.settings import Settings
from triton_py.cli.signals import HangUps, StopSignals, remember_early_signals

if TYPE_CHECKING:
    from triton_py.cli.ports import Ports
    from triton_py.inprocess import NativeServer

T = TypeVar("T")


def main(arguments: Sequence[str]) -> int:
    """Runs ``triton-py serve``; returns the exit status."""
    settings, warnings = parse(arguments)
    remember_early_signals()
    print_warnings(warnings)
    with ExitStack() as stack:
        if settings.demo:
            from triton_py.cli.demo import demo_repository

            settings.model_repository.append(str(stack.enter_context(demo_repository())))
        from triton_py.cli.launch import check_paths

        check_paths(settings)
        return _run(settings)


def _run(settings: Settings) -> int:
    try:
        import uvloop

        import triton_py.core  # noqa: F401  the first import of native code
    except ImportError as error:
        raise CliError(str(error)) from None
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        status = runner.run(_serve(settings))
    if status != 0:
        # Requests may still be inside a backend: an orderly end of the interpreter would wait for
        # their threads, or take memory away from under them.
        sys.stdout.flush()
        sys.stderr.flush()
        _leave(status, settings)
    return status


def _leave(status: int, settings: Settings) -> None:
    if settings.demo:
        import shutil

        shutil.rmtree(settings.model_repository[-1], ignore_errors=True)
    os._exit(status)


async def _in_thread(function: Callable[[], T], name: str) -> T:
    """Runs a blocking call on a daemon thread: a call that never returns can't hold up the exit."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def settle(result: Any, error: BaseException | None) -> None:
        if future.cancelled():
            return
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(result)

    def run() -> None:
        result, failure = None, None
        try:
            result = function()
        except BaseException as error:  # noqa: BLE001  it is raised again where it is awaited
            failure = error
        if not loop.is_closed():
            loop.call_soon_threadsafe(settle, result, failure)

    threading.Thread(target=run, name=name, daemon=True).start()
    return await future


async def _serve(settings: Settings) -> int:
    from triton_py.cli.ports import Ports

    signals = StopSignals(asyncio.get_running_loop())
    ports = Ports(settings)
    # Taken ports are found out now, not after minutes of loading; so are missing packages.
    ports.check_free()
    if ports.can_reload:
        # Else a hang-up ends the process, as it does any.
        HangUps(asyncio.get_running_loop(), ports.reload)
    ports.prepare_tracing()
    if signals.asked:
        return 0
    server = await _load(settings, signals)
    if signals.asked:
        return await _stop(server, None, settings)
    try:
        await ports.open(server)
    except CliError as error:
        print(f"triton-py serve: {error}", file=sys.stderr)
        await _stop(server, ports, settings)
        return 1
    _print_ready(ports, settings)
    poll = (asyncio.create_task(_poll(server, settings.repository_poll_secs))
            if settings.model_control_mode == "poll" else None)
    await signals.wait()
    if poll is not None:
        poll.cancel()
    assert signals.received is not None
    print(f"\n{signals.received.name}: stopping; no new requests, up to "
          f"{settings.exit_timeout_secs} s for those in flight", file=sys.stderr, flush=True)
    return await _stop(server, ports, settings)


async def _load(settings: Settings, signals: StopSignals) -> NativeServer:
    from triton_py.cli.launch import native_options
    from triton_py.cli.report import LoadProgress
    from triton_py.errors import TritonError
    from triton_py.inprocess import NativeServer

    options = native_options(settings)
    loading = asyncio.ensure_future(_in_thread(lambda: NativeServer(options), "load"))
    with LoadProgress():
        signal = asyncio.ensure_future(signals.wait())
        await asyncio.wait((loading, signal), return_when=asyncio.FIRST_COMPLETED)
        if not loading.done():
            print(f"\n{signals.received.name if signals.received else 'signal'}: stopping once the "
                  "models that are being loaded are done; again to stop at once",
                  file=sys.stderr, flush=True)
        signal.cancel()
        try:
            return await loading
        except TritonError as error:
            raise CliError(_start_failure(error, settings)) from None


def _start_failure(error: Exception, settings: Settings) -> str:
    text = f"the server did not start: {error}"
    if settings.exit_on_error:
        text += "\n--exit-on-error=false serves the models that do load"
    return text


def _print_ready(ports: Ports, settings: Settings) -> None:
    for line in ports.lines():
        print(line)
    if settings.demo:
        from triton_py.cli.demo import next_steps

        print("\n" + next_steps(ports.address("HTTP"), ports.address("gRPC")))
    print("Ready. Ctrl-C stops.", flush=True)


async def _poll(server: NativeServer, seconds: int) -> None:
    """Follows the repository; a failed poll is reported and the next one comes."""
    from triton_py.errors import TritonError

    while True:
        await asyncio.sleep(seconds)
        try:
            await _in_thread(server.poll_model_repository, "poll")
        except TritonError as error:
            print(f"failed to poll model repository: {error}", file=sys.stderr, flush=True)


async def _stop(server: NativeServer, ports: Ports | None, settings: Settings) -> int:
    """Ends the server within the exit timeout; returns the exit status."""
    from triton_py.errors import TritonError

    deadline = time.monotonic() + settings.exit_timeout_secs

    def left() -> float:
        return max(0.0, deadline - time.monotonic())

    drained = True
    if ports is not None:
        drained = await ports.drain(left)
    try:
        # Whole seconds, rounded up: with none left it looks once and does not wait.
        stopping = _in_thread(lambda: server.stop(int(left() + 0.999)), "stop")
        await asyncio.wait_for(stopping, left() + 5)
    except (TritonError, TimeoutError) as error:
        reason = str(error) or f"models are still live after {settings.exit_timeout_secs} s"
        print(f"failed to stop server: {reason}", file=sys.stderr, flush=True)
        if ports is not None:
            await _in_thread(ports.finish_tracing, "traces")
        return 1
    if ports is not None:
        await ports.close()
        await _in_thread(ports.finish_tracing, "traces")
    if not drained:
        print(f"requests were left when --exit-timeout-secs={settings.exit_timeout_secs} was up",
              file=sys.stderr, flush=True)
        return 1
    try:
        await asyncio.wait_for(_in_thread(server.close, "close"), 10)
    except (TritonError, TimeoutError) as error:
        print(f"failed to delete server: {error or 'it did not return'}", file=sys.stderr)
        return 1
    print("stopped", file=sys.stderr, flush=True)
    return 0
