# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""One inference request, from its first input to the release callback."""

cimport cython
from cpython.buffer cimport PyBUF_SIMPLE, PyBuffer_Release, PyObject_GetBuffer
from cpython.mem cimport PyMem_Free, PyMem_Malloc
from cpython.ref cimport Py_DECREF, Py_INCREF, PyObject
from libc.stdint cimport int64_t, uint32_t, uint64_t
from libc.stdlib cimport free, malloc
from libcpp cimport bool as cbool

from triton_py.abi.tritonserver cimport (
    TRITONSERVER_ErrorDelete,
    TRITONSERVER_InferenceRequestAddInput,
    TRITONSERVER_InferenceRequestAddRawInput,
    TRITONSERVER_InferenceRequestAddRequestedOutput,
    TRITONSERVER_InferenceRequestAppendInputData,
    TRITONSERVER_InferenceRequestCancel,
    TRITONSERVER_InferenceRequestCorrelationId,
    TRITONSERVER_InferenceRequestCorrelationIdString,
    TRITONSERVER_InferenceRequestDelete,
    TRITONSERVER_InferenceRequestFlags,
    TRITONSERVER_InferenceRequestId,
    TRITONSERVER_InferenceRequestIsCancelled,
    TRITONSERVER_InferenceRequestNew,
    TRITONSERVER_InferenceRequestPriorityUInt64,
    TRITONSERVER_InferenceRequestSetBoolParameter,
    TRITONSERVER_InferenceRequestSetCorrelationId,
    TRITONSERVER_InferenceRequestSetCorrelationIdString,
    TRITONSERVER_InferenceRequestSetDoubleParameter,
    TRITONSERVER_InferenceRequestSetFlags,
    TRITONSERVER_InferenceRequestSetId,
    TRITONSERVER_InferenceRequestSetIntParameter,
    TRITONSERVER_InferenceRequestSetPriorityUInt64,
    TRITONSERVER_InferenceRequestSetStringParameter,
    TRITONSERVER_InferenceRequestSetTimeoutMicroseconds,
    TRITONSERVER_InferenceRequestTimeoutMicroseconds,
    TRITONSERVER_StringToDataType,
)
from triton_py.abi.types cimport (
    TRITONSERVER_MEMORY_CPU,
    TRITONSERVER_REQUEST_FLAG_SEQUENCE_END,
    TRITONSERVER_REQUEST_FLAG_SEQUENCE_START,
    TRITONSERVER_TYPE_INVALID,
    TRITONSERVER_DataType,
    TRITONSERVER_Error,
    TRITONSERVER_InferenceRequest,
    TRITONSERVER_MemoryType,
    TRITONSERVER_Server,
)
from triton_py.inprocess.queue cimport (
    CompletionQueue,
    Queue,
    Ticket,
    collect,
    ticket_drop,
    ticket_new,
)
from triton_py.inprocess.queue cimport submit as submit_ticket
from triton_py.inprocess.server cimport NativeServer, ServerHandle
from triton_py.inprocess.status cimport c_text, check, check_process, may_free, swallow

from triton_py.errors import InvalidArgumentError

SEQUENCE_START = <int> TRITONSERVER_REQUEST_FLAG_SEQUENCE_START
SEQUENCE_END = <int> TRITONSERVER_REQUEST_FLAG_SEQUENCE_END


cdef void _on_released(Ticket* ticket) noexcept:
    cdef NativeRequest request = <NativeRequest> ticket.cookie
    request.is_released = True
    request._let_go()


cdef void _on_settled(Ticket* ticket) noexcept:
    cdef NativeRequest request = <NativeRequest> ticket.cookie
    request._remember()
    request.ptr = NULL
    request.ticket = NULL
    request.cookie = None
    # A finished request has no business with the server any more, and should not keep it.
    request.handle = None
    Py_DECREF(request)  # the count taken by submit()


cdef void _discard(TRITONSERVER_Error* error) noexcept:
    if error != NULL:
        TRITONSERVER_ErrorDelete(error)


cdef int64_t _unsigned(object value, str what) except? -1:
    """The bits of an unsigned 64-bit integer."""
    if isinstance(value, bool) or not hasattr(type(value), "__index__"):
        raise InvalidArgumentError(f"{what} must be an int, not {type(value).__name__}")
    try:
        return <int64_t> (<uint64_t> value)
    except OverflowError:
        raise InvalidArgumentError(f"{what} must be from 0 to 2**64-1, not {value}") from None


