# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Model instances (see instance.pxd) and TRITONBACKEND_ModelInstance*."""

from libc.stdint cimport int32_t, int64_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free
from libcpp cimport bool as cbool

from triton_py.abi.types cimport *
from triton_py.core.account cimport account_executes, account_reported
from triton_py.core.counters cimport LIVE_INSTANCE, live
from triton_py.core.error cimport (
    check,
    error_code,
    error_free,
    error_message,
    error_new,
    error_null,
)
from triton_py.core.log cimport log_write
from triton_py.core.message cimport (
    message_free,
    message_from_python,
    message_new,
    message_size,
    message_text,
)
from triton_py.core.model cimport usage_set
from triton_py.core.native cimport (
    pthread_mutex_lock,
    pthread_mutex_unlock,
    tp_add,
    tp_load,
    tp_now_ns,
    tp_store,
    tp_swap,
)
from triton_py.core.objects cimport (
    INSTANCE_MAGIC,
    REQUEST_EXECUTING,
    REQUEST_MAGIC,
    REQUEST_RELEASED,
    Instance,
    Model,
    Request,
    Worker,
)
from triton_py.core.request cimport request_fail, request_of_backend
from triton_py.core.slab cimport slot_alive
from triton_py.core.statistics cimport (
    FAILURE_BACKEND,
    CloseReason,
    statistics_batch,
    statistics_closed,
    statistics_failure,
    statistics_success,
)
from triton_py.core.text cimport text_copy
from triton_py.core.trace cimport Trace, trace_report
from triton_py.core.trace_tensors cimport trace_inputs


def _cpu_list(text: str) -> list:
    """``0-3,8`` as a list of CPU numbers."""
    cpus = []
    for part in text.split(","):
        first, _, last = part.strip().partition("-")
        cpus.extend(range(int(first), int(last or first) + 1))
    return cpus


cdef Instance* instance_new(
    Model* model, str name, int kind, int device_id, str host_policy, dict settings,
    list profiles, bint passive, list secondary_devices
) except NULL:
    cdef Instance* instance = <Instance*>calloc(1, sizeof(Instance))
    cdef Py_ssize_t i
    if instance == NULL:
        raise MemoryError("out of memory for a model instance")
    instance.magic = INSTANCE_MAGIC
    live(LIVE_INSTANCE, 1)
    instance.model = model
    instance.kind = <TRITONSERVER_InstanceGroupKind>kind
    instance.device_id = device_id
    instance.passive = passive
    instance.numa_node = int(settings.get("numa-node", -1))
    try:
        instance.name = text_copy(name)
        instance.host_policy = text_copy(host_policy)
        check(message_from_python(&instance.host_policy_message, {host_policy: settings}))
        cpus = _cpu_list(settings["cpu-cores"]) if settings.get("cpu-cores") else []
        instance.cpus = <int32_t*>calloc(len(cpus) + 1, sizeof(int32_t))
        instance.profiles = <char**>calloc(len(profiles) + 1, sizeof(char*))
        instance.secondary_kinds = <char**>calloc(len(secondary_devices) + 1, sizeof(char*))
        instance.secondary_ids = <int64_t*>calloc(len(secondary_devices) + 1, sizeof(int64_t))
        if (instance.cpus == NULL or instance.profiles == NULL
                or instance.secondary_kinds == NULL or instance.secondary_ids == NULL):
            raise MemoryError("out of memory for a model instance")
        for i, cpu in enumerate(cpus):
            instance.cpus[i] = cpu
            instance.cpu_count = <uint32_t>(i + 1)
        for i, profile in enumerate(profiles):
            instance.profiles[i] = text_copy(profile)
            instance.profile_count = <uint32_t>(i + 1)
        for i, (device, number) in enumerate(secondary_devices):
            instance.secondary_kinds[i] = text_copy(device)
            instance.secondary_ids[i] = number
            instance.secondary_count = <uint32_t>(i + 1)
    except BaseException:
        instance_free(instance)
        raise
    return instance


