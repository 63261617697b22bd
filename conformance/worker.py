# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The process that runs cases: ``python -m triton_py.conformance.worker LOG_FD ANSWER_FD``.

It reads a line of JSON for each case from its standard input and writes one for each outcome. It may
die in any of them: the process that watches it (pool.py) has the log.
"""

from __future__ import annotations

import base64
import ctypes
import gc
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from . import server_alias
from .cases import Case, CaseModel, CaseRequest, Infer, Load
from .cuda import CPU, GPU, PINNED, DeviceBuffer, address, devices
from .log import CAPACITY, PROXY, RECORDER, Log
from .placement import GuardedBuffer

#: Larger files of models are not copied for each case.
LARGEST_COPY = 1 << 20


class Worker:
    """The recorder, the core, and the library under test behind the proxy."""

    def __init__(self, log: Log, target: Path, backend: str) -> None:
        self.log = log
        self.target = target
        self.backend = backend
        #: A process's first case leaves what libraries keep as long as they are loaded.
        self.warm = False
        #: What the last case left for one like it.
        self.kept: Room | None = None
        #: The recorder knows how to get a GPU's memory.
        self.has_gpu_memory = False
        # Ahead of the core: the backend is to find the recorder's functions, not the core's.
        self.recorder = ctypes.CDLL(str(RECORDER), mode=os.RTLD_NOW | os.RTLD_GLOBAL)
        import triton_py
        from triton_py import core

        memory = ctypes.c_char.from_buffer(log.memory)
        host = Path(triton_py.__file__).resolve().parent
        library = os.path.realpath(core.LIBRARY)
        void, address = None, ctypes.c_size_t
        self.recorder.recorder_watch_input.argtypes = (address, address, address)
        self.recorder.recorder_watch_input.restype = void
        for name in server_alias.server_names(target):
            server_alias.load(name)
        # The log's address stays: the mapping lives as long as the process.
        self._check(self.recorder.recorder_attach(
            library.encode(), str(host).encode(), ctypes.byref(memory), CAPACITY))
        self._check(self.recorder.recorder_target(str(target).encode()))
        self._check(self.recorder.recorder_set_artifacts(str(target.parent).encode()))

    def _check(self, result: int) -> None:
        if result != 0:
            raise RuntimeError("the recorder can't be attached to this core")

    def run(
        self, case: Case, unanswered: Callable[[list[dict[str, Any]]], None]
    ) -> dict[str, Any]:
        """Runs a case in a server of its own, or in that of the case before if both allow it.

        ``unanswered`` is told of the steps so far when one ends without all its answers: the model
        may never be unloaded after that.
        """
        from triton_py.core import counters

        if self.kept is not None and not self.kept.fits(case):
            self._end_kept()
        gc.collect()
        before = counters.snapshot()
        threads, processes, descriptors = _threads(), children(), _descriptors()
        first = self.log.head
        if case.output_memory == GPU and not self.has_gpu_memory:
            names = ("cudaMalloc", "cudaFree", "cudaMemcpy")
            self.recorder.recorder_set_gpu(*(ctypes.c_void_p(address(name)) for name in names))
            self.has_gpu_memory = True
        self.log.set(case.guard, case.output_memory, case.api_version, case.faults, case.fill)
        steps: list[dict[str, Any]] = []
        error = ""
        try:
            room = self.kept or Room(case, self)
            self.kept = None
            complete = False
            try:
                self._steps(room, case, steps, unanswered)
                complete = not any(step["unanswered"] for step in steps)
            finally:
                if case.keep and complete:
                    self.kept = room
                else:
                    room.close()
        except Exception as problem:  # noqa: BLE001 what fails here is the harness
            error = f"{type(problem).__name__}: {problem}"
        gc.collect()
        last = self.log.head
        result: dict[str, Any] = {
            "steps": steps, "first": first, "last": last, "leaked": {},
            "fired": self.log.fired(len(case.faults)), "threads_left": 0, "processes_left": 0,
            "descriptors_left": 0, "ended": "", "harness_error": error,
        }  # fmt: skip
        if self.kept is None:
            # The server's own threads may be a moment behind.
            settled = time.monotonic() + 1
            while (_threads() > threads or children() - processes) and time.monotonic() < settled:
                time.sleep(0.005)
            after = counters.snapshot()
            # The process's one default allocator is made with the first request.
            result["leaked"] = {k: after[k] - before[k] for k in after
                                if after[k] > before[k] and k != "allocator"}
            result["processes_left"] = len(children() - processes)
            if self.warm:
                result["threads_left"] = max(0, _threads() - threads)
                result["descriptors_left"] = max(0, _descriptors() - descriptors)
            self.warm = True
            result["last"] = self.log.head
        self.recorder.recorder_reset()
        return result | {"rss_bytes": _anonymous(), "allocated_bytes": _allocated()}

    def _end_kept(self) -> None:
        kept, self.kept = self.kept, None
        if kept is not None:
            kept.close()
            self.recorder.recorder_reset()

    def _steps(
        self, room: Room, case: Case, steps: list[dict[str, Any]],
        unanswered: Callable[[list[dict[str, Any]]], None],
    ) -> None:  # fmt: skip
        for step in case.steps:
            began = time.monotonic()
            result = self._step(room, step, case.keep)
            result["seconds"] = time.monotonic() - began
            steps.append(result)
            if result["unanswered"]:
                unanswered(steps)

    def _step(self, room: Room, step: Any, keep: bool) -> dict[str, Any]:
        from triton_py import TritonError

        result: dict[str, Any] = {
            "error": "", "error_code": "", "answers": [], "unanswered": [], "modified": [],
        }
        try:
            if isinstance(step, Infer):
                _infer(room.server, step, result, self.recorder.recorder_watch_input)
                self.recorder.recorder_forget_inputs()
            elif isinstance(step, Load):
                if step.model not in room.loaded or not keep:
                    room.server.load(step.model)
                    room.loaded.add(step.model)
                    if "input" not in room.configs[step.model]:
                        result["config"] = _completed(room.server, step.model)
            elif not keep:
                room.server.unload(
                    step.model, wait_until_unloaded=True, polling_interval=0.002
                )
                room.loaded.discard(step.model)
        except TritonError as error:
            result["error"] = error.message
            result["error_code"] = type(error).__name__.removesuffix("Error")
        return result


class Room:
    """A server with a model repository of its own, in a folder of its own."""

    def __init__(self, case: Case, worker: Worker) -> None:
        import triton_py

        self.models = case.models
        self.configs = {model.name: model.config for model in case.models}
        self.loaded: set[str] = set()
        self._folder = tempfile.TemporaryDirectory(prefix="triton-py-case-")
        models, backends = Path(self._folder.name, "models"), Path(self._folder.name, "backends")
        models.mkdir()
        for model in case.models:
            self._write(models, model)
        place = backends / worker.backend
        place.mkdir(parents=True)
        # Whatever name the model's configuration has for it, it gets the proxy.
        for name in {f"libtriton_{worker.backend}.so", worker.target.name}:
            shutil.copyfile(PROXY, place / name)
        self.server = triton_py.Server(
            model_repository=str(models), backend_directory=str(backends),
            model_control_mode="explicit", strict_model_config=False, log_info=False,
            log_warn=False, log_error=False, exit_timeout=30,
            backend_configuration=_settings(worker.target, worker.backend),
        ).start()  # fmt: skip

    def fits(self, case: Case) -> bool:
        return case.keep and case.models == self.models

    def close(self) -> None:
        self.server.stop()
        self._folder.cleanup()

    def _write(self, models: Path, model: CaseModel) -> None:
        place = models / model.name
        place.mkdir()
        if model.config:
            (place / "config.pbtxt").write_text(model.config)
        if not model.folder:
            (place / "1").mkdir()
            return
        for entry in Path(model.folder).iterdir():
            # A library in the model's folder would be loaded in the proxy's place.
            if entry.name != "config.pbtxt" and not entry.name.startswith("libtriton_"):
                _mirror(entry, place / entry.name)
        if not any(child.name.isdigit() for child in place.iterdir()):
            (place / "1").mkdir()


def _completed(server: Any, model: str) -> str:
    """A model's configuration, as text, for which nobody gave inputs."""
    from google.protobuf import json_format, text_format

    from triton_py.proto.model_config import ModelConfig

    config = json_format.ParseDict(server.model(model).config(), ModelConfig())
    config.ClearField("name")
    return text_format.MessageToString(config)


