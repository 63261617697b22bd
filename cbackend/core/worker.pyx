# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Worker threads (see worker.pxd)."""

from libc.stdint cimport int32_t, int64_t, uint32_t, uint64_t
from libc.stdio cimport snprintf
from libc.stdlib cimport calloc, free, realloc

from triton_py.abi.types cimport (
    TRITONBACKEND_ModelInstance,
    TRITONSERVER_ERROR_CANCELLED,
    TRITONSERVER_ERROR_INTERNAL,
    TRITONSERVER_INSTANCEGROUPKIND_GPU,
    TRITONSERVER_LOG_WARN,
    TRITONSERVER_Error,
)
from triton_py.core.cuda cimport cuda_set_device
from triton_py.core.error cimport error_free, error_new
from triton_py.core.instance cimport instance_execute, instance_free
from triton_py.core.log cimport log_write
from triton_py.core.native cimport (
    pthread_cond_broadcast,
    pthread_cond_destroy,
    pthread_cond_signal,
    pthread_cond_t,
    pthread_cond_wait,
    pthread_create,
    pthread_join,
    pthread_mutex_destroy,
    pthread_mutex_init,
    pthread_mutex_lock,
    pthread_mutex_unlock,
    pthread_self,
    pthread_setname_np,
    tp_add,
    tp_cond_init,
    tp_cond_wait_until,
    tp_load,
    tp_now_ns,
    tp_store,
)
from triton_py.core.objects cimport (
    Instance,
    Model,
    Queue,
    Request,
    Worker,
)
from triton_py.core.queue cimport FOREVER, Taken, queue_take
from triton_py.core.request cimport request_expired, request_fail_all
from triton_py.core.sequence_batch cimport sequence_take
from triton_py.core.statistics cimport CLOSED_SINGLE, FAILURE_CANCELED, FAILURE_OTHER
from triton_py.core.watch cimport (
    learn,
    watch_gap,
    watch_idle,
    watch_init,
    watch_moment,
    watch_taken,
    watch_woken,
)

cdef extern from * nogil:
    """
    #include <sched.h>
    #include <unistd.h>
    #include <sys/prctl.h>
    #include <sys/syscall.h>

    /* The kernel may let a thread's timers run 50 us late, to wake fewer CPUs. A queue delay is
       often not much longer than that. */
    static void tp_exact_timers(void) { prctl(PR_SET_TIMERSLACK, 1000UL, 0, 0, 0); }

    /* The host policy's CPUs and NUMA node for the calling thread. MPOL_PREFERRED (1): memory
       from that node while it has some. Both are wishes: a container may forbid them. */
    static int tp_place_thread(const int32_t* cpus, uint32_t count, int32_t node) {
      int failed = 0;
      if (count) {
        cpu_set_t set;
        CPU_ZERO(&set);
        for (uint32_t i = 0; i < count; ++i)
          if (cpus[i] >= 0 && cpus[i] < CPU_SETSIZE) CPU_SET(cpus[i], &set);
        failed |= pthread_setaffinity_np(pthread_self(), sizeof(set), &set) != 0;
      }
    #ifdef SYS_set_mempolicy
      if (node >= 0 && node < 64) {
        unsigned long mask = 1UL << node;
        failed |= syscall(SYS_set_mempolicy, 1, &mask, 65UL) != 0;
      }
    #endif
      return failed;
    }
    """
    void tp_exact_timers()
    int tp_place_thread(const int32_t* cpus, uint32_t count, int32_t node)

cdef extern from * nogil:
    """
    #if defined(__x86_64__) || defined(__i386__)
    #define tp_pause() __builtin_ia32_pause()
    #else
    #define tp_pause() __asm__ __volatile__("" ::: "memory")
    #endif
    #ifndef TP_WATCHERS
    #define TP_WATCHERS
    /* Of all threads that could run at a time, half may watch: the others are those that bring the
       work. With one CPU nobody watches. */
    static int64_t tp_most_watchers(void) {
      cpu_set_t set;
      if (sched_getaffinity(0, sizeof(set), &set) != 0) return 0;
      return CPU_COUNT(&set) / 2;
    }
    #endif
    """
    void tp_pause()
    int64_t tp_most_watchers()

cdef enum:
    PAUSES = 8                  # between two looks of a worker that watches
    LONGEST_WATCH_NS = 100000   # for what is left of a delay
    LOOK_NS = 2000000           # between two looks whether an instance is idle

