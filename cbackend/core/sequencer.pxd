# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""A model's sequence batcher as a whole: made from the configuration, freed with the model."""

from triton_py.core.objects cimport Model, Sequencer

# With the GIL, from compile_spec()'s dict (triton_py/config/spec.py); owned by the model.
cdef Sequencer* sequencer_new(Model* model, dict spec) except NULL
# No thread uses it any more, and no request is in flight.
cdef void sequencer_free(Sequencer* sequencer) noexcept
# No new request can find the model: a sequence without requests is over, and its slot free for
# those that wait; needs the queue's mutex.
cdef void sequencer_drain(Sequencer* sequencer) noexcept nogil
# Wakes all its threads to see that the queue is closing; needs the queue's mutex.
cdef void sequencer_wake(Sequencer* sequencer) noexcept nogil
