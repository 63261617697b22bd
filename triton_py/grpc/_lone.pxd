# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""A lone call's answer, sent by the thread that has it; see frontend/_lone.pxd.

nghttp2 is not for two threads, so that thread writes the three frames of the answer itself: header,
data, trailers. Their fields are written out in full and not to be indexed, which changes no table
of either side's compression. The loop makes up for it when it next has to do with the connection:
it lets nghttp2 send the same answer, and throws those frames away. So streams and windows are as
they should be. Whatever else the loop has to write on that connection, it takes the permission back
first.
"""

from triton_py.grpc._call cimport Call


# The thread with the complete answer, in `Call.answer`. True: it is sent, and the caller's hold is
# given up.
cdef bint lone_answer(Call* call) noexcept nogil
# What is left of the answer's frames, after LONE_PARTLY.
cdef bytes lone_rest(Call* call)
