# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The data plane's objects: one contract page, because they point at each other.

Who owns what
    Request   owned by the client from InferenceRequestNew to InferenceRequestDelete, lent to the
              server from InferAsync to the release callback.
    Channel   what connects a request to its responses after the request itself is gone; counted:
              one reference each for the request, every factory and every unsent response.
    Trace     (trace.pxd) the channel's, from InferAsync to its release callback.
    Response  owned by the backend until ResponseSend or ResponseDelete; after that by the client.
    Model     owned by its Python handle; requests in flight keep it from being closed
              (`in_flight`), they do not own it.

States of a request, each change one compare-and-swap, so that of two racing calls one loses and
gets an error:

    INITIALIZED --InferAsync--> PENDING --a batch--> EXECUTING --RequestRelease--> RELEASED
                                   \\------------- cancelled, rejected ---------------^
    RELEASED --InferAsync--> PENDING (a client may use a request again)
    EXECUTING --RequestRelease, RESCHEDULE--> PENDING (an iterative sequence's next step)
    PENDING --a batching strategy looks at it--> EXAMINED --it has looked--> PENDING
"""

from libc.stdint cimport int32_t, int64_t, uint32_t, uint64_t

from triton_py.abi.types cimport (
    TRITONBACKEND_ExecutionPolicy,
    TRITONBACKEND_GetBackendAttribute_t,
    TRITONBACKEND_ModelFinalize_t,
    TRITONBACKEND_ModelInitialize_t,
    TRITONBACKEND_ModelInstanceExecute_t,
    TRITONBACKEND_ModelInstanceFinalize_t,
    TRITONBACKEND_ModelInstanceInitialize_t,
    TRITONBACKEND_ModelInstanceReady_t,
    TRITONBACKEND_Finalize_t,
    TRITONBACKEND_Initialize_t,
    TRITONSERVER_DataType,
    TRITONSERVER_Error,
    TRITONSERVER_InferenceRequestReleaseFn_t,
    TRITONSERVER_InferenceResponseCompleteFn_t,
    TRITONSERVER_InstanceGroupKind,
    TRITONSERVER_MemoryType,
    TRITONSERVER_Message,
)
from triton_py.core.allocator cimport Allocator
from triton_py.core.arena cimport Arena
from triton_py.core.buffer_attributes cimport BufferAttributes
from triton_py.core.native cimport pthread_cond_t, pthread_mutex_t, pthread_t
from triton_py.core.parameter cimport ParameterList
from triton_py.core.slab cimport Slot
from triton_py.core.state_value cimport SequenceStates, StateSpec, StateValue
from triton_py.core.statistics cimport Statistics
from triton_py.core.strategy cimport Strategy
from triton_py.core.trace cimport Trace
from triton_py.core.watch cimport Watch

cdef struct Server
cdef struct Request
cdef struct Channel
cdef struct Response
cdef struct LabelTable
cdef struct InputSpec
cdef struct Model
cdef struct Instance
cdef struct MemoryUsage
cdef struct Worker
cdef struct Sequence
cdef struct Sequencer
cdef struct SequenceSlots
cdef struct State

cdef enum:
    # "request", "channel" ... in a debugger's hex dump
    REQUEST_MAGIC = 0x74736575716572
    CHANNEL_MAGIC = 0x6c656e6e616863
    FACTORY_MAGIC = 0x79726f74636166
    RESPONSE_MAGIC = 0x65736e6f707372
    INPUT_MAGIC = 0x7475706e69
    OUTPUT_MAGIC = 0x74757074756f
    MODEL_MAGIC = 0x6c65646f6d
    INSTANCE_MAGIC = 0x65636e6174736e
    BACKEND_MAGIC = 0x646e656b636162
    SERVER_MAGIC = 0x726576726573
    STATE_MAGIC = 0x6574617473
    REQUEST_ARENA = 1536   # holds a request of a few small inputs without another allocation
    RESPONSE_ARENA = 896

cdef enum RequestState:
    REQUEST_INITIALIZED = 1
    REQUEST_PENDING
    REQUEST_EXECUTING
    REQUEST_RELEASED
    REQUEST_EXAMINED        # a batching strategy looks at it, in the queue

cdef enum ResponseState:
    RESPONSE_NEW = 1    # the backend's
    RESPONSE_SENDING    # inside ResponseSend
    RESPONSE_SENT       # the client's

# What a request says about its account; all 0 unless it wants one.
cdef struct AccountWish:
    bint wanted
    uint64_t received_ns    # monotonic: when its first byte was there; 0: it came over no wire
    uint64_t wire_bytes
    uint64_t copied_bytes   # of its inputs, on the way in

# One piece of an input's data. `base` is borrowed from the client until the release callback.
cdef struct Piece:
    const void* base
    BufferAttributes attributes
    const char* host_policy  # NULL: for every instance

cdef struct Input:
    uint64_t magic
    Request* request
    const char* name
    TRITONSERVER_DataType datatype
    int64_t* shape          # as the client gave it
    uint32_t rank
    int64_t* model_shape    # as the model sees it: reshaped, with the batch dimension
    uint32_t model_rank
    Piece* pieces
    uint32_t piece_count
    uint32_t piece_capacity
    uint64_t byte_size      # of all default pieces
    bint raw                # datatype and shape are to be deduced
    InputSpec* spec         # borrowed from the model while the request is in flight
    StateValue* state       # where it is a sequence's state: one reference, else NULL

cdef struct Request:
    Slot slot
    int64_t state           # RequestState
    Server* server          # borrowed; outlives every request
    const char* model_name
    int64_t model_version   # as asked for; -1: the highest that is ready
    Model* model            # while in flight, borrowed (Model.in_flight counts it)
    Channel* channel        # while in flight, one reference
    Request* next           # in the model's queue
    const char* id
    uint32_t flags
    uint64_t priority
    uint64_t timeout_us
    uint64_t correlation_id
    const char* correlation_string  # NULL: the correlation id is a number
    int64_t cancelled
    # The channel of its newest run: its factories learn of a cancellation also after the release.
    # It may be over by now, and another's: only while `cancelled` has this serial is it touched.
    Channel* watched
    int64_t watched_serial
    Input* inputs
    uint32_t input_count
    uint32_t input_capacity
    const char** outputs    # requested; none: all of the model's
    uint32_t output_count
    uint32_t output_capacity
    ParameterList parameters
    AccountWish account
    uint32_t batch_size     # 0: the model does not batch
    TRITONSERVER_InferenceRequestReleaseFn_t release_fn
    void* release_userp
    Allocator* allocator
    void* allocator_userp
    TRITONSERVER_InferenceResponseCompleteFn_t response_fn
    void* response_userp
    uint64_t request_start
    uint64_t queue_start
    uint64_t exec_start
    uint64_t batcher_start  # when it could first join a batch: what a queue delay counts from
    uint32_t segment        # where it is in a queue with levels (queue_levels.pxd)
    uint64_t deadline_ns    # there: when its time in the queue is up; 0: never
    int64_t reported        # the backend reported this request's statistics
    bint is_null            # fills a slot of a sequence batch; the core is its client
    # What the backend sees of `flags` and the correlation id: an iterative sequence sets its own.
    uint32_t sequence_flags
    uint64_t sequence_id
    const char* sequence_string  # NULL: the correlation id is a number, or there is none
    Sequence* sequence      # while in flight, one count of its `requests`; NULL: in no sequence
    bint issued             # it is the one request of its sequence that may be in a batch
    SequenceStates* states  # while executing, one reference, or NULL
    State* made             # states that the backend made for it, owned, linked by `next`
    Input* extra            # control and state inputs, in the arena; the client never sees them
    uint32_t extra_count
    uint32_t extra_capacity
    char* correlation       # the correlation id as an input's data, in the arena; NULL: not yet
    Arena arena
    char first_block[REQUEST_ARENA]

# What becomes of a request that is to tell where its time went (account.pxd). Durations are sums
# over its executions.
cdef struct Account:
    AccountWish wish
    uint64_t request_start  # monotonic
    uint64_t queue_ns
    uint64_t input_ns
    uint64_t infer_ns
    uint64_t output_ns
    uint64_t executions     # batches it was in
    uint64_t reports        # of the backend, or of the core in its place
    uint64_t batch_size     # of the last execution
    uint64_t batch_requests
    uint64_t input_bytes
    uint64_t output_bytes   # of all its responses
    Response* held          # atomic: a response that waits for what comes next, or NULL
    Response* last          # the final response; NULL: the flag came alone
    int64_t ends            # atomic: of final response and release, how many there were

cdef struct Channel:
    Slot slot
    int64_t references
    Model* model            # borrowed until `pending` is 0, not to be touched after
    Instance* instance      # that has its request, borrowed likewise, or NULL; it counts this
    int64_t pending         # 2: request not released, no final response; 0: out of flight
    int64_t final           # the final flag has been sent, or is being sent
    int64_t sending         # threads that are delivering a response which is not the final one
    int64_t failed          # an error response has been sent
    int64_t cancelled       # the slot's serial, shifted by 1, and whether it is cancelled
    int64_t sent            # responses handed to the client
    Allocator* allocator    # borrowed from the client
    void* allocator_userp
    TRITONSERVER_InferenceResponseCompleteFn_t response_fn
    void* response_userp
    uint64_t request_start  # 0: of no interest to the statistics
    Trace* trace            # the request's, given back with the channel; NULL: it is not traced
    Account* account        # owned; NULL: the client didn't ask for one
    char* id                # owned unless it is `short_id`
    char short_id[64]
    # Where responses keep the order of their requests (order.pxd); under the order's mutex.
    bint ordered            # it has a place in the order
    int64_t keepers         # of its memory: all references together, and the order
    Channel* behind         # the next one's
    Response* held          # responses that wait for its turn, the oldest first
    Response* held_last
    bint held_end           # behind them, the final flag without a response

cdef struct Factory:
    Slot slot
    Channel* channel        # one reference

cdef struct Output:
    uint64_t magic
    Response* response
    const char* name
    TRITONSERVER_DataType datatype
    int64_t* shape
    uint32_t rank
    void* buffer            # from the client's allocator; given back when the response is deleted
    void* buffer_userp
    bint allocated
    BufferAttributes attributes

cdef struct Response:
    Slot slot
    int64_t state           # ResponseState
    Channel* channel        # one reference while unsent
    Allocator* allocator    # for releasing output buffers
    const char* model_name
    int64_t model_version
    const char* id
    TRITONSERVER_Error* error  # owned
    LabelTable* labels      # one reference, or NULL
    bint started            # the allocator's start function was called
    uint32_t held_flags     # while it waits for its turn: what it was sent with
    Response* held_next
    Output** outputs        # each in the arena, so that handles stay where they are
    uint32_t output_count
    uint32_t output_capacity
    ParameterList parameters
    Arena arena
    char first_block[RESPONSE_ARENA]

# Class names per output, read from label files; shared by a model and the responses it made.
cdef struct LabelTable:
    int64_t references
    uint32_t output_count
    char** outputs          # names
    uint64_t* counts
    char*** labels

cdef struct InputSpec:
    char* name
    TRITONSERVER_DataType datatype
    int64_t* dims           # without the batch dimension
    uint32_t rank
    int64_t* reshape        # NULL: none
    uint32_t reshape_rank
    bint optional
    bint shape_tensor
    bint non_linear
    bint must_match         # its shape has to be equal over a batch

cdef struct OutputSpec:
    char* name
    TRITONSERVER_DataType datatype
    int64_t* dims
    uint32_t rank
    int64_t* reshape
    uint32_t reshape_rank

cdef struct BatchPolicy:
    int64_t max_batch_size
    bint dynamic
    uint64_t delay_ns
    int64_t* preferred      # ascending
    uint32_t preferred_count
    bint compare_inputs     # shapes or the set of inputs can differ between requests
    Strategy* strategy      # the model's own rules for batches; owned, NULL: none

# A level of a queue with policies; all but `size` stay as they are while the model serves.
cdef struct QueueLevel:
    int64_t size            # requests of this level that wait
    int64_t max_size        # 0: any number
    uint64_t timeout_us     # 0: none
    bint may_override       # a request's own time-out counts where it is shorter
    bint delays             # those that waited too long wait on, behind the others; else rejected

# The thread that answers requests which waited too long (queue_timer.pxd).
cdef struct QueueTimer:
    pthread_t thread
    bint running
    pthread_cond_t changed
    uint64_t at             # when it looks again

# Channels in the order in which their requests came (order.pxd).
cdef struct Order:
    pthread_mutex_t mutex
    Channel* head
    Channel* tail
    bint delivering         # a thread hands out

# Requests wait in the lists of a model's sequencer where it has one; then the queue's mutex guards
# those, and of its other members only `size`, `accepting` and `closing` are used.
cdef struct Queue:
    pthread_mutex_t mutex
    pthread_cond_t wake
    Request* head
    Request* tail
    int64_t size
    int64_t batch_total     # sum of the batch sizes
    int64_t waiters         # workers inside a wait
    int64_t watchers        # workers that watch "knocked" for a moment before they wait
    int64_t knocked         # atomic: something came while somebody watched
    int64_t seen            # of the process's cancellations; -1: look for cancelled requests
    int64_t target          # wake a waiter when batch_total reaches it
    bint accepting
    bint closing
    QueueLevel* levels      # owned; NULL: one level without limit and time-out (queue_levels.pxd)
    Request** ends          # of each segment the last request, or NULL; owned
    uint64_t* filled        # bits: the segments that have any; owned
    uint32_t level_count
    uint32_t default_level  # its index
    bint timeouts           # some level has one
    uint64_t next_deadline  # no request's is sooner; 0: none has one

cdef struct Backend:
    uint64_t magic
    char* name
    char* directory
    TRITONSERVER_Message* config
    void* library           # dlopen's handle
    void* state             # the plugin's own
    TRITONBACKEND_ExecutionPolicy policy
    TRITONBACKEND_Initialize_t initialize
    TRITONBACKEND_Finalize_t finalize
    TRITONBACKEND_GetBackendAttribute_t get_attribute
    TRITONBACKEND_ModelInitialize_t model_initialize
    TRITONBACKEND_ModelFinalize_t model_finalize
    TRITONBACKEND_ModelInstanceInitialize_t instance_initialize
    TRITONBACKEND_ModelInstanceFinalize_t instance_finalize
    TRITONBACKEND_ModelInstanceExecute_t execute
    TRITONBACKEND_ModelInstanceReady_t instance_ready

cdef struct Model:
    uint64_t magic
    Server* server
    Backend* backend        # borrowed; the Python handle keeps it alive
    char* name
    int64_t version
    char* directory
    char* config            # JSON, owned
    bint auto_complete
    bint initializing       # inside ModelInitialize: the only time for ModelSetConfig
    void* state
    InputSpec* inputs
    uint32_t input_count
    uint32_t required_inputs
    OutputSpec* outputs
    uint32_t output_count
    bint decoupled
    LabelTable* labels
    BatchPolicy policy
    Queue queue
    QueueTimer timer
    bint ordered            # responses keep the order of their requests
    Order order
    Sequencer* sequencer    # owned; NULL: no sequence batching
    int64_t in_flight
    pthread_mutex_t idle_mutex  # guards `config` too
    pthread_cond_t idle     # in_flight became 0
    Statistics statistics
    Instance** instances
    uint32_t instance_count
    Worker** workers
    uint32_t worker_count
    MemoryUsage* usage      # as the model itself reported it
    uint32_t usage_count

cdef struct MemoryUsage:
    TRITONSERVER_MemoryType type
    int64_t id
    uint64_t byte_size

cdef struct Instance:
    uint64_t magic
    Model* model
    char* name
    TRITONSERVER_InstanceGroupKind kind
    int32_t device_id
    char* host_policy
    TRITONSERVER_Message* host_policy_message
    char** profiles
    uint32_t profile_count
    char** secondary_kinds
    int64_t* secondary_ids
    uint32_t secondary_count
    bint passive
    void* state
    uint64_t batches_reported  # how often this instance reported batch statistics
    int32_t* cpus              # host policy: the CPUs its thread may use
    uint32_t cpu_count
    int32_t numa_node          # -1: none
    MemoryUsage* usage
    uint32_t usage_count
    uint64_t number            # in its model, from 1; never used again
    int64_t warming            # atomic: it is being warmed up, which is in no statistics
    int64_t in_flight          # atomic: channels of requests that it was given
    int64_t asked              # atomic: calls of ModelInstanceReady under way

# A thread that initialises, runs and finalises the instances it was given.
cdef struct Worker:
    pthread_t thread
    Model* model
    pthread_mutex_t mutex
    pthread_cond_t changed
    int32_t command         # see worker.pyx
    TRITONSERVER_Error* result
    Instance* subject       # of the command
    uint32_t warm_count     # of a warm-up: how many requests of the batch
    Instance** instances
    uint32_t instance_count
    uint32_t turn
    bint shared             # may take further instances of the same device, until it runs
    bint running            # it was told to pull batches; changed by the control plane alone
    bint leaving            # its instances are to go: it takes no more; the queue's mutex
    SequenceSlots* slots    # borrowed from the model's sequencer; NULL: it pulls from the queue
    Request** batch
    Request** handed        # the array the backend sees
    uint64_t* serials
    uint32_t batch_capacity
    Watch watch
    uint64_t usual_late_ns  # of a timer
    int64_t most_watchers   # of the process: CPUs / 2

# --- sequences (sequence.pxd) ---------------------------------------------------------------

cdef enum ControlKind:
    CONTROL_START
    CONTROL_END
    CONTROL_READY
    CONTROL_CORRID

cdef struct ControlSpec:
    char* name
    ControlKind kind
    TRITONSERVER_DataType datatype
    char values[2][4]       # of a boolean control: false and true in its data type
    uint32_t value_size

# Where a sequence is. Out of both: it ended, and waits for its last request to be released.
cdef enum SequencePlace:
    SEQUENCE_OUT
    SEQUENCE_IN_SLOT
    SEQUENCE_IN_BACKLOG

# From the START flag to the END flag of one correlation id. Owned by the sequencer.
cdef struct Sequence:
    Sequencer* sequencer    # borrowed; outlives it
    Sequence* next_in_bucket
    Sequence* next          # in the backlog
    uint64_t id
    const char* string      # a correlation id that is a string, behind this struct; else NULL
    bint open               # found by its correlation id; not after END
    SequencePlace place
    SequenceSlots* slots    # SEQUENCE_IN_SLOT
    uint32_t slot
    Request* head           # requests that wait, in order
    Request* tail
    uint64_t requests       # those that wait and those that were not released
    bint issued             # with the oldest strategy: one of its requests may be in a batch
    uint64_t active_ns      # when a request last came or was released
    uint64_t expires_ns     # in the backlog; FOREVER_NS: never
    SequenceStates* states  # one reference; NULL: none yet

# The slots of one instance: each holds a sequence from its first request to its last.
cdef struct SequenceSlots:
    Sequencer* sequencer
    Sequence** at
    uint32_t count
    uint32_t used
    uint32_t lowest_free    # none below it is free
    int64_t device          # the instance's
    Queue oldest            # with the oldest strategy: one request of each sequence, no mutex
    pthread_cond_t wake
    bint waiting            # its worker is inside a wait
    bint leaving            # its instance is to go: those in it go on, no others come

cdef struct Sequencer:
    Model* model            # borrowed; its queue's mutex guards all that changes here
    bint oldest             # the strategy; else direct
    bint iterative
    bint batching           # shapes have a batch dimension
    uint64_t idle_ns
    uint64_t delay_ns       # direct
    double utilization      # direct: this share of the slots need not wait for the delay
    BatchPolicy policy      # oldest
    bint compare_inputs
    uint32_t slot_count     # of each instance
    ControlSpec* controls
    uint32_t control_count
    StateSpec* states
    uint32_t state_count
    SequenceSlots** slots   # one an instance
    uint32_t slots_count
    Sequence** buckets      # open sequences by correlation id
    uint32_t bucket_count   # a power of two
    uint32_t open_count
    Sequence* backlog       # those that wait for a slot, the oldest first
    Sequence* backlog_tail
    Request* dropped        # their sequence was cancelled: to be answered outside of the mutex
    uint64_t last_id        # that an iterative sequence was given
    uint64_t seed           # of the map: who chooses ids must not choose buckets
    pthread_t reaper        # the thread that ends what waits too long (reaper.pxd)
    bint reaping
    pthread_cond_t reap
    uint64_t reap_at        # when it looks again

# TRITONBACKEND_State: a value that a backend makes for the request after this one.
cdef struct State:
    Slot slot
    Request* request        # borrowed; the state goes with its release
    State* next             # of the same request
    uint32_t index          # in the sequence's states
    StateValue* value       # one reference; NULL: given to StateUpdate

cdef struct Server:
    uint64_t magic
    void* registry          # Registry*, owned
    void* control           # PyObject*, owned: the control plane
    void* host              # PyObject*, owned: the data plane as the control plane sees it
