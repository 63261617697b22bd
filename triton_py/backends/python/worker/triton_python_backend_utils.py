# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""What a ``model.py`` imports as ``pb_utils``: tensors, requests, responses, and helpers.

Names and behaviour are those of Triton's Python backend. It runs in the model's environment, on any
Python from 3.9 on, with numpy and nothing else.
"""

from __future__ import annotations

import contextlib
import contextvars
import json
import struct
import sys
from collections.abc import Iterable, Sequence
from typing import Any

import _bridge
import numpy as np

TRITONSERVER_REQUEST_FLAG_SEQUENCE_START = 1
TRITONSERVER_REQUEST_FLAG_SEQUENCE_END = 2
TRITONSERVER_RESPONSE_COMPLETE_FINAL = 1
TRITONSERVER_REQUEST_RELEASE_ALL = 1
TRITONSERVER_REQUEST_RELEASE_RESCHEDULE = 2
TRITONSERVER_MEMORY_CPU = 0
TRITONSERVER_MEMORY_GPU = 2

#: numpy's types by the model configuration's names.
TRITON_STRING_TO_NUMPY: dict[str, Any] = {
    "TYPE_BOOL": bool,
    "TYPE_UINT8": np.uint8,
    "TYPE_UINT16": np.uint16,
    "TYPE_UINT32": np.uint32,
    "TYPE_UINT64": np.uint64,
    "TYPE_INT8": np.int8,
    "TYPE_INT16": np.int16,
    "TYPE_INT32": np.int32,
    "TYPE_INT64": np.int64,
    "TYPE_FP16": np.float16,
    "TYPE_FP32": np.float32,
    "TYPE_FP64": np.float64,
    "TYPE_STRING": np.object_,
}
_BYTES, _BF16 = 13, 14
#: numpy's types by the number of the data type.
_NUMPY: list[Any] = [
    None, np.bool_, np.uint8, np.uint16, np.uint32, np.uint64, np.int8, np.int16, np.int32, np.int64,
    np.float16, np.float32, np.float64, np.object_,
]  # fmt: skip
_NUMBERS = {np.dtype(kind): number for number, kind in enumerate(_NUMPY) if kind is not None}


class TritonModelException(Exception):
    """An error of the model's or of this module's, whose message reaches the client."""


class TritonError:
    """An error as an answer to one request: ``InferenceResponse(error=TritonError("why"))``."""

    UNKNOWN = 0
    INTERNAL = 1
    NOT_FOUND = 2
    INVALID_ARG = 3
    UNAVAILABLE = 4
    UNSUPPORTED = 5
    ALREADY_EXISTS = 6
    CANCELLED = 7

    __slots__ = ("_code", "_message")

    def __init__(self, message: str, code: int = INTERNAL) -> None:
        if not isinstance(message, str):
            raise TypeError(f"an error's message is a str, not {type(message).__name__}")
        if not isinstance(code, int) or not 0 <= code <= 7:
            raise ValueError(f"{code!r} is none of TritonError's codes")
        self._message = message
        self._code = code

    def code(self) -> int:
        return self._code

    def message(self) -> str:
        return self._message

    def __repr__(self) -> str:
        return f"TritonError({self._message!r}, {self._code})"


# Types


def triton_to_numpy_type(data_type: int) -> Any:
    """numpy's type for the number of a data type; None where there is none."""
    return _NUMPY[data_type] if 0 < data_type < len(_NUMPY) else None


def numpy_to_triton_type(data_type: Any) -> int | None:
    """The number of the data type for numpy's; None where there is none."""
    dtype = np.dtype(data_type)
    return _BYTES if dtype.kind in "SU" else _NUMBERS.get(dtype)


def triton_string_to_numpy(triton_type_string: str) -> Any:
    """numpy's type for a model configuration's: np.float32 for "TYPE_FP32"."""
    return TRITON_STRING_TO_NUMPY[triton_type_string]


def serialize_byte_tensor(input_tensor: np.ndarray) -> Any:
    """The bytes of a BYTES tensor: each element's size in 4 bytes, and the element.

    :returns: ``bytes``; () for an array without elements, None for one of another type.
    """
    if input_tensor.size == 0:
        return ()
    if input_tensor.dtype.kind not in "OS":
        return None
    parts: list[bytes] = []
    for element in input_tensor.reshape(-1).tolist():
        data = element if isinstance(element, bytes) else str(element).encode()
        parts += (struct.pack("<I", len(data)), data)
    return b"".join(parts)


