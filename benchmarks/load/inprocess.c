// SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
// SPDX-License-Identifier: BSD-3-Clause
//
// A closed loop of requests over the in-process C API, of any library that has it.
//
//   inprocess_client --server LIB --repository DIR --backends DIR --model NAME
//                    --input NAME:DATATYPE:DIMS[:BYTES] ... [--in-flight N] [--seconds S]
//                    [--warmup S] [--requests N] [--check-identity] [--preload LIB] [--below N]
//
// It knows nothing of the library but the public header: the functions are looked up by name. One
// thread sends: it waits until responses have come, looks at them, sends their requests again. A
// latency is the time from TRITONSERVER_ServerInferAsync to that thread having the response in its
// hands, as a client sees it.
//
// With --below the elements of inputs, which are integers then, count from 0 up to below it, again and
// again; else their bytes may be anything.
//
// With --requests it sends so many, whatever time it takes: what a tool that counts is to count.
//
// With libcounts.so preloaded it says what was allocated and copied in that time, by both itself and
// the library; of its own a request takes nothing.
//
// Prints one line of JSON. Exit status: 0; 1 for a call or an answer that failed, with its message
// on standard error; 2 for wrong arguments.

#include <dlfcn.h>
#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "counts.h"
#include "latency.h"
#include "triton/core/tritonserver.h"

enum { MAX_INPUTS = 128, MAX_DIMS = 16, MAX_IN_FLIGHT = 1024 };

// --- the library's functions -----------------------------------------------------------------

#define FUNCTIONS(X)                          \
  X(ErrorCodeString)                          \
  X(ErrorMessage)                             \
  X(ErrorDelete)                              \
  X(ServerOptionsNew)                         \
  X(ServerOptionsDelete)                      \
  X(ServerOptionsSetModelRepositoryPath)      \
  X(ServerOptionsSetBackendDirectory)         \
  X(ServerOptionsSetLogInfo)                  \
  X(ServerOptionsSetLogWarn)                  \
  X(ServerOptionsSetStrictModelConfig)        \
  X(ServerOptionsSetMinSupportedComputeCapability) \
  X(ServerNew)                                \
  X(ServerStop)                               \
  X(ServerDelete)                             \
  X(ServerInferAsync)                         \
  X(InferenceRequestNew)                      \
  X(InferenceRequestDelete)                   \
  X(InferenceRequestAddInput)                 \
  X(InferenceRequestAppendInputData)          \
  X(InferenceRequestSetReleaseCallback)       \
  X(InferenceRequestSetResponseCallback)      \
  X(InferenceResponseError)                   \
  X(InferenceResponseOutputCount)             \
  X(InferenceResponseOutput)                  \
  X(InferenceResponseDelete)                  \
  X(ResponseAllocatorNew)                     \
  X(ResponseAllocatorDelete)                  \
  X(StringToDataType)                         \
  X(DataTypeByteSize)

#define FIELD(name) __typeof__(TRITONSERVER_##name)* name;
static struct {
  FUNCTIONS(FIELD)
} api;

static _Noreturn void fail(int status, const char* format, ...)
{
  va_list arguments;
  va_start(arguments, format);
  fputs("inprocess_client: ", stderr);
  vfprintf(stderr, format, arguments);
  fputc('\n', stderr);
  va_end(arguments);
  exit(status);
}

static void check(TRITONSERVER_Error* error, const char* what)
{
  if (error != NULL)
    fail(1, "%s: %s: %s", what, api.ErrorCodeString(error), api.ErrorMessage(error));
}

#define CALL(name, ...) check(api.name(__VA_ARGS__), "TRITONSERVER_" #name)

// --- arguments -------------------------------------------------------------------------------

typedef struct {
  char* name;
  TRITONSERVER_DataType datatype;
  int64_t dims[MAX_DIMS];
  uint64_t rank;
  size_t bytes;
  char* data;  // owned by the process
} Input;