# Workers that watch at the moment, in this process.
cdef int64_t watching = 0

cdef enum:
    COMMAND_NONE
    COMMAND_ADOPT
    COMMAND_WARM
    COMMAND_RUN
    COMMAND_END


cdef void _answer(Taken* taken) noexcept nogil:
    request_fail_all(taken.cancelled, TRITONSERVER_ERROR_CANCELLED, b"request is cancelled",
                     FAILURE_CANCELED)
    request_expired(taken.expired)
    request_fail_all(taken.failed, TRITONSERVER_ERROR_INTERNAL,
                     b"out of memory for a request of a sequence", FAILURE_OTHER)


cdef void _watch_until(Queue* queue, uint64_t until_ns) noexcept nogil:
    """Without the lock, until then or until something comes."""
    cdef int _turn
    queue.watchers += 1
    tp_store(&queue.knocked, 0)
    pthread_mutex_unlock(&queue.mutex)
    while not tp_load(&queue.knocked) and tp_now_ns() < until_ns:
        for _turn in range(PAUSES):
            tp_pause()
    pthread_mutex_lock(&queue.mutex)
    queue.watchers -= 1


cdef void _delay(
    Worker* worker, Queue* queue, pthread_cond_t* wake, uint64_t until_ns
) noexcept nogil:
    """Until then, or until what has come may be a batch.

    A timer wakes a thread late, by some 50 us on a virtual machine. It is set that much earlier,
    and what is left after it is watched out.
    """
    cdef uint64_t alarm = until_ns - min(worker.usual_late_ns, until_ns)
    cdef uint64_t now
    cdef bint rang = tp_now_ns() >= alarm
    if not rang:
        rang = tp_cond_wait_until(wake, &queue.mutex, alarm) != 0
        if rang:
            learn(&worker.usual_late_ns, tp_now_ns() - alarm)
    now = tp_now_ns()
    if rang and now < until_ns and until_ns - now <= LONGEST_WATCH_NS and worker.slots == NULL:
        _watch_until(queue, until_ns)


cdef bint _watch(Worker* worker, Queue* queue) noexcept nogil:
    """Looks for work for a moment, where that pays; true if some came."""
    cdef uint64_t moment = watch_moment(&worker.watch)
    if moment == 0:
        return False
    if tp_add(&watching, 1) > worker.most_watchers:
        tp_add(&watching, -1)
        return False
    _watch_until(queue, tp_now_ns() + moment)
    tp_add(&watching, -1)
    return queue.head != NULL


cdef void _idle(Worker* worker, Queue* queue) noexcept nogil:
    """Until there is work, or the queue closes, or for no reason."""
    cdef uint64_t since = tp_now_ns()
    cdef uint64_t came
    cdef bint slept = False
    watch_idle(&worker.watch, since)
    # Watching is without the lock: the queue may have been closed meanwhile.
    if not _watch(worker, queue) and not queue.closing and not worker.leaving:
        queue.waiters += 1
        pthread_cond_wait(&queue.wake, &queue.mutex)
        queue.waiters -= 1
        slept = True
    if queue.head == NULL:
        return
    came = max(queue.head.queue_start, since)
    watch_gap(&worker.watch, came - since)
    if slept:
        watch_woken(&worker.watch, tp_now_ns() - came)


cdef void _wait(Worker* worker, Queue* queue, uint64_t until_ns) noexcept nogil:
    cdef pthread_cond_t* wake = &queue.wake
    if worker.slots == NULL and until_ns == FOREVER:
        _idle(worker, queue)
        return
    if worker.slots != NULL:
        wake = &worker.slots.wake
        worker.slots.waiting = True
    queue.waiters += 1
    if until_ns == FOREVER:
        pthread_cond_wait(wake, &queue.mutex)
    else:
        _delay(worker, queue, wake, until_ns)
    queue.waiters -= 1
    if worker.slots != NULL:
        worker.slots.waiting = False