def deserialize_bytes_tensor(encoded_tensor: bytes) -> np.ndarray:
    """The elements of a BYTES tensor, an array of one dimension."""
    elements, at = [], 0
    while at < len(encoded_tensor):
        (length,) = struct.unpack_from("<I", encoded_tensor, at)
        at += 4
        if length > len(encoded_tensor) - at:
            raise ValueError("the last element of a BYTES tensor is not all there")
        elements.append(bytes(encoded_tensor[at : at + length]))
        at += length
    return _objects(elements)


def _objects(elements: list[bytes]) -> np.ndarray:
    array = np.empty(len(elements), dtype=np.object_)
    array[:] = elements
    return array


# Tensors


class Tensor:
    """A name, a type, a shape, and the memory: an array, or what the server or a framework has."""

    __slots__ = ("_array", "_name", "_shape", "_type", "_view")

    def __init__(self, name: str, array: np.ndarray) -> None:
        """
        :param array: is kept, not copied, if it is in C order; what becomes of it until the response
            is sent is what is sent.
        """
        if not isinstance(name, str):
            raise TypeError(f"a tensor's name is a str, not {type(name).__name__}")
        if not name:
            raise TritonModelException("a tensor's name is empty")
        if not isinstance(array, np.ndarray):
            raise TypeError(f"tensor '{name}' is made of a numpy array, not of {type(array).__name__}")
        dtype = array.dtype
        number = _NUMBERS.get(dtype)
        if number is None:
            number = _BYTES if dtype.kind in "SU" else _NUMBERS.get(dtype.newbyteorder("="))
            if number is None:
                raise TritonModelException(f"tensor '{name}': there is no data type for numpy's {dtype}")
            array = array.astype(np.object_ if number == _BYTES else dtype.newbyteorder("="))
        if not array.flags.c_contiguous:
            array = np.ascontiguousarray(array).reshape(array.shape)
        self._name = name
        self._type = number
        self._shape = array.shape
        self._array: np.ndarray | None = array
        self._view: Any = None

    @classmethod
    def _of(cls, name: str, view: Any) -> Tensor:
        self = cls.__new__(cls)
        self._name = name
        self._type = view.datatype
        self._shape = view.shape
        self._array = None
        self._view = view
        return self

    @staticmethod
    def from_dlpack(name: str, tensor: Any) -> Tensor:
        """A tensor in the memory of another framework's, which stays as long as this one.

        :param tensor: has ``__dlpack__``, or is a capsule that nobody has taken. One in GPU memory is sent
            when the device has done what it was asked to on its default stream.
        """
        if not isinstance(name, str) or not name:
            raise TritonModelException("a tensor's name is a str that is not empty")
        if isinstance(tensor, Tensor) and tensor._view is not None:
            return Tensor._of(name, tensor._view)
        return Tensor._of(name, _bridge.from_dlpack(tensor))

    def name(self) -> str:
        return self._name

    def triton_dtype(self) -> int:
        """The number of the data type: see :func:`triton_to_numpy_type`."""
        return self._type

    def shape(self) -> list[int]:
        return list(self._shape)

    def is_cpu(self) -> bool:
        return self._view is None or not self._view.on_gpu

    def as_numpy(self) -> np.ndarray:
        """The array: that which the tensor was made of, or one in the memory that the server filled,
        which stays as long as an array of it."""
        if self._array is None:
            self._array = self._make_array()
        return self._array

    def _make_array(self) -> np.ndarray:
        if self._view.on_gpu:
            raise TritonModelException(f"tensor '{self._name}' is in GPU memory, where numpy can't read it: "
                                       "use to_dlpack()")
        if self._type == _BF16:
            raise TritonModelException(f"tensor '{self._name}' is BF16, which numpy doesn't have: use to_dlpack()")
        if self._type == _BYTES:
            return _objects(self._view.strings()).reshape(self._shape)
        return np.asarray(self._view)

    def to_dlpack(self) -> Any:
        """A capsule with this tensor, for ``from_dlpack`` of another framework."""
        if self._view is None:
            if self._type == _BYTES:
                raise TritonModelException(f"tensor '{self._name}' is of strings, which DLPack doesn't have")
            self._view = _bridge.view_of(self._array, self._type)
        return self._view.dlpack()

    def __dlpack__(self, *, stream: Any = None, max_version: Any = None, dl_device: Any = None,
                   copy: bool | None = None) -> Any:
        """
        :param stream: may be any: nothing is left to be done with the memory.
        """
        if copy or dl_device not in (None, self.__dlpack_device__()):
            raise BufferError(f"tensor '{self._name}' is handed on where it is, on device "
                              f"{self.__dlpack_device__()}, and not copied")
        return self.to_dlpack()

    def __dlpack_device__(self) -> tuple[int, int]:
        if self.is_cpu():
            return (1, 0)
        return (2, self._view.memory[1])

    def _sent(self) -> tuple[str, int, tuple[int, ...], Any]:
        """What is written; behind its head a view, or the strings."""
        if self._type == _BYTES and self._array is not None:
            return (self._name, _BYTES, self._shape, self._array.reshape(-1).tolist())
        if self._view is None:
            self._view = _bridge.view_of(self._array, self._type)
        return (self._name, self._type, self._shape, self._view)

    def __repr__(self) -> str:
        return f"Tensor({self._name!r}, shape {list(self._shape)}, data type {self._type})"