static struct {
  const char *server, *repository, *backends, *model;
  const char* preload;  // what the library leaves undefined: libpython, for one
  char* input_texts[MAX_INPUTS];
  Input inputs[MAX_INPUTS];
  unsigned input_count;
  unsigned in_flight;
  double seconds, warmup;
  uint64_t requests;  // 0: as many as the seconds allow
  uint32_t below;     // of the inputs' elements; 0: any
  bool check_identity;
} options = {.in_flight = 1, .seconds = 3, .warmup = 1};

// Little-endian, as every machine that this is built for. Below 128, any integer type holds it.
static void count_up(Input* input, size_t elements)
{
  if (input->datatype < TRITONSERVER_TYPE_UINT8 || input->datatype > TRITONSERVER_TYPE_INT64)
    fail(2, "--below is for inputs of integers, and '%s' has others", input->name);
  const size_t each = api.DataTypeByteSize(input->datatype);
  memset(input->data, 0, input->bytes);
  for (size_t i = 0; i < elements; ++i) input->data[i * each] = (char)(i % options.below);
}

static void parse_input(char* text, Input* input)
{
  char* datatype = strchr(text, ':');
  char* dims = datatype != NULL ? strchr(datatype + 1, ':') : NULL;
  if (dims == NULL) fail(2, "--input is NAME:DATATYPE:DIMS[:BYTES], not '%s'", text);
  *datatype++ = *dims++ = '\0';
  input->name = text;
  input->datatype = api.StringToDataType(datatype);
  if (input->datatype == TRITONSERVER_TYPE_INVALID) fail(2, "'%s' is no data type", datatype);
  size_t elements = 1;
  char* end = dims;
  while (*dims != '\0' && *dims != ':') {
    if (input->rank == MAX_DIMS) fail(2, "more than %d dimensions", MAX_DIMS);
    const long long dim = strtoll(dims, &end, 10);
    if (end == dims || dim < 0) fail(2, "'%s' is no dimension", dims);
    input->dims[input->rank++] = dim;
    elements *= (size_t)dim;
    dims = *end == ',' ? end + 1 : end;
  }
  input->bytes = elements * api.DataTypeByteSize(input->datatype);
  if (*dims == ':') input->bytes = strtoull(dims + 1, &end, 10);
  input->data = calloc(1, input->bytes + 1);
  if (input->data == NULL) fail(1, "no memory for %zu bytes", input->bytes);
  if (input->datatype == TRITONSERVER_TYPE_BYTES) {
    // Elements of equal length, each behind its length.
    const size_t each = elements != 0 ? input->bytes / elements : 0;
    if (elements != 0 && each < 4) fail(2, "BYTES need their size as a fourth part, >= 4 each");
    input->bytes = each * elements;
    for (size_t i = 0; i < elements; ++i) {
      const uint32_t length = (uint32_t)(each - 4);
      memcpy(input->data + i * each, &length, 4);
      memset(input->data + i * each + 4, 'a' + (int)(i % 26), length);
    }
  } else if (options.below != 0) {
    count_up(input, elements);
  } else {
    for (size_t i = 0; i < input->bytes; ++i) input->data[i] = (char)(i * 31 % 61);
    if (input->datatype == TRITONSERVER_TYPE_BOOL)
      for (size_t i = 0; i < input->bytes; ++i) input->data[i] &= 1;
  }
}

static double number(const char* flag, const char* text, double least, double most)
{
  char* end;
  const double value = strtod(text, &end);
  if (end == text || *end != '\0' || !(value >= least && value <= most))
    fail(2, "%s %s: expected a number from %g to %g", flag, text, least, most);
  return value;
}

