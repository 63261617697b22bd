# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Accounts of requests (see account.pxd)."""

from libc.stdint cimport int64_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free
from libc.string cimport strcmp, strncmp

from triton_py.abi.types cimport TRITONSERVER_PARAMETER_STRING
from triton_py.core.arena cimport arena_string
from triton_py.core.native cimport tp_add, tp_now_ns
from triton_py.core.objects cimport Account, Request, Response
from triton_py.core.parameter cimport Parameter, parameters_put
from triton_py.core.text cimport Text, text_add, text_init, text_str, text_uint

cdef extern from * nogil:
    """
    static inline void* tp_account_swap(void** at, void* fresh) {
        return __atomic_exchange_n(at, fresh, __ATOMIC_ACQ_REL);
    }
    """
    void* swap_pointer "tp_account_swap"(void** at, void* fresh)

cdef const char* NAME = b"triton_account"


cdef bint account_parameter(Request* request, const char* name, int64_t value) noexcept nogil:
    if strncmp(name, NAME, 14) != 0:
        return False
    name += 14
    if name[0] == 0:
        request.account.wanted = value != 0
    elif strcmp(name, b"_received_ns") == 0:
        request.account.received_ns = <uint64_t>value
    elif strcmp(name, b"_wire_bytes") == 0:
        request.account.wire_bytes = <uint64_t>value
    elif strcmp(name, b"_copied_bytes") == 0:
        request.account.copied_bytes = <uint64_t>value
    else:
        return False
    return True


cdef Account* account_new(Request* request) noexcept nogil:
    cdef Account* account = <Account*>calloc(1, sizeof(Account))
    cdef uint32_t i
    if account == NULL:
        return NULL
    account.wish = request.account
    account.request_start = request.request_start
    for i in range(request.input_count):
        account.input_bytes += request.inputs[i].byte_size
    return account


cdef void account_free(Account* account) noexcept nogil:
    free(account)


cdef void account_executes(
    Account* account, const Request* request, uint64_t batch_size, uint32_t requests
) noexcept nogil:
    account.executions += 1
    account.queue_ns += request.exec_start - request.queue_start
    account.batch_size = batch_size
    account.batch_requests = requests


cdef void account_reported(
    Account* account, uint64_t exec_start, uint64_t compute_start, uint64_t compute_end,
    uint64_t exec_end
) noexcept nogil:
    account.reports += 1
    # A backend may report anything: a negative duration is none.
    account.input_ns += compute_start - exec_start if compute_start > exec_start else 0
    account.infer_ns += compute_end - compute_start if compute_end > compute_start else 0
    account.output_ns += exec_end - compute_end if exec_end > compute_end else 0


cdef void account_counts(Account* account, const Response* response) noexcept nogil:
    cdef uint32_t i
    for i in range(response.output_count):
        account.output_bytes += response.outputs[i].attributes.byte_size


cdef Response* account_holds(Account* account, Response* response) noexcept nogil:
    return <Response*>swap_pointer(<void**>&account.held, response)


cdef bint account_ends(Account* account) noexcept nogil:
    return tp_add(&account.ends, 1) == 2


cdef void _put(Text* text, const char* key, uint64_t value) noexcept nogil:
    text_add(text, <const char*>b', "' if text.length > 1 else <const char*>b'"')
    text_add(text, key)
    text_add(text, b'": ')
    text_uint(text, value)


cdef void account_tell(Account* account, Response* response) noexcept nogil:
    cdef Text text
    cdef Parameter* parameter
    cdef const char* copy
    cdef uint64_t now = tp_now_ns()
    cdef uint64_t since = account.request_start
    text_init(&text)
    text_add(&text, b"{")
    if account.wish.received_ns != 0 and account.wish.received_ns <= since:
        _put(&text, b"wire_ns", since - account.wish.received_ns)
        since = account.wish.received_ns
    if account.executions:
        _put(&text, b"queue_ns", account.queue_ns)
    if account.reports:
        _put(&text, b"compute_input_ns", account.input_ns)
        _put(&text, b"compute_infer_ns", account.infer_ns)
        _put(&text, b"compute_output_ns", account.output_ns)
    _put(&text, b"total_ns", now - since)
    if account.executions:
        _put(&text, b"executions", account.executions)
        _put(&text, b"batch_size", account.batch_size)
        _put(&text, b"batch_requests", account.batch_requests)
    if account.wish.wire_bytes:
        _put(&text, b"wire_bytes", account.wish.wire_bytes)
        _put(&text, b"input_copied_bytes", account.wish.copied_bytes)
    _put(&text, b"input_bytes", account.input_bytes)
    _put(&text, b"output_bytes", account.output_bytes)
    text_add(&text, b"}")
    parameter = parameters_put(&response.parameters, &response.arena, NAME)
    copy = arena_string(&response.arena, text_str(&text))
    if parameter == NULL:
        return
    # Without memory for the text it is empty: the response itself is worth more.
    parameter.type = TRITONSERVER_PARAMETER_STRING
    parameter.string = copy if copy != NULL else <const char*>b""
    parameter.size = text.length if copy != NULL else 0