def _parameters_text(parameters: dict[str, bool | int | str | float] | None, of: str) -> str | None:
    if parameters is None:
        return None
    if not isinstance(parameters, dict):
        raise TypeError(f"the parameters of {of} are a dict, not {type(parameters).__name__}")
    for key, value in parameters.items():
        if not isinstance(key, str):
            raise TypeError(f"a parameter's name of {of} is a str, not {type(key).__name__}")
        if not isinstance(value, (bool, int, str, float)):
            raise TypeError(f"parameter '{key}' of {of} is a bool, an int, a float or a str, not "
                            f"{type(value).__name__}")
    return json.dumps(parameters)


class InferenceResponse:
    """What is answered: output tensors, or an error."""

    __slots__ = ("_error", "_outputs", "_parameters")

    def __init__(
        self,
        output_tensors: Sequence[Tensor] = (),
        error: TritonError | None = None,
        parameters: dict[str, bool | int | str | float] | None = None,
    ) -> None:
        self._outputs = list(output_tensors)
        for tensor in self._outputs:
            if not isinstance(tensor, Tensor):
                raise TypeError(f"output_tensors are of Tensor, not {type(tensor).__name__}")
        if error is not None and not isinstance(error, TritonError):
            raise TypeError(f"an error is a TritonError, not {type(error).__name__}")
        self._error = error
        self._parameters = _parameters_text(parameters, "a response")

    def output_tensors(self) -> list[Tensor]:
        return self._outputs

    def has_error(self) -> bool:
        return self._error is not None

    def error(self) -> TritonError | None:
        return self._error

    def parameters(self) -> str:
        """JSON, "" where there are none."""
        return self._parameters or ""

    def _sent(self, flags: int, wanted: Iterable[str]) -> tuple[Any, ...]:
        if self._error is not None:
            return (_bridge.RESPONSE_ERROR, flags, self._error.code(), self._error.message())
        outputs = [tensor._sent() for tensor in self._outputs if tensor._name in wanted]
        return (_bridge.RESPONSE_OUTPUTS, flags, self._parameters, outputs)


class PreferredMemory:
    """Where the outputs of a request to another model are to be, if that can be."""

    __slots__ = ("device", "type")

    def __init__(self, preferred_memory_type: int, preferred_device_id: int = 0) -> None:
        """
        :param preferred_memory_type: TRITONSERVER_MEMORY_CPU or TRITONSERVER_MEMORY_GPU.
        :param preferred_device_id: which GPU.
        """
        if preferred_memory_type not in (TRITONSERVER_MEMORY_CPU, TRITONSERVER_MEMORY_GPU):
            raise TritonModelException("a preferred memory is TRITONSERVER_MEMORY_CPU or TRITONSERVER_MEMORY_GPU, "
                                       f"not {preferred_memory_type!r}")
        self.type = preferred_memory_type
        self.device = preferred_device_id