cdef void _pull(Worker* worker) noexcept nogil:
    """Takes batches from the model's queue, or its slots' sequences, until the queue closes or the
    worker is to leave."""
    cdef Queue* queue = &worker.model.queue
    cdef Taken taken
    cdef bint more
    pthread_mutex_lock(&queue.mutex)
    while True:
        if worker.leaving and (worker.slots == NULL or worker.slots.used == 0):
            # The request that it was woken for is another's now.
            if queue.head != NULL and queue.waiters > 0:
                pthread_cond_signal(&queue.wake)
            break
        if worker.slots != NULL:
            sequence_take(worker.slots, tp_now_ns(), worker.batch, &taken)
        else:
            queue_take(queue, &worker.model.policy, tp_now_ns(), worker.batch, &taken)
        if (taken.count or taken.cancelled != NULL or taken.expired != NULL
                or taken.failed != NULL):
            # What is left may be a batch for another worker that waits.
            more = queue.head != NULL and queue.waiters > 0
            pthread_mutex_unlock(&queue.mutex)
            if more:
                pthread_cond_signal(&queue.wake)
            _answer(&taken)
            if taken.count:
                watch_taken(&worker.watch, taken.count,
                            <uint64_t>tp_load(&worker.model.in_flight))
                worker.turn = (worker.turn + 1) % worker.instance_count
                instance_execute(worker.instances[worker.turn], worker, taken.count, taken.reason)
            pthread_mutex_lock(&queue.mutex)
            continue
        if queue.closing and queue.size == 0:
            break
        _wait(worker, queue, taken.wait_until_ns)
    pthread_mutex_unlock(&queue.mutex)


cdef TRITONSERVER_Error* _initialize(Worker* worker) noexcept nogil:
    cdef Instance* instance = worker.subject
    cdef TRITONSERVER_Error* error
    if tp_place_thread(instance.cpus, instance.cpu_count, instance.numa_node):
        log_write(TRITONSERVER_LOG_WARN, b"worker", 0,
                  b"the host policy's CPUs or NUMA node could not be set for an instance thread")
    if instance.kind == TRITONSERVER_INSTANCEGROUPKIND_GPU:
        cuda_set_device(instance.device_id)
    if worker.model.backend.instance_initialize == NULL:
        return NULL
    error = worker.model.backend.instance_initialize(<TRITONBACKEND_ModelInstance*>instance)
    # As with a model: a state that was set before the failure is for Finalize to free.
    if (error != NULL and instance.state != NULL
            and worker.model.backend.instance_finalize != NULL):
        error_free(worker.model.backend.instance_finalize(<TRITONBACKEND_ModelInstance*>instance))
    return error


cdef TRITONSERVER_Error* _finalize(Worker* worker) noexcept nogil:
    cdef TRITONSERVER_Error* first = NULL
    cdef TRITONSERVER_Error* error
    while worker.instance_count:
        worker.instance_count -= 1
        error = NULL
        if worker.model.backend.instance_finalize != NULL:
            error = worker.model.backend.instance_finalize(
                <TRITONBACKEND_ModelInstance*>worker.instances[worker.instance_count])
        instance_free(worker.instances[worker.instance_count])
        if first == NULL:
            first = error
        else:
            error_free(error)
    return first


cdef void* _main(void* argument) noexcept nogil:
    cdef Worker* worker = <Worker*>argument
    cdef TRITONSERVER_Error* result
    cdef int32_t command
    cdef char name[16]
    snprintf(name, sizeof(name), b"tp-%.12s", worker.model.name)
    pthread_setname_np(pthread_self(), name)
    tp_exact_timers()
    while True:
        pthread_mutex_lock(&worker.mutex)
        while worker.command == COMMAND_NONE:
            pthread_cond_wait(&worker.changed, &worker.mutex)
        command = worker.command
        pthread_mutex_unlock(&worker.mutex)
        result = NULL
        if command == COMMAND_ADOPT:
            result = _initialize(worker)
        elif command == COMMAND_WARM:
            instance_execute(worker.subject, worker, worker.warm_count, CLOSED_SINGLE)
        elif command == COMMAND_RUN:
            _pull(worker)
        else:
            result = _finalize(worker)
        pthread_mutex_lock(&worker.mutex)
        worker.result = result
        # RUN is not answered to anybody, and END may have come while it ran.
        if worker.command == command:
            worker.command = COMMAND_NONE
        pthread_cond_broadcast(&worker.changed)
        pthread_mutex_unlock(&worker.mutex)
        if command == COMMAND_END:
            return NULL


