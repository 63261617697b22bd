# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The server as a Python object."""

from libc.stdint cimport int64_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free
from libcpp cimport bool as cbool

from triton_py.abi.tritonserver cimport (
    TRITONSERVER_MessageDelete,
    TRITONSERVER_MessageSerializeToJson,
    TRITONSERVER_MetricsDelete,
    TRITONSERVER_MetricsFormatted,
    TRITONSERVER_ParameterBytesNew,
    TRITONSERVER_ParameterDelete,
    TRITONSERVER_ParameterNew,
    TRITONSERVER_ServerDelete,
    TRITONSERVER_ServerIsLive,
    TRITONSERVER_ServerIsReady,
    TRITONSERVER_ServerLoadModel,
    TRITONSERVER_ServerLoadModelWithParameters,
    TRITONSERVER_ServerMetadata,
    TRITONSERVER_ServerMetrics,
    TRITONSERVER_ServerModelBatchProperties,
    TRITONSERVER_ServerModelConfig,
    TRITONSERVER_ServerModelIndex,
    TRITONSERVER_ServerModelIsReady,
    TRITONSERVER_ServerModelMetadata,
    TRITONSERVER_ServerModelStatistics,
    TRITONSERVER_ServerModelTransactionProperties,
    TRITONSERVER_ServerNew,
    TRITONSERVER_ServerPollModelRepository,
    TRITONSERVER_ServerRegisterModelRepository,
    TRITONSERVER_ServerSetExitTimeout,
    TRITONSERVER_ServerStop,
    TRITONSERVER_ServerUnloadModel,
    TRITONSERVER_ServerUnloadModelAndDependents,
    TRITONSERVER_ServerUnregisterModelRepository,
)
from triton_py.abi.types cimport (
    TRITONSERVER_INDEX_FLAG_READY,
    TRITONSERVER_METRIC_PROMETHEUS,
    TRITONSERVER_PARAMETER_BOOL,
    TRITONSERVER_PARAMETER_DOUBLE,
    TRITONSERVER_PARAMETER_INT,
    TRITONSERVER_PARAMETER_STRING,
    TRITONSERVER_Error,
    TRITONSERVER_Message,
    TRITONSERVER_Metrics,
    TRITONSERVER_Parameter,
    TRITONSERVER_Server,
)
from triton_py.inprocess.options cimport Options
from triton_py.inprocess.queue cimport collect
from triton_py.inprocess.status cimport (
    c_text,
    check,
    check_process,
    generation,
    may_free,
    swallow,
)

import atexit
import json
import weakref

from triton_py.errors import InternalError, InvalidArgumentError, UnavailableError

# Servers to stop before the interpreter goes, since stopping runs Python code of the core.
_alive = weakref.WeakSet()


cdef bytes _json(TRITONSERVER_Message* message):
    """The JSON text of a message, which is deleted."""
    cdef const char* base = NULL
    cdef size_t size = 0
    try:
        check(TRITONSERVER_MessageSerializeToJson(message, &base, &size))
        return base[:size]
    finally:
        swallow(TRITONSERVER_MessageDelete(message))


