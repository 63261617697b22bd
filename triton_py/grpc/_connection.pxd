# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""A connection's state; all of it belongs to the event loop's thread.

``_connection`` is the transport's side, ``_callbacks`` what nghttp2 found in the bytes, ``_answer``
what is sent, ``_unary`` and ``_infer_stream`` the inferences.
"""

from libc.stdint cimport int32_t, uint8_t, uint32_t

from triton_py.frontend._memory cimport Buf
from triton_py.grpc._call cimport Call
from triton_py.grpc._endpoint cimport Endpoint
from triton_py.grpc._nghttp2 cimport Nghttp2, Session


cdef class Connection:
    """The protocol of one connection: an ``asyncio.BufferedProtocol`` around an HTTP/2 session."""

    cdef Endpoint endpoint
    cdef readonly object transport
    cdef const Nghttp2* h2
    cdef Session* session           # owned; NULL once the connection is lost
    cdef Call* header_call          # whose header is being received
    cdef Call* first                # open calls, one hold each
    cdef int open_calls
    # What is to be written next: `parts` before the bytes in `out`.
    cdef Buf out
    cdef list parts
    cdef size_t pending             # bytes in both
    cdef bint write_paused
    cdef bint pumping
    cdef bint pump_soon             # a pump is scheduled
    cdef bint touched               # in the list of those that Endpoint._drain will pump
    cdef bint shut                  # the transport is closing: nothing can be written any more
    cdef bint leaving               # GOAWAY is sent: closes with the last call
    cdef bint ending                # GOAWAY says an error: closes once it is sent
    cdef bint greeted               # the client's first frame is there
    cdef double made
    cdef double retired             # when GOAWAY was sent for its age; 0: not yet
    cdef double heard               # when the last byte came
    cdef double moved               # when the transport last wrote something
    cdef object unsent              # bytes in the transport's buffer at the last tick
    cdef double ping_sent           # a ping without an answer; 0: none
    cdef double last_own_ping
    cdef int own_pings              # since data was last sent
    cdef double last_peer_ping      # 0: since data was last sent, none
    cdef int bad_pings
    cdef double resets              # of streams, by the client, less what time forgave
    cdef double age_limit
    cdef str peer                   # for the access log
    # Answers that are sent without the loop (_lone).
    cdef Call* lone                 # borrowed: the call for which that is permitted; NULL: none
    cdef int socket                 # of our own, for them; -1: not made yet
    cdef bint fresh_settings        # the client's settings came, and no header was sent since
    cdef int32_t discarded          # what nghttp2 sends of this stream is sent already; 0: none

    # Makes up for an answer that was sent without the loop; from here on no other is.
    cdef int settle(self) except -1
    cdef void let_lone_go(self) noexcept
    cdef bint is_sent(self, const uint8_t* frame, size_t size) noexcept
    cdef void close_socket(self) noexcept
    cdef int receive(self, Py_ssize_t size) except -1
    # Sends what is ready, as far as the transport takes it.
    cdef int pump(self) except -1
    # The same, but later in this turn of the loop.
    cdef int pump_later(self) except -1
    # GOAWAY with an error, and the end of the connection once that is sent. `reason` is static.
    cdef int end(self, uint32_t error_code, const char* reason) except -1
    # GOAWAY without one: calls in flight go on.
    cdef int leave(self) except -1
    cdef int abort(self) except -1
    cdef int give_up(self) except -1
    cdef void link(self, Call* call) noexcept
    cdef void log_call(self, Call* call) noexcept
    # The stream is gone: what belonged to it is cancelled and let go.
    cdef void forget(self, Call* call) noexcept


# Where a call is the only thing that goes on, lets whoever has its answer send it. Before it is
# submitted.
cdef int permit_lone(Connection connection, Call* call) except -1
