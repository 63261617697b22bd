/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

#include "gpu.h"

#include <pthread.h>
#include <stdlib.h>

/* Opening an allocation takes a process about as long as a device takes to copy so much: shorter inputs are
 * copied into buffers, which are open already. */
enum { SHOWN_BYTES = 1 << 20 };

/* Buffers have powers of two from the one on; up to the other, all together, they are kept for the next. */
enum { LEAST_BYTES = 1 << 16 };
static const uint64_t KEPT_BYTES = UINT64_C(256) << 20;

struct py_gpu_buffer {
  struct py_gpu_buffer *next; /* of those that are kept */
  py_gpu *gpu;
  void *address;
  int64_t device;
  uint64_t size;
  uint32_t owners; /* 0: it waits for the next */
  bool kept;
  bool exported;
  tb_cuda_handle handle;
  uint64_t offset;
};

typedef struct {
  py_gpu_buffer *buffer; /* NULL of what a request has, which is not released before the loan is returned */
  const void *address;
  int64_t device;
  uint64_t size;
} lent_memory;

struct py_loan {
  struct py_loan *next;
  uint64_t number;
  uint32_t count, capacity;
  lent_memory *all;
};

struct py_gpu {
  const char *name;
  bool direct;
  pthread_mutex_t lock;
  py_gpu_buffer *kept;
  uint64_t kept_bytes;
  py_loan *loans;
  uint64_t last_loan;
  bool told; /* that inputs go by way of the CPU */
};

py_gpu *py_gpu_new(const char *name, bool direct)
{
  py_gpu *made = calloc(1, sizeof *made);
  if (made == NULL) return NULL;
  made->name = name;
  made->direct = direct;
  pthread_mutex_init(&made->lock, NULL);
  return made;
}

bool py_gpu_is_there(void)
{
  const char *off = getenv("TRITON_SERVER_CPU_ONLY");
  if (off != NULL && *off != '\0' && strcmp(off, "0") != 0) return false;
  const tb_cuda *cuda = tb_cuda_find();
  return cuda != NULL && cuda->devices > 0;
}

const char *py_gpu_runtime(void) { return py_gpu_is_there() ? tb_cuda_find()->path : ""; }

/* ---- buffers ---- */

static TRITONSERVER_Error *failed(int error, const char *what, uint64_t size, int64_t device)
{
  return tb_error(TRITONSERVER_ERROR_UNAVAILABLE, "%s of %llu bytes on GPU %lld: %s", what,
                  (unsigned long long)size, (long long)device, tb_cuda_find()->error_string(error));
}

static void free_memory(int64_t device, void *address)
{
  if (address == NULL) return;
  const tb_cuda *cuda = tb_cuda_find();
  int before;
  int error = tb_cuda_enter(cuda, device, &before);
  if (error == 0) {
    error = cuda->free(address);
    tb_cuda_leave(cuda, before);
  }
  if (error != 0)
    TB_LOG_ERROR("freeing memory of GPU %lld: %s", (long long)device, cuda->error_string(error));
}

/* One that is kept and waits: the smallest that is large enough. With `lock`. */
static py_gpu_buffer *find_kept(const py_gpu *gpu, int64_t device, uint64_t size)
{
  py_gpu_buffer *best = NULL;
  for (py_gpu_buffer *one = gpu->kept; one != NULL; one = one->next)
    if (one->owners == 0 && one->device == device && one->size >= size &&
        (best == NULL || one->size < best->size))
      best = one;
  return best;
}

static TRITONSERVER_Error *allocate(py_gpu *gpu, int64_t device, uint64_t size, py_gpu_buffer **buffer)
{
  const tb_cuda *cuda = tb_cuda_find();
  int before;
  py_gpu_buffer *made = calloc(1, sizeof *made);
  if (made == NULL) return tb_out_of_memory("a buffer");
  int error = tb_cuda_enter(cuda, device, &before);
  if (error == 0) {
    error = cuda->malloc(&made->address, (size_t)size);
    if (error != 0) (void)cuda->last_error();
    tb_cuda_leave(cuda, before);
  }
  if (error != 0) {
    free(made);
    return failed(error, "a buffer", size, device);
  }
  made->gpu = gpu;
  made->device = device;
  made->size = size;
  made->owners = 1;
  made->exported = !gpu->direct && tb_cuda_export(cuda, device, made->address, &made->handle, &made->offset) == 0;
  *buffer = made;
  return NULL;
}