cdef void instance_free(Instance* instance) noexcept nogil:
    cdef uint32_t i
    instance.magic = 0
    for i in range(instance.profile_count):
        free(instance.profiles[i])
    for i in range(instance.secondary_count):
        free(instance.secondary_kinds[i])
    free(instance.profiles)
    free(instance.secondary_kinds)
    free(instance.secondary_ids)
    free(instance.cpus)
    free(instance.usage)
    free(instance.name)
    free(instance.host_policy)
    message_free(instance.host_policy_message)
    free(instance)
    live(LIVE_INSTANCE, -1)


cdef void _account(Worker* worker, uint32_t count, uint64_t total) noexcept nogil:
    cdef uint32_t i
    for i in range(count):
        if worker.batch[i].channel.account != NULL:
            account_executes(worker.batch[i].channel.account, worker.batch[i], total, count)


cdef void instance_execute(
    Instance* instance, Worker* worker, uint32_t count, CloseReason reason
) noexcept nogil:
    cdef Model* model = instance.model
    cdef uint64_t start = tp_now_ns()
    cdef uint64_t end
    cdef uint64_t total = 0
    cdef uint64_t reports = instance.batches_reported
    cdef TRITONSERVER_Error* error
    cdef Request* request
    cdef uint32_t i
    cdef bint accounted = False
    tp_add(&instance.in_flight, count)
    for i in range(count):
        request = worker.batch[i]
        request.channel.instance = instance
        request.exec_start = start
        tp_store(&request.reported, 0)
        total += request.batch_size if request.batch_size else 1
        worker.serials[i] = request.slot.serial
        # The backend may reorder or overwrite the array that it gets.
        worker.handed[i] = request
        if request.channel.trace != NULL:
            trace_inputs(request.channel.trace, TRITONSERVER_TRACE_TENSOR_BACKEND_INPUT, request,
                         True)
        if request.channel.account != NULL:
            accounted = True
        tp_store(&request.state, REQUEST_EXECUTING)
    if accounted:
        _account(worker, count, total)
    error = model.backend.execute(
        <TRITONBACKEND_ModelInstance*>instance, <TRITONBACKEND_Request**>worker.handed, count)
    end = tp_now_ns()
    if not tp_load(&instance.warming):
        statistics_closed(&model.statistics, reason, total)
        if instance.batches_reported == reports:
            statistics_batch(&model.statistics, False, total, start, start, end, end)
    if error == NULL:
        return
    # Execute gave the requests back. A backend that released some of them before it failed has
    # no claim on those any more, and the serial tells a reused slot from the one of this batch.
    for i in range(count):
        request = worker.batch[i]
        if (slot_alive(request, REQUEST_MAGIC) and request.slot.serial == worker.serials[i]
                and tp_swap(&request.state, REQUEST_EXECUTING, REQUEST_RELEASED)):
            request_fail(request, error_code(error), error_message(error), FAILURE_BACKEND)
        else:
            log_write(TRITONSERVER_LOG_WARN, b"instance", 0,
                      b"a backend returned an error from TRITONBACKEND_ModelInstanceExecute "
                      b"after it had released a request of the batch")
    error_free(error)


# --- TRITONBACKEND_ModelInstance* ----------------------------------------------------------


cdef Instance* _instance(
    const char* function, TRITONBACKEND_ModelInstance* handle, const void* out,
    TRITONSERVER_Error** error
) noexcept nogil:
    if handle == NULL or out == NULL:
        error[0] = error_null(function, b"instance and every out parameter")
        return NULL
    if (<Instance*>handle).magic != INSTANCE_MAGIC:
        error[0] = error_new(TRITONSERVER_ERROR_INVALID_ARG, b"not a live model instance")
        return NULL
    error[0] = NULL
    return <Instance*>handle


