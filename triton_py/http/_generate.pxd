# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
from triton_py.http._describe cimport DescribeLimits
from triton_py.http._exchange cimport Exchange
from triton_py.http._infer cimport BodyShape, Route


# As infer_submit, for a request of generate or generate_stream. The core is asked about the model,
# which takes the GIL and may wait: not for the event loop.
cdef int generate_submit(Exchange* ex, const Route* route, const BodyShape* body,
                         const DescribeLimits* limits) noexcept nogil
