# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Responses as Python sees them: views over the core's memory, without a copy."""

from cpython.buffer cimport PyBuffer_FillInfo, Py_buffer
from libc.stdint cimport int64_t, uint32_t, uint64_t
from libcpp cimport bool as cbool

from triton_py.abi.tritonserver cimport (
    TRITONSERVER_DataTypeString,
    TRITONSERVER_InferenceResponseDelete,
    TRITONSERVER_InferenceResponseError,
    TRITONSERVER_InferenceResponseId,
    TRITONSERVER_InferenceResponseModel,
    TRITONSERVER_InferenceResponseOutput,
    TRITONSERVER_InferenceResponseOutputClassificationLabel,
    TRITONSERVER_InferenceResponseOutputCount,
    TRITONSERVER_InferenceResponseParameter,
    TRITONSERVER_InferenceResponseParameterCount,
)
from triton_py.abi.types cimport (
    TRITONSERVER_MEMORY_CPU,
    TRITONSERVER_MEMORY_GPU,
    TRITONSERVER_PARAMETER_BOOL,
    TRITONSERVER_PARAMETER_DOUBLE,
    TRITONSERVER_PARAMETER_INT,
    TRITONSERVER_PARAMETER_STRING,
    TRITONSERVER_TYPE_INVALID,
    TRITONSERVER_DataType,
    TRITONSERVER_Error,
    TRITONSERVER_InferenceResponse,
    TRITONSERVER_MemoryType,
    TRITONSERVER_ParameterType,
)
from triton_py.inprocess.status cimport (
    check,
    check_process,
    exception_of,
    generation,
    may_free,
    swallow,
)

from triton_py.errors import UnsupportedError

# What an empty buffer points to, since some consumers take NULL for an error.
cdef char _nothing = 0


cdef str _text(const char* text):
    return (<bytes> text).decode("utf-8", "replace") if text != NULL else ""


cdef class ResponseOwner:
    """Owns one C response; deletes it when the last object that shows its memory is gone."""

    def __dealloc__(self):
        if self.ptr != NULL and may_free(self.made_in):
            with nogil:
                swallow(TRITONSERVER_InferenceResponseDelete(self.ptr))


cdef class NativeOutput:
    """One output tensor; ``memoryview(output)`` shows its bytes without a copy."""

    def __init__(self):
        raise TypeError("outputs come from NativeResponse.outputs")

    def __getbuffer__(self, Py_buffer* buffer, int flags):
        check_process(self.owner.made_in, f"output '{self.name}'")
        if self.memory_type == TRITONSERVER_MEMORY_GPU:
            raise BufferError(f"output '{self.name}' lies in GPU memory (device "
                              f"{self.memory_type_id}) and has no CPU address")
        # Writable: the memory is this response's alone, and array libraries insist.
        PyBuffer_FillInfo(buffer, self, self.base if self.base != NULL else &_nothing,
                          self.size, 0, flags)

    def __len__(self):
        return self.size

    @property
    def byte_size(self):
        return self.size

    @property
    def data_ptr(self):
        """Address of the first byte, 0 for an empty tensor without memory."""
        return <size_t> self.base

    def __repr__(self):
        return (f"NativeOutput({self.name!r}, {self.datatype}, {list(self.shape)}, "
                f"{self.size} bytes)")


