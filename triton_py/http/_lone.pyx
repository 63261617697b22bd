# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Lone requests over HTTP (see _lone.pxd)."""

from libc.stdint cimport uint32_t

from triton_py.frontend._lone cimport iovec, lone_claim, lone_send
from triton_py.http._answer cimport HEAD_ROOM, answer_head
from triton_py.http._exchange cimport Exchange, exchange_drop
from triton_py.tracing._record cimport (
    STAMP_HTTP_SEND_END,
    STAMP_HTTP_SEND_START,
    recording_drop,
    recording_stamp,
    trace_now,
)


cdef enum:
    MOST_PIECES = 14
    # Sending takes the time of the thread that runs the model.
    MOST_BYTES = 65536


cdef bint lone_answer(Exchange* exchange) noexcept nogil:
    cdef char head[HEAD_ROOM]
    cdef iovec parts[MOST_PIECES + 2]
    cdef size_t count = 2
    cdef uint32_t i
    if exchange.piece_count > MOST_PIECES or exchange.body_size > MOST_BYTES:
        return False
    if not lone_claim(&exchange.lone):
        return False
    parts[0].iov_base = head
    parts[0].iov_len = <size_t> answer_head(exchange, exchange.body_size, False, head)
    parts[1].iov_base = exchange.text.data
    parts[1].iov_len = exchange.text.size
    for i in range(exchange.piece_count):
        parts[count].iov_base = <void*> exchange.pieces[i].at
        parts[count].iov_len = exchange.pieces[i].size
        count += 1
    if exchange.trace != NULL:
        exchange.send_noted = True
        recording_stamp(exchange.trace, STAMP_HTTP_SEND_START, trace_now())
    if not lone_send(&exchange.lone, parts, count, parts[0].iov_len + exchange.body_size):
        return False
    if exchange.trace != NULL:
        # The loop may look at the connection only in a second; it leaves the trace of an answer
        # that was sent alone.
        recording_stamp(exchange.trace, STAMP_HTTP_SEND_END, trace_now())
        recording_drop(exchange.trace)
        exchange.trace = NULL
    exchange_drop(exchange)
    return True