class InferenceTrace:
    """The trace that a request belongs to."""

    __slots__ = ("_batch", "_context", "_number")

    def __init__(self, context: str | None = None, batch: int = 0, number: int = 0) -> None:
        self._context = context
        # The request whose trace it is; batches count from 1.
        self._batch = batch
        self._number = number

    def get_context(self) -> str | None:
        """The OpenTelemetry context as JSON; None where the trace has none, and outside of a trace."""
        return self._context or None


#: Of requests that belong to none.
_NO_TRACE = InferenceTrace()


class ResponseSender:
    """Sends responses for one request, from any thread, until the final flag."""

    __slots__ = ("_batch", "_channel", "_closed", "_decoupled", "_look_at", "_number", "_sent", "_wanted")

    def __init__(self, place: _Place, batch: int, number: int, wanted: Sequence[str]) -> None:
        self._channel = place.channel
        self._look_at = place.look_at
        self._batch = batch
        self._number = number
        self._wanted = wanted
        self._decoupled = place.decoupled
        self._closed = False
        self._sent = 0

    def _count(self, response: InferenceResponse | None, flags: int) -> None:
        if self._closed:
            raise TritonModelException("the response sender is closed: the final flag was sent, or execute failed")
        if not self._decoupled:
            if response is not None and self._sent:
                raise TritonModelException("a model that is not decoupled sends one response for a request")
            if response is None and not self._sent:
                raise TritonModelException("a model that is not decoupled sends a response before the final flag")
        self._sent += response is not None
        self._closed = flags == TRITONSERVER_RESPONSE_COMPLETE_FINAL

    def is_cancelled(self) -> bool:
        """Whether the client has given up on the request."""
        return _is_cancelled(self._channel, self._batch, self._number)

    def send(self, response: InferenceResponse | None = None, flags: int = 0) -> None:
        """
        :param response: None only with the final flag.
        :param flags: TRITONSERVER_RESPONSE_COMPLETE_FINAL for the last.
        """
        if response is not None and not isinstance(response, InferenceResponse):
            raise TypeError(f"an InferenceResponse is sent, not {type(response).__name__}")
        if flags not in (0, TRITONSERVER_RESPONSE_COMPLETE_FINAL):
            raise TritonModelException(f"the flags of a response are 0 or "
                                       f"TRITONSERVER_RESPONSE_COMPLETE_FINAL, not {flags!r}")
        if response is None and flags == 0:
            raise TritonModelException("without a response there is nothing to send but the final flag")
        self._count(response, flags)
        if response is not None:
            self._look_at(response._outputs, self._number)
        sent: tuple[Any, ...] = (_bridge.RESPONSE_NONE, flags) if response is None else response._sent(flags, self._wanted)
        self._channel.respond(self._batch, self._number, sent)


def _is_cancelled(channel: Any, batch: int, number: int) -> bool:
    code, value, content = channel.ask(_bridge.IS_CANCELLED, batch, number, 0)
    if code == _bridge.ANSWER_ERROR:
        raise TritonModelException(content)
    return bool(value)


class _Place:
    """What an instance of a model has of the server."""

    __slots__ = ("channel", "decoupled", "look_at", "may_execute", "model_dir", "name", "version")

    def __init__(self, channel: Any) -> None:
        self.channel = channel
        self.name, self.version = "", -1  # of the model
        self.decoupled = False
        #: Called with the tensors of each response and the number of its request.
        self.look_at: Any = None
        self.may_execute = False  # not before it is initialized, nor when it is finalized
        self.model_dir = ""  # where model.py lies


#: Of the instances in this process: one, unless it is the server's. The instance that runs is in the context;
#: threads that a model starts have none, and use the one that came last.
_places: list[_Place] = []
_place: contextvars.ContextVar[_Place | None] = contextvars.ContextVar("_place", default=None)


def _here() -> _Place:
    place = _place.get() or (_places[-1] if _places else None)
    if place is None:
        raise TritonModelException("this is for models that run in a server")
    return place


def _server() -> Any:
    return _here().channel


def _execution() -> Any:
    place = _here()
    if not place.may_execute:
        raise TritonModelException("other models can be asked in execute, not in initialize or finalize")
    return place.channel


def _response_of(code: int, value: int, content: Any) -> InferenceResponse:
    if code == _bridge.ANSWER_ERROR:
        return InferenceResponse(error=TritonError(
            content or "no memory for the response of another model", value))
    failed, first, second, _ = content
    if failed:
        return InferenceResponse(error=TritonError(second, first))
    response = InferenceResponse([Tensor._of(name, view) for name, view in first])
    response._parameters = second
    return response