TRITONSERVER_Error *py_gpu_take(py_gpu *gpu, int64_t device, uint64_t size, py_gpu_buffer **buffer)
{
  if (!py_gpu_is_there())
    return TRITONSERVER_ErrorNew(TRITONSERVER_ERROR_UNSUPPORTED, "this server has no GPU");
  uint64_t whole = LEAST_BYTES;
  while (whole < size && whole < KEPT_BYTES) whole *= 2;
  const bool keeps = whole >= size;
  pthread_mutex_lock(&gpu->lock);
  py_gpu_buffer *found = keeps ? find_kept(gpu, device, size) : NULL;
  if (found != NULL) found->owners = 1;
  /* Counted before it is there: who comes meanwhile is not to take the same room. */
  const bool kept = keeps && found == NULL && gpu->kept_bytes + whole <= KEPT_BYTES;
  if (kept) gpu->kept_bytes += whole;
  pthread_mutex_unlock(&gpu->lock);
  *buffer = found;
  if (found != NULL) return NULL;
  TRITONSERVER_Error *error = allocate(gpu, device, kept ? whole : size, buffer);
  if (!kept) return error;
  pthread_mutex_lock(&gpu->lock);
  if (error != NULL) {
    gpu->kept_bytes -= whole;
  } else {
    (*buffer)->kept = true;
    (*buffer)->next = gpu->kept;
    gpu->kept = *buffer;
  }
  pthread_mutex_unlock(&gpu->lock);
  return error;
}

void *py_gpu_address(const py_gpu_buffer *buffer) { return buffer->address; }

void py_gpu_give(py_gpu_buffer *buffer)
{
  if (buffer == NULL) return;
  py_gpu *gpu = buffer->gpu;
  pthread_mutex_lock(&gpu->lock);
  const bool gone = --buffer->owners == 0 && !buffer->kept;
  pthread_mutex_unlock(&gpu->lock);
  if (!gone) return;
  free_memory(buffer->device, buffer->address);
  free(buffer);
}

/* ---- loans ---- */

static bool add(py_loan **loan, lent_memory one, py_gpu_place *place)
{
  if (*loan == NULL) *loan = calloc(1, sizeof **loan);
  if (*loan == NULL || (*loan)->count == PY_MOST_OF_LOAN) return false;
  if ((*loan)->count == (*loan)->capacity) {
    const uint32_t capacity = (*loan)->capacity == 0 ? 4 : (*loan)->capacity * 2;
    lent_memory *grown = realloc((*loan)->all, capacity * sizeof *grown);
    if (grown == NULL) return false;
    (*loan)->all = grown;
    (*loan)->capacity = capacity;
  }
  if (place != NULL) place->place |= (*loan)->count << PY_INDEX_SHIFT;
  (*loan)->all[(*loan)->count++] = one;
  return true;
}

bool py_loan_add(py_loan **loan, py_gpu_buffer *buffer, py_gpu_place *place)
{
  if (!add(loan, (lent_memory){buffer, buffer->address, buffer->device, buffer->size}, place)) return false;
  pthread_mutex_lock(&buffer->gpu->lock);
  buffer->owners++;
  pthread_mutex_unlock(&buffer->gpu->lock);
  return true;
}

uint64_t py_loan_open(py_gpu *gpu, py_loan *loan)
{
  if (loan == NULL) return 0;
  pthread_mutex_lock(&gpu->lock);
  const uint64_t number = loan->number = ++gpu->last_loan;
  loan->next = gpu->loans;
  gpu->loans = loan;
  pthread_mutex_unlock(&gpu->lock);
  return number;
}

void py_loan_drop(py_loan *loan)
{
  if (loan == NULL) return;
  for (uint32_t i = 0; i < loan->count; i++) py_gpu_give(loan->all[i].buffer);
  free(loan->all);
  free(loan);
}

void py_loan_return(py_gpu *gpu, uint64_t number)
{
  py_loan *found = NULL;
  pthread_mutex_lock(&gpu->lock);
  for (py_loan **place = &gpu->loans; *place != NULL && found == NULL; ) {
    if ((*place)->number == number) {
      found = *place;
      *place = found->next;
    } else {
      place = &(*place)->next;
    }
  }
  pthread_mutex_unlock(&gpu->lock);
  py_loan_drop(found);
}

void py_gpu_delete(py_gpu *gpu)
{
  if (gpu == NULL) return;
  /* Of a worker within this process: it frees what it still has. */
  for (py_loan *loan = gpu->direct ? gpu->loans : NULL; loan != NULL; loan = loan->next)
    for (uint32_t i = 0; i < loan->count; i++) loan->all[i].buffer->address = NULL;
  while (gpu->loans != NULL) py_loan_return(gpu, gpu->loans->number);
  while (gpu->kept != NULL) {
    py_gpu_buffer *next = gpu->kept->next;
    free_memory(gpu->kept->device, gpu->kept->address);
    free(gpu->kept);
    gpu->kept = next;
  }
  pthread_mutex_destroy(&gpu->lock);
  free(gpu);
}