# The garbage collector must not clear `handle` before __dealloc__ has deleted the request.
@cython.no_gc_clear
cdef class NativeRequest:
    """One inference request; see request.pyi."""

    def __init__(self, NativeServer server not None, model, int64_t version=-1):
        if self.ptr != NULL or self.sent:
            raise InvalidArgumentError("the request was made already")
        cdef ServerHandle handle = server.held()
        cdef TRITONSERVER_Server* c_server = handle.ptr
        cdef bytes name = c_text(model, "model name")
        cdef const char* c_name = name
        cdef TRITONSERVER_InferenceRequest* request = NULL
        cdef TRITONSERVER_Error* error
        collect()
        with nogil:
            error = TRITONSERVER_InferenceRequestNew(&request, c_server, c_name, version)
        check(error)
        self.ptr = request
        self.handle = handle
        self.made_in = handle.made_in

    def __dealloc__(self):
        # Never in flight here: submit() took a count that only the settling gives back.
        cdef TRITONSERVER_InferenceRequest* request = self.ptr
        if request != NULL and may_free(self.made_in):
            with nogil:
                swallow(TRITONSERVER_InferenceRequestDelete(request))
        self._let_go()

    cdef TRITONSERVER_InferenceRequest* unsent(self) except NULL:
        check_process(self.made_in, "the request")
        if self.sent:
            raise InvalidArgumentError("the request was sent already; make another to send again")
        if self.ptr == NULL:
            raise InvalidArgumentError("the request was not made: __init__ did not run")
        return self.ptr

    cdef TRITONSERVER_InferenceRequest* _valid(self) except NULL:
        check_process(self.made_in, "the request")
        if self.ptr == NULL or self.is_released:
            raise InvalidArgumentError("the request was released by the core; its fields are gone")
        return self.ptr

    cdef void _let_go(self) noexcept:
        """Gives back everything that the inputs borrowed from."""
        cdef HeldBuffer* held = self.buffers
        cdef HeldBuffer* following
        self.buffers = NULL
        while held != NULL:
            following = held.next
            PyBuffer_Release(&held.view)
            PyMem_Free(held)
            held = following
        self.keep = None

    cdef void _remember(self) noexcept:
        cdef cbool answer = False
        swallow(TRITONSERVER_InferenceRequestIsCancelled(self.ptr, &answer))
        self.was_cancelled = answer

    # --- fields ---

    @property
    def id(self):
        cdef const char* text = NULL
        check(TRITONSERVER_InferenceRequestId(self._valid(), &text))
        return (<bytes> text).decode("utf-8", "replace") if text != NULL else ""

    @id.setter
    def id(self, value):
        check(TRITONSERVER_InferenceRequestSetId(self.unsent(), c_text(value, "request id")))

    @property
    def flags(self):
        cdef uint32_t flags = 0
        check(TRITONSERVER_InferenceRequestFlags(self._valid(), &flags))
        return flags

    @flags.setter
    def flags(self, uint32_t value):
        check(TRITONSERVER_InferenceRequestSetFlags(self.unsent(), value))

    @property
    def priority(self):
        cdef uint64_t priority = 0
        check(TRITONSERVER_InferenceRequestPriorityUInt64(self._valid(), &priority))
        return priority

    @priority.setter
    def priority(self, value):
        check(TRITONSERVER_InferenceRequestSetPriorityUInt64(
            self.unsent(), <uint64_t> _unsigned(value, "priority")))

    @property
    def timeout_us(self):
        cdef uint64_t timeout = 0
        check(TRITONSERVER_InferenceRequestTimeoutMicroseconds(self._valid(), &timeout))
        return timeout

    @timeout_us.setter
    def timeout_us(self, value):
        check(TRITONSERVER_InferenceRequestSetTimeoutMicroseconds(
            self.unsent(), <uint64_t> _unsigned(value, "timeout")))

    @property
    def correlation_id(self):
        """An int, or a str where a string was set."""
        cdef const char* text = NULL
        cdef uint64_t number = 0
        cdef TRITONSERVER_Error* error
        # The core answers the getter of the other kind with an error; asked for second here, so
        # that only a real failure is reported.
        error = TRITONSERVER_InferenceRequestCorrelationIdString(self._valid(), &text)
        if error == NULL and text != NULL and text[0] != 0:
            return (<bytes> text).decode("utf-8", "replace")
        _discard(error)
        check(TRITONSERVER_InferenceRequestCorrelationId(self._valid(), &number))
        return number

    @correlation_id.setter
    def correlation_id(self, value):
        if isinstance(value, str):
            check(TRITONSERVER_InferenceRequestSetCorrelationIdString(
                self.unsent(), c_text(value, "correlation id")))
        else:
            check(TRITONSERVER_InferenceRequestSetCorrelationId(
                self.unsent(), <uint64_t> _unsigned(value, "correlation id")))

    @property
    def in_flight(self):
        """Sent, and not all of its responses and its release were drained yet."""
        return self.ticket != NULL

    @property
    def released(self):
        """The core gave the request back, and the draining side has seen that."""
        return self.is_released

    @property
    def cancelled(self):
        if self.ptr != NULL:
            check_process(self.made_in, "the request")
            self._remember()
        return self.was_cancelled

    # --- content ---

    def set_parameter(self, name, value):
        cdef bytes c_name = c_text(name, "parameter name")
        cdef int64_t integer
        if isinstance(value, bool):
            check(TRITONSERVER_InferenceRequestSetBoolParameter(
                self.unsent(), c_name, <cbool> (value is True)))
        elif isinstance(value, int):
            try:
                integer = value
            except OverflowError:
                raise InvalidArgumentError(
                    f"parameter '{name}': {value} does not fit into 64 bits") from None
            check(TRITONSERVER_InferenceRequestSetIntParameter(self.unsent(), c_name, integer))
        elif isinstance(value, float):
            check(TRITONSERVER_InferenceRequestSetDoubleParameter(self.unsent(), c_name, value))
        elif isinstance(value, str):
            check(TRITONSERVER_InferenceRequestSetStringParameter(
                self.unsent(), c_name, c_text(value, f"parameter '{name}'")))
        else:
            raise InvalidArgumentError(
                f"parameter '{name}' must be a str, bool, int or float, "
                f"not {type(value).__name__}")

    def add_input(self, name, datatype, shape):
        cdef TRITONSERVER_InferenceRequest* request = self.unsent()
        cdef bytes c_name = c_text(name, "input name")
        cdef TRITONSERVER_DataType c_type = TRITONSERVER_StringToDataType(
            c_text(datatype, f"datatype of input '{name}'"))
        if c_type == TRITONSERVER_TYPE_INVALID:
            raise InvalidArgumentError(f"input '{name}' has unknown datatype '{datatype}'")
        cdef Py_ssize_t dims = len(shape)
        cdef Py_ssize_t axis
        cdef int64_t* c_shape = <int64_t*> malloc((dims + 1) * sizeof(int64_t))
        if c_shape == NULL:
            raise MemoryError()
        try:
            for axis in range(dims):
                try:
                    c_shape[axis] = shape[axis]
                except (OverflowError, TypeError):
                    raise InvalidArgumentError(
                        f"input '{name}': dimension {axis} of its shape is {shape[axis]!r}, "
                        "not a 64-bit integer") from None
            check(TRITONSERVER_InferenceRequestAddInput(request, c_name, c_type, c_shape, dims))
        finally:
            free(c_shape)

    def add_raw_input(self, name):
        check(TRITONSERVER_InferenceRequestAddRawInput(
            self.unsent(), c_text(name, "input name")))

    def append_input_data(self, name, buffer):
        cdef TRITONSERVER_InferenceRequest* request = self.unsent()
        cdef bytes c_name = c_text(name, "input name")
        cdef TRITONSERVER_Error* refusal
        cdef HeldBuffer* held = <HeldBuffer*> PyMem_Malloc(sizeof(HeldBuffer))
        if held == NULL:
            raise MemoryError()
        try:
            PyObject_GetBuffer(buffer, &held.view, PyBUF_SIMPLE)
        except (BufferError, TypeError, ValueError) as error:
            PyMem_Free(held)
            raise InvalidArgumentError(
                f"input '{name}': {type(buffer).__name__} is no C-contiguous buffer: {error}"
            ) from None
        except BaseException:
            PyMem_Free(held)
            raise
        refusal = TRITONSERVER_InferenceRequestAppendInputData(
            request, c_name, held.view.buf, held.view.len, TRITONSERVER_MEMORY_CPU, 0)
        if refusal != NULL:
            PyBuffer_Release(&held.view)
            PyMem_Free(held)
            check(refusal)
        held.next = self.buffers
        self.buffers = held

    def append_input_pointer(self, name, size_t address, size_t byte_size, int memory_type=0,
                             int64_t memory_type_id=0, owner=None):
        check(TRITONSERVER_InferenceRequestAppendInputData(
            self.unsent(), c_text(name, "input name"), <const void*> address, byte_size,
            <TRITONSERVER_MemoryType> memory_type, memory_type_id))
        if owner is not None:
            if self.keep is None:
                self.keep = []
            self.keep.append(owner)

    def add_requested_output(self, name):
        check(TRITONSERVER_InferenceRequestAddRequestedOutput(
            self.unsent(), c_text(name, "output name")))

    # --- life ---

    cpdef submit(self, CompletionQueue queue, object cookie=None):
        cdef TRITONSERVER_InferenceRequest* request = self.unsent()
        cdef Queue* c_queue = queue.queue()
        cdef TRITONSERVER_Server* server = self.handle.ptr
        cdef TRITONSERVER_Error* error
        cdef Ticket* ticket = ticket_new(c_queue, <void*> self, _on_released, _on_settled)
        self.cookie = cookie
        # A cookie of None stands for the request itself, kept out of the attribute so that no
        # reference cycle is made.
        ticket.token = <PyObject*> (self if cookie is None else cookie)
        self.ticket = ticket
        self.sent = True
        Py_INCREF(self)
        with nogil:
            error = submit_ticket(ticket, server, request, NULL, NULL, &self.trace)
        if error != NULL:
            self.ticket = NULL
            self.sent = False
            self.cookie = None
            ticket_drop(ticket)
            Py_DECREF(self)
            check(error)

    cpdef cancel(self):
        check_process(self.made_in, "the request")
        if self.ticket != NULL and self.ptr != NULL:
            check(TRITONSERVER_InferenceRequestCancel(self.ptr))