cdef class _Parameters:
    """An array of C parameters, and the bytes that some of them borrow."""
    cdef const TRITONSERVER_Parameter** array
    cdef Py_ssize_t count
    cdef list borrowed

    def __cinit__(self, Py_ssize_t room):
        self.borrowed = []
        self.array = <const TRITONSERVER_Parameter**> calloc(
            room + 1, sizeof(TRITONSERVER_Parameter*))
        if self.array == NULL:
            raise MemoryError()

    def __dealloc__(self):
        cdef Py_ssize_t index
        if self.array != NULL:
            for index in range(self.count):
                TRITONSERVER_ParameterDelete(<TRITONSERVER_Parameter*> self.array[index])
            free(self.array)

    cdef add(self, object name, object value):
        cdef bytes c_name = c_text(name, "parameter name")
        cdef bytes c_value
        cdef TRITONSERVER_Parameter* parameter
        cdef cbool truth
        cdef int64_t integer
        cdef double real
        if isinstance(value, bool):
            truth = value
            parameter = TRITONSERVER_ParameterNew(c_name, TRITONSERVER_PARAMETER_BOOL, &truth)
        elif isinstance(value, int):
            try:
                integer = value
            except OverflowError:
                raise InvalidArgumentError(
                    f"parameter '{name}': {value} does not fit into 64 bits") from None
            parameter = TRITONSERVER_ParameterNew(c_name, TRITONSERVER_PARAMETER_INT, &integer)
        elif isinstance(value, float):
            real = value
            parameter = TRITONSERVER_ParameterNew(c_name, TRITONSERVER_PARAMETER_DOUBLE, &real)
        elif isinstance(value, str):
            c_value = c_text(value, f"parameter '{name}'")
            parameter = TRITONSERVER_ParameterNew(
                c_name, TRITONSERVER_PARAMETER_STRING, <const char*> c_value)
        elif isinstance(value, (bytes, bytearray, memoryview)):
            c_value = bytes(value)
            self.borrowed.append(c_value)
            parameter = TRITONSERVER_ParameterBytesNew(
                c_name, <const char*> c_value, len(c_value))
        else:
            raise InvalidArgumentError(
                f"parameter '{name}' must be a str, bool, int, float or bytes, "
                f"not {type(value).__name__}")
        if parameter == NULL:
            raise InternalError(f"the core refused parameter '{name}'")
        self.array[self.count] = parameter
        self.count += 1


cdef class ServerHandle:
    """Owns the C server; see server.pxd."""

    def __dealloc__(self):
        cdef TRITONSERVER_Server* server = self.ptr
        cdef bint stopped = self.stopped
        if server != NULL and may_free(self.made_in):
            with nogil:
                if not stopped:
                    swallow(TRITONSERVER_ServerStop(server))
                swallow(TRITONSERVER_ServerDelete(server))

    cdef stop(self):
        cdef TRITONSERVER_Error* error
        with nogil:
            error = TRITONSERVER_ServerStop(self.ptr)
        self.stopped = True
        check(error)