def _settings(target: Path, backend: str) -> dict[str, dict[str, str]]:
    """A library that lies where a server would look for it is told of that folder: there it finds
    what came with it."""
    folder = target.parent
    return {backend: {"backend-directory": str(folder.parent)}} if folder.name == backend else {}


def _mirror(source: Path, place: Path) -> None:
    """A copy, for what the library writes must not get back; large files are links."""
    if source.is_dir():
        place.mkdir()
        for entry in source.iterdir():
            _mirror(entry, place / entry.name)
    elif source.stat().st_size > LARGEST_COPY:
        place.symlink_to(source.resolve())
    else:
        shutil.copyfile(source, place)


Watch = Callable[[int, int, int], None]


def _infer(server: Any, step: Infer, result: dict[str, Any], watch: Watch) -> None:
    from triton_py import TritonError
    from triton_py.inprocess import FINAL, CompletionQueue

    queue = CompletionQueue()
    answers: list[list[dict[str, Any]]] = [[] for _ in step.requests]
    buffers: list[list[tuple[str, Any]]] = [[] for _ in step.requests]
    natives: dict[int, Any] = {}
    cancels: list[tuple[float, int]] = []
    for index, request in enumerate(step.requests):
        native = _native(server, request.model or step.model, index, request, buffers[index])
        for _, buffer in buffers[index]:
            if not isinstance(buffer, GuardedBuffer):
                continue  # a device's: no access from here is a crash
            watch(buffer.begin, buffer.end, buffer.address + buffer.size)
        try:
            native.submit(queue, index)
        except TritonError as error:
            answers[index].append(_refused(error))
            continue
        natives[index] = native
        if request.cancel_after_ms is not None:
            cancels.append((time.monotonic() + request.cancel_after_ms / 1000, index))
    waiting = set(natives)
    deadline = time.monotonic() + step.timeout_s
    while waiting and time.monotonic() < deadline:
        for due, index in list(cancels):
            if due <= time.monotonic():
                cancels.remove((due, index))
                natives[index].cancel()
        queue.wait(0.005 if cancels else min(0.2, max(0.0, deadline - time.monotonic())))
        for index, response, flags in queue.drain():
            final = bool(flags & FINAL)
            answers[index].append(_answer(response, final))
            if final:
                waiting.discard(index)
    result["answers"] = answers
    result["unanswered"] = sorted(waiting)
    # What is changed after the release is not the backend's doing; until then it may still be.
    released = time.monotonic() + 2
    while any(not n.released for n in natives.values()) and time.monotonic() < released:
        queue.wait(0.01)
        for index, response, flags in queue.drain():  # sees releases, too
            answers[index].append(_answer(response, bool(flags & FINAL)))
    for index, held in enumerate(buffers):
        for name, buffer in held:
            change = buffer.first_change()
            if change is not None:
                result["modified"].append([index, name, change])


