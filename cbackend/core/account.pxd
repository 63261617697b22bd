# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Where the time and the bytes of one request went, told in a parameter of its response.

A client asks for it with the request parameter `triton_account`, true. Backends report how long
they took after they sent the response, as a rule, so the final response of such a request waits for
its release; so does the one response of a model that isn't decoupled where the final flag comes
after it. Of a decoupled model's responses the final one has all of it, those before it what is
known by then. channel.pyx does the waiting.

What only a front end can know it sets as further parameters of the request, of type int:
`triton_account_received_ns` (when the request's first byte was there, on the monotonic clock),
`triton_account_wire_bytes` and `triton_account_copied_bytes` (of its inputs, on the way in).
"""

from libc.stdint cimport int64_t, uint32_t, uint64_t

from triton_py.core.objects cimport Account, Request, Response

# Whether the parameter of that name is the account's; it is noted in the request then, and is none
# that a backend sees.
cdef bint account_parameter(Request* request, const char* name, int64_t value) noexcept nogil
# For a request that is sent, and wants it. NULL: no memory.
cdef Account* account_new(Request* request) noexcept nogil
cdef void account_free(Account* account) noexcept nogil
# It is in a batch that is about to be executed, of so many requests.
cdef void account_executes(
    Account* account, const Request* request, uint64_t batch_size, uint32_t requests
) noexcept nogil
cdef void account_reported(
    Account* account, uint64_t exec_start, uint64_t compute_start, uint64_t compute_end,
    uint64_t exec_end
) noexcept nogil
# Counts the response's outputs.
cdef void account_counts(Account* account, const Response* response) noexcept nogil
# Puts `response` (or NULL) aside, and returns the one that was.
cdef Response* account_holds(Account* account, Response* response) noexcept nogil
# The final response is there, or the request was released. True: by now both.
cdef bint account_ends(Account* account) noexcept nogil
# Makes what is known a parameter of the response.
cdef void account_tell(Account* account, Response* response) noexcept nogil
