/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

#include "library.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

OrtFunctions ort;

/* ---- errors and types ---- */

TRITONSERVER_Error *ort_error(OrtStatus *status)
{
  if (status == NULL) return NULL;
  int number = ort.GetErrorCode(status);
  TRITONSERVER_Error_Code code =
      number == ORT_CODE_INVALID_ARGUMENT  ? TRITONSERVER_ERROR_INVALID_ARG
      : number == ORT_CODE_NOT_IMPLEMENTED ? TRITONSERVER_ERROR_UNSUPPORTED
                                           : TRITONSERVER_ERROR_INTERNAL;
  /* Some of its messages end in a line break. */
  const char *text = ort.GetErrorMessage(status);
  size_t length = strlen(text);
  while (length > 0 && text[length - 1] == '\n') length--;
  TRITONSERVER_Error *error =
      tb_error(code, "onnx runtime error %d: %.*s", number, (int)length, text);
  ort.ReleaseStatus(status);
  return error;
}

static const OrtElementType types[] = {
    [TRITONSERVER_TYPE_INVALID] = ORT_TYPE_UNDEFINED, [TRITONSERVER_TYPE_BOOL] = ORT_TYPE_BOOL,
    [TRITONSERVER_TYPE_UINT8] = ORT_TYPE_UINT8,       [TRITONSERVER_TYPE_UINT16] = ORT_TYPE_UINT16,
    [TRITONSERVER_TYPE_UINT32] = ORT_TYPE_UINT32,     [TRITONSERVER_TYPE_UINT64] = ORT_TYPE_UINT64,
    [TRITONSERVER_TYPE_INT8] = ORT_TYPE_INT8,         [TRITONSERVER_TYPE_INT16] = ORT_TYPE_INT16,
    [TRITONSERVER_TYPE_INT32] = ORT_TYPE_INT32,       [TRITONSERVER_TYPE_INT64] = ORT_TYPE_INT64,
    [TRITONSERVER_TYPE_FP16] = ORT_TYPE_FLOAT16,      [TRITONSERVER_TYPE_FP32] = ORT_TYPE_FLOAT,
    [TRITONSERVER_TYPE_FP64] = ORT_TYPE_DOUBLE,       [TRITONSERVER_TYPE_BYTES] = ORT_TYPE_STRING,
    [TRITONSERVER_TYPE_BF16] = ORT_TYPE_BFLOAT16,
};

OrtElementType ort_type_of(TRITONSERVER_DataType datatype)
{
  return (size_t)datatype < sizeof types / sizeof *types ? types[datatype] : ORT_TYPE_UNDEFINED;
}

TRITONSERVER_DataType ort_datatype_of(OrtElementType type)
{
  for (size_t i = 1; i < sizeof types / sizeof *types; i++)
    if (types[i] == type) return (TRITONSERVER_DataType)i;
  return TRITONSERVER_TYPE_INVALID;
}

/* ---- execution providers ---- */

/* Calls `visit` for each provider until it returns true; returns whether one did. */
static bool any_provider(bool (*visit)(const char *name, void *context), void *context)
{
  char **names;
  int count;
  bool found = false;
  OrtStatus *status = ort.GetAvailableProviders(&names, &count);
  if (status != NULL) {
    TB_LOG_IF_ERROR(ort_error(status), "listing execution providers");
    return false;
  }
  for (int i = 0; i < count && !found; i++) found = visit(names[i], context);
  TB_LOG_IF_ERROR(ort_error(ort.ReleaseAvailableProviders(names, count)),
                  "releasing the list of execution providers");
  return found;
}

static bool has_name(const char *name, void *wanted) { return strcmp(name, wanted) == 0; }

bool ort_has_provider(const char *name) { return any_provider(has_name, (void *)(uintptr_t)name); }

typedef struct {
  char *text;
  size_t size, used;
} name_list;