def _native(server: Any, model: str, index: int, request: CaseRequest, held: list[Any]) -> Any:
    from triton_py.inprocess import NativeRequest

    native = NativeRequest(server.native, model, -1)
    native.id = f"case-{index}"
    native.flags = (1 if request.start else 0) | (2 if request.end else 0)
    if request.correlation_id:
        native.correlation_id = request.correlation_id
    for name, value in request.parameters.items():
        native.set_parameter(name, value)
    for name, tensor in request.inputs.items():
        native.add_input(name, tensor.datatype, list(tensor.shape))
        for piece in tensor.pieces():
            # Without a GPU pinned memory is memory that says so.
            if tensor.memory_type == CPU or (tensor.memory_type == PINNED and not devices()):
                buffer: Any = GuardedBuffer(piece, tensor.shift)
            else:
                buffer = DeviceBuffer(piece, tensor.memory_type, tensor.device)
            held.append((name, buffer))
            native.append_input_pointer(
                name, buffer.address, buffer.size, tensor.memory_type, tensor.device, buffer
            )
    for output in request.outputs or ():
        native.add_requested_output(output)
    return native


def _refused(error: Any) -> dict[str, Any]:
    return {"outputs": [], "error": error.message, "final": True, "empty": False,
            "error_code": type(error).__name__.removesuffix("Error")}


def _answer(response: Any, final: bool) -> dict[str, Any]:
    if response is None:
        return {"outputs": [], "error": "", "error_code": "", "final": final, "empty": True}
    if response.error is not None:
        return _refused(response.error) | {"final": final}
    outputs = [
        {"name": o.name, "datatype": o.datatype, "shape": list(o.shape),
         "data": base64.b64encode(ctypes.string_at(o.data_ptr, o.byte_size)).decode()}
        for o in response.outputs
    ]
    return {"outputs": outputs, "error": "", "error_code": "", "final": final, "empty": False}


def _threads() -> int:
    return len(os.listdir("/proc/self/task"))


def children() -> set[int]:
    """This process's children, also those that have ended and were not waited for."""
    try:
        # Takes no child's status. Most often there is none, and nothing has to be searched.
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return set()
    own, found = str(os.getpid()), set()
    for entry in os.scandir("/proc"):
        if not entry.name.isdigit():
            continue
        try:
            # Behind the program's name, which may hold anything: the state, and the parent.
            fields = Path(entry.path, "stat").read_text(errors="replace").rpartition(")")[2].split()
        except OSError:
            continue  # it is gone
        if fields[1] == own:
            found.add(int(entry.name))
    return found


def _descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


class _Mallinfo2(ctypes.Structure):
    """glibc's struct mallinfo2."""

    _fields_ = [(name, ctypes.c_size_t) for name in (
        "arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks",
        "fordblks", "keepcost")]  # fmt: skip


def _allocated() -> int:
    """Bytes that malloc has given out, over all arenas; 0 where the C library can't tell."""
    function = getattr(ctypes.CDLL(None), "mallinfo2", None)
    if function is None:
        return 0
    function.restype = _Mallinfo2
    info = function()
    return int(info.uordblks) + int(info.hblkhd)


def _anonymous() -> int:
    """Resident memory of the process's own: not of files, and not the log's, which fills slowly."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1]) * 1024
    return 0


def main() -> None:
    log = Log(int(sys.argv[1]))
    answers = os.fdopen(int(sys.argv[2]), "w", buffering=1)
    setup: Mapping[str, Any] = json.loads(sys.stdin.readline())
    worker = Worker(log, Path(setup["target"]), setup["backend"])
    answers.write('{"ready": true}\n')
    for line in sys.stdin:
        case = Case.from_json(json.loads(line))
        outcome = worker.run(case, lambda s: print(json.dumps({"so far": s}), file=answers))
        answers.write(json.dumps(outcome) + "\n")


if __name__ == "__main__":
    main()