static void parse(int argc, char** argv)
{
  for (int i = 1; i < argc; ++i) {
    const char* flag = argv[i];
    if (strcmp(flag, "--check-identity") == 0) {
      options.check_identity = true;
      continue;
    }
    if (i + 1 == argc) fail(2, "%s needs a value", flag);
    char* value = argv[++i];
    if (strcmp(flag, "--server") == 0) options.server = value;
    else if (strcmp(flag, "--repository") == 0) options.repository = value;
    else if (strcmp(flag, "--backends") == 0) options.backends = value;
    else if (strcmp(flag, "--model") == 0) options.model = value;
    else if (strcmp(flag, "--preload") == 0) options.preload = value;
    else if (strcmp(flag, "--in-flight") == 0)
      options.in_flight = (unsigned)number(flag, value, 1, MAX_IN_FLIGHT);
    else if (strcmp(flag, "--seconds") == 0) options.seconds = number(flag, value, 0, 3600);
    else if (strcmp(flag, "--warmup") == 0) options.warmup = number(flag, value, 0, 3600);
    else if (strcmp(flag, "--requests") == 0)
      options.requests = (uint64_t)number(flag, value, 1, 1e12);
    else if (strcmp(flag, "--below") == 0)
      options.below = (uint32_t)number(flag, value, 0, 127);
    else if (strcmp(flag, "--input") == 0) {
      if (options.input_count == MAX_INPUTS) fail(2, "more than %d inputs", MAX_INPUTS);
      options.input_texts[options.input_count++] = value;
    } else fail(2, "unknown argument '%s'", flag);
  }
  if (!options.server || !options.repository || !options.model || !options.input_count)
    fail(2, "--server, --repository, --model and --input are needed");
}