cdef public TRITONSERVER_Error* TRITONBACKEND_ModelInstanceName(
    TRITONBACKEND_ModelInstance* instance, const char** name
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Instance* it = _instance(b"TRITONBACKEND_ModelInstanceName", instance, name, &error)
    if it == NULL:
        return error
    name[0] = it.name
    return NULL


cdef public TRITONSERVER_Error* TRITONBACKEND_ModelInstanceKind(
    TRITONBACKEND_ModelInstance* instance, TRITONSERVER_InstanceGroupKind* kind
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Instance* it = _instance(b"TRITONBACKEND_ModelInstanceKind", instance, kind, &error)
    if it == NULL:
        return error
    kind[0] = it.kind
    return NULL


cdef public TRITONSERVER_Error* TRITONBACKEND_ModelInstanceDeviceId(
    TRITONBACKEND_ModelInstance* instance, int32_t* device_id
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Instance* it = _instance(
        b"TRITONBACKEND_ModelInstanceDeviceId", instance, device_id, &error)
    if it == NULL:
        return error
    device_id[0] = it.device_id
    return NULL


cdef public TRITONSERVER_Error* TRITONBACKEND_ModelInstanceHostPolicy(
    TRITONBACKEND_ModelInstance* instance, TRITONSERVER_Message** host_policy
) noexcept nogil:
    """A new message, owned by the caller: {"<policy>": {"<setting>": "<value>"}}."""
    cdef TRITONSERVER_Error* error
    cdef Instance* it = _instance(
        b"TRITONBACKEND_ModelInstanceHostPolicy", instance, host_policy, &error)
    if it == NULL:
        return error
    return message_new(host_policy, message_text(it.host_policy_message),
                       message_size(it.host_policy_message))


cdef public TRITONSERVER_Error* TRITONBACKEND_ModelInstanceIsPassive(
    TRITONBACKEND_ModelInstance* instance, cbool* is_passive
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Instance* it = _instance(
        b"TRITONBACKEND_ModelInstanceIsPassive", instance, is_passive, &error)
    if it == NULL:
        return error
    is_passive[0] = it.passive
    return NULL


cdef public TRITONSERVER_Error* TRITONBACKEND_ModelInstanceProfileCount(
    TRITONBACKEND_ModelInstance* instance, uint32_t* count
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Instance* it = _instance(
        b"TRITONBACKEND_ModelInstanceProfileCount", instance, count, &error)
    if it == NULL:
        return error
    count[0] = it.profile_count
    return NULL


cdef public TRITONSERVER_Error* TRITONBACKEND_ModelInstanceProfileName(
    TRITONBACKEND_ModelInstance* instance, const uint32_t index, const char** profile_name
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Instance* it = _instance(
        b"TRITONBACKEND_ModelInstanceProfileName", instance, profile_name, &error)
    if it == NULL:
        return error
    if index >= it.profile_count:
        profile_name[0] = NULL
        return error_new(TRITONSERVER_ERROR_INVALID_ARG,
                         b"TRITONBACKEND_ModelInstanceProfileName: index out of bounds")
    profile_name[0] = it.profiles[index]
    return NULL


cdef public TRITONSERVER_Error* TRITONBACKEND_ModelInstanceSecondaryDeviceCount(
    TRITONBACKEND_ModelInstance* instance, uint32_t* count
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Instance* it = _instance(
        b"TRITONBACKEND_ModelInstanceSecondaryDeviceCount", instance, count, &error)
    if it == NULL:
        return error
    count[0] = it.secondary_count
    return NULL


cdef public TRITONSERVER_Error* TRITONBACKEND_ModelInstanceSecondaryDeviceProperties(
    TRITONBACKEND_ModelInstance* instance, uint32_t index, const char** kind, int64_t* id
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Instance* it = _instance(
        b"TRITONBACKEND_ModelInstanceSecondaryDeviceProperties", instance, kind, &error)
    if it == NULL:
        return error
    if id == NULL:
        return error_null(b"TRITONBACKEND_ModelInstanceSecondaryDeviceProperties", b"id")
    if index >= it.secondary_count:
        return error_new(TRITONSERVER_ERROR_INVALID_ARG,
                         b"TRITONBACKEND_ModelInstanceSecondaryDeviceProperties: index out of "
                         b"bounds")
    kind[0] = it.secondary_kinds[index]
    id[0] = it.secondary_ids[index]
    return NULL


cdef public TRITONSERVER_Error* TRITONBACKEND_ModelInstanceModel(
    TRITONBACKEND_ModelInstance* instance, TRITONBACKEND_Model** model
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Instance* it = _instance(b"TRITONBACKEND_ModelInstanceModel", instance, model, &error)
    if it == NULL:
        return error
    model[0] = <TRITONBACKEND_Model*>it.model
    return NULL


cdef public TRITONSERVER_Error* TRITONBACKEND_ModelInstanceState(
    TRITONBACKEND_ModelInstance* instance, void** state
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Instance* it = _instance(b"TRITONBACKEND_ModelInstanceState", instance, state, &error)
    if it == NULL:
        return error
    state[0] = it.state
    return NULL


cdef public TRITONSERVER_Error* TRITONBACKEND_ModelInstanceSetState(
    TRITONBACKEND_ModelInstance* instance, void* state
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Instance* it = _instance(
        b"TRITONBACKEND_ModelInstanceSetState", instance, instance, &error)
    if it == NULL:
        return error
    it.state = state
    return NULL


cdef public TRITONSERVER_Error* TRITONBACKEND_ModelInstanceReportMemoryUsage(
    TRITONBACKEND_ModelInstance* instance, TRITONSERVER_BufferAttributes** usage,
    uint32_t usage_size
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Instance* it = _instance(
        b"TRITONBACKEND_ModelInstanceReportMemoryUsage", instance, instance, &error)
    if it == NULL:
        return error
    pthread_mutex_lock(&it.model.statistics.mutex)
    error = usage_set(&it.usage, &it.usage_count, usage, usage_size)
    pthread_mutex_unlock(&it.model.statistics.mutex)
    return error


cdef void _trace_compute(
    Trace* trace, uint64_t exec_start_ns, uint64_t compute_start_ns, uint64_t compute_end_ns,
    uint64_t exec_end_ns
) noexcept nogil:
    trace_report(trace, TRITONSERVER_TRACE_COMPUTE_START, exec_start_ns)
    trace_report(trace, TRITONSERVER_TRACE_COMPUTE_INPUT_END, compute_start_ns)
    trace_report(trace, TRITONSERVER_TRACE_COMPUTE_OUTPUT_START, compute_end_ns)
    trace_report(trace, TRITONSERVER_TRACE_COMPUTE_END, exec_end_ns)


cdef public TRITONSERVER_Error* TRITONBACKEND_ModelInstanceReportStatistics(
    TRITONBACKEND_ModelInstance* instance, TRITONBACKEND_Request* request, const cbool success,
    const uint64_t exec_start_ns, const uint64_t compute_start_ns,
    const uint64_t compute_end_ns, const uint64_t exec_end_ns
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Request* r
    cdef uint64_t now
    cdef Instance* it = _instance(
        b"TRITONBACKEND_ModelInstanceReportStatistics", instance, instance, &error)
    if it == NULL:
        return error
    r = request_of_backend(b"TRITONBACKEND_ModelInstanceReportStatistics", request, &error)
    if r == NULL:
        return error
    if not tp_swap(&r.reported, 0, 1):
        return error_new(TRITONSERVER_ERROR_INVALID_ARG,
                         b"TRITONBACKEND_ModelInstanceReportStatistics: the statistics of this "
                         b"request were reported before")
    if r.is_null:
        return NULL
    if r.channel.trace != NULL:
        _trace_compute(r.channel.trace, exec_start_ns, compute_start_ns, compute_end_ns,
                       exec_end_ns)
    if r.channel.account != NULL:
        account_reported(r.channel.account, exec_start_ns, compute_start_ns, compute_end_ns,
                         exec_end_ns)
    now = tp_now_ns()
    # An error response is a failure, whatever the backend says of it.
    if success and not tp_load(&r.channel.failed):
        statistics_success(&it.model.statistics, r.batch_size, r.request_start, r.queue_start,
                           exec_start_ns, compute_start_ns, compute_end_ns, exec_end_ns, now)
    else:
        statistics_failure(&it.model.statistics, FAILURE_BACKEND, r.request_start, now)
    return NULL


cdef public TRITONSERVER_Error* TRITONBACKEND_ModelInstanceReportBatchStatistics(
    TRITONBACKEND_ModelInstance* instance, const uint64_t batch_size,
    const uint64_t exec_start_ns, const uint64_t compute_start_ns,
    const uint64_t compute_end_ns, const uint64_t exec_end_ns
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Instance* it = _instance(
        b"TRITONBACKEND_ModelInstanceReportBatchStatistics", instance, instance, &error)
    if it == NULL:
        return error
    it.batches_reported += 1
    if tp_load(&it.warming):
        return NULL
    statistics_batch(&it.model.statistics, True, batch_size if batch_size else 1, exec_start_ns,
                     compute_start_ns, compute_end_ns, exec_end_ns)
    return NULL
