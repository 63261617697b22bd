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
import threading
import traceback
from typing import Any

HERE = os.path.dirname(os.path.abspath(__file__))
if HERE not in sys.path:
    sys.path.append(HERE)
import _model_modules as modules
from _output_check import OutputCheck

#: What is shown of a traceback: the calls of the model's own, not of this file, nor how Python imports.
_OWN = os.path.abspath(__file__)
#: Called with what a model's method has raised, before it is answered; for a debugger, in the server's own
#: process.
on_error: Any = None


def described(error: BaseException) -> str:
    """The error with the model's own lines of the traceback, on several lines."""
    shown = traceback.TracebackException.from_exception(error)
    part: traceback.TracebackException | None = shown
    while part is not None:
        part.stack = traceback.StackSummary.from_list(
            [frame for frame in part.stack if os.path.abspath(frame.filename) != _OWN
             and not frame.filename.startswith("<frozen importlib")])
        part = part.__cause__ or part.__context__
    return "".join(shown.format()).rstrip()


def short(error: BaseException) -> str:
    """The message that reaches a client: the error's last line, as Python prints it."""
    return "".join(traceback.format_exception_only(type(error), error)).strip()


def trace_this_thread() -> None:
    """A debugger that wants to see threads (``threading.settrace``) is shown this one, too, which Python has
    not started."""
    trace = threading.gettrace()
    if trace is not None:
        sys.settrace(trace)


def tell_debugger(error: BaseException) -> None:
    if on_error is not None:
        on_error(error)


class Reserve:
    """Memory that is there when there is none: what went wrong has to be said all the same."""

    BYTES = 1 << 22

    def __init__(self, size: int) -> None:
        self._size = size
        self._kept: Any = bytearray(size)

    def spend(self, error: BaseException) -> None:
        """With an error that memory ran out: also lets go what the calls that it came through had."""
        if isinstance(error, MemoryError):
            self._kept = None
            traceback.clear_frames(error.__traceback__)

    def fill(self) -> None:
        """Raises MemoryError where the model still has all: then the process is of no use any more."""
        if self._kept is None:
            self._kept = bytearray(self._size)


#: How long an instance that goes waits for tasks that its model has left.
LOOP_END_S = 5.0


def run_until_stopped(loop: Any) -> None:
    """An event loop's life: what is left when it is stopped is cancelled, and its descriptors closed."""
    import asyncio

    loop.run_forever()
    left = asyncio.all_tasks(loop)
    for task in left:
        task.cancel()
    if left:
        loop.run_until_complete(asyncio.wait(left, timeout=LOOP_END_S / 2))
    loop.run_until_complete(loop.shutdown_asyncgens())
    loop.close()


