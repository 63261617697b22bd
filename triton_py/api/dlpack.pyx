# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""DLPack capsules, made and taken over. The layout is that of DLPack's dlpack.h, 0.8 and 1.0."""

from cpython.exc cimport PyErr_Fetch, PyErr_Restore
from cpython.pycapsule cimport PyCapsule_GetPointer, PyCapsule_IsValid, PyCapsule_SetName
from cpython.ref cimport Py_DECREF, Py_INCREF, PyObject
from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free

from triton_py.errors import InvalidArgumentError

cdef extern from "Python.h":
    int Py_IsInitialized() nogil
    # With borrowed pointers: a destructor gets a capsule whose count is zero already.
    ctypedef void (*Destructor "PyCapsule_Destructor")(PyObject*) noexcept
    object new_capsule "PyCapsule_New"(void*, const char*, Destructor)
    bint is_valid "PyCapsule_IsValid"(PyObject*, const char*)
    void* get_pointer "PyCapsule_GetPointer"(PyObject*, const char*)

cdef enum:
    MAJOR = 1
    MINOR = 0
    FLAG_READ_ONLY = 1

cdef struct DLDevice:
    int32_t device_type
    int32_t device_id

cdef struct DLDataType:
    uint8_t code
    uint8_t bits
    uint16_t lanes

cdef struct DLTensor:
    void* data
    DLDevice device
    int32_t ndim
    DLDataType dtype
    int64_t* shape
    int64_t* strides
    uint64_t byte_offset

cdef struct DLManagedTensor:
    DLTensor dl_tensor
    void* manager_ctx
    void (*deleter)(DLManagedTensor*) noexcept nogil

cdef struct DLManagedTensorVersioned:
    uint32_t major
    uint32_t minor
    void* manager_ctx
    void (*deleter)(DLManagedTensorVersioned*) noexcept nogil
    uint64_t flags
    DLTensor dl_tensor


cdef void _drop_owner(void* owner) noexcept with gil:
    # A consumer may delete its tensor while an exception is on its way up.
    cdef PyObject* kind
    cdef PyObject* value
    cdef PyObject* trace
    PyErr_Fetch(&kind, &value, &trace)
    Py_DECREF(<object> owner)
    PyErr_Restore(kind, value, trace)


cdef void _delete_old(DLManagedTensor* managed) noexcept nogil:
    # A consumer in C may outlive the interpreter; then the owner is gone already.
    if Py_IsInitialized():
        _drop_owner(managed.manager_ctx)
    free(managed)


cdef void _delete_versioned(DLManagedTensorVersioned* managed) noexcept nogil:
    if Py_IsInitialized():
        _drop_owner(managed.manager_ctx)
    free(managed)


cdef void _unused_old(PyObject* capsule) noexcept:
    """Destructor of a capsule: nobody took the tensor over if the name is still the first one."""
    if is_valid(capsule, "dltensor"):
        _delete_old(<DLManagedTensor*> get_pointer(capsule, "dltensor"))


cdef void _unused_versioned(PyObject* capsule) noexcept:
    if is_valid(capsule, "dltensor_versioned"):
        _delete_versioned(<DLManagedTensorVersioned*> get_pointer(capsule, "dltensor_versioned"))