/* ---- to the worker ---- */

void py_gpu_show_buffer(const py_gpu_buffer *buffer, py_gpu_place *place)
{
  const bool direct = buffer->gpu->direct;
  *place = (py_gpu_place){.place = PY_LOANED | (buffer->kept ? PY_STAYS : 0) |
                                   (direct ? PY_AT_ADDRESS : PY_BY_HANDLE),
                          .device = buffer->device,
                          .offset = direct ? (uint64_t)(uintptr_t)buffer->address : buffer->offset,
                          .handle = buffer->handle,
                          .shown = direct || buffer->exported};
}

/* The request's own memory. *shown stays false where another process can't open it. */
static void show_own(const py_gpu *gpu, const void *data, int64_t device, py_gpu_place *place)
{
  *place = (py_gpu_place){.place = gpu->direct ? PY_AT_ADDRESS : PY_BY_HANDLE, .device = device};
  if (gpu->direct) {
    place->offset = (uint64_t)(uintptr_t)data;
    place->shown = true;
  } else {
    place->shown = tb_cuda_export(tb_cuda_find(), device, data, &place->handle, &place->offset) == 0;
  }
}

/* A copy on the same device. */
static TRITONSERVER_Error *show_copy(py_gpu *gpu, const tb_input *input, int64_t device, py_loan **loan,
                                     py_gpu_place *place)
{
  py_gpu_buffer *buffer;
  TB_RETURN_IF_ERROR(py_gpu_take(gpu, device, input->byte_size, &buffer));
  TRITONSERVER_Error *error = NULL;
  py_gpu_show_buffer(buffer, place);
  if (place->shown) error = tb_input_copy(input, buffer->address, TRITONSERVER_MEMORY_GPU);
  if (error == NULL && place->shown && !py_loan_add(loan, buffer, place)) error = tb_out_of_memory("a batch");
  py_gpu_give(buffer);
  return error;
}

/* Why an input that was to be shown goes by way of the CPU: the first time as a warning. */
static void tell(py_gpu *gpu, const char *input, TRITONSERVER_Error *error)
{
  pthread_mutex_lock(&gpu->lock);
  const bool first = !gpu->told;
  gpu->told = true;
  pthread_mutex_unlock(&gpu->lock);
  const char *why = error == NULL ? "its memory can't be shared with another process"
                                  : TRITONSERVER_ErrorMessage(error);
  if (first)
    TB_LOG_WARN("model instance '%s' gets input '%s', which is in GPU memory, in CPU memory: %s", gpu->name,
                input, why);
  else
    TB_LOG_VERBOSE("model instance '%s' gets input '%s' in CPU memory: %s", gpu->name, input, why);
}

TRITONSERVER_Error *py_gpu_show(py_gpu *gpu, const tb_input *input, bool lends, py_loan **loan, bool *lent,
                                py_gpu_place *place)
{
  const void *data;
  uint64_t size;
  TRITONSERVER_MemoryType type = TRITONSERVER_MEMORY_GPU;
  int64_t device = 0;
  *place = (py_gpu_place){.shown = false};
  if (input->byte_size == 0 || input->buffer_count == 0 || input->datatype == TRITONSERVER_TYPE_BYTES)
    return NULL;
  TB_RETURN_IF_ERROR(TRITONBACKEND_InputBuffer(input->handle, 0, &data, &size, &type, &device));
  if (type != TRITONSERVER_MEMORY_GPU) return NULL;
  if (!py_gpu_is_there()) {
    tell(gpu, input->name, NULL);
    return NULL;
  }
  if (lends && size == input->byte_size && (gpu->direct || size >= SHOWN_BYTES)) {
    show_own(gpu, data, device, place);
    /* Within this process it is handed on by its address. */
    if (place->shown && !gpu->direct && !add(loan, (lent_memory){NULL, data, device, size}, place))
      return tb_out_of_memory("a batch");
    if (place->shown) {
      *lent = true;
      return NULL;
    }
    TB_LOG_VERBOSE("model instance '%s' gets a copy of input '%s': its memory can't be shared with another "
                   "process",
                   gpu->name, input->name);
  }
  TRITONSERVER_Error *error = show_copy(gpu, input, device, loan, place);
  if (error == NULL && place->shown) return NULL;
  place->shown = false;
  tell(gpu, input->name, error);
  if (error != NULL) TRITONSERVER_ErrorDelete(error);
  return NULL;
}

