# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The registry (see registry.pxd): maps from names to versions under a read-write lock."""

from cython.operator cimport dereference as deref, predecrement
from libc.stdint cimport int64_t
from libc.stdlib cimport calloc, free
from libcpp.map cimport map as cmap
from libcpp.string cimport string
from libcpp.unordered_map cimport unordered_map

from triton_py.core.native cimport (
    pthread_rwlock_destroy,
    pthread_rwlock_init,
    pthread_rwlock_rdlock,
    pthread_rwlock_t,
    pthread_rwlock_unlock,
    pthread_rwlock_wrlock,
    tp_add,
)
from triton_py.core.objects cimport Model

ctypedef cmap[int64_t, Model*] Versions
ctypedef unordered_map[string, Versions] Names
ctypedef cmap[string, Versions] Spaces
ctypedef unordered_map[string, Spaces] Claims


cdef struct Registry:
    pthread_rwlock_t lock
    Names* names        # what requests find; made from the other by _show
    Claims* claims      # every name, with the namespaces that have it and their models


cdef Registry* registry_new() noexcept nogil:
    cdef Registry* registry = <Registry*>calloc(1, sizeof(Registry))
    if registry != NULL:
        pthread_rwlock_init(&registry.lock, NULL)
        registry.names = new Names()
        registry.claims = new Claims()
    return registry


cdef void registry_free(Registry* registry) noexcept nogil:
    pthread_rwlock_destroy(&registry.lock)
    del registry.names
    del registry.claims
    free(registry)


cdef void _show(Registry* registry, const char* name) noexcept nogil:
    """Has requests find what one namespace alone has under a name. Needs the lock for writing."""
    cdef string key = string(name)
    cdef Claims.iterator claim = registry.claims.find(key)
    cdef Names.iterator shown = registry.names.find(key)
    cdef Spaces.iterator only
    if shown != registry.names.end():
        registry.names.erase(shown)
    if claim == registry.claims.end():
        return
    if deref(claim).second.empty():
        registry.claims.erase(claim)
        return
    if deref(claim).second.size() != 1:
        return
    only = deref(claim).second.begin()
    if not deref(only).second.empty():
        deref(registry.names)[key] = deref(only).second


cdef void registry_publish(Registry* registry, Model* model, const char* space) noexcept nogil:
    pthread_rwlock_wrlock(&registry.lock)
    deref(registry.claims)[string(model.name)][string(space)][model.version] = model
    _show(registry, model.name)
    pthread_rwlock_unlock(&registry.lock)


cdef void registry_withdraw(Registry* registry, Model* model, const char* space) noexcept nogil:
    cdef Claims.iterator claim
    cdef Spaces.iterator one
    cdef Versions.iterator version
    pthread_rwlock_wrlock(&registry.lock)
    claim = registry.claims.find(string(model.name))
    if claim != registry.claims.end():
        one = deref(claim).second.find(string(space))
        if one != deref(claim).second.end():
            version = deref(one).second.find(model.version)
            if version != deref(one).second.end() and deref(version).second == model:
                deref(one).second.erase(version)
            # A namespace has the name until it gives it up.
            if deref(one).second.empty() and space[0] == 0:
                deref(claim).second.erase(one)
    _show(registry, model.name)
    pthread_rwlock_unlock(&registry.lock)


cdef void registry_claim(Registry* registry, const char* name, const char* space) noexcept nogil:
    cdef Claims.iterator claim
    cdef Versions none
    pthread_rwlock_wrlock(&registry.lock)
    claim = registry.claims.find(string(name))
    if claim == registry.claims.end():
        deref(registry.claims)[string(name)][string(space)] = none
    elif deref(claim).second.find(string(space)) == deref(claim).second.end():
        deref(claim).second[string(space)] = none
    _show(registry, name)
    pthread_rwlock_unlock(&registry.lock)


cdef void registry_unclaim(Registry* registry, const char* name, const char* space) noexcept nogil:
    cdef Claims.iterator claim
    cdef Spaces.iterator one
    pthread_rwlock_wrlock(&registry.lock)
    claim = registry.claims.find(string(name))
    if claim != registry.claims.end():
        one = deref(claim).second.find(string(space))
        if one != deref(claim).second.end() and deref(one).second.empty():
            deref(claim).second.erase(one)
    _show(registry, name)
    pthread_rwlock_unlock(&registry.lock)


cdef Model* _find(Registry* registry, const char* name, int64_t version) noexcept nogil:
    """Needs the lock."""
    cdef Names.iterator found = registry.names.find(string(name))
    cdef Versions.iterator one
    if found == registry.names.end():
        return NULL
    if version < 0:
        one = deref(found).second.end()  # never empty: the last version takes the name with it
        predecrement(one)
        return deref(one).second
    one = deref(found).second.find(version)
    if one == deref(found).second.end():
        return NULL
    return deref(one).second


cdef Model* registry_enter(
    Registry* registry, const char* name, int64_t version
) noexcept nogil:
    cdef Model* model
    pthread_rwlock_rdlock(&registry.lock)
    model = _find(registry, name, version)
    if model != NULL:
        # Under the lock, so that a withdrawal that comes next finds the request counted.
        tp_add(&model.in_flight, 1)
    pthread_rwlock_unlock(&registry.lock)
    return model


cdef bint registry_knows(
    Registry* registry, const char* name, int64_t version, bint* decoupled,
    int64_t* max_batch_size
) noexcept nogil:
    cdef Model* model
    pthread_rwlock_rdlock(&registry.lock)
    model = _find(registry, name, version)
    if model != NULL:
        if decoupled != NULL:
            decoupled[0] = model.decoupled
        if max_batch_size != NULL:
            max_batch_size[0] = model.policy.max_batch_size
    pthread_rwlock_unlock(&registry.lock)
    return model != NULL
