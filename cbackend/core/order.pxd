# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Responses in the order in which their requests came: `preserve_ordering` of a dynamic batcher.

Instances answer when they are done. Where the order is to be kept, a response is held until all
requests that came before have had their final one; whoever sends that hands out what was held
behind it. At most one thread hands out at a time, so that what is handed out stays in order.
"""

from libc.stdint cimport uint32_t

from triton_py.core.objects cimport Channel, Model, Order, Response

cdef void order_init(Order* order) noexcept nogil
cdef void order_destroy(Order* order) noexcept nogil
# A request came: its channel is the last, and kept until its final response has been handed out. To
# be called in the order of the queue, under its mutex.
cdef void order_enter(Model* model, Channel* channel) noexcept nogil
# In place of the client's callback, as channel_deliver calls it. Consumes the response.
cdef void order_deliver(Channel* channel, Response* response, uint32_t flags) noexcept nogil