cdef Worker* worker_new(Model* model) noexcept nogil:
    cdef Worker* worker = <Worker*>calloc(1, sizeof(Worker))
    cdef int64_t most = model.policy.max_batch_size
    if worker == NULL:
        return NULL
    worker.model = model
    watch_init(&worker.watch)
    worker.most_watchers = tp_most_watchers()
    worker.batch_capacity = <uint32_t>(most if most > 1 else 1)
    worker.batch = <Request**>calloc(worker.batch_capacity, sizeof(Request*))
    worker.handed = <Request**>calloc(worker.batch_capacity, sizeof(Request*))
    worker.serials = <uint64_t*>calloc(worker.batch_capacity, sizeof(uint64_t))
    pthread_mutex_init(&worker.mutex, NULL)
    tp_cond_init(&worker.changed)
    if (worker.batch == NULL or worker.handed == NULL or worker.serials == NULL
            or pthread_create(&worker.thread, NULL, _main, worker) != 0):
        _free(worker)
        return NULL
    return worker


cdef void _free(Worker* worker) noexcept nogil:
    pthread_cond_destroy(&worker.changed)
    pthread_mutex_destroy(&worker.mutex)
    free(worker.instances)
    free(worker.batch)
    free(worker.handed)
    free(worker.serials)
    free(worker)


cdef TRITONSERVER_Error* worker_adopt(Worker* worker, Instance* instance) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef void* fresh = realloc(
        worker.instances, sizeof(Instance*) * (worker.instance_count + 1))
    if fresh == NULL:
        return error_new(TRITONSERVER_ERROR_INTERNAL, b"out of memory for a model instance")
    worker.instances = <Instance**>fresh
    pthread_mutex_lock(&worker.mutex)
    worker.subject = instance
    worker.command = COMMAND_ADOPT
    pthread_cond_broadcast(&worker.changed)
    while worker.command == COMMAND_ADOPT:
        pthread_cond_wait(&worker.changed, &worker.mutex)
    error = worker.result
    worker.result = NULL
    if error == NULL:
        worker.instances[worker.instance_count] = instance
        worker.instance_count += 1
    pthread_mutex_unlock(&worker.mutex)
    return error


cdef void worker_warm(Worker* worker, Instance* instance, uint32_t count) noexcept nogil:
    pthread_mutex_lock(&worker.mutex)
    worker.subject = instance
    worker.warm_count = count
    worker.command = COMMAND_WARM
    pthread_cond_broadcast(&worker.changed)
    while worker.command == COMMAND_WARM:
        pthread_cond_wait(&worker.changed, &worker.mutex)
    pthread_mutex_unlock(&worker.mutex)


cdef void worker_run(Worker* worker) noexcept nogil:
    pthread_mutex_lock(&worker.mutex)
    worker.command = COMMAND_RUN
    pthread_cond_broadcast(&worker.changed)
    pthread_mutex_unlock(&worker.mutex)


cdef void worker_leave(Worker* worker) noexcept nogil:
    cdef Queue* queue = &worker.model.queue
    pthread_mutex_lock(&queue.mutex)
    worker.leaving = True
    if worker.slots != NULL:
        worker.slots.leaving = True
        pthread_cond_broadcast(&worker.slots.wake)
    else:
        # Which of those that wait is this one, nobody can tell.
        pthread_cond_broadcast(&queue.wake)
    pthread_mutex_unlock(&queue.mutex)


cdef bint _is_used(Worker* worker) noexcept nogil:
    cdef uint32_t i
    for i in range(worker.instance_count):
        if tp_load(&worker.instances[i].in_flight) or tp_load(&worker.instances[i].asked):
            return True
    return False


cdef void worker_wait(Worker* worker) noexcept nogil:
    pthread_mutex_lock(&worker.mutex)
    while worker.command == COMMAND_RUN:
        pthread_cond_wait(&worker.changed, &worker.mutex)
    # A backend may keep a request for as long as it likes, and answer from a thread of its own:
    # looked for now and then, so that a request's end need not know whether somebody waits.
    while _is_used(worker):
        tp_cond_wait_until(&worker.changed, &worker.mutex, tp_now_ns() + LOOK_NS)
    pthread_mutex_unlock(&worker.mutex)


cdef TRITONSERVER_Error* worker_end(Worker* worker) noexcept nogil:
    cdef TRITONSERVER_Error* error
    pthread_mutex_lock(&worker.mutex)
    worker.command = COMMAND_END
    pthread_cond_broadcast(&worker.changed)
    pthread_mutex_unlock(&worker.mutex)
    pthread_join(worker.thread, NULL)
    error = worker.result
    _free(worker)
    return error