cdef class NativeResponse:
    """One response, owned. Its memory is freed with the last view of an output."""

    def __init__(self):
        raise TypeError("responses come from CompletionQueue.drain")

    cdef TRITONSERVER_InferenceResponse* _ptr(self) except NULL:
        check_process(self.owner.made_in, "the response")
        return self.owner.ptr

    @property
    def model_name(self):
        cdef const char* name = NULL
        cdef int64_t version = 0
        check(TRITONSERVER_InferenceResponseModel(self._ptr(), &name, &version))
        return _text(name)

    @property
    def model_version(self):
        cdef const char* name = NULL
        cdef int64_t version = 0
        check(TRITONSERVER_InferenceResponseModel(self._ptr(), &name, &version))
        return version

    @property
    def id(self):
        cdef const char* request_id = NULL
        check(TRITONSERVER_InferenceResponseId(self._ptr(), &request_id))
        return _text(request_id)

    @property
    def error(self):
        """The error this response carries as an exception, or None."""
        cdef TRITONSERVER_Error* error = TRITONSERVER_InferenceResponseError(self._ptr())
        return None if error == NULL else exception_of(error)

    @property
    def parameters(self):
        cdef uint32_t count = 0
        cdef uint32_t index
        cdef const char* name = NULL
        cdef TRITONSERVER_ParameterType kind = TRITONSERVER_PARAMETER_STRING
        cdef const void* value = NULL
        cdef dict parameters = {}
        check(TRITONSERVER_InferenceResponseParameterCount(self._ptr(), &count))
        for index in range(count):
            check(TRITONSERVER_InferenceResponseParameter(
                self._ptr(), index, &name, &kind, &value))
            if kind == TRITONSERVER_PARAMETER_STRING:
                parameters[_text(name)] = _text(<const char*> value)
            elif kind == TRITONSERVER_PARAMETER_INT:
                parameters[_text(name)] = (<const int64_t*> value)[0]
            elif kind == TRITONSERVER_PARAMETER_BOOL:
                parameters[_text(name)] = True if (<const cbool*> value)[0] else False
            elif kind == TRITONSERVER_PARAMETER_DOUBLE:
                parameters[_text(name)] = (<const double*> value)[0]
            else:
                # The C API gives such a value without its length.
                raise UnsupportedError(f"response parameter '{_text(name)}' has type {<int> kind}")
        return parameters

    @property
    def outputs(self):
        if self._outputs is None:
            self._outputs = self._read_outputs()
        return self._outputs

    cdef list _read_outputs(self):
        cdef uint32_t count = 0
        cdef uint32_t index
        cdef const char* name = NULL
        cdef TRITONSERVER_DataType datatype = TRITONSERVER_TYPE_INVALID
        cdef const int64_t* shape = NULL
        cdef uint64_t dims = 0
        cdef uint64_t axis
        cdef const void* base = NULL
        cdef size_t byte_size = 0
        cdef TRITONSERVER_MemoryType memory_type = TRITONSERVER_MEMORY_CPU
        cdef int64_t memory_type_id = 0
        cdef void* userp = NULL
        cdef NativeOutput output
        cdef list outputs = []
        check(TRITONSERVER_InferenceResponseOutputCount(self._ptr(), &count))
        for index in range(count):
            check(TRITONSERVER_InferenceResponseOutput(
                self._ptr(), index, &name, &datatype, &shape, &dims, &base, &byte_size,
                &memory_type, &memory_type_id, &userp))
            output = NativeOutput.__new__(NativeOutput)
            output.owner = self.owner
            output.name = _text(name)
            output.datatype = _text(TRITONSERVER_DataTypeString(datatype))
            output.shape = tuple([shape[axis] for axis in range(dims)])
            output.base = <void*> base
            output.size = <Py_ssize_t> byte_size
            output.memory_type = <int> memory_type
            output.memory_type_id = memory_type_id
            outputs.append(output)
        return outputs

    def classification_label(self, uint32_t output, size_t class_index):
        cdef const char* label = NULL
        check(TRITONSERVER_InferenceResponseOutputClassificationLabel(
            self._ptr(), output, class_index, &label))
        return None if label == NULL else _text(label)

    def __repr__(self):
        error = self.error
        what = f"error={error!r}" if error is not None else f"outputs={self.outputs!r}"
        return f"NativeResponse(model={self.model_name!r}, id={self.id!r}, {what})"


cdef NativeResponse wrap(TRITONSERVER_InferenceResponse* response):
    cdef ResponseOwner owner
    cdef NativeResponse wrapped
    try:
        owner = ResponseOwner.__new__(ResponseOwner)
        wrapped = NativeResponse.__new__(NativeResponse)
    except MemoryError:
        swallow(TRITONSERVER_InferenceResponseDelete(response))
        raise
    owner.made_in = generation()
    owner.ptr = response
    wrapped.owner = owner
    return wrapped