def export(object owner not None, size_t data_ptr, tuple shape not None, uint8_t type_code,
           uint8_t bits, int32_t device_type, int32_t device_id, bint versioned):
    """A DLPack capsule over compact row-major memory."""
    cdef Py_ssize_t dims = len(shape)
    cdef Py_ssize_t axis
    cdef int64_t step = 1
    cdef size_t head = sizeof(DLManagedTensorVersioned) if versioned else sizeof(DLManagedTensor)
    # Shape and strides lie behind the struct, in one allocation with it.
    cdef char* block = <char*> calloc(1, head + 2 * dims * sizeof(int64_t))
    if block == NULL:
        raise MemoryError()
    cdef DLTensor* tensor
    if versioned:
        tensor = &(<DLManagedTensorVersioned*> block).dl_tensor
    else:
        tensor = &(<DLManagedTensor*> block).dl_tensor
    tensor.data = <void*> data_ptr
    tensor.device.device_type = device_type
    tensor.device.device_id = device_id
    tensor.ndim = <int32_t> dims
    tensor.dtype.code = type_code
    tensor.dtype.bits = bits
    tensor.dtype.lanes = 1
    tensor.shape = <int64_t*> (block + head)
    tensor.strides = tensor.shape + dims
    try:
        for axis in range(dims):
            tensor.shape[axis] = shape[axis]
        for axis in range(dims - 1, -1, -1):
            tensor.strides[axis] = step
            step *= max(tensor.shape[axis], <int64_t> 1)
        if versioned:
            capsule = new_capsule(block, "dltensor_versioned", _unused_versioned)
        else:
            capsule = new_capsule(block, "dltensor", _unused_old)
    except BaseException:
        free(block)
        raise
    Py_INCREF(owner)
    if versioned:
        (<DLManagedTensorVersioned*> block).major = MAJOR
        (<DLManagedTensorVersioned*> block).minor = MINOR
        (<DLManagedTensorVersioned*> block).manager_ctx = <void*> owner
        (<DLManagedTensorVersioned*> block).deleter = _delete_versioned
    else:
        (<DLManagedTensor*> block).manager_ctx = <void*> owner
        (<DLManagedTensor*> block).deleter = _delete_old
    return capsule


cdef class Imported:
    """A tensor taken over from a DLPack capsule; gives it back when it dies."""
    cdef DLManagedTensor* old
    cdef DLManagedTensorVersioned* versioned
    cdef DLTensor* tensor

    def __cinit__(self, capsule):
        cdef DLManagedTensorVersioned* versioned
        if PyCapsule_IsValid(capsule, "dltensor"):
            self.old = <DLManagedTensor*> PyCapsule_GetPointer(capsule, "dltensor")
            PyCapsule_SetName(capsule, "used_dltensor")
            self.tensor = &self.old.dl_tensor
        elif PyCapsule_IsValid(capsule, "dltensor_versioned"):
            versioned = <DLManagedTensorVersioned*> PyCapsule_GetPointer(
                capsule, "dltensor_versioned")
            if versioned.major != MAJOR:
                raise InvalidArgumentError(
                    f"the tensor comes as DLPack {versioned.major}.{versioned.minor}; "
                    f"versions 0 and {MAJOR} are understood")
            self.versioned = versioned
            PyCapsule_SetName(capsule, "used_dltensor_versioned")
            self.tensor = &self.versioned.dl_tensor
        else:
            raise InvalidArgumentError(
                f"{capsule!r} is no DLPack capsule, or its tensor was taken over before")

    def __dealloc__(self):
        cdef DLManagedTensor* old = self.old
        cdef DLManagedTensorVersioned* versioned = self.versioned
        if old != NULL and old.deleter != NULL:
            old.deleter(old)
        if versioned != NULL and versioned.deleter != NULL:
            versioned.deleter(versioned)

    @property
    def data_ptr(self):
        return <size_t> self.tensor.data + self.tensor.byte_offset

    @property
    def shape(self):
        return tuple([self.tensor.shape[axis] for axis in range(self.tensor.ndim)])

    @property
    def type_code(self):
        return self.tensor.dtype.code

    @property
    def bits(self):
        return self.tensor.dtype.bits

    @property
    def lanes(self):
        return self.tensor.dtype.lanes

    @property
    def device_type(self):
        return self.tensor.device.device_type

    @property
    def device_id(self):
        return self.tensor.device.device_id

    @property
    def byte_size(self):
        count = self.tensor.dtype.bits * self.tensor.dtype.lanes // 8
        for axis in range(self.tensor.ndim):
            count *= self.tensor.shape[axis]
        return count

    @property
    def contiguous(self):
        """Whether the elements lie in row-major order without gaps."""
        cdef int64_t step = 1
        cdef int32_t axis
        if self.tensor.strides == NULL:
            return True
        for axis in range(self.tensor.ndim):
            if self.tensor.shape[axis] == 0:
                return True
        for axis in range(self.tensor.ndim - 1, -1, -1):
            # The stride of an axis of length one is never used, and producers put anything there.
            if self.tensor.shape[axis] != 1 and self.tensor.strides[axis] != step:
                return False
            step *= self.tensor.shape[axis]
        return True

    @property
    def read_only(self):
        return self.versioned != NULL and bool(self.versioned.flags & FLAG_READ_ONLY)