static void open_library(const char* path)
{
  if (options.preload != NULL && dlopen(options.preload, RTLD_NOW | RTLD_GLOBAL) == NULL)
    fail(1, "%s", dlerror());
  // Global: a backend may leave the server's functions undefined.
  void* library = dlopen(path, RTLD_NOW | RTLD_GLOBAL);
  if (library == NULL) fail(1, "%s", dlerror());
#define LOOK_UP(name)                                                                       \
  *(void**)&api.name = dlsym(library, "TRITONSERVER_" #name);                               \
  if (api.name == NULL) fail(1, "%s has no TRITONSERVER_" #name, path);
  FUNCTIONS(LOOK_UP)
}

// --- slots: the requests in flight -----------------------------------------------------------

typedef struct Slot {
  TRITONSERVER_InferenceRequest* request;    // owned
  TRITONSERVER_InferenceResponse* response;  // owned between callback and look
  struct Slot* next;                         // of the arrived
  uint64_t sent_ns;
  atomic_int missing;  // of release and response: the slot is free at 0
  unsigned output_count;
  struct {
    char* data;
    size_t capacity;
  } outputs[MAX_INPUTS];  // owned, used again
} Slot;

static Slot* slots;
static _Atomic(Slot*) arrived;
static atomic_int bell;     // a futex: changes when something arrives while somebody waits
static atomic_int waiting;  // the sender sleeps, or is about to

static uint64_t now_ns(void)
{
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static void arrive(Slot* slot)
{
  if (atomic_fetch_sub(&slot->missing, 1) != 1) return;
  Slot* head = atomic_load(&arrived);
  do slot->next = head;
  while (!atomic_compare_exchange_weak(&arrived, &head, slot));
  if (atomic_load(&waiting)) {
    atomic_fetch_add(&bell, 1);
    syscall(SYS_futex, &bell, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
  }
}

// At least one slot that is done; newest first.
static Slot* wait_for_arrival(void)
{
  Slot* taken = atomic_exchange(&arrived, NULL);
  while (taken == NULL) {
    const int before = atomic_load(&bell);
    atomic_store(&waiting, 1);
    if (atomic_load(&arrived) == NULL)
      syscall(SYS_futex, &bell, FUTEX_WAIT_PRIVATE, before, NULL, NULL, 0);
    atomic_store(&waiting, 0);
    taken = atomic_exchange(&arrived, NULL);
  }
  return taken;
}

static void on_release(TRITONSERVER_InferenceRequest* request, const uint32_t flags, void* userp)
{
  (void)request;
  if (flags & TRITONSERVER_REQUEST_RELEASE_ALL) arrive(userp);
}

static void on_response(
    TRITONSERVER_InferenceResponse* response, const uint32_t flags, void* userp)
{
  Slot* slot = userp;
  if (response != NULL) slot->response = response;
  if (flags & TRITONSERVER_RESPONSE_COMPLETE_FINAL) arrive(slot);
}

static TRITONSERVER_Error* allocate(
    TRITONSERVER_ResponseAllocator* allocator, const char* name, size_t size,
    TRITONSERVER_MemoryType type, int64_t device, void* userp, void** buffer, void** buffer_userp,
    TRITONSERVER_MemoryType* actual_type, int64_t* actual_device)
{
  (void)allocator, (void)name, (void)type, (void)device;
  Slot* slot = userp;
  const unsigned index = slot->output_count++;
  *buffer_userp = NULL;
  *actual_type = TRITONSERVER_MEMORY_CPU;
  *actual_device = 0;
  *buffer = NULL;
  if (size == 0) return NULL;
  if (index >= MAX_INPUTS) fail(1, "more than %d outputs", MAX_INPUTS);
  if (slot->outputs[index].capacity < size) {
    free(slot->outputs[index].data);
    slot->outputs[index].data = malloc(size);
    slot->outputs[index].capacity = size;
    if (slot->outputs[index].data == NULL) fail(1, "no memory for an output of %zu bytes", size);
  }
  *buffer = slot->outputs[index].data;
  return NULL;
}

static TRITONSERVER_Error* give_back(
    TRITONSERVER_ResponseAllocator* allocator, void* buffer, void* buffer_userp, size_t size,
    TRITONSERVER_MemoryType type, int64_t device)
{
  (void)allocator, (void)buffer, (void)buffer_userp, (void)size, (void)type, (void)device;
  return NULL;
}

static void look_at(Slot* slot)
{
  if (slot->response == NULL) fail(1, "a request ended without a response");
  check(api.InferenceResponseError(slot->response), "the response");
  uint32_t count;
  CALL(InferenceResponseOutputCount, slot->response, &count);
  for (uint32_t i = 0; i < count; ++i) {
    const char* name;
    TRITONSERVER_DataType datatype;
    const int64_t* shape;
    uint64_t rank;
    const void* base;
    size_t size;
    TRITONSERVER_MemoryType type;
    int64_t device;
    void* userp;
    CALL(InferenceResponseOutput, slot->response, i, &name, &datatype, &shape, &rank, &base, &size,
         &type, &device, &userp);
    if (options.check_identity && i < options.input_count &&
        (size != options.inputs[i].bytes || memcmp(base, options.inputs[i].data, size) != 0))
      fail(1, "output '%s' is not its input", name);
  }
  CALL(InferenceResponseDelete, slot->response);
  slot->response = NULL;
}

static void send_again(TRITONSERVER_Server* server, Slot* slot)
{
  atomic_store(&slot->missing, 2);
  slot->output_count = 0;
  slot->sent_ns = now_ns();
  CALL(ServerInferAsync, server, slot->request, NULL);
}

// --- the loop --------------------------------------------------------------------------------

static double seconds_of(struct timeval time) { return (double)time.tv_sec + time.tv_usec * 1e-6; }

typedef struct {
  uint64_t requests;
  double seconds, cpu;
  long switches;
  Counts counts;
} Measured;

// Nothing where nobody counts.
static Counts counts_now(void)
{
  return triton_py_counts == NULL ? (Counts){0} : *triton_py_counts();
}

// For so many seconds, or so many requests where that is not 0.
static Measured loop(
    TRITONSERVER_Server* server, double seconds, uint64_t requests, Latencies* latencies)
{
  struct rusage before, after;
  getrusage(RUSAGE_SELF, &before);
  const Counts counts_before = counts_now();
  const uint64_t begin = now_ns();
  const uint64_t end = begin + (uint64_t)(seconds * 1e9);
  Measured measured = {0};
  unsigned open = 0;
  for (; open < options.in_flight && (requests == 0 || open < requests); ++open)
    send_again(server, &slots[open]);
  uint64_t last = begin;
  while (open != 0) {
    for (Slot *slot = wait_for_arrival(), *next; slot != NULL; slot = next) {
      next = slot->next;
      const uint64_t now = last = now_ns();
      latencies_add(latencies, (now - slot->sent_ns) / 1000.0);
      ++measured.requests;
      look_at(slot);
      if (requests == 0 ? now < end : measured.requests + open <= requests)
        send_again(server, slot);
      else --open;
    }
  }
  getrusage(RUSAGE_SELF, &after);
  const Counts counts_after = counts_now();
  measured.counts.allocations = counts_after.allocations - counts_before.allocations;
  measured.counts.copied = counts_after.copied - counts_before.copied;
  measured.seconds = (double)(last - begin) * 1e-9;
  measured.cpu = seconds_of(after.ru_utime) + seconds_of(after.ru_stime) -
                 seconds_of(before.ru_utime) - seconds_of(before.ru_stime);
  measured.switches = after.ru_nvcsw + after.ru_nivcsw - before.ru_nvcsw - before.ru_nivcsw;
  return measured;
}

// Not getrusage's: that begins with what the process was before it became this program.
static long peak_kib(void)
{
  static const char name[] = "VmHWM:";
  char line[256];
  long kib = 0;
  FILE* file = fopen("/proc/self/status", "r");
  while (file != NULL && fgets(line, sizeof line, file) != NULL)
    if (strncmp(line, name, strlen(name)) == 0) kib = atol(line + strlen(name));
  if (file != NULL) fclose(file);
  return kib;
}

int main(int argc, char** argv)
{
  parse(argc, argv);
  open_library(options.server);
  for (unsigned i = 0; i < options.input_count; ++i)
    parse_input(options.input_texts[i], &options.inputs[i]);

  TRITONSERVER_ServerOptions* server_options;
  CALL(ServerOptionsNew, &server_options);
  CALL(ServerOptionsSetModelRepositoryPath, server_options, options.repository);
  if (options.backends != NULL)
    CALL(ServerOptionsSetBackendDirectory, server_options, options.backends);
  CALL(ServerOptionsSetLogInfo, server_options, false);
  CALL(ServerOptionsSetLogWarn, server_options, false);
  CALL(ServerOptionsSetStrictModelConfig, server_options, true);
  CALL(ServerOptionsSetMinSupportedComputeCapability, server_options, 0);
  TRITONSERVER_Server* server;
  CALL(ServerNew, &server, server_options);
  CALL(ServerOptionsDelete, server_options);

  TRITONSERVER_ResponseAllocator* allocator;
  CALL(ResponseAllocatorNew, &allocator, allocate, give_back, NULL);
  slots = calloc(options.in_flight, sizeof(Slot));
  if (slots == NULL) fail(1, "no memory");
  for (unsigned i = 0; i < options.in_flight; ++i) {
    Slot* slot = &slots[i];
    CALL(InferenceRequestNew, &slot->request, server, options.model, -1);
    for (unsigned k = 0; k < options.input_count; ++k) {
      const Input* input = &options.inputs[k];
      CALL(InferenceRequestAddInput, slot->request, input->name, input->datatype, input->dims,
           input->rank);
      CALL(InferenceRequestAppendInputData, slot->request, input->name, input->data, input->bytes,
           TRITONSERVER_MEMORY_CPU, 0);
    }
    CALL(InferenceRequestSetReleaseCallback, slot->request, on_release, slot);
    CALL(InferenceRequestSetResponseCallback, slot->request, allocator, slot, on_response, slot);
  }

  static Latencies latencies;
  if (options.requests == 0) loop(server, options.warmup, 0, &latencies);
  latencies_clear(&latencies);
  const Measured measured = loop(server, options.seconds, options.requests, &latencies);

  printf("{\"requests\": %llu, \"seconds\": %.6f, \"cpu_seconds\": %.6f, \"switches\": %ld, "
         "\"peak_kib\": %ld, ",
         (unsigned long long)measured.requests, measured.seconds, measured.cpu, measured.switches,
         peak_kib());
  if (triton_py_counts != NULL)
    printf("\"allocations\": %llu, \"copied\": %llu, ",
           (unsigned long long)measured.counts.allocations,
           (unsigned long long)measured.counts.copied);
  printf("\"histogram\": ");
  latencies_print(&latencies, stdout);
  puts("}");
  fflush(stdout);

  for (unsigned i = 0; i < options.in_flight; ++i)
    CALL(InferenceRequestDelete, slots[i].request);
  CALL(ResponseAllocatorDelete, allocator);
  CALL(ServerStop, server);
  CALL(ServerDelete, server);
  return 0;
}
