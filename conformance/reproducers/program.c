/*HEAD*/

/* Build it against any server's in-process API, and give it the backend directory:
 *
 *   cc reproduce.c -o reproduce -I$(triton-py config --include) -L$(triton-py config --libdir) \
 *      -ltritonserver -pthread -Wl,-rpath,$(triton-py config --libdir)
 *   ./reproduce BACKEND_DIRECTORY [MODEL_REPOSITORY]
 *
 * It prints what is answered. Exit status: 0 all requests were answered, 1 one was not, 2 it could not
 * run; a crash ends it with a signal. Buffers end at a page that nobody may touch. */

#define _GNU_SOURCE
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "triton/core/tritonserver.h"

/*DATA*/

enum { MOST = 64 };

typedef struct {
  TRITONSERVER_InferenceRequest *request;
  char id[32];
  bool final, released;
} Sent;

static TRITONSERVER_Server *server;
static TRITONSERVER_ResponseAllocator *allocator;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static Sent sent[MOST];
static int count, unanswered;

static void check(TRITONSERVER_Error *error)
{
  if (error == NULL) return;
  fprintf(stderr, "%s: %s\n", TRITONSERVER_ErrorCodeString(error), TRITONSERVER_ErrorMessage(error));
  exit(2);
}

/* Memory of so many bytes, right before a page without access. It is never given back: who writes to it
 * too late is to be seen. */
