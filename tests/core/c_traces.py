# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Traces by the C API alone: a server, requests and traces as a C program has them, through ctypes."""

from __future__ import annotations

import ctypes
import os
import subprocess
import threading
from ctypes import (
    CFUNCTYPE,
    POINTER,
    byref,
    c_char_p,
    c_int,
    c_int64,
    c_size_t,
    c_uint32,
    c_uint64,
    c_void_p,
)
from pathlib import Path
from typing import Any

import triton_py
import triton_py.core

lib = ctypes.CDLL(triton_py.core.LIBRARY)
libc = ctypes.CDLL(None)
libc.malloc.restype = c_void_p

DISABLED, MIN, MAX, TIMESTAMPS, TENSORS = 0, 1, 2, 4, 8
REQUEST_START, QUEUE_START, COMPUTE_START, COMPUTE_INPUT_END = 0, 1, 2, 3
COMPUTE_OUTPUT_START, COMPUTE_END, REQUEST_END = 4, 5, 6
QUEUE_INPUT, BACKEND_INPUT, BACKEND_OUTPUT, CUSTOM = 7, 8, 9, 10
INVALID_ARG = 3
FP32 = 11

ActivityFn = CFUNCTYPE(None, c_void_p, c_int, c_uint64, c_void_p)
TensorFn = CFUNCTYPE(None, c_void_p, c_int, c_char_p, c_int, c_void_p, c_size_t, POINTER(c_int64),
                     c_uint64, c_int, c_int64, c_void_p)
TraceReleaseFn = CFUNCTYPE(None, c_void_p, c_void_p)
RequestReleaseFn = CFUNCTYPE(None, c_void_p, c_uint32, c_void_p)
ResponseFn = CFUNCTYPE(None, c_void_p, c_uint32, c_void_p)
AllocFn = CFUNCTYPE(c_void_p, c_void_p, c_char_p, c_size_t, c_int, c_int64, c_void_p,
                    POINTER(c_void_p), POINTER(c_void_p), POINTER(c_int), POINTER(c_int64))
FreeFn = CFUNCTYPE(c_void_p, c_void_p, c_void_p, c_void_p, c_size_t, c_int, c_int64)


class ApiError(Exception):
    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


def api(name: str, *arguments: Any) -> None:
    """Calls ``TRITONSERVER_<name>``; raises its error."""
    function = getattr(lib, f"TRITONSERVER_{name}")
    function.restype = c_void_p
    error = function(*arguments)
    if error:
        lib.TRITONSERVER_ErrorMessage.restype = c_char_p
        code = lib.TRITONSERVER_ErrorCode(c_void_p(error))
        message = lib.TRITONSERVER_ErrorMessage(c_void_p(error)).decode()
        lib.TRITONSERVER_ErrorDelete(c_void_p(error))
        raise ApiError(code, message)


def text_of(name: str, handle: int | c_void_p) -> str:
    out = c_char_p()
    api(name, handle if isinstance(handle, c_void_p) else c_void_p(handle), byref(out))
    assert out.value is not None
    return out.value.decode()


def number_of(name: str, handle: int | c_void_p) -> int:
    out = c_int64()
    api(name, handle if isinstance(handle, c_void_p) else c_void_p(handle), byref(out))
    return out.value


