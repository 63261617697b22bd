# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Which models take requests: name and version to Model, looked up without the GIL.

A name is found while one namespace alone has it; without namespaces that one is "".
"""

from libc.stdint cimport int64_t

from triton_py.core.objects cimport Model

cdef struct Registry

cdef Registry* registry_new() noexcept nogil
cdef void registry_free(Registry* registry) noexcept nogil
# Takes a model in, in the place of one with the same namespace, name and version.
cdef void registry_publish(Registry* registry, Model* model, const char* space) noexcept nogil
# Takes it out, if it is (still) there; a namespace (not "") has the name until registry_unclaim.
cdef void registry_withdraw(Registry* registry, Model* model, const char* space) noexcept nogil
# A namespace has the name, be it without a model for the time being.
cdef void registry_claim(Registry* registry, const char* name, const char* space) noexcept nogil
# It has it no more, unless it has a model.
cdef void registry_unclaim(Registry* registry, const char* name, const char* space) noexcept nogil
# The model, with one more request in flight; version -1: the highest. NULL: there is none.
cdef Model* registry_enter(
    Registry* registry, const char* name, int64_t version
) noexcept nogil
# Whether registry_enter would find one; *decoupled and *max_batch_size (either may be NULL) tell
# about it.
cdef bint registry_knows(
    Registry* registry, const char* name, int64_t version, bint* decoupled,
    int64_t* max_batch_size
) noexcept nogil