static char *guarded(size_t size, size_t shift)
{
  size_t page = (size_t)sysconf(_SC_PAGESIZE);
  size_t room = (size + 32 + page - 1) / page * page;
  char *map = mmap(NULL, room + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (map == MAP_FAILED || mprotect(map + room, page, PROT_NONE) != 0) {
    perror("mmap");
    exit(2);
  }
  size_t offset = (room - size) / 16 * 16 + shift;
  return map + (offset + size > room ? offset - 16 : offset);
}

static TRITONSERVER_Error *allocate(TRITONSERVER_ResponseAllocator *self, const char *name, size_t size,
                                    TRITONSERVER_MemoryType type, int64_t id, void *userp,
                                    void **buffer, void **buffer_userp,
                                    TRITONSERVER_MemoryType *actual, int64_t *actual_id)
{
  (void)self, (void)name, (void)type, (void)id, (void)userp;
  *buffer = guarded(size, 0);
  *buffer_userp = NULL;
  *actual = TRITONSERVER_MEMORY_CPU;
  *actual_id = 0;
  return NULL;
}

static TRITONSERVER_Error *give_back(TRITONSERVER_ResponseAllocator *self, void *buffer,
                                     void *buffer_userp, size_t size, TRITONSERVER_MemoryType type,
                                     int64_t id)
{
  (void)self, (void)buffer, (void)buffer_userp, (void)size, (void)type, (void)id;
  return NULL;
}

static void show(const Sent *of, TRITONSERVER_InferenceResponse *response)
{
  uint32_t outputs;
  TRITONSERVER_Error *error = TRITONSERVER_InferenceResponseError(response);
  if (error != NULL) {
    printf("%s: error %s: %s\n", of->id, TRITONSERVER_ErrorCodeString(error),
           TRITONSERVER_ErrorMessage(error));
    TRITONSERVER_ErrorDelete(error);
    return;
  }
  check(TRITONSERVER_InferenceResponseOutputCount(response, &outputs));
  if (outputs == 0) printf("%s: a response without outputs\n", of->id);
  for (uint32_t i = 0; i < outputs; i++) {
    const char *name;
    TRITONSERVER_DataType datatype;
    const int64_t *shape;
    uint64_t rank;
    const void *base;
    size_t size;
    TRITONSERVER_MemoryType type;
    int64_t id;
    void *userp;
    check(TRITONSERVER_InferenceResponseOutput(response, i, &name, &datatype, &shape, &rank, &base,
                                               &size, &type, &id, &userp));
    printf("%s: %s %s [", of->id, name, TRITONSERVER_DataTypeString(datatype));
    for (uint64_t k = 0; k < rank; k++) printf(k == 0 ? "%lld" : ", %lld", (long long)shape[k]);
    printf("] %zu bytes:", size);
    for (size_t k = 0; k < size && k < 64; k++) printf(" %02x", ((const unsigned char *)base)[k]);
    printf(size > 64 ? " ...\n" : "\n");
  }
}

static void on_response(TRITONSERVER_InferenceResponse *response, const uint32_t flags, void *userp)
{
  Sent *of = userp;
  pthread_mutex_lock(&mutex);
  if (response != NULL) {
    show(of, response);
    check(TRITONSERVER_InferenceResponseDelete(response));
  }
  if (flags & TRITONSERVER_RESPONSE_COMPLETE_FINAL) {
    if (of->final) printf("%s: a second final response\n", of->id);
    of->final = true;
  }
  pthread_cond_broadcast(&changed);
  pthread_mutex_unlock(&mutex);
}

static void on_release(TRITONSERVER_InferenceRequest *request, const uint32_t flags, void *userp)
{
  Sent *of = userp;
  (void)request;
  if (!(flags & TRITONSERVER_REQUEST_RELEASE_ALL)) return;
  pthread_mutex_lock(&mutex);
  of->released = true;
  pthread_cond_broadcast(&changed);
  pthread_mutex_unlock(&mutex);
}

static inline void load(const char *model)
{
  TRITONSERVER_Error *error = TRITONSERVER_ServerLoadModel(server, model);
  printf("load %s: %s\n", model, error == NULL ? "done" : TRITONSERVER_ErrorMessage(error));
  if (error != NULL) TRITONSERVER_ErrorDelete(error);
}

static inline void unload(const char *model)
{
  TRITONSERVER_Error *error = TRITONSERVER_ServerUnloadModel(server, model);
  printf("unload %s: %s\n", model, error == NULL ? "done" : TRITONSERVER_ErrorMessage(error));
  if (error != NULL) TRITONSERVER_ErrorDelete(error);
  for (int i = 0; i < 1000; i++) { /* it goes on in the background */
    bool ready = false;
    error = TRITONSERVER_ServerModelIsReady(server, model, 1, &ready);
    if (error != NULL) {
      TRITONSERVER_ErrorDelete(error);
      ready = false;
    }
    if (!ready) break;
    usleep(2000);
  }
}

static inline void begin(void)
{
  memset(sent, 0, sizeof sent);
  count = 0;
}

static inline Sent *newest(void)
{
  return &sent[count];
}

static inline void new_request(const char *model, const char *id, uint32_t flags,
                               uint64_t correlation_id)
{
  Sent *of = newest();
  snprintf(of->id, sizeof of->id, "%s", id);
  check(TRITONSERVER_InferenceRequestNew(&of->request, server, model, -1));
  check(TRITONSERVER_InferenceRequestSetId(of->request, id));
  check(TRITONSERVER_InferenceRequestSetFlags(of->request, flags));
  if (correlation_id != 0)
    check(TRITONSERVER_InferenceRequestSetCorrelationId(of->request, correlation_id));
  check(TRITONSERVER_InferenceRequestSetReleaseCallback(of->request, on_release, of));
  check(TRITONSERVER_InferenceRequestSetResponseCallback(of->request, allocator, NULL, on_response,
                                                         of));
}

static inline void input(const char *name, TRITONSERVER_DataType datatype, const int64_t *shape,
                         uint64_t rank)
{
  check(TRITONSERVER_InferenceRequestAddInput(newest()->request, name, datatype, shape, rank));
}

/* Bytes of an input, from an array or from a file beside the program. */
static inline void data(const char *name, const unsigned char *bytes, size_t size, const char *file,
                        size_t shift)
{
  char *buffer = guarded(size, shift);
  if (file != NULL) {
    FILE *stream = fopen(file, "rb");
    if (stream == NULL || fread(buffer, 1, size, stream) != size) {
      perror(file);
      exit(2);
    }
    fclose(stream);
  } else if (size != 0) {
    memcpy(buffer, bytes, size);
  }
  check(TRITONSERVER_InferenceRequestAppendInputData(newest()->request, name, buffer, size,
                                                     TRITONSERVER_MEMORY_CPU, 0));
}

static inline void want(const char *output)
{
  check(TRITONSERVER_InferenceRequestAddRequestedOutput(newest()->request, output));
}

static inline void send(void)
{
  Sent *of = &sent[count++];
  TRITONSERVER_Error *error = TRITONSERVER_ServerInferAsync(server, of->request, NULL);
  if (error == NULL) return;
  printf("%s: not taken: %s\n", of->id, TRITONSERVER_ErrorMessage(error));
  TRITONSERVER_ErrorDelete(error);
  of->final = of->released = true;
}

static inline void cancel_after(double milliseconds)
{
  usleep((useconds_t)(milliseconds * 1000));
  check(TRITONSERVER_InferenceRequestCancel(sent[count - 1].request));
}

/* Waits for the responses of all that was sent. */
static inline void finish(int seconds)
{
  struct timespec end;
  clock_gettime(CLOCK_REALTIME, &end);
  end.tv_sec += seconds;
  pthread_mutex_lock(&mutex);
  for (int i = 0; i < count; i++) {
    while (!sent[i].final || !sent[i].released)
      if (pthread_cond_timedwait(&changed, &mutex, &end) != 0) break;
    if (!sent[i].final) printf("%s: no final response came\n", sent[i].id);
    if (!sent[i].released) printf("%s: it was not released\n", sent[i].id);
    if (!sent[i].final || !sent[i].released) unanswered++;
  }
  pthread_mutex_unlock(&mutex);
  if (unanswered > 0) { /* the server would wait for them */
    fflush(stdout);
    _exit(1);
  }
  for (int i = 0; i < count; i++) check(TRITONSERVER_InferenceRequestDelete(sent[i].request));
}

int main(int argc, char **argv)
{
  TRITONSERVER_ServerOptions *options;
  if (argc < 2) {
    fprintf(stderr, "usage: %s BACKEND_DIRECTORY [MODEL_REPOSITORY]\n", argv[0]);
    return 2;
  }
  setvbuf(stdout, NULL, _IOLBF, 0);
  check(TRITONSERVER_ServerOptionsNew(&options));
  check(TRITONSERVER_ServerOptionsSetModelRepositoryPath(options,
                                                         argc > 2 ? argv[2] : "model_repository"));
  check(TRITONSERVER_ServerOptionsSetBackendDirectory(options, argv[1]));
  check(TRITONSERVER_ServerOptionsSetModelControlMode(options, TRITONSERVER_MODEL_CONTROL_EXPLICIT));
  check(TRITONSERVER_ServerOptionsSetStrictModelConfig(options, false));
  check(TRITONSERVER_ServerNew(&server, options));
  check(TRITONSERVER_ServerOptionsDelete(options));
  check(TRITONSERVER_ResponseAllocatorNew(&allocator, allocate, give_back, NULL));
/*STEPS*/
  check(TRITONSERVER_ServerStop(server));
  check(TRITONSERVER_ServerDelete(server));
  check(TRITONSERVER_ResponseAllocatorDelete(allocator));
  return 0;
}
