# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Python handles of backends and models, for the control plane (see host.pxd).

Each method that runs a backend's code, or waits, releases the GIL.
"""

from libc.stdint cimport int64_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free, realloc
from libc.string cimport strdup

from triton_py.abi.types cimport (
    TRITONBACKEND_EXECUTION_DEVICE_BLOCKING,
    TRITONBACKEND_Model,
    TRITONBACKEND_ModelInstance,
    TRITONSERVER_Error,
)
from triton_py.core.backend cimport backend_attributes, backend_close, backend_open

from triton_py.core.error cimport check, error_free, error_message
from triton_py.core.instance cimport instance_free, instance_new
from triton_py.core.metric cimport metrics_python
from triton_py.core.model cimport (
    model_compile,
    model_free,
    model_new,
    model_set_config,
    model_set_strategy,
)
from triton_py.core.native cimport (
    FOREVER_NS,
    pthread_cond_broadcast,
    pthread_mutex_lock,
    pthread_mutex_unlock,
    tp_add,
    tp_cond_wait_until,
    tp_load,
    tp_now_ns,
)
from triton_py.core.objects cimport Backend, Instance, MemoryUsage, Model, Server, Worker
from triton_py.core.pinned cimport pinned_resize, pinned_total, pinned_used
from triton_py.core.queue_timer cimport queue_timer_end, queue_timer_start
from triton_py.core.reaper cimport reaper_end, reaper_start
from triton_py.core.registry cimport (
    registry_claim,
    registry_publish,
    registry_unclaim,
    registry_withdraw,
)
from triton_py.core.sequence cimport (
    sequence_add_slots,
    sequence_fill,
    sequence_remove_slots,
)
from triton_py.core.sequencer cimport sequencer_drain, sequencer_wake
from triton_py.core.server cimport server_registry
from triton_py.core.statistics cimport statistics_ask, statistics_python
from triton_py.core.strategy cimport strategy_close
from triton_py.core.warm_up cimport warm_up
from triton_py.core.worker cimport (
    worker_adopt,
    worker_end,
    worker_leave,
    worker_new,
    worker_run,
    worker_wait,
)

from triton_py.core import agent_host, cuda, log

_MEMORY = ("CPU", "CPU_PINNED", "GPU")


cdef class BackendHandle:
    """An initialised backend library; ``close`` ends it."""

    cdef Backend* backend
    cdef readonly str name
    cdef readonly str library
    cdef readonly list preferred_groups
    cdef readonly bint parallel_instance_loading
    cdef readonly tuple api_version

    @property
    def execution_policy(self) -> int:
        self._check_open()
        return <int>self.backend.policy

    cdef int _check_open(self) except -1:
        if self.backend == NULL:
            raise RuntimeError(f"backend '{self.name}' is closed")
        return 0

    def close(self) -> None:
        """TRITONBACKEND_Finalize and dlclose; what Finalize returned is raised after both."""
        cdef Backend* backend = self.backend
        if backend != NULL:
            self.backend = NULL
            backend_close(backend)


cdef class LeavingInstances


cdef class ModelHandle:
    """A model version, from TRITONBACKEND_ModelInitialize to ``close``."""

    cdef Model* model
    cdef BackendHandle backend  # must outlive the model
    cdef readonly str name
    cdef readonly int64_t version
    cdef bint initialized
    cdef bint started
    cdef uint32_t adding  # calls of add_instance under way
    cdef uint64_t numbered  # instances so far
    cdef list quantiles   # of its summaries; None: there are none

    cdef int _check_open(self) except -1:
        if self.model == NULL:
            raise RuntimeError(f"model '{self.name}' version {self.version} is closed")
        return 0

    @property
    def config(self) -> str:
        cdef char* text
        self._check_open()
        with nogil:
            pthread_mutex_lock(&self.model.idle_mutex)
            text = strdup(self.model.config)
            pthread_mutex_unlock(&self.model.idle_mutex)
        if text == NULL:
            raise MemoryError("out of memory for a model's configuration")
        try:
            return text.decode("utf-8", "surrogateescape")
        finally:
            free(text)

    @property
    def in_flight(self) -> int:
        return tp_load(&self.model.in_flight) if self.model != NULL else 0

    @property
    def pending(self) -> int:
        """Requests in the queue, not executing yet."""
        cdef int64_t size = 0
        if self.model != NULL:
            with nogil:
                pthread_mutex_lock(&self.model.queue.mutex)
                size = self.model.queue.size
                pthread_mutex_unlock(&self.model.queue.mutex)
        return size

    def configure(self, str config_json, dict spec) -> None:
        """Takes the completed configuration; before the first instance is added."""
        cdef str strategy = spec["batch_strategy_library"]
        self._check_open()
        model_set_config(self.model, config_json)
        model_compile(self.model, spec)
        self.quantiles = spec["summary_quantiles"]
        statistics_ask(&self.model.statistics, spec["histograms"], self.quantiles is not None)
        if strategy:
            model_set_strategy(self.model, strategy)

    cdef bint _shares_workers(self) except? True:
        # Not where sequences are bound to instances: each pulls from slots of its own.
        return (self.model.backend.policy == TRITONBACKEND_EXECUTION_DEVICE_BLOCKING
                and self.model.sequencer == NULL)

    cdef Worker* _worker(self, int kind, int device_id, bint passive) except NULL:
        """The thread for a new instance: its own, or with DEVICE_BLOCKING its device's.

        Not one that runs: it would have to stop serving while the instance initializes.
        """
        cdef Worker* worker
        cdef void* fresh
        cdef uint32_t i
        if self._shares_workers() and not passive:
            for i in range(self.model.worker_count):
                worker = self.model.workers[i]
                if (worker.shared and not worker.running
                        and worker.instances[0].kind == kind
                        and worker.instances[0].device_id == device_id):
                    return worker
        fresh = realloc(self.model.workers, sizeof(Worker*) * (self.model.worker_count + 1))
        if fresh == NULL:
            raise MemoryError("out of memory for a model instance")
        self.model.workers = <Worker**>fresh
        worker = worker_new(self.model)
        if worker == NULL:
            raise MemoryError("no memory or no thread for a model instance")
        self.model.workers[self.model.worker_count] = worker
        self.model.worker_count += 1
        return worker

    @property
    def concurrent_instances(self) -> bool:
        """Whether ``add_instance`` may be called from several threads at once.

        Not where instances share a worker: it initializes them one after the other anyway.
        """
        self._check_open()
        return not self._shares_workers()

    cdef int _drop_if_empty(self, Worker* worker) except -1:
        """Ends a worker whose only instance failed: it has nothing to do."""
        cdef uint32_t i
        if worker.instance_count != 0:
            return 0
        for i in range(self.model.worker_count):
            if self.model.workers[i] == worker:
                self.model.worker_count -= 1
                self.model.workers[i] = self.model.workers[self.model.worker_count]
                break
        with nogil:
            error_free(worker_end(worker))
        return 0

    def add_instance(
        self, str name, int kind, int device_id, str host_policy, dict host_policy_settings,
        list profiles, bint passive, list secondary_devices
    ) -> int:
        """Builds an instance and runs its TRITONBACKEND_ModelInstanceInitialize.

        Also while the model serves; the instance takes requests from the next ``start`` on. Returns
        the number by which ``remove_instances`` knows it.
        """
        cdef Instance* instance
        cdef Worker* worker
        cdef TRITONSERVER_Error* error
        cdef void* fresh
        self._check_open()
        # Room for this instance and for those that other threads are adding: between here and
        # the store below the GIL is released.
        fresh = realloc(
            self.model.instances,
            sizeof(Instance*) * (self.model.instance_count + self.adding + 1))
        if fresh == NULL:
            raise MemoryError("out of memory for a model instance")
        self.model.instances = <Instance**>fresh
        self.adding += 1
        try:
            worker = self._worker(kind, device_id, passive)
            try:
                instance = instance_new(self.model, name, kind, device_id, host_policy,
                                        host_policy_settings, profiles, passive, secondary_devices)
            except BaseException:
                self._drop_if_empty(worker)
                raise
            with nogil:
                error = worker_adopt(worker, instance)
            if error != NULL:
                instance_free(instance)
                self._drop_if_empty(worker)
                check(error)
            worker.shared = not passive and self._shares_workers()
            self.numbered += 1
            instance.number = self.numbered
            self.model.instances[self.model.instance_count] = instance
            self.model.instance_count += 1
            return instance.number
        finally:
            self.adding -= 1

    def warm_up(self, dict sample) -> None:
        """Executes one of read_warmup()'s samples on each instance that takes no requests yet and
        is not passive, as often as it says; nothing of it is in the statistics. Before ``start``.
        Raises the first error."""
        cdef uint32_t i, k
        cdef Worker* worker
        self._check_open()
        for i in range(self.model.worker_count):
            worker = self.model.workers[i]
            if worker.running:
                continue
            for k in range(worker.instance_count):
                if not worker.instances[k].passive:
                    for _ in range(sample["count"]):
                        warm_up(self.model, worker, worker.instances[k], sample)

    cdef int _add_slots(self, Worker* worker) except -1:
        """Slots for a worker's sequences, and those that wait for one in them."""
        cdef Model* model = self.model
        cdef int64_t device = worker.instances[0].device_id
        with nogil:
            pthread_mutex_lock(&model.queue.mutex)
            worker.slots = sequence_add_slots(model.sequencer, device)
            if worker.slots != NULL:
                sequence_fill(worker.slots, tp_now_ns())
            pthread_mutex_unlock(&model.queue.mutex)
        if worker.slots == NULL:
            raise MemoryError("out of memory for the slots of sequences")
        return 0

    def start(self) -> None:
        """Lets the instances pull batches that don't yet. A passive instance never does."""
        cdef uint32_t i
        cdef Worker* worker
        self._check_open()
        if not self.started:
            queue_timer_start(self.model)
            if self.model.sequencer != NULL:
                reaper_start(self.model.sequencer)
        for i in range(self.model.worker_count):
            worker = self.model.workers[i]
            if worker.running or worker.instances[0].passive:
                continue
            if self.model.sequencer != NULL:
                self._add_slots(worker)
            # One that has slots must run, so that sequences leave them again.
            worker.running = True
            worker_run(worker)
        if not self.started:
            with nogil:
                pthread_mutex_lock(&self.model.queue.mutex)
                self.model.queue.accepting = True
                pthread_mutex_unlock(&self.model.queue.mutex)
            self.started = True

    def remove_instances(self, list numbers) -> LeavingInstances:
        """Takes instances away while others serve: they get no more requests from now on.

        ``finish`` of what is returned must be called, and ends them. Instances that share a thread
        go together. Raises ValueError, and leaves all as it is, where a number is unknown or some
        of a thread's instances would stay.
        """
        cdef LeavingInstances leaving = LeavingInstances.__new__(LeavingInstances)
        cdef Model* model
        cdef Worker* worker
        cdef Worker** gone
        cdef uint32_t i, k, goes, count
        cdef uint32_t kept = 0
        cdef uint64_t found = 0
        cdef set wanted = set(numbers)
        self._check_open()
        model = self.model
        leaving.model = self
        leaving.workers = <Worker**>calloc(model.worker_count + 1, sizeof(Worker*))
        if leaving.workers == NULL:
            raise MemoryError("out of memory for a change of a model's instances")
        gone = leaving.workers
        count = 0
        for i in range(model.worker_count):
            worker = model.workers[i]
            goes = 0
            for k in range(worker.instance_count):
                if worker.instances[k].number in wanted:
                    goes += 1
            if goes == 0:
                continue
            if goes != worker.instance_count:
                raise ValueError(f"instances of model '{self.name}' that share a thread can only "
                                 "be removed together")
            found += goes
            gone[count] = worker
            count += 1
        if found != <uint64_t>len(wanted):
            raise ValueError(f"model '{self.name}' has no instances with some of the numbers "
                             f"{sorted(wanted)}")
        leaving.count = count
        # In one go, without letting the GIL go: whoever looks through the instances has it.
        for i in range(model.instance_count):
            if model.instances[i].number not in wanted:
                model.instances[kept] = model.instances[i]
                kept += 1
        model.instance_count = kept
        kept = 0
        for i in range(model.worker_count):
            if not _contains(gone, count, model.workers[i]):
                model.workers[kept] = model.workers[i]
                kept += 1
        model.worker_count = kept
        with nogil:
            for i in range(count):
                worker_leave(gone[i])
        return leaving

    def update_config(self, str config_json) -> None:
        """What TRITONBACKEND_ModelConfig answers from now on; the rest of the model stays."""
        self._check_open()
        model_set_config(self.model, config_json)

    def ready(self) -> bool:
        """Whether every instance's TRITONBACKEND_ModelInstanceReady succeeds (or is absent)."""
        cdef uint32_t i, count
        cdef Model* model = self.model
        cdef Instance** instances
        cdef TRITONSERVER_Error* error = NULL
        if model == NULL or not self.started:
            return False
        if model.backend.instance_ready == NULL:
            return True
        # A list of its own, and a mark on each, so that none is taken away while it is asked.
        count = model.instance_count
        instances = <Instance**>calloc(count + 1, sizeof(Instance*))
        if instances == NULL:
            raise MemoryError("out of memory for the health of a model")
        for i in range(count):
            instances[i] = model.instances[i]
            tp_add(&instances[i].asked, 1)
        with nogil:
            for i in range(count):
                error = model.backend.instance_ready(<TRITONBACKEND_ModelInstance*>instances[i])
                if error != NULL:
                    break
        for i in range(count):
            tp_add(&instances[i].asked, -1)
        free(instances)
        if error == NULL:
            return True
        reason = error_message(error).decode("utf-8", "replace")
        error_free(error)
        log.log(3, f"model '{self.name}' version {self.version} is not ready: {reason}")
        return False

    def drain(self, timeout=None) -> bool:
        """Waits until no request is in flight; ``timeout`` in seconds, None: for ever.

        The model must have been withdrawn, or replaced: open sequences end.
        """
        cdef uint64_t until = FOREVER_NS
        cdef bint idle
        if self.model == NULL:
            return True
        if timeout is not None:
            until = tp_now_ns() + <uint64_t>(max(0.0, timeout) * 1e9)
        with nogil:
            if self.model.sequencer != NULL:
                pthread_mutex_lock(&self.model.queue.mutex)
                sequencer_drain(self.model.sequencer)
                pthread_mutex_unlock(&self.model.queue.mutex)
            pthread_mutex_lock(&self.model.idle_mutex)
            while tp_load(&self.model.in_flight) != 0:
                if tp_cond_wait_until(&self.model.idle, &self.model.idle_mutex, until):
                    break
            idle = tp_load(&self.model.in_flight) == 0
            pthread_mutex_unlock(&self.model.idle_mutex)
        return idle

    def close(self) -> None:
        """Undoes everything: queue, threads, instances, model. Raises after it is done.

        No request may be in flight; the control plane drains first.
        """
        cdef Model* model = self.model
        cdef TRITONSERVER_Error* first = NULL
        cdef TRITONSERVER_Error* error = NULL
        cdef uint32_t i
        if model == NULL:
            return
        if tp_load(&model.in_flight) != 0:
            raise RuntimeError(
                f"model '{self.name}' version {self.version} still has "
                f"{model.in_flight} requests in flight"
            )
        self.model = NULL
        with nogil:
            pthread_mutex_lock(&model.queue.mutex)
            model.queue.accepting = False
            model.queue.closing = True
            pthread_cond_broadcast(&model.queue.wake)
            if model.sequencer != NULL:
                sequencer_wake(model.sequencer)
            pthread_mutex_unlock(&model.queue.mutex)
            if model.sequencer != NULL:
                reaper_end(model.sequencer)
            queue_timer_end(model)
            i = model.worker_count
            while i:
                i -= 1
                error = worker_end(model.workers[i])
                if first == NULL:
                    first = error
                else:
                    error_free(error)
            if model.policy.strategy != NULL:
                strategy_close(model.policy.strategy)
                model.policy.strategy = NULL
            if self.initialized and model.backend.model_finalize != NULL:
                error = model.backend.model_finalize(<TRITONBACKEND_Model*>model)
                if first == NULL:
                    first = error
                else:
                    error_free(error)
        model_free(model)
        self.backend = None
        check(first)

    def statistics(self) -> dict:
        """The statistics extension's members, and beside them what only metrics show."""
        cdef uint32_t i
        self._check_open()
        result = statistics_python(&self.model.statistics, self.quantiles)
        usage = []
        # Held across Python code, but nothing here can take the GIL away for long or call back.
        with nogil:
            pthread_mutex_lock(&self.model.statistics.mutex)
        try:
            _append_usage(usage, self.model.usage, self.model.usage_count)
            for i in range(self.model.instance_count):
                _append_usage(usage, self.model.instances[i].usage,
                              self.model.instances[i].usage_count)
        finally:
            pthread_mutex_unlock(&self.model.statistics.mutex)
        result["memory_usage"] = usage
        return result


