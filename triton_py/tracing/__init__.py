# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Tracing for front ends: which requests are traced, and what becomes of their traces.

A front end looks at one flag of the ``Tracer`` (``_tracer``); where it is set it asks for a recording
(``_record``), hands the recording's trace to the core with the request, and notes its own times in
it. Both notes go without the GIL into the recording, and complete recordings through an outbox
(``_outbox``) to the thread of the ``TraceManager`` (``manager``), which turns them into Triton's JSON
(``form``, ``values``, ``files``) or OpenTelemetry's spans (``spans``, ``context``).

``settings``, ``sampling`` and ``setting`` say what is sampled, ``protocol`` is the trace extension.
"""

from __future__ import annotations

import triton_py.core  # noqa: F401  first: it puts the C API into the global symbol scope
from triton_py.tracing.manager import TraceManager, View
from triton_py.tracing.settings import Level, Mode, OpenTelemetryOptions, TraceOptions

__all__ = ["Level", "Mode", "OpenTelemetryOptions", "TraceManager", "TraceOptions", "View"]