class ResponseIterator:
    """The responses of a decoupled model, as they come."""

    __slots__ = ("_channel", "_error", "_number")

    def __init__(self, channel: Any, number: int | None, error: InferenceResponse | None = None) -> None:
        self._channel = channel
        self._number = number
        self._error = error

    def __iter__(self) -> ResponseIterator:
        return self

    def __next__(self) -> InferenceResponse:
        if self._error is not None:
            error, self._error = self._error, None
            return error
        if self._number is None:
            raise StopIteration
        code, value, content = self._channel.ask(_bridge.NEXT, self._number, 0, 0)
        if code == _bridge.ANSWER_DONE:
            self._number = None
            raise StopIteration
        return _response_of(code, value, content)

    def cancel(self) -> None:
        """Tells the other model that nothing more is wanted."""
        if self._number is not None:
            self._channel.send(_bridge.CANCEL, self._number, 0, 0, 0)

    def __del__(self) -> None:
        # What still comes would fill the memory that all responses share.
        if self._number is not None:
            with contextlib.suppress(ConnectionError):
                self._channel.send(_bridge.DROP, self._number, 0, 0, 0)


# Models


def _asked(answer: tuple[int, int, Any]) -> int:
    code, value, content = answer
    if code == _bridge.ANSWER_ERROR:
        raise TritonModelException(content or "no memory for an answer")
    return value


def load_model(model_name: str, config: str = "", files: dict[str, bytes] | None = None) -> None:
    """Loads a model, or reloads it; only in model control mode EXPLICIT.

    :param config: JSON of a configuration to load it with.
    :param files: "file:1/model.py" -> bytes.
    """
    texts: list[Any] = [model_name]
    if config:
        texts += ["config", config]
    for name, content in (files or {}).items():
        texts += [name, content]
    _asked(_server().ask(_bridge.LOAD_MODEL, 0, 0, 0, *texts))


def unload_model(model_name: str, unload_dependents: bool = False) -> None:
    """Unloads a model; only in model control mode EXPLICIT."""
    _asked(_server().ask(_bridge.UNLOAD_MODEL, 0, int(unload_dependents), 0, model_name))


def is_model_ready(model_name: str, model_version: str = "") -> bool:
    """Whether a model serves.

    :param model_version: "" for the server's choice.
    """
    version = int(model_version) if model_version else -1
    return bool(_asked(_server().ask(_bridge.MODEL_READY, 0, version, 0, model_name)))


#: Threads on which requests of coroutines wait for their responses.
_executor: Any = None


def _senders() -> Any:
    global _executor
    if _executor is None:
        from concurrent.futures import ThreadPoolExecutor

        _executor = ThreadPoolExecutor(64, "requests to other models")
    return _executor