class Log:
    """What callbacks told, in order; traces with its callbacks are made by ``trace``."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        #: (trace id, activity, timestamp)
        self.activities: list[tuple[int, int, int]] = []
        #: (trace id, activity, name, datatype, shape, bytes)
        self.tensors: list[tuple[int, int, str, int, list[int], bytes]] = []
        #: Trace id to (parent id, model, version, request id) at REQUEST_START.
        self.about: dict[int, tuple[int, str, int, str]] = {}
        #: Contexts at activities of backends' own.
        self.contexts: list[str] = []
        self.released: list[int] = []
        #: What the context of each request's trace is set to when it starts.
        self.context = ""
        self.some_released = threading.Condition(self.lock)
        self.activity_fn = ActivityFn(self._activity)
        self.tensor_fn = TensorFn(self._tensor)
        self.release_fn = TraceReleaseFn(self._release)

    def trace(self, level: int = TIMESTAMPS, parent: int = 0, tensors: bool = False) -> c_void_p:
        made = c_void_p()
        if tensors:
            api("InferenceTraceTensorNew", byref(made), c_int(level), c_uint64(parent),
                self.activity_fn, self.tensor_fn, self.release_fn, c_void_p(7))
        else:
            api("InferenceTraceNew", byref(made), c_int(level), c_uint64(parent),
                self.activity_fn, self.release_fn, c_void_p(7))
        return made

    def _activity(self, trace: int, activity: int, ns: int, userp: int) -> None:
        assert userp == 7
        number = number_of("InferenceTraceId", trace)
        with self.lock:
            self.activities.append((number, activity, ns))
            if activity == REQUEST_START:
                self.about[number] = (
                    number_of("InferenceTraceParentId", trace),
                    text_of("InferenceTraceModelName", trace),
                    number_of("InferenceTraceModelVersion", trace),
                    text_of("InferenceTraceRequestId", trace))
                if self.context:
                    api("InferenceTraceSetContext", c_void_p(trace),
                        c_char_p(self.context.encode()))
            elif activity == CUSTOM:
                self.contexts.append(text_of("InferenceTraceContext", trace))

    def _tensor(self, trace: int, activity: int, name: bytes, datatype: int, base: int, size: int,
                shape: Any, rank: int, memory_type: int, memory_type_id: int, userp: int) -> None:
        assert (memory_type, memory_type_id, userp) == (0, 0, 7)
        data = ctypes.string_at(base, size) if size else b""
        with self.lock:
            self.tensors.append((number_of("InferenceTraceId", trace), activity, name.decode(),
                                 datatype, [shape[i] for i in range(rank)], data))

    def _release(self, trace: int, userp: int) -> None:
        assert userp == 7
        number = number_of("InferenceTraceId", trace)
        api("InferenceTraceDelete", c_void_p(trace))
        with self.lock:
            self.released.append(number)
            self.some_released.notify_all()

    def of(self, trace_id: int) -> list[int]:
        with self.lock:
            return [activity for number, activity, _ in self.activities if number == trace_id]

    def wait(self, count: int, timeout: float = 20) -> None:
        """Until so many traces came back."""
        with self.lock:
            assert self.some_released.wait_for(lambda: len(self.released) >= count, timeout)


def _allocate(allocator, name, size, kind, number, userp, buffer, buffer_userp, out_kind, out_id):
    buffer[0] = libc.malloc(c_size_t(size + 1))
    buffer_userp[0] = None
    out_kind[0] = 0
    out_id[0] = 0


def _free(allocator, buffer, buffer_userp, size, kind, number):
    libc.free(c_void_p(buffer))


class Client:
    """A server over a repository, and requests to it."""

    def __init__(self, repository: Path) -> None:
        self.answers = threading.Condition()
        self.finals = 0
        self.gone = 0
        self.errors: list[str] = []
        self._keep: list[Any] = []
        self._alloc, self._free = AllocFn(_allocate), FreeFn(_free)
        self._on_response = ResponseFn(self._response)
        self._on_release = RequestReleaseFn(self._released)
        self.allocator = c_void_p()
        api("ResponseAllocatorNew", byref(self.allocator), self._alloc, self._free, None)
        options = c_void_p()
        api("ServerOptionsNew", byref(options))
        api("ServerOptionsSetModelRepositoryPath", options, os.fsencode(repository))
        api("ServerOptionsSetBackendDirectory", options,
            os.fsencode(triton_py.get_backend_dir()))
        api("ServerOptionsSetLogInfo", options, ctypes.c_bool(False))
        self.server = c_void_p()
        api("ServerNew", byref(self.server), options)
        api("ServerOptionsDelete", options)

    def request(self, model: str, data: list[float], *, id: str = "", split: bool = False,
                shape: list[int] | None = None, parameter: str = "",
                name: str = "INPUT0") -> c_void_p:
        made = c_void_p()
        floats = (ctypes.c_float * len(data))(*data)
        dims = shape if shape is not None else [len(data)]
        self._keep.append(floats)
        api("InferenceRequestNew", byref(made), self.server, model.encode(), c_int64(-1))
        if id:
            api("InferenceRequestSetId", made, id.encode())
        if parameter:
            api("InferenceRequestSetBoolParameter", made, parameter.encode(), ctypes.c_bool(True))
        api("InferenceRequestAddInput", made, name.encode(), c_int(FP32),
            (c_int64 * len(dims))(*dims), c_uint64(len(dims)))
        at, size = ctypes.addressof(floats), 4 * len(data)
        parts = [(at, 4), (at + 4, size - 4)] if split else [(at, size)]
        for place, length in parts:
            api("InferenceRequestAppendInputData", made, name.encode(), c_void_p(place),
                c_size_t(length), c_int(0), c_int64(0))
        api("InferenceRequestSetReleaseCallback", made, self._on_release, None)
        api("InferenceRequestSetResponseCallback", made, self.allocator, None, self._on_response,
            None)
        return made

    def send(self, request: c_void_p, trace: c_void_p | None = None) -> None:
        api("ServerInferAsync", self.server, request, trace)

    def infer(self, request: c_void_p, trace: c_void_p | None = None) -> None:
        """Sends, and waits for the final response and the release."""
        with self.answers:
            finals, gone = self.finals + 1, self.gone + 1
        self.send(request, trace)
        with self.answers:
            assert self.answers.wait_for(
                lambda: self.finals >= finals and self.gone >= gone, 20)

    def _response(self, response: int, flags: int, userp: int) -> None:
        if response:
            lib.TRITONSERVER_InferenceResponseError.restype = c_void_p
            lib.TRITONSERVER_ErrorMessage.restype = c_char_p
            error = lib.TRITONSERVER_InferenceResponseError(c_void_p(response))
            if error:
                self.errors.append(lib.TRITONSERVER_ErrorMessage(c_void_p(error)).decode())
            api("InferenceResponseDelete", c_void_p(response))
        if flags & 1:
            with self.answers:
                self.finals += 1
                self.answers.notify_all()

    def _released(self, request: int, flags: int, userp: int) -> None:
        api("InferenceRequestDelete", c_void_p(request))
        with self.answers:
            self.gone += 1
            self.answers.notify_all()

    def close(self) -> None:
        api("ServerStop", self.server)
        api("ServerDelete", self.server)
        api("ResponseAllocatorDelete", self.allocator)


VECTOR = ('input { name: "INPUT0" data_type: TYPE_FP32 dims: [ -1 ] }\n'
          'output { name: "OUTPUT0" data_type: TYPE_FP32 dims: [ -1 ] }\n')


def compile_traced(place: Path) -> Path:
    """The backend of traced.c, as its author would compile it."""
    library = place / "libtriton_traced.so"
    subprocess.run(
        ["gcc", "-std=c11", "-D_GNU_SOURCE", "-shared", "-fPIC", "-Wall", "-Wextra", "-pthread",
         f"-I{triton_py.get_include()}", str(Path(__file__).with_name("traced.c")),
         "-o", str(library)], check=True)
    return library


def write_model(repository: Path, name: str, config: str, library: Path | None = None) -> None:
    (repository / name / "1").mkdir(parents=True)
    (repository / name / "config.pbtxt").write_text(config)
    if library is not None:
        (repository / name / library.name).write_bytes(library.read_bytes())


def write_repository(place: Path, library: Path) -> Path:
    """echo, batched (of the identity backend) and traced."""
    write_model(place, "echo", f'backend: "identity"\n{VECTOR}')
    write_model(place, "batched", f'backend: "identity"\nmax_batch_size: 4\n{VECTOR}'
                "dynamic_batching { }\n")
    write_model(place, "traced", f'backend: "traced"\n{VECTOR}', library)
    return place