static bool add_name(const char *name, void *context)
{
  name_list *list = context;
  if (list->used < list->size)
    list->used += (size_t)snprintf(list->text + list->used, list->size - list->used, "%s%s",
                                   list->used > 0 ? ", " : "", name);
  return false;
}

const char *ort_provider_names(char *text, size_t size)
{
  name_list list = {.text = text, .size = size};
  text[0] = '\0';
  any_provider(add_name, &list);
  return text;
}

/* ---- the library ---- */

/* ONNX Runtime's log lines go where the server's go. It calls verbose what the server calls
 * verbose, and its information is of the same kind to anyone who isn't debugging a model. */
static void log_line(void *param, OrtLogLevel level, const char *category, const char *id,
                     const char *location, const char *message)
{
  (void)param;
  (void)category;
  TRITONSERVER_LogLevel to = level >= ORT_LOG_ERROR     ? TRITONSERVER_LOG_ERROR
                             : level == ORT_LOG_WARNING ? TRITONSERVER_LOG_WARN
                                                        : TRITONSERVER_LOG_VERBOSE;
  TB_LOG(to, "onnxruntime %s: %s (%s)", id, message, location);
}

static void *find_library(const char *path, char *problem, size_t size)
{
  /* Local: another copy of ONNX Runtime may be in the process, a Python module say. For good: its
   * threads and thread-local destructors outlive the last session. */
  const int flags = RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE;
  static const char *const names[] = {"libonnxruntime.so.1", "libonnxruntime.so"};
  if (path != NULL) {
    void *library = dlopen(path, flags);
    if (library == NULL) snprintf(problem, size, "%s", dlerror());
    return library;
  }
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    void *library = dlopen(names[i], flags);
    if (library != NULL) return library;
    if (i == 0) snprintf(problem, size, "%s", dlerror());
  }
  return NULL;
}

static TRITONSERVER_Error *read_table(void *handle, const char *path, const char **version)
{
  const OrtApiBase *(*get_base)(void);
  *(void **)&get_base = dlsym(handle, "OrtGetApiBase");
  if (get_base == NULL)
    return tb_error(TRITONSERVER_ERROR_INVALID_ARG,
                    "'%s' is no ONNX Runtime library: it has no function OrtGetApiBase",
                    path != NULL ? path : "libonnxruntime.so.1");
  const OrtApiBase *base = get_base();
  *version = base->GetVersionString();
  /* Asked of the version string first: GetApi complains on standard error about what it hasn't. */
  unsigned major = 0, minor = 0;
  int fields = sscanf(*version, "%u.%u", &major, &minor);
  const void *const *slots = fields == 2 && major == 1 && minor >= ORT_API_VERSION_NEEDED
                                 ? base->GetApi(ORT_API_VERSION_NEEDED)
                                 : NULL;
  if (slots == NULL)
    return tb_error(TRITONSERVER_ERROR_UNSUPPORTED,
                    "the onnxruntime backend works with ONNX Runtime 1.%d and later 1.x, found %s",
                    ORT_API_VERSION_NEEDED, *version);
#define ORT_COPY(place, result, name, arguments) memcpy(&ort.name, &slots[place], sizeof ort.name);
  ORT_FUNCTIONS(ORT_COPY)
  slots = minor >= ORT_OPTIONAL_VERSION ? base->GetApi(ORT_OPTIONAL_VERSION) : NULL;
  if (slots != NULL) {
    ORT_OPTIONAL_FUNCTIONS(ORT_COPY)
  }
#undef ORT_COPY
  return NULL;
}

/* Fills `ort`. A process has one ONNX Runtime: what a second server in it asks for must be there
 * too, but it gets the one of the first. */