class InferenceRequest:
    """A request: one that ``execute`` gets, or one to another model."""

    __slots__ = (
        "_batch", "_channel", "_correlation", "_flags", "_id", "_inputs", "_memory", "_model",
        "_number", "_outputs", "_parameters", "_place", "_priority", "_release", "_sender", "_timeout", "_trace",
        "_version",
    )  # fmt: skip

    #: Of one that execute gets.
    _channel: Any
    _place: _Place
    _batch: int
    _number: int
    _sender: ResponseSender | None
    _memory: PreferredMemory | None

    @classmethod
    def _received(cls, place: _Place, batch: int, number: int, values: tuple[Any, ...]) -> InferenceRequest:
        self = cls.__new__(cls)
        (self._id, self._flags, self._correlation, self._timeout, self._priority, self._parameters,
         trace, inputs, self._outputs) = values
        self._trace = _NO_TRACE if trace is None else InferenceTrace(trace, batch, number)
        self._inputs = [Tensor._of(name, view) for name, view in inputs]
        self._channel = place.channel
        self._place = place
        self._batch = batch
        self._number = number
        self._release = TRITONSERVER_REQUEST_RELEASE_ALL
        self._sender = None
        self._model = place.name
        self._version = place.version
        self._memory = None
        return self

    def __init__(
        self,
        request_id: str = "",
        correlation_id: int | str = 0,
        inputs: Sequence[Tensor] | None = None,
        requested_output_names: Sequence[str] = (),
        model_name: str = "",
        model_version: int = -1,
        flags: int = 0,
        timeout: int = 0,
        preferred_memory: PreferredMemory | None = None,
        trace: InferenceTrace | None = None,
        parameters: dict[str, bool | int | str | float] | None = None,
    ) -> None:
        """A request to another model, for :meth:`exec` and :meth:`async_exec`.

        :param model_version: -1 for the server's choice.
        :param timeout: in microseconds, 0 for none.
        :param preferred_memory: where the outputs are to be; None: where the other model has them.
        """
        if not model_name:
            raise TritonModelException("a request to another model has no model_name")
        for tensor in inputs or ():
            if not isinstance(tensor, Tensor):
                raise TypeError(f"inputs are of Tensor, not {type(tensor).__name__}")
        if not all(isinstance(name, str) and name for name in requested_output_names):
            raise TritonModelException("the names of requested outputs are str that are not empty")
        self._id = request_id
        self._correlation = correlation_id
        self._inputs = list(inputs or ())
        self._outputs = list(requested_output_names)
        self._model = model_name
        self._version = model_version
        if preferred_memory is not None and not isinstance(preferred_memory, PreferredMemory):
            raise TypeError(f"a preferred_memory is a PreferredMemory, not {type(preferred_memory).__name__}")
        self._memory = preferred_memory
        self._flags = flags
        self._timeout = timeout
        self._priority = 0
        self._trace = trace if trace is not None else _NO_TRACE
        self._parameters = _parameters_text(parameters, "a request")
        self._sender = None
        self._release = TRITONSERVER_REQUEST_RELEASE_ALL
        self._channel = None

    def exec(self, decoupled: bool = False) -> InferenceResponse | ResponseIterator:
        """Sends it, and waits for its response; of a decoupled model, an iterator of them.

        A request that fails has a response with an error.
        """
        channel = self._channel or _execution()
        memory, device = (_bridge.ANYWHERE, 0) if self._memory is None else (self._memory.type, self._memory.device)
        code, value, content = channel.infer(
            self._model, self._version, memory, device,
            (self._id, self._flags, self._correlation, self._timeout, self._priority, self._parameters,
             None, [tensor._sent() for tensor in self._inputs], self._outputs),
            decoupled, self._trace._batch != 0, self._trace._batch, self._trace._number)
        if not decoupled:
            return _response_of(code, value, content)
        if code == _bridge.ANSWER_ERROR:
            return ResponseIterator(channel, None, _response_of(code, value, content))
        return ResponseIterator(channel, value)

    def async_exec(self, decoupled: bool = False) -> Any:
        """The same, for ``await``: a future of the running event loop. The request is sent at once, not
        when its turn to be awaited comes."""
        import asyncio

        run = contextvars.copy_context().run
        return asyncio.get_running_loop().run_in_executor(_senders(), run, self.exec, decoupled)

    def model_name(self) -> str:
        return self._model

    def is_cancelled(self) -> bool:
        """Whether the client has given up on it."""
        self._must_be_received("has no client that gives up: is_cancelled")
        return _is_cancelled(self._channel, self._batch, self._number)

    def _must_be_received(self, what: str) -> None:
        if self._channel is None:
            raise TritonModelException(f"a request to another model {what} is for those that execute gets")

    def inputs(self) -> list[Tensor]:
        return self._inputs

    def request_id(self) -> str:
        return self._id

    def correlation_id(self) -> int | str:
        return self._correlation

    def flags(self) -> int:
        return self._flags

    def set_flags(self, flags: int) -> None:
        self._flags = flags

    def timeout(self) -> int:
        """In microseconds, 0 without one."""
        return self._timeout

    def parameters(self) -> str:
        """JSON of an object."""
        return self._parameters or ""

    def trace(self) -> InferenceTrace:
        """For ``InferenceRequest(trace=...)``: the request to another model is part of it then."""
        return self._trace

    def requested_output_names(self) -> list[str]:
        return list(self._outputs)

    def get_response_sender(self) -> ResponseSender:
        self._must_be_received("is not answered here: get_response_sender")
        if self._sender is None:
            self._sender = ResponseSender(self._place, self._batch, self._number, self._outputs)
        return self._sender

    def set_release_flags(self, flags: int) -> None:
        if flags not in (TRITONSERVER_REQUEST_RELEASE_ALL, TRITONSERVER_REQUEST_RELEASE_RESCHEDULE):
            raise TritonModelException(f"the release flags of a request are TRITONSERVER_REQUEST_RELEASE_ALL or "
                                       f"TRITONSERVER_REQUEST_RELEASE_RESCHEDULE, not {flags!r}")
        self._release = flags


