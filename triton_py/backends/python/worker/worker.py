# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The process in which an instance of a Python model lives: loads ``model.py``, runs what comes.

    python worker.py CHANNEL LIFE

Both are descriptors that the server has opened: the memory that is shared with it, and a socket that
tells when it is gone. Runs on any Python from 3.9 on, in the model's environment.
"""

from __future__ import annotations

import contextlib
import importlib.util
import inspect
import os
import signal
import sys
import traceback
from typing import Any

HERE = os.path.dirname(os.path.abspath(__file__))
#: What is shown of a traceback: the calls of the model's own, not of this file.
_OWN = os.path.abspath(__file__)


def described(error: BaseException) -> str:
    """The error with the model's own lines of the traceback, on several lines."""
    shown = traceback.TracebackException.from_exception(error)
    part: traceback.TracebackException | None = shown
    while part is not None:
        part.stack = traceback.StackSummary.from_list(
            [frame for frame in part.stack if os.path.abspath(frame.filename) != _OWN])
        part = part.__cause__ or part.__context__
    return "".join(shown.format()).rstrip()


def short(error: BaseException) -> str:
    """The message that reaches a client: the error's last line, as Python prints it."""
    return "".join(traceback.format_exception_only(type(error), error)).strip()


class Reserve:
    """Memory that is there when there is none: what went wrong has to be said all the same."""

    BYTES = 1 << 22

    def __init__(self) -> None:
        self._kept: Any = bytearray(self.BYTES)

    def spend(self, error: BaseException) -> None:
        """With an error that memory ran out: also lets go what the calls that it came through had."""
        if isinstance(error, MemoryError):
            self._kept = None
            traceback.clear_frames(error.__traceback__)

    def fill(self) -> None:
        """Raises MemoryError where the model still has all: then the process is of no use any more."""
        if self._kept is None:
            self._kept = bytearray(self.BYTES)