static TRITONSERVER_Error *load_functions(const char *path, const char **version)
{
  static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
  static struct {
    void *handle;
    const char *version;
  } loaded;
  char problem[512] = "";
  void *handle = find_library(path, problem, sizeof problem);
  if (handle == NULL)
    return tb_error(TRITONSERVER_ERROR_UNAVAILABLE,
                    "the onnxruntime backend needs the ONNX Runtime library: `pip install "
                    "onnxruntime`, or set --backend-config=onnxruntime,library=<path of "
                    "libonnxruntime.so>: %s",
                    problem);
  TRITONSERVER_Error *error = NULL;
  pthread_mutex_lock(&lock);
  if (loaded.handle == NULL) {
    error = read_table(handle, path, version);
    if (error == NULL) {
      loaded.handle = handle;
      loaded.version = *version;
    }
  } else if (loaded.handle != handle) {
    TB_LOG_WARN("ONNX Runtime %s is in the process already and is used instead of '%s'",
                loaded.version, path != NULL ? path : "libonnxruntime.so.1");
  }
  *version = loaded.version;
  pthread_mutex_unlock(&lock);
  return error;
}

static TRITONSERVER_Error *thread_count(const tb_json *cmdline, const char *key, int *count)
{
  int64_t value = 0;
  const char *text = tb_json_string(cmdline, key, NULL);
  if (text != NULL) TB_RETURN_IF_ERROR(tb_parse_int(key, text, 0, 4096, &value));
  *count = (int)value;
  return NULL;
}

static TRITONSERVER_Error *make_env_with_pool(const tb_json *cmdline, OrtLogLevel level,
                                              ort_library *library)
{
  int intra, inter;
  TB_RETURN_IF_ERROR(thread_count(cmdline, "intra_op_thread_count", &intra));
  TB_RETURN_IF_ERROR(thread_count(cmdline, "inter_op_thread_count", &inter));
  OrtThreadingOptions *threading;
  ORT_RETURN_IF_ERROR(ort.CreateThreadingOptions(&threading));
  OrtStatus *status = NULL;
  if (intra > 0) status = ort.SetGlobalIntraOpNumThreads(threading, intra);
  if (status == NULL && inter > 0) status = ort.SetGlobalInterOpNumThreads(threading, inter);
  if (status == NULL)
    status = ort.CreateEnvWithCustomLoggerAndGlobalThreadPools(log_line, NULL, level, "triton",
                                                               threading, &library->env);
  ort.ReleaseThreadingOptions(threading);
  return ort_error(status);
}

TRITONSERVER_Error *ort_library_open(const tb_json *cmdline, ort_library *library)
{
  *library = (ort_library){.default_max_batch_size = 4};
  const char *pool = tb_json_string(cmdline, "enable-global-threadpool", NULL);
  if (pool != NULL)
    TB_RETURN_IF_ERROR(
        tb_parse_bool("enable-global-threadpool", pool, &library->global_thread_pool));
  const char *size = tb_json_string(cmdline, "default-max-batch-size", NULL);
  if (size != NULL)
    TB_RETURN_IF_ERROR(tb_parse_int("default-max-batch-size", size, 0, INT32_MAX,
                                    &library->default_max_batch_size));

  const char *path = tb_json_string(cmdline, "library", NULL);
  if (path != NULL && path[0] == '\0') path = NULL;
  TB_RETURN_IF_ERROR(load_functions(path, &library->version));
  OrtLogLevel level =
      TRITONSERVER_LogIsEnabled(TRITONSERVER_LOG_VERBOSE) ? ORT_LOG_INFO : ORT_LOG_WARNING;
  if (library->global_thread_pool)
    TB_RETURN_IF_ERROR(make_env_with_pool(cmdline, level, library));
  else
    ORT_RETURN_IF_ERROR(
        ort.CreateEnvWithCustomLogger(log_line, NULL, level, "triton", &library->env));
  TRITONSERVER_Error *error = ort_error(ort.GetAllocatorWithDefaultOptions(&library->allocator));
  if (error != NULL) ort_library_close(library);
  return error;
}

void ort_library_close(ort_library *library)
{
  if (library->env != NULL) ort.ReleaseEnv(library->env);
  library->env = NULL;
}