# Lookups


def get_input_tensor_by_name(inference_request: InferenceRequest, name: str) -> Tensor | None:
    """The request's input of that name; None without one."""
    for tensor in inference_request.inputs():
        if tensor._name == name:
            return tensor
    return None


def get_output_tensor_by_name(inference_response: InferenceResponse, name: str) -> Tensor | None:
    """The response's output of that name; None without one."""
    for tensor in inference_response.output_tensors():
        if tensor._name == name:
            return tensor
    return None


def _entry(model_config: dict[str, Any], kind: str, name: str) -> dict[str, Any] | None:
    return next((entry for entry in model_config.get(kind, ()) if entry["name"] == name), None)


def get_input_config_by_name(model_config: dict[str, Any], name: str) -> dict[str, Any] | None:
    """The configuration's entry of an input; None without one."""
    return _entry(model_config, "input", name)


def get_output_config_by_name(model_config: dict[str, Any], name: str) -> dict[str, Any] | None:
    """The configuration's entry of an output; None without one."""
    return _entry(model_config, "output", name)


def using_decoupled_model_transaction_policy(model_config: dict[str, Any]) -> bool:
    """Whether the model may send any number of responses."""
    return bool(model_config.get("model_transaction_policy", {}).get("decoupled", False))


def get_model_dir() -> str:
    """The folder of the model's version; known while the file is imported, too."""
    return _here().model_dir


class Metric:
    """A metric of a model's own; made by :meth:`MetricFamily.Metric`."""

    __slots__ = ("_channel", "_family", "_number")

    def __init__(self, family: MetricFamily, number: int) -> None:
        self._channel = family._channel
        self._family = family  # stays as long as its metrics
        self._number = number

    def _change(self, how: int, value: float) -> float:
        (bits,) = struct.unpack("<Q", struct.pack("<d", value))
        answer = _asked(self._channel.ask(_bridge.METRIC_CHANGE, self._number, bits, how))
        (now,) = struct.unpack("<d", struct.pack("<Q", answer))
        return float(now)

    def increment(self, value: float) -> None:
        """Of a counter, not below 0; of a gauge, any."""
        self._change(0, value)

    def set(self, value: float) -> None:
        """Of a gauge."""
        self._change(1, value)

    def observe(self, value: float) -> None:
        """Of a histogram."""
        self._change(2, value)

    def value(self) -> float:
        """Of a counter or a gauge."""
        return self._change(3, 0.0)

    def __del__(self) -> None:
        _delete_metric(self._channel, self._number)


class MetricFamily:
    """Metrics of one name, which differ in their labels. One that there is already is the same."""

    COUNTER = 0
    GAUGE = 1
    HISTOGRAM = 2

    __slots__ = ("_channel", "_number")

    def __init__(self, name: str, description: str, kind: int) -> None:
        self._channel, self._number = _server(), 0  # for __del__, whatever follows
        if kind not in (0, 1, 2):
            raise TritonModelException("the kind of a metric family is COUNTER, GAUGE or HISTOGRAM")
        self._number = _asked(self._channel.ask(_bridge.METRIC_FAMILY, 0, kind, 0, name, description))

    def Metric(self, labels: dict[str, str] | None = None,
               buckets: Sequence[float] | None = None) -> Metric:
        """
        :param buckets: of a histogram, the upper bounds.
        """
        number = _asked(self._channel.ask(
            _bridge.METRIC, self._number, 0, 0, json.dumps(labels) if labels else None,
            json.dumps([float(b) for b in buckets]) if buckets is not None else None))
        return Metric(self, number)

    def __del__(self) -> None:
        _delete_metric(self._channel, self._number)


def _delete_metric(channel: Any, number: int) -> None:
    # Without a word where the server is gone, or has deleted it with the instance.
    if number:
        with contextlib.suppress(Exception):
            channel.ask(_bridge.METRIC_DELETE, number, 0, 0)