cdef bint _contains(Worker** workers, uint32_t count, Worker* worker) noexcept:
    cdef uint32_t i
    for i in range(count):
        if workers[i] == worker:
            return True
    return False


cdef class LeavingInstances:
    """Instances on their way out of a model that goes on serving."""

    cdef ModelHandle model  # must outlive them; the control plane keeps it from being closed
    cdef Worker** workers   # owned, as are those that it lists, until they have ended
    cdef uint32_t count

    def __dealloc__(self):
        free(self.workers)

    def finish(self) -> None:
        """Waits until their requests and sequences are over, then finalizes them.

        Raises the first error of a TRITONBACKEND_ModelInstanceFinalize, after all have ended.
        """
        cdef TRITONSERVER_Error* first = NULL
        cdef TRITONSERVER_Error* error
        cdef Model* model
        cdef Worker* worker
        cdef Worker** workers = self.workers
        cdef uint32_t count = self.count
        cdef uint32_t i
        self.model._check_open()
        model = self.model.model
        self.count = 0
        with nogil:
            for i in range(count):
                worker = workers[i]
                worker_wait(worker)
                if worker.slots != NULL:
                    pthread_mutex_lock(&model.queue.mutex)
                    sequence_remove_slots(worker.slots)
                    pthread_mutex_unlock(&model.queue.mutex)
                error = worker_end(worker)
                if first == NULL:
                    first = error
                else:
                    error_free(error)
        check(first)


