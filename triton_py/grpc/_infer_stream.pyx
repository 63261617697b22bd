# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Requests of a stream go to the core as they are received, responses leave as they are drained.

Responses of models that answer one to one leave in their requests' order, those of decoupled models
as they come. An error is a message, and the stream goes on; with the metadata
``triton_grpc_error: true`` the first error ends the call with its status.
"""

from cpython.ref cimport Py_INCREF, PyObject
from libc.stdint cimport int64_t, uint8_t, uint32_t
from libc.string cimport memcpy

from triton_py.abi.tritonserver cimport (
    TRITONSERVER_InferenceRequestNew,
    TRITONSERVER_InferenceRequestSetStringParameter,
    TRITONSERVER_InferenceResponseError,
    TRITONSERVER_ServerModelTransactionProperties,
)
from triton_py.abi.types cimport (
    TRITONSERVER_ERROR_UNAVAILABLE,
    TRITONSERVER_TXN_DECOUPLED,
    TRITONSERVER_Error,
    TRITONSERVER_Server,
)
from triton_py.frontend._backlog cimport backlog_drop, backlog_fault, backlog_is_full, backlog_new
from triton_py.frontend._fault cimport Fault
from triton_py.frontend._memory cimport arena_take, block_hold
from triton_py.grpc._answer cimport (
    STATUS_INTERNAL,
    STATUS_OK,
    STATUS_RESOURCE_EXHAUSTED,
    STATUS_UNAVAILABLE,
    answer_error,
    answer_message,
    answer_status,
)
from triton_py.grpc._call cimport Call, call_hold, call_take_message
from triton_py.grpc._coding cimport coding_name
from triton_py.grpc._connection cimport Connection
from triton_py.grpc._endpoint cimport Endpoint
from triton_py.grpc._decode cimport InferRequest, decode_into
from triton_py.grpc._headers cimport metadata_list
from triton_py.grpc._infer cimport fault_error, fill_request, set_wire
from triton_py.grpc._item cimport (
    Item,
    Result,
    item_cancel,
    item_drop,
    item_forget_waiting,
    item_mute,
    item_new,
    item_send,
)
from triton_py.grpc._outgoing cimport (
    PREFIX,
    Outgoing,
    outgoing_bytes,
    outgoing_count,
    outgoing_drop,
)
from triton_py.grpc._received cimport Received, received, received_bytes
from triton_py.grpc._trace cimport call_trace
from triton_py.grpc._unary cimport requested_version
from triton_py.grpc._wire cimport View
from triton_py.inprocess.response cimport wrap
from triton_py.inprocess.status cimport c_text, check, exception_of
from triton_py.tracing._record cimport (
    STAMP_GRPC_SEND_END,
    STAMP_GRPC_SEND_START,
    recording_stamp,
    trace_now,
)

from collections import deque

from triton_py.errors import UnavailableError
from triton_py.grpc._encode import encode_response
from triton_py.grpc.compression import unpack
from triton_py.grpc.status import SHUTTING_DOWN, as_triton_error


cdef InferStream new_infer_stream(Connection connection, Call* call):
    cdef InferStream stream = InferStream.__new__(InferStream)
    call_hold(call)
    stream.call = call
    stream.connection = connection
    stream.messages = deque()
    stream.classes = {}
    stream.read_ns = call.began_ns
    stream.backlog = backlog_new(connection.endpoint.max_backlog_bytes)
    if stream.backlog == NULL:
        raise MemoryError("no memory for a stream")
    stream.end_on_error = ("triton_grpc_error", "true") in metadata_list(call)
    Py_INCREF(stream)
    call.context = <PyObject*> stream
    return stream


cdef View _kept(Item* item, View view) noexcept:
    cdef View out
    cdef char* copy = <char*> arena_take(&item.arena, view.size + 1)
    out.data = copy
    out.size = 0
    if copy != NULL and view.size:
        memcpy(copy, view.data, view.size)
        out.size = view.size
    return out


cdef str _text(View view):
    return view.data[:view.size].decode("utf-8", "replace") if view.size else ""


cdef str _error_text(error):
    # A client takes a message without error text for a response.
    return error.message or error.code_name


cdef class InferStream(CallContext):
    """One call of ModelStreamInfer; not for handlers."""

    def __dealloc__(self):
        backlog_drop(self.backlog)

    # --- from the connection ---

    cdef int start_stream(self) except -1:
        return 0

    cdef bint take_message(self) except -1:
        cdef bint compressed = self.call.compressed
        cdef size_t size = self.call.size
        cdef Received message = received(call_take_message(self.call), size)
        cdef uint64_t now = trace_now()
        if self.over or self.connection.endpoint.stopping:
            return True         # no longer read
        if compressed:
            try:
                message = received_bytes(unpack(
                    bytes(message), coding_name(self.call.encoding),
                    self.connection.endpoint.max_message))
            except Exception as error:
                answer_error(self.connection, self.call, error)
                self.close()
                return False
        message.received_ns = now
        if self.messages or not self.has_room():
            self.messages.append(message)
            return False
        self.submit(message)
        return self.has_room()

    cdef bint has_room(self) noexcept:
        return (self.items + self.unsent < self.connection.endpoint.max_backlog
                and not backlog_is_full(self.backlog))

    cdef bint is_full(self) noexcept:
        return self.stash.size != 0 or len(self.messages) > 0

    cdef int end_of_messages(self) except -1:
        self.eof = True
        return self.progress()

    cdef void sent(self) noexcept:
        self.unsent -= 1
        if not self.resuming and self.is_full():
            # Not from inside HTTP/2's sending.
            self.resuming = True
            self.connection.endpoint.loop.call_soon(self._resume)

    cdef void close(self) noexcept:
        cdef Item* item
        self.over = True
        self.messages.clear()
        while self.ordered != NULL or self.free != NULL:
            item = self.ordered if self.ordered != NULL else self.free
            self.unlink(item)
            item.stream = NULL
            item_forget_waiting(item)
            with nogil:
                item_cancel(item)
                item_drop(item)

    cdef int stop(self) except -1:
        self.messages.clear()
        return self.progress()

    def _resume(self):
        self.resuming = False
        try:
            self.progress()
            self.connection.pump()
        except Exception:
            self.connection.give_up()

    cdef int progress(self) except -1:
        if self.over or self.call.ended:
            return 0
        while self.messages and self.has_room():
            self.submit(self.messages.popleft())
        if self.has_room() and not self.messages:
            self.unstash()
        if self.items or self.messages or self.stash.size:
            return 0
        if self.eof and self.call.prefix_size:
            answer_status(self.connection, self.call, STATUS_INTERNAL,
                          "the stream ended inside a message")
        elif self.eof:
            answer_status(self.connection, self.call, STATUS_OK, None)
        elif self.connection.endpoint.stopping:
            answer_status(self.connection, self.call, STATUS_UNAVAILABLE, SHUTTING_DOWN)
        return 0

    # --- requests ---

    cdef int submit(self, Received message) except -1:
        cdef Item* item = item_new(
            self.connection.endpoint.stream_completions, self.backlog)
        if item == NULL:
            raise MemoryError("no memory for a request")
        item.stream = <PyObject*> self
        item.ordered = True
        item.previous = self.last_ordered
        if self.last_ordered != NULL:
            self.last_ordered.next = item
        else:
            self.ordered = item
        self.last_ordered = item
        self.items += 1
        try:
            self.hand_over(item, message)
        except Exception as error:
            self.fail(item, as_triton_error(error))
            if not self.over:
                self.settle(item)
        return 0

    cdef int hand_over(self, Item* item, Received message) except -1:
        cdef Endpoint endpoint = self.connection.endpoint
        cdef InferRequest request = endpoint.scratch
        cdef TRITONSERVER_Server* server = endpoint.server
        cdef TRITONSERVER_Error* error
        cdef uint32_t flags = 0
        cdef int64_t version
        cdef bytes name
        cdef const char* c_name
        decode_into(request, <const uint8_t*> message.data(), message.size)
        item.id = _kept(item, request.id)
        item.model_name = _kept(item, request.model_name)
        item.model_version = _kept(item, request.model_version)
        if endpoint.stopping:
            raise UnavailableError(SHUTTING_DOWN)
        version = requested_version(request)
        name = c_text(request.name, "model name")
        c_name = name
        with nogil:
            error = TRITONSERVER_ServerModelTransactionProperties(
                server, c_name, version, &flags, NULL)
            if error == NULL:
                error = TRITONSERVER_InferenceRequestNew(&item.request, server, c_name, version)
        check(error)
        if flags & TRITONSERVER_TXN_DECOUPLED:
            self._set_free(<size_t> item)
            item.bounded = True
        classes = fill_request(item.request, request, &item.arena, &item.empty_final)
        set_wire(item.request, request, message.received_ns)
        if classes:
            item.classified = True
            self.classes[<size_t> item] = classes
        if endpoint.forward is not None:
            for key, value in endpoint.forward(metadata_list(self.call)):
                check(TRITONSERVER_InferenceRequestSetStringParameter(
                    item.request, c_text(key, "metadata name"),
                    c_text(value, f"metadata '{key}'")))
        if message.block != NULL:
            item.block = block_hold(message.block)
        if endpoint.tracer.on:
            item.trace = call_trace(endpoint, self.call, c_name, self.read_ns)
            self.read_ns = trace_now()
        with nogil:
            error = item_send(item, server)
        check(error)
        item.in_flight = True
        endpoint.stream_requests += 1
        return 0

    def _set_free(self, size_t address):
        """The item's responses wait for no others, and none waits for them."""
        cdef Item* item = <Item*> address
        self.unlink(item)
        item.ordered = False
        item.next = self.free
        if self.free != NULL:
            self.free.previous = item
        self.free = item
        self.items += 1
        self._flush()

    # --- responses ---

    cdef int deliver(self, Result* result) except -1:
        cdef Item* item = result.item
        cdef Outgoing* message = result.message
        if item.trace != NULL and not item.send_noted:
            item.send_noted = True
            with nogil:
                recording_stamp(item.trace, STAMP_GRPC_SEND_START, trace_now())
        try:
            if message != NULL:
                result.message = NULL
                self.put(item, message)
            elif result.overflow:
                self.cut(item)
            elif result.fault.status != 0:
                self.fail(item, fault_error(&result.fault))
            elif result.response != NULL:
                self._put_response(<size_t> result)
            elif result.final and not item.ordered and item.empty_final and not item.muted:
                self.put(item, outgoing_bytes(encode_response(
                    _text(item.model_name), _text(item.model_version), _text(item.id),
                    {"triton_final_response": True}, [], stream=True), False))
        except Exception as error:
            self.fail(item, as_triton_error(error))
        if result.final and item.trace != NULL:
            with nogil:
                recording_stamp(item.trace, STAMP_GRPC_SEND_END, trace_now())
        if result.final and not self.over:
            self.settle(item)
        return 0

    def _put_response(self, size_t address):
        """One with an error, or with outputs that are to be classified."""
        cdef Result* result = <Result*> address
        cdef Item* item = result.item
        cdef TRITONSERVER_Error* error = TRITONSERVER_InferenceResponseError(result.response)
        cdef Outgoing* message
        final = bool(result.final)
        if error == NULL:
            response = wrap(result.response)
            result.response = NULL
            encoded = self.connection.endpoint.encode(
                response, self.classes[<size_t> item], True, final)
        else:
            known = exception_of(error)
            if self.end_on_error:
                raise known
            encoded = encode_response(
                _text(item.model_name), _text(item.model_version), _text(item.id),
                {"triton_final_response": final}, [], stream=True, error=_error_text(known))
        message = outgoing_bytes(encoded, False)
        if outgoing_count(message, self.backlog, item.bounded):
            outgoing_drop(message)
            self.cut(item)
        else:
            self.put(item, message)

    cdef int cut(self, Item* item) except -1:
        """Ends a request whose responses are more than may wait."""
        cdef Fault fault
        item_mute(item)
        with nogil:
            item_cancel(item)
        backlog_fault(self.backlog, &fault, <int> TRITONSERVER_ERROR_UNAVAILABLE + 1)
        error = fault_error(&fault)
        if self.end_on_error:
            return self.fail(item, error)
        return self.put(item, outgoing_bytes(encode_response(
            _text(item.model_name), _text(item.model_version), _text(item.id),
            {"triton_final_response": True}, [], stream=True, error=_error_text(error)), False))

    cdef int fail(self, Item* item, object error) except -1:
        """A request that didn't make it to the core, or whose responses can't be sent."""
        if self.over:
            return 0
        if self.end_on_error:
            answer_error(self.connection, self.call, error)
            self.close()
            return 0
        return self.put(item, outgoing_bytes(encode_response(
            "", "", _text(item.id), {}, [], stream=True, error=_error_text(error)), False))

    cdef int put(self, Item* item, Outgoing* message) except -1:
        if not item.ordered or self.ordered == item:
            return self.send(message)
        if item.waiting == NULL:
            item.waiting = message
        else:
            item.last_waiting.next = message
        item.last_waiting = message
        return 0

    cdef int send(self, Outgoing* message) except -1:
        if self.over or self.call.ended:
            outgoing_drop(message)
            return 0
        if message.left - PREFIX > self.connection.endpoint.max_message:
            size = message.left - PREFIX
            outgoing_drop(message)
            answer_status(self.connection, self.call, STATUS_RESOURCE_EXHAUSTED,
                          f"Response has byte size {size} which exceeds the limit of "
                          f"{self.connection.endpoint.max_message} bytes.")
            self.close()
            return 0
        self.unsent += 1
        return answer_message(self.connection, self.call, message)

    cdef int settle(self, Item* item) except -1:
        item.done = True
        self.classes.pop(<size_t> item, None)
        if not item.ordered:
            self.unlink(item)
            item.stream = NULL
            item_drop(item)
        else:
            self._flush()
        return 0

    def _flush(self):
        """Sends what waited for requests that are settled now."""
        cdef Item* item
        cdef Outgoing* message
        while self.ordered != NULL:
            item = self.ordered
            while item.waiting != NULL:
                message = item.waiting
                item.waiting = message.next
                message.next = NULL
                self.send(message)
                if self.over:
                    return
            if not item.done:
                return
            self.unlink(item)
            item.stream = NULL
            item_drop(item)

    cdef void unlink(self, Item* item) noexcept:
        if item.previous != NULL:
            item.previous.next = item.next
        elif item.ordered:
            self.ordered = item.next
        else:
            self.free = item.next
        if item.next != NULL:
            item.next.previous = item.previous
        elif item.ordered:
            self.last_ordered = item.previous
        item.previous = NULL
        item.next = NULL
        self.items -= 1