class ModelConfig:
    """A model's configuration while it is completed (``auto_complete_config``)."""

    def __init__(self, model_config: str) -> None:
        """
        :param model_config: JSON.
        """
        self._model_config: dict[str, Any] = json.loads(model_config)

    def as_dict(self) -> dict[str, Any]:
        return self._model_config

    def _fail(self, what: str) -> ValueError:
        return ValueError(f"auto_complete_config of model '{self._model_config.get('name', '')}': {what}")

    def set_max_batch_size(self, max_batch_size: int) -> None:
        """Raises ValueError where the configuration has a larger one."""
        written = self._model_config.get("max_batch_size", 0)
        if written > max_batch_size:
            raise self._fail(f"max_batch_size {max_batch_size} is less than the configuration's {written}")
        self._model_config["max_batch_size"] = max_batch_size

    def set_dynamic_batching(self) -> None:
        """Raises ValueError where the configuration has another scheduler."""
        for other in ("sequence_batching", "ensemble_scheduling"):
            if other in self._model_config:
                raise self._fail(f"dynamic_batching, where the configuration has {other}")
        self._model_config.setdefault("dynamic_batching", {})

    def set_model_transaction_policy(self, transaction_policy_dict: dict[str, bool]) -> None:
        """
        :param transaction_policy_dict: ``{"decoupled": True}`` or False.
        """
        unknown = set(transaction_policy_dict) - {"decoupled"}
        if unknown:
            raise self._fail(f"model_transaction_policy has no {', '.join(sorted(unknown))}")
        policy = self._model_config.setdefault("model_transaction_policy", {})
        for key, value in transaction_policy_dict.items():
            if policy.get(key, value) != value:
                raise self._fail(f"{key} is {value}, where the configuration says {policy[key]}")
            policy[key] = value

    def add_input(self, input: dict[str, Any]) -> None:
        """
        :param input: ``name``, ``data_type`` ("TYPE_FP32"), ``dims`` and, if it is so, ``optional``. One
            that the configuration has must agree with it, and completes it.
        """
        self._add("input", input, ("optional",))

    def add_output(self, output: dict[str, Any]) -> None:
        """
        :param output: ``name``, ``data_type`` and ``dims``, as of an input.
        """
        self._add("output", output, ())

    def _add(self, kind: str, entry: dict[str, Any], more: tuple[str, ...]) -> None:
        needed = ("name", "data_type", "dims")
        for key in needed:
            if key not in entry:
                raise self._fail(f"{kind} {entry.get('name', '')!r} has no {key}")
        name = entry["name"]
        unknown = [key for key in entry if key not in needed + more]
        if unknown:
            raise self._fail(f"{kind} '{name}' has {', '.join(map(repr, unknown))}; known are "
                             f"{', '.join(needed + more)}")
        entries = self._model_config.setdefault(kind, [])
        written = next((one for one in entries if one["name"] == name), None)
        if written is None:
            entries.append(dict(entry))
            return
        for key, value in entry.items():
            there = written.get(key)
            unset = there is None or (key == "data_type" and there == "TYPE_INVALID") or (key == "dims" and not there)
            # JSON of protobuf has numbers of 64 bits as texts.
            same = [int(d) for d in there] == [int(d) for d in value] if key == "dims" and not unset else there == value
            if not unset and not same:
                raise self._fail(f"{key} of {kind} '{name}' is {value!r}, where the configuration says {there!r}")
            written[key] = value


class Logger:
    """Lines in the server's log."""

    INFO, WARNING, ERROR, VERBOSE = 0, 1, 2, 3

    @staticmethod
    def log(message: str, level: int = INFO) -> None:
        caller = sys._getframe(1)
        while caller.f_back is not None and caller.f_code.co_filename == __file__:
            caller = caller.f_back
        _server().send(_bridge.LOG, 0, level, caller.f_lineno, 0, caller.f_code.co_filename, str(message))

    @staticmethod
    def log_info(message: str) -> None:
        Logger.log(message, Logger.INFO)

    @staticmethod
    def log_warn(message: str) -> None:
        Logger.log(message, Logger.WARNING)

    @staticmethod
    def log_error(message: str) -> None:
        Logger.log(message, Logger.ERROR)

    @staticmethod
    def log_verbose(message: str) -> None:
        Logger.log(message, Logger.VERBOSE)