void py_gpu_put(py_writer *to, const py_gpu_place *place, uint64_t size)
{
  py_put_u32s(to, TRITONSERVER_MEMORY_GPU, place->place);
  py_put_u64(to, (uint64_t)place->device);
  py_put_u64(to, place->offset);
  py_put_u64(to, size);
  if ((place->place & PY_PLACES) == PY_BY_HANDLE) py_put(to, &place->handle, sizeof place->handle);
}

/* ---- from the worker ---- */

static TRITONSERVER_Error *open_handle(const tb_cuda_handle *handle, uint64_t offset, py_shown *shown)
{
  const tb_cuda *cuda = tb_cuda_find();
  int before;
  size_t size = 0;
  uintptr_t base = 0;
  if (!py_gpu_is_there())
    return TRITONSERVER_ErrorNew(TRITONSERVER_ERROR_UNSUPPORTED,
                                 "a model sent a tensor in GPU memory to a server without a GPU");
  int error = tb_cuda_enter(cuda, shown->device, &before);
  if (error == 0) {
    error = cuda->ipc_open(&shown->opened, *handle, 1 /* cudaIpcMemLazyEnablePeerAccess */);
    if (error != 0) {
      shown->opened = NULL;
      (void)cuda->last_error();
    } else if (cuda->range != NULL) {
      /* Copying beyond it would leave the whole process without its GPU. */
      error = cuda->range(&base, &size, (uintptr_t)shown->opened);
    }
    tb_cuda_leave(cuda, before);
  }
  if (error != 0) {
    py_shown_close(shown);
    return failed(error, "opening a model's tensor", shown->size, shown->device);
  }
  if (cuda->range != NULL && (offset > size || shown->size > size - offset)) {
    py_shown_close(shown);
    return TRITONSERVER_ErrorNew(TRITONSERVER_ERROR_INTERNAL,
                                 "a model's tensor is not within the memory that it shows");
  }
  shown->data = (const char *)shown->opened + offset;
  return NULL;
}

/* What was shown to the worker, and is handed on. False where it has no such thing. */
static bool find_lent(py_gpu *gpu, uint64_t number, uint32_t index, py_shown *shown)
{
  pthread_mutex_lock(&gpu->lock);
  const py_loan *loan = gpu->loans;
  while (loan != NULL && loan->number != number) loan = loan->next;
  const bool found = loan != NULL && index < loan->count && shown->size <= loan->all[index].size;
  if (found) {
    shown->data = loan->all[index].address;
    shown->device = loan->all[index].device;
    shown->type = TRITONSERVER_MEMORY_GPU;
  }
  pthread_mutex_unlock(&gpu->lock);
  return found;
}

TRITONSERVER_Error *py_shown_open(py_gpu *gpu, const py_channel *channel, py_reader *reader, py_shown *shown)
{
  uint32_t type, place;
  tb_cuda_handle handle;
  py_get_u32s(reader, &type, &place);
  *shown = (py_shown){.device = (int64_t)py_get_u64(reader)};
  const uint64_t offset = py_get_u64(reader);
  shown->size = py_get_u64(reader);
  shown->home = type == TRITONSERVER_MEMORY_GPU ? TRITONSERVER_MEMORY_GPU : TRITONSERVER_MEMORY_CPU;
  const bool on_gpu = place == PY_BY_HANDLE || (place == PY_AT_ADDRESS && type == TRITONSERVER_MEMORY_GPU);
  shown->type = on_gpu ? TRITONSERVER_MEMORY_GPU : TRITONSERVER_MEMORY_CPU;
  if ((place & PY_PLACES) == PY_OF_LOAN) {
    if (reader->broken || !find_lent(gpu, offset, PY_INDEX(place), shown)) reader->broken = true;
    return NULL;
  }
  if (place == PY_BY_HANDLE) {
    const void *bytes = py_get(reader, sizeof handle);
    if (reader->broken) return NULL;
    memcpy(&handle, bytes, sizeof handle);
    return open_handle(&handle, offset, shown);
  }
  shown->data = reader->broken ? NULL : py_tensor_at(channel, place, offset, shown->size);
  if (shown->data == NULL) reader->broken = true;
  return NULL;
}

void py_shown_close(py_shown *shown)
{
  if (shown->opened == NULL) return;
  const tb_cuda *cuda = tb_cuda_find();
  int before;
  int error = tb_cuda_enter(cuda, shown->device, &before);
  if (error == 0) {
    error = cuda->ipc_close(shown->opened);
    tb_cuda_leave(cuda, before);
  }
  shown->opened = NULL;
  if (error != 0) TB_LOG_ERROR("closing a model's GPU memory: %s", cuda->error_string(error));
}