cdef class NativeServer:
    """A running server; see server.pyi."""

    def __init__(self, Options options not None):
        if self.handle is not None:
            raise InvalidArgumentError("the server was made already")
        cdef ServerHandle handle = ServerHandle.__new__(ServerHandle)
        cdef TRITONSERVER_Error* error
        cdef TRITONSERVER_Server* server = NULL
        handle.made_in = generation()
        check_process(handle.made_in, "the server")
        with nogil:
            error = TRITONSERVER_ServerNew(&server, options.ptr)
        check(error)
        handle.ptr = server
        self.handle = handle
        _alive.add(handle)

    cdef TRITONSERVER_Server* server(self) except NULL:
        return self.held().ptr

    cdef ServerHandle held(self):
        # To be kept in a local over every call without the GIL: another thread may close() then.
        if self.handle is None:
            raise UnavailableError("the server is closed")
        check_process(self.handle.made_in, "the server")
        return self.handle

    @property
    def closed(self):
        return self.handle is None

    def stop(self, timeout=None):
        """No new requests; waits for those in flight, then unloads all models."""
        cdef ServerHandle handle = self.held()
        cdef TRITONSERVER_Server* server = handle.ptr
        cdef TRITONSERVER_Error* error
        cdef unsigned int seconds
        if timeout is not None:
            seconds = timeout
            with nogil:
                error = TRITONSERVER_ServerSetExitTimeout(server, seconds)
            check(error)
        handle.stop()
        collect()

    def close(self):
        """Stops, and lets the server go: it is deleted with the last request made for it."""
        cdef ServerHandle handle = self.handle
        if handle is None:
            return
        check_process(handle.made_in, "the server")
        self.handle = None
        try:
            if not handle.stopped:
                handle.stop()
        finally:
            collect()

    # --- state ---

    def is_live(self):
        cdef ServerHandle handle = self.held()
        cdef TRITONSERVER_Server* server = handle.ptr
        cdef TRITONSERVER_Error* error
        cdef cbool answer = False
        with nogil:
            error = TRITONSERVER_ServerIsLive(server, &answer)
        check(error)
        return True if answer else False

    def is_ready(self):
        cdef ServerHandle handle = self.held()
        cdef TRITONSERVER_Server* server = handle.ptr
        cdef TRITONSERVER_Error* error
        cdef cbool answer = False
        with nogil:
            error = TRITONSERVER_ServerIsReady(server, &answer)
        check(error)
        return True if answer else False

    def model_is_ready(self, name, int64_t version=-1):
        cdef ServerHandle handle = self.held()
        cdef TRITONSERVER_Server* server = handle.ptr
        cdef TRITONSERVER_Error* error
        cdef cbool answer = False
        cdef bytes text = c_text(name, "model name")
        cdef const char* c_name = text
        with nogil:
            error = TRITONSERVER_ServerModelIsReady(server, c_name, version, &answer)
        check(error)
        return True if answer else False

    def transaction_properties(self, name, int64_t version=-1):
        cdef ServerHandle handle = self.held()
        cdef TRITONSERVER_Server* server = handle.ptr
        cdef TRITONSERVER_Error* error
        cdef uint32_t flags = 0
        cdef void* userp = NULL
        cdef bytes text = c_text(name, "model name")
        cdef const char* c_name = text
        with nogil:
            error = TRITONSERVER_ServerModelTransactionProperties(
                server, c_name, version, &flags, &userp)
        check(error)
        return flags

    def batch_properties(self, name, int64_t version=-1):
        cdef ServerHandle handle = self.held()
        cdef TRITONSERVER_Server* server = handle.ptr
        cdef TRITONSERVER_Error* error
        cdef uint32_t flags = 0
        cdef void* userp = NULL
        cdef bytes text = c_text(name, "model name")
        cdef const char* c_name = text
        with nogil:
            error = TRITONSERVER_ServerModelBatchProperties(
                server, c_name, version, &flags, &userp)
        check(error)
        return flags

    # --- JSON ---

    def metadata_json(self):
        cdef ServerHandle handle = self.held()
        cdef TRITONSERVER_Server* server = handle.ptr
        cdef TRITONSERVER_Error* error
        cdef TRITONSERVER_Message* message = NULL
        with nogil:
            error = TRITONSERVER_ServerMetadata(server, &message)
        check(error)
        return _json(message)

    def model_metadata_json(self, name, int64_t version=-1):
        cdef ServerHandle handle = self.held()
        cdef TRITONSERVER_Server* server = handle.ptr
        cdef TRITONSERVER_Error* error
        cdef TRITONSERVER_Message* message = NULL
        cdef bytes text = c_text(name, "model name")
        cdef const char* c_name = text
        with nogil:
            error = TRITONSERVER_ServerModelMetadata(server, c_name, version, &message)
        check(error)
        return _json(message)

    def model_config_json(self, name, int64_t version=-1, uint32_t config_version=1):
        cdef ServerHandle handle = self.held()
        cdef TRITONSERVER_Server* server = handle.ptr
        cdef TRITONSERVER_Error* error
        cdef TRITONSERVER_Message* message = NULL
        cdef bytes text = c_text(name, "model name")
        cdef const char* c_name = text
        with nogil:
            error = TRITONSERVER_ServerModelConfig(
                server, c_name, version, config_version, &message)
        check(error)
        return _json(message)

    def model_statistics_json(self, name="", int64_t version=-1):
        cdef ServerHandle handle = self.held()
        cdef TRITONSERVER_Server* server = handle.ptr
        cdef TRITONSERVER_Error* error
        cdef TRITONSERVER_Message* message = NULL
        cdef bytes text = c_text(name, "model name")
        cdef const char* c_name = text
        with nogil:
            error = TRITONSERVER_ServerModelStatistics(server, c_name, version, &message)
        check(error)
        return _json(message)

    def model_index_json(self, bint ready=False):
        cdef ServerHandle handle = self.held()
        cdef TRITONSERVER_Server* server = handle.ptr
        cdef TRITONSERVER_Error* error
        cdef TRITONSERVER_Message* message = NULL
        cdef uint32_t flags = TRITONSERVER_INDEX_FLAG_READY if ready else 0
        with nogil:
            error = TRITONSERVER_ServerModelIndex(server, flags, &message)
        check(error)
        return _json(message)

    def metadata(self):
        return json.loads(self.metadata_json())

    def model_metadata(self, name, version=-1):
        return json.loads(self.model_metadata_json(name, version))

    def model_config(self, name, version=-1, config_version=1):
        return json.loads(self.model_config_json(name, version, config_version))

    def model_statistics(self, name="", version=-1):
        return json.loads(self.model_statistics_json(name, version))

    def model_index(self, ready=False):
        return json.loads(self.model_index_json(ready))

    # --- models and repositories ---

    def load(self, name, parameters=None):
        cdef ServerHandle handle = self.held()
        cdef TRITONSERVER_Server* server = handle.ptr
        cdef TRITONSERVER_Error* error
        cdef bytes text = c_text(name, "model name")
        cdef const char* c_name = text
        cdef _Parameters array
        cdef const TRITONSERVER_Parameter** first
        cdef uint64_t count
        if not parameters:
            with nogil:
                error = TRITONSERVER_ServerLoadModel(server, c_name)
        else:
            array = _Parameters(len(parameters))
            for key, value in parameters.items():
                array.add(key, value)
            first = array.array
            count = array.count
            with nogil:
                error = TRITONSERVER_ServerLoadModelWithParameters(server, c_name, first, count)
        check(error)

    def unload(self, name, bint dependents=False):
        cdef ServerHandle handle = self.held()
        cdef TRITONSERVER_Server* server = handle.ptr
        cdef TRITONSERVER_Error* error
        cdef bytes text = c_text(name, "model name")
        cdef const char* c_name = text
        with nogil:
            if dependents:
                error = TRITONSERVER_ServerUnloadModelAndDependents(server, c_name)
            else:
                error = TRITONSERVER_ServerUnloadModel(server, c_name)
        check(error)

    def poll_model_repository(self):
        cdef ServerHandle handle = self.held()
        cdef TRITONSERVER_Server* server = handle.ptr
        cdef TRITONSERVER_Error* error
        with nogil:
            error = TRITONSERVER_ServerPollModelRepository(server)
        check(error)

    def register_model_repository(self, path, name_mapping=None):
        cdef ServerHandle handle = self.held()
        cdef TRITONSERVER_Server* server = handle.ptr
        cdef TRITONSERVER_Error* error
        cdef bytes text = c_text(path, "repository path")
        cdef const char* c_path = text
        cdef dict mapping = dict(name_mapping or {})
        cdef _Parameters array = _Parameters(len(mapping))
        for folder, model in mapping.items():
            c_text(model, f"model name for '{folder}'")
            array.add(folder, model)
        cdef const TRITONSERVER_Parameter** first = array.array
        cdef uint32_t count = array.count
        with nogil:
            error = TRITONSERVER_ServerRegisterModelRepository(server, c_path, first, count)
        check(error)

    def unregister_model_repository(self, path):
        cdef ServerHandle handle = self.held()
        cdef TRITONSERVER_Server* server = handle.ptr
        cdef TRITONSERVER_Error* error
        cdef bytes text = c_text(path, "repository path")
        cdef const char* c_path = text
        with nogil:
            error = TRITONSERVER_ServerUnregisterModelRepository(server, c_path)
        check(error)

    def metrics_text(self):
        cdef ServerHandle handle = self.held()
        cdef TRITONSERVER_Server* server = handle.ptr
        cdef TRITONSERVER_Error* error
        cdef TRITONSERVER_Metrics* metrics = NULL
        cdef const char* base = NULL
        cdef size_t size = 0
        with nogil:
            error = TRITONSERVER_ServerMetrics(server, &metrics)
        check(error)
        try:
            check(TRITONSERVER_MetricsFormatted(
                metrics, TRITONSERVER_METRIC_PROMETHEUS, &base, &size))
            return base[:size].decode("utf-8", "replace")
        finally:
            swallow(TRITONSERVER_MetricsDelete(metrics))


def _stop_all():
    """Stops the servers nobody stopped, while the core's Python parts can still run."""
    cdef ServerHandle handle
    for handle in list(_alive):
        if handle.ptr != NULL and handle.made_in == generation() and not handle.stopped:
            try:
                handle.stop()
            except Exception as error:  # the interpreter ends anyway; say why it took so long
                import sys
                print(f"triton-py: stopping the server at exit: {error}", file=sys.stderr)
    collect()


atexit.register(_stop_all)