class Worker:
    """One instance of a model."""

    def __init__(self, channel: Any, bridge: Any, utils: Any, within: bool) -> None:
        """
        :param within: it is the server's process, which is not all the model's.
        """
        self.channel = channel
        self._within = within
        self._place = utils._Place(channel)
        utils._places.append(self._place)
        self._bridge = bridge
        self._utils = utils
        self._model: Any = None
        self._name = ""
        self._loop: Any = None
        self._loop_thread: Any = None
        self._module_name = ""
        self._module: Any = None
        self._folders: list[str] = []
        self._reserve = Reserve(0 if within else Reserve.BYTES)

    def handle(self, kind: int, number: int, content: Any, value: int, flags: int) -> Any:
        """Does what a message of the server's says; False after the last.

        Within the server's process what it has executed comes back, for the caller to send.
        """
        bridge = self._bridge
        if self._within:
            trace_this_thread()
        before = self._utils._place.set(self._place)
        try:
            if kind == bridge.EXECUTE:
                return self.execute(number, content)
            elif kind == bridge.START:
                self.start(content)
            elif kind == bridge.IS_READY:
                self.is_ready(number)
            elif kind == bridge.FINALIZE:
                self.finalize()
                return False
            return True
        finally:
            self._utils._place.reset(before)

    def end(self) -> None:
        """The instance is gone, where the process goes on."""
        self._utils._places.remove(self._place)
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._loop_thread.join(LOOP_END_S)
        self._model = None
        # When a model is loaded again, the name is the new instance's already.
        if sys.modules.get(self._module_name) is self._module:
            sys.modules.pop(self._module_name, None)
        with modules.importing:
            modules.forget()
            modules.use_no_more(self._folders)

    # Start

    def start(self, texts: list[str]) -> None:
        """Loads the file, makes the model, calls ``initialize``."""
        file, folders, name, version, kind, device, repository, config, instance, what, cuda = texts
        if cuda:
            self.channel.use_cuda_runtime(cuda)
        self._name = self._place.name = name
        self._place.version = int(version)
        own = folders.split("\n")
        self._place.model_dir = own[0]
        file = os.path.abspath(file)
        try:
            with modules.importing:
                if self._within:
                    modules.forget()
                # A Python-based backend's file has a folder of its own; before the model's.
                places = dict.fromkeys(map(os.path.abspath, (os.path.dirname(file), *own)))
                self._folders = list(places)
                modules.use(self._folders)
                module = self._import(file, instance)
            model_type = getattr(module, "TritonPythonModel", None)
            if model_type is None:
                raise self._utils.TritonModelException(f"'{file}' defines no class TritonPythonModel")
            if what == "auto_complete":
                self.channel.send(self._bridge.STARTED, 0, 0, 0, 0, self._completed(model_type, config))
                return
            if not hasattr(model_type, "execute"):
                raise self._utils.TritonModelException(
                    f"the class TritonPythonModel in '{file}' has no method execute")
            import json

            settings = json.loads(config)
            self._place.decoupled = self._utils.using_decoupled_model_transaction_policy(settings)
            self._place.look_at = OutputCheck(name, settings, self._utils).look_at
            self._model = model_type()
            if hasattr(self._model, "initialize"):
                self._model.initialize({
                    "model_config": config, "model_instance_kind": kind, "model_instance_name": instance,
                    "model_instance_device_id": device, "model_repository": repository,
                    "model_version": version, "model_name": name,
                })
        except BaseException as error:  # noqa: BLE001 - also SystemExit: the load fails, with the reason
            tell_debugger(error)
            self._reserve.spend(error)
            self.channel.send(self._bridge.START_FAILED, 0, 0, 0, 0, described(error))
            return
        self._place.may_execute = True
        ready = hasattr(self._model, "is_ready")
        self.channel.send(self._bridge.STARTED, 0, int(ready), 0, 0)

    def _import(self, file: str, instance: str) -> Any:
        # A module of the version's folder, as Triton has it: "from .helper import f" finds what lies there.
        folder, name = os.path.split(os.path.splitext(file)[0])
        name = f"{os.path.basename(folder)}.{name}"
        if self._within:
            # Each instance has its own: other models' files have the same name.
            name = f"{name}@{instance}"
        if file.endswith(".py"):
            spec = importlib.util.spec_from_loader(name, modules.SourceLoader(name, file))
        else:
            spec = importlib.util.spec_from_file_location(name, file)
        if spec is None or spec.loader is None:
            raise self._utils.TritonModelException(f"'{file}' is no Python file")
        module = importlib.util.module_from_spec(spec)
        # As an import would: what is pickled, or imported from the model's own files, is found.
        sys.modules[name] = module
        try:
            spec.loader.exec_module(module)
        except BaseException:
            del sys.modules[name]
            raise
        self._module_name, self._module = name, module
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

    def execute(self, batch: int, values: list[tuple[Any, ...]]) -> Any:
        requests = [self._utils.InferenceRequest._received(self._place, batch, number, value)
                    for number, value in enumerate(values)]
        values.clear()
        try:
            returned = self._model.execute(requests)
            if inspect.iscoroutine(returned):
                returned = self._run_execute(requests, returned)
            sent = self._answers(requests, returned)
            return self.channel.executed(batch, sent)
        except BaseException as error:  # noqa: BLE001 - SystemExit, too, ends this batch and no more
            tell_debugger(error)
            self._reserve.spend(error)
            for request in requests:
                if request._sender is not None:
                    request._sender._closed = True
            text = described(error)
            self.channel.send(self._bridge.EXECUTED, batch, len(requests), 0, self._bridge.BATCH_FAILED,
                               short(error), text)
            self._reserve.fill()
            return None

    def _started_loop(self) -> Any:
        """One event loop, on a thread of its own, for all that the model's coroutines do."""
        if self._loop is None:
            import asyncio

            self._loop = asyncio.new_event_loop()
            self._loop_thread = threading.Thread(
                target=run_until_stopped, args=(self._loop,), name="event loop", daemon=True)
            self._loop_thread.start()
        return self._loop

    def _run(self, coroutine: Any) -> Any:
        import asyncio

        return asyncio.run_coroutine_threadsafe(coroutine, self._started_loop()).result()

    def _run_execute(self, requests: list[Any], coroutine: Any) -> Any:
        """A decoupled model's goes on while the next requests are executed."""
        import asyncio

        future = asyncio.run_coroutine_threadsafe(coroutine, self._started_loop())
        if not self._place.decoupled:
            return future.result()

        def ended(future: Any) -> None:
            try:
                self._answers(requests, future.result())
            except BaseException as error:  # noqa: BLE001 - whatever it was, its requests get an answer
                tell_debugger(error)
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
            if not self._place.decoupled and any(r._sender is None and r._release == 1 for r in requests):
                raise utils.TritonModelException(
                    f"execute of model '{self._name}' returned None: a list with an InferenceResponse for "
                    f"each of its {len(requests)} requests is expected")
            return [(later, request._release) for request in requests]
        if self._place.decoupled:
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
            self._place.look_at(response._outputs, number)
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
        self.channel.send(self._bridge.READINESS, number, int(good), 0, 0)

    def finalize(self) -> None:
        failed = []
        self._place.may_execute = False
        try:
            if hasattr(self._model, "finalize"):
                self._model.finalize()
        except BaseException as error:  # noqa: BLE001
            failed.append(described(error))
        for stream in (sys.stdout, sys.stderr):
            # The model may have closed it.
            with contextlib.suppress(OSError, ValueError):
                stream.flush()
        self.channel.send(self._bridge.FINALIZED, 0, 0, 0, 0, *failed)
        if not self._within:
            # Nobody answers any more: metrics, which ask for their end in the interpreter's, are the server's
            # to end.
            self.channel.close()