class Worker:
    """One instance of a model."""

    def __init__(self, channel: Any, bridge: Any, utils: Any) -> None:
        self._channel = channel
        self._bridge = bridge
        self._utils = utils
        self._model: Any = None
        self._name = ""
        self._decoupled = False
        self._loop: Any = None
        self._reserve = Reserve()

    # Start

    def start(self, texts: list[str]) -> None:
        """Loads the file, makes the model, calls ``initialize``."""
        file, folders, name, version, kind, device, repository, config, instance, what = texts
        self._name = name
        for folder in folders.split("\n"):
            if folder not in sys.path:
                sys.path.append(folder)
        try:
            module = self._import(file)
            model_type = getattr(module, "TritonPythonModel", None)
            if model_type is None:
                raise self._utils.TritonModelException(f"'{file}' defines no class TritonPythonModel")
            if what == "auto_complete":
                self._channel.send(self._bridge.STARTED, 0, 0, 0, 0, self._completed(model_type, config))
                return
            if not hasattr(model_type, "execute"):
                raise self._utils.TritonModelException(
                    f"the class TritonPythonModel in '{file}' has no method execute")
            import json

            self._decoupled = self._utils.using_decoupled_model_transaction_policy(json.loads(config))
            self._model = model_type()
            if hasattr(self._model, "initialize"):
                self._model.initialize({
                    "model_config": config, "model_instance_kind": kind, "model_instance_name": instance,
                    "model_instance_device_id": device, "model_repository": repository,
                    "model_version": version, "model_name": name,
                })
        except BaseException as error:  # noqa: BLE001 - also SystemExit: the load fails, with the reason
            self._reserve.spend(error)
            self._channel.send(self._bridge.START_FAILED, 0, 0, 0, 0, described(error))
            return
        self._utils._may_execute = True
        ready = hasattr(self._model, "is_ready")
        self._channel.send(self._bridge.STARTED, 0, int(ready), 0, 0)

    def _import(self, file: str) -> Any:
        name = os.path.splitext(os.path.basename(file))[0]
        spec = importlib.util.spec_from_file_location(name, file)
        if spec is None or spec.loader is None:
            raise self._utils.TritonModelException(f"'{file}' is no Python file")
        module = importlib.util.module_from_spec(spec)
        # As an import would: what is pickled, or imported from the model's own files, is found.
        sys.modules[name] = module
        spec.loader.exec_module(module)
        return module

    def _completed(self, model_type: Any, config: str) -> str:
        import json

        if not hasattr(model_type, "auto_complete_config"):
            return config
        made = model_type.auto_complete_config(self._utils.ModelConfig(config))
        if not isinstance(made, self._utils.ModelConfig):
            raise self._utils.TritonModelException(
                f"auto_complete_config returns a pb_utils.ModelConfig, not {type(made).__name__}")
        return json.dumps(made.as_dict())

    # Requests

    def execute(self, batch: int, values: list[tuple[Any, ...]]) -> None:
        requests = [self._utils.InferenceRequest._received(self._channel, batch, number, value, self._decoupled)
                    for number, value in enumerate(values)]
        values.clear()
        try:
            returned = self._model.execute(requests)
            if inspect.iscoroutine(returned):
                returned = self._run_execute(requests, returned)
            sent = self._answers(requests, returned)
            self._channel.executed(batch, sent)
        except BaseException as error:  # noqa: BLE001 - SystemExit, too, ends this batch and no more
            self._reserve.spend(error)
            for request in requests:
                if request._sender is not None:
                    request._sender._closed = True
            text = described(error)
            self._channel.send(self._bridge.EXECUTED, batch, len(requests), 0, self._bridge.BATCH_FAILED,
                               short(error), text)
        self._reserve.fill()

    def _started_loop(self) -> Any:
        """One event loop, on a thread of its own, for all that the model's coroutines do."""
        if self._loop is None:
            import asyncio
            import threading

            self._loop = asyncio.new_event_loop()
            threading.Thread(target=self._loop.run_forever, name="event loop", daemon=True).start()
        return self._loop

    def _run(self, coroutine: Any) -> Any:
        import asyncio

        return asyncio.run_coroutine_threadsafe(coroutine, self._started_loop()).result()

    def _run_execute(self, requests: list[Any], coroutine: Any) -> Any:
        """A decoupled model's goes on while the next requests are executed."""
        import asyncio

        future = asyncio.run_coroutine_threadsafe(coroutine, self._started_loop())
        if not self._decoupled:
            return future.result()

        def ended(future: Any) -> None:
            try:
                self._answers(requests, future.result())
            except BaseException as error:  # noqa: BLE001 - whatever it was, its requests get an answer
                self._utils.Logger.log_error(f"model '{self._name}': execute failed: {described(error)}")
                failure = self._utils.InferenceResponse(error=self._utils.TritonError(
                    f"execute of model '{self._name}' failed: {short(error)}"))
                for request in requests:
                    sender = request.get_response_sender()
                    if not sender._closed:
                        sender.send(failure, flags=1)

        future.add_done_callback(ended)
        return None

    def _answers(self, requests: list[Any], returned: Any) -> list[tuple[Any, int]]:
        """What becomes of each request, and how it is released."""
        bridge, utils = self._bridge, self._utils
        later = (bridge.RESPONSE_LATER, 0)
        if returned is None:
            if not self._decoupled and any(r._sender is None and r._release == 1 for r in requests):
                raise utils.TritonModelException(
                    f"execute of model '{self._name}' returned None: a list with an InferenceResponse for "
                    f"each of its {len(requests)} requests is expected")
            return [(later, request._release) for request in requests]
        if self._decoupled:
            raise utils.TritonModelException(
                f"model '{self._name}' is decoupled: its responses are sent by response senders, and "
                f"execute returns None, not {type(returned).__name__}")
        if not isinstance(returned, (list, tuple)):
            raise utils.TritonModelException(
                f"execute of model '{self._name}' returned {type(returned).__name__}: a list of "
                "InferenceResponse is expected")
        if len(returned) != len(requests):
            raise utils.TritonModelException(
                f"execute of model '{self._name}' returned {len(returned)} responses for "
                f"{len(requests)} requests: one for each is expected")
        answers = []
        for number, (request, response) in enumerate(zip(requests, returned)):
            if response is None:
                if request._release == 1 and request._sender is None:
                    raise utils.TritonModelException(
                        f"execute of model '{self._name}' returned None for request {number} of "
                        f"{len(requests)}: an InferenceResponse is expected, unless it is rescheduled")
                answers.append((later, request._release))
                continue
            if not isinstance(response, utils.InferenceResponse):
                raise utils.TritonModelException(
                    f"execute of model '{self._name}' returned {type(response).__name__} for request "
                    f"{number} of {len(requests)}: an InferenceResponse is expected")
            if request._release != 1:
                raise utils.TritonModelException(
                    f"request {number} of model '{self._name}' is rescheduled: None is expected for it, "
                    "not a response")
            if request._sender is not None:
                request._sender._count(response, 1)
            answers.append((response._sent(1, request._outputs), 1))
        return answers

    # The rest

    def is_ready(self, number: int) -> None:
        good = False
        try:
            answer = self._model.is_ready()
            if inspect.iscoroutine(answer):
                answer = self._run(answer)
            if not isinstance(answer, bool):
                raise self._utils.TritonModelException(
                    f"is_ready of model '{self._name}' returned {type(answer).__name__}, not a bool")
            good = answer
        except Exception as error:  # noqa: BLE001
            self._utils.Logger.log_error(described(error))
        self._channel.send(self._bridge.READINESS, number, int(good), 0, 0)

    def finalize(self) -> None:
        failed = []
        self._utils._may_execute = False
        try:
            if hasattr(self._model, "finalize"):
                self._model.finalize()
        except BaseException as error:  # noqa: BLE001
            failed.append(described(error))
        for stream in (sys.stdout, sys.stderr):
            # The model may have closed it.
            with contextlib.suppress(OSError, ValueError):
                stream.flush()
        self._channel.send(self._bridge.FINALIZED, 0, 0, 0, 0, *failed)


def main() -> int:
    # Ctrl-C on a terminal is for the server, which ends its workers in order.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    sys.path.append(HERE)
    import _bridge

    channel = _bridge.Channel(int(sys.argv[1]), int(sys.argv[2]))
    try:
        import triton_python_backend_utils as utils
    except BaseException as error:  # noqa: BLE001
        channel.send(_bridge.START_FAILED, 0, 0, 0, 0, f"{described(error)}\n(Python: {sys.executable})")
        return 1

    def log(level: int, message: str) -> None:
        caller = sys._getframe(2)
        while caller.f_back is not None and caller.f_code.co_filename == utils.__file__:
            caller = caller.f_back
        channel.send(_bridge.LOG, 0, level, caller.f_lineno, 0, caller.f_code.co_filename, message)

    utils.Logger._send = staticmethod(log)
    utils._server = channel
    worker = Worker(channel, _bridge, utils)
    while True:
        message = channel.receive()
        if message is None:
            return 0
        kind, number, content, _, _ = message
        del message
        if kind == _bridge.EXECUTE:
            worker.execute(number, content)
        elif kind == _bridge.START:
            worker.start(content)
        elif kind == _bridge.IS_READY:
            worker.is_ready(number)
        elif kind == _bridge.FINALIZE:
            worker.finalize()
            return 0
        del content


if __name__ == "__main__":
    sys.exit(main())