cdef int _append_usage(list out, MemoryUsage* usage, uint32_t count) except -1:
    cdef uint32_t i
    for i in range(count):
        out.append({"type": _MEMORY[<int>usage[i].type], "id": usage[i].id,
                    "byte_size": usage[i].byte_size})
    return 0


cdef class Host:
    """The data plane of one server."""

    cdef Server* server
    cdef int64_t pinned_pool  # this server's share of the process's

    def __dealloc__(self):
        pinned_resize(-self.pinned_pool)

    def gpu_count(self) -> int:
        return cuda.load()

    def load_backend(self, str name, str library, str directory, str config_json) -> BackendHandle:
        """dlopen, TRITONBACKEND_Initialize, TRITONBACKEND_GetBackendAttribute."""
        cdef BackendHandle handle = BackendHandle.__new__(BackendHandle)
        handle.name = name
        handle.library = library
        # What this core offers; a backend that needs more refuses in its Initialize.
        handle.api_version = (1, 19)
        handle.backend = backend_open(name, library, directory, config_json)
        try:
            handle.preferred_groups, handle.parallel_instance_loading = backend_attributes(
                handle.backend)
        except BaseException:
            handle.close()
            raise
        return handle

    def create_model(
        self, BackendHandle backend, str name, int64_t version, str directory, str config_json,
        bint auto_complete
    ) -> ModelHandle:
        """TRITONBACKEND_ModelInitialize."""
        cdef ModelHandle handle = ModelHandle.__new__(ModelHandle)
        cdef TRITONSERVER_Error* error = NULL
        cdef Model* model
        backend._check_open()
        handle.name = name
        handle.version = version
        handle.backend = backend
        model = model_new(self.server, backend.backend, name, version, directory, config_json,
                          auto_complete)
        handle.model = model
        if backend.backend.model_initialize != NULL:
            with nogil:
                model.initializing = True
                error = backend.backend.model_initialize(<TRITONBACKEND_Model*>model)
                model.initializing = False
        # A state that was set before the failure is for Finalize to free, as in Triton; without
        # one there is nothing to free, and Finalize may well expect a state.
        handle.initialized = error == NULL or model.state != NULL
        if error != NULL:
            handle.close()
            check(error)
        return handle

    def load_agent(self, str name, str library):
        """dlopen, TRITONREPOAGENT_Initialize."""
        return agent_host.load_agent(name, library)

    def create_agent_model(self, agent, int artifact_type, str location, str config_json,
                           list parameters):
        """TRITONREPOAGENT_ModelInitialize."""
        return agent_host.create_agent_model(
            agent, artifact_type, location, config_json, parameters)

    def publish(self, ModelHandle model, str space="") -> None:
        """Makes the model visible to requests, in the place of one of its name and version.

        ``space`` is its namespace: requests find a name only while one namespace alone has it.
        """
        cdef bytes text = space.encode("utf-8", "surrogateescape")
        cdef const char* c_space = text
        model._check_open()
        with nogil:
            registry_publish(server_registry(self.server), model.model, c_space)

    def withdraw(self, ModelHandle model, str space="") -> None:
        """Hides the model from new requests; a no-op where another has replaced it."""
        cdef bytes text = space.encode("utf-8", "surrogateescape")
        cdef const char* c_space = text
        if model.model != NULL:
            with nogil:
                registry_withdraw(server_registry(self.server), model.model, c_space)

    def claim(self, str name, str space) -> None:
        """Has a namespace hold a name before it publishes a model: the name may be ambiguous."""
        cdef bytes name_text = name.encode("utf-8", "surrogateescape")
        cdef bytes text = space.encode("utf-8", "surrogateescape")
        cdef const char* c_name = name_text
        cdef const char* c_space = text
        with nogil:
            registry_claim(server_registry(self.server), c_name, c_space)

    def unclaim(self, str name, str space) -> None:
        """Has a namespace give a name up under which it has no model."""
        cdef bytes name_text = name.encode("utf-8", "surrogateescape")
        cdef bytes text = space.encode("utf-8", "surrogateescape")
        cdef const char* c_name = name_text
        cdef const char* c_space = text
        with nogil:
            registry_unclaim(server_registry(self.server), c_name, c_space)

    def resize_pinned_pool(self, int64_t byte_size) -> None:
        """Sets this server's share of the process's pinned memory."""
        pinned_resize(byte_size - self.pinned_pool)
        self.pinned_pool = byte_size

    def pinned_memory(self) -> tuple:
        """The process's pinned memory in bytes: what there may be, and what there is."""
        return pinned_total(), pinned_used()

    def custom_metrics(self) -> list:
        """What backends and clients of the C API publish, see metric.pxd."""
        return metrics_python()

    def log(self, int level, str message) -> None:
        log.log(level, message, "control")

    def log_table(self, str text) -> None:
        log.log(0, "\n" + text, "control", raw=True)


cdef object host_new(Server* server):
    cdef Host host = Host.__new__(Host)
    host.server = server
    return host