def forget_library_path() -> None:
    """The server puts an environment's libraries first for this interpreter, which has read that by now;
    programs that a model starts are not the environment's."""
    added = os.environ.pop("TRITON_PY_LIBRARY_PATH", "")
    path = os.environ.get("LD_LIBRARY_PATH", "")
    if added and path == added:
        del os.environ["LD_LIBRARY_PATH"]
    elif added and path.startswith(added + ":"):
        os.environ["LD_LIBRARY_PATH"] = path[len(added) + 1:]


def _no_terminal(*_: Any, **__: Any) -> None:
    raise RuntimeError(
        "breakpoint(): a model in a process of its own has no terminal. 'triton-py model run --debug' runs it "
        "in the terminal's; with the environment variable PYTHONBREAKPOINT another debugger can be named")


def main() -> int:
    if "PYTHONBREAKPOINT" not in os.environ:
        sys.breakpointhook = _no_terminal
    # Ctrl-C on a terminal is for the server, which ends its workers in order.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    forget_library_path()
    # Last instead of first: a model may have a file of the same name as one of ours.
    sys.path[:] = [*(path for path in sys.path if os.path.abspath(path) != HERE), HERE]
    _bridge = import_bridge()
    channel = _bridge.Channel(int(sys.argv[1]), int(sys.argv[2]))
    try:
        import triton_python_backend_utils as utils
    except BaseException as error:  # noqa: BLE001
        python, version = sys.executable, sys.version.split()[0]
        absent = isinstance(error, ModuleNotFoundError) and error.name == "numpy"
        why = (f"'{python}' (Python {version}) has no numpy: '{python} -m pip install numpy' installs it"
               if absent else f"{described(error)}\n('{python}' is Python {version})")
        channel.send(_bridge.START_FAILED, 0, 0, 0, 0, why)
        return 1

    worker = Worker(channel, _bridge, utils, within=False)
    while True:
        message = channel.receive()
        if message is None:
            return 0
        kind, number, content, value, flags = message
        del message
        if worker.handle(kind, number, content, value, flags) is False:
            return 0
        del content
        if kind == _bridge.EXECUTE and flags & _bridge.LENT:
            # What of the inputs is still held now, the model keeps.
            channel.send(_bridge.SETTLED, number, 0, 0, 0)


def import_bridge() -> Any:
    """The module that speaks with the server, of the folder of this file."""
    import _bridge

    return _bridge


def inside(channel: Any) -> Worker:
    """A worker in the server's own process, which hands it messages by :meth:`Worker.handle`."""
    import triton_python_backend_utils as utils

    return Worker(channel, import_bridge(), utils, within=True)


if __name__ == "__main__":
    sys.exit(main())
