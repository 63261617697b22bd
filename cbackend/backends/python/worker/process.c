/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* The channel as Python sees it. Waits and long copies are without the GIL. */

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../pair.h"
#include "gil.h"
#include "gpu.h"
#include "process.h"

PyTypeObject *py_worker_type;
static PyTypeObject *block_type;

/* ---- children of the worker ---- */

/* A model may fork, and its children may read the tensors that it has. But what they would write to the
 * channel is the worker's to write, who does not see it. */
static bool forked;

static void note_fork(void) { forked = true; }

bool py_may_talk(void)
{
  if (forked)
    PyErr_SetString(PyExc_RuntimeError,
                    "this process was forked by a model: only the model's own process talks to the server");
  return !forked;
}

/* ---- blocks of the backend's ---- */

typedef struct {
  PyObject_HEAD
  py_worker *worker;
  uint64_t block;
  bool lent;
  uint64_t id; /* of the batch whose inputs were lent */
  uint64_t loan; /* of buffers in GPU memory */
  py_gpu_holds *holds;
} block_object;

py_gpu_holds **py_block_holds(PyObject *block) { return &((block_object *)block)->holds; }

uint64_t py_block_loan(PyObject *block) { return ((block_object *)block)->loan; }

static void give_block(py_worker *worker, uint64_t block, bool lent, uint64_t id, uint64_t loan,
                       py_gpu_holds *holds)
{
  const py_message message = {.kind = lent ? PY_LET_GO : PY_RETURN, .id = lent ? id : loan, .block = PY_NO_BLOCK};
  bool returned = true;
  if (forked) return;
  if (holds != NULL) {
    Py_BEGIN_ALLOW_THREADS;
    py_gpu_settle(holds);
    Py_END_ALLOW_THREADS;
  }
  if (!py_channel_is_direct(worker->channel)) {
    /* Closed before the server may free it. */
    py_gpu_holds_delete(holds, false);
    holds = NULL;
  }
  py_channel_give(worker->channel, block);
  if (lent || loan != 0) {
    /* The backend releases requests upon it: others may run meanwhile. It does not hear it any more where it
     * has closed. */
    Py_BEGIN_ALLOW_THREADS;
    returned = py_channel_send(worker->channel, &message);
    Py_END_ALLOW_THREADS;
  }
  py_gpu_holds_delete(holds, !returned);
}

PyObject *py_block_new(py_worker *worker, uint64_t block, bool lent, uint64_t id, uint64_t loan)
{
  block_object *made = PyObject_New(block_object, block_type);
  if (made == NULL) {
    give_block(worker, block, lent, id, loan, NULL);
    return NULL;
  }
  made->lent = lent;
  made->id = id;
  made->loan = loan;
  made->holds = NULL;
  Py_INCREF((PyObject *)worker);
  made->worker = worker;
  made->block = block;
  return (PyObject *)made;
}

static void block_dealloc(PyObject *self)
{
  block_object *object = (block_object *)self;
  PyTypeObject *type = Py_TYPE(self);
  give_block(object->worker, object->block, object->lent, object->id, object->loan, object->holds);
  Py_DECREF((PyObject *)object->worker);
  ((freefunc)PyType_GetSlot(type, Py_tp_free))(self);
  Py_DECREF(type);
}

static PyType_Slot BLOCK_SLOTS[] = {{Py_tp_dealloc, block_dealloc}, {0, NULL}};
static PyType_Spec BLOCK_SPEC = {"_bridge.Block", sizeof(block_object), 0, Py_TPFLAGS_DEFAULT,
                                 BLOCK_SLOTS};

/* ---- the end of the server ---- */

/* The server holds the other end of a socket, and says nothing: when it goes, in whatever way, so does the
 * worker, and what it has started. (Where the model closes the descriptor, the wait goes on.) */
static void *watch(void *argument)
{
  struct pollfd what = {.fd = (int)(intptr_t)argument, .events = POLLIN};
  const pid_t group = getpgrp();
  while (poll(&what, 1, -1) < 0 && errno == EINTR) {
  }
  if (getpgrp() == group) kill(0, SIGKILL);
  _exit(0);
}

static bool start_watch(int fd)
{
  pthread_t thread;
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_attr_setstacksize(&attributes, 65536);
  const int error = pthread_create(&thread, &attributes, watch, (void *)(intptr_t)fd);
  pthread_attr_destroy(&attributes);
  return error == 0;
}

/* ---- the object ---- */

PyObject *py_worker_new(py_channel *channel)
{
  allocfunc allocate = (allocfunc)PyType_GetSlot(py_worker_type, Py_tp_alloc);
  py_worker *made = (py_worker *)allocate(py_worker_type, 0);
  if (made == NULL)
    py_channel_delete(channel);
  else
    made->channel = channel;
  return (PyObject *)made;
}

/* Channel(fd, life): the file, and the socket whose other end the server has. */
static PyObject *worker_open(PyTypeObject *type, PyObject *arguments, PyObject *keywords)
{
  int fd, life;
  (void)type, (void)keywords;
  if (!PyArg_ParseTuple(arguments, "ii", &fd, &life)) return NULL;
  py_channel *channel = py_channel_open(fd, UINT64_C(256) << 20);
  if (channel == NULL) {
    if (errno == EPROTO)
      PyErr_SetString(PyExc_RuntimeError, "the server and its worker are of different versions");
    else
      PyErr_SetFromErrno(PyExc_OSError);
    return NULL;
  }
  if (!start_watch(life)) {
    PyErr_SetString(PyExc_RuntimeError, "a thread can't be started");
    py_channel_delete(channel);
    return NULL;
  }
  (void)pthread_atfork(NULL, NULL, note_fork);
  return py_worker_new(channel);
}

static void worker_dealloc(PyObject *self)
{
  PyTypeObject *type = Py_TYPE(self);
  py_channel_delete(((py_worker *)self)->channel);
  ((freefunc)PyType_GetSlot(type, Py_tp_free))(self);
  Py_DECREF(type);
}

PyObject *py_worker_message(py_worker *worker, const py_message *message)
{
  PyObject *block = NULL, *content = NULL;
  if (message->block != PY_NO_BLOCK) {
    const bool lent = message->kind == PY_EXECUTE && (message->flags & PY_LENT) != 0;
    const uint64_t loan = message->kind == PY_EXECUTE ? message->values[1] : 0;
    block = py_block_new(worker, message->block, lent, message->id, loan);
    if (block == NULL) return NULL;
  }
  py_reader reader = {.from = py_channel_at(worker->channel, message->block, message->size),
                      .size = message->size};
  switch (message->kind) {
    case PY_EXECUTE: content = py_read_requests(worker, block, message); break;
    case PY_START: {
      content = PyList_New(0);
      while (content != NULL && reader.from != NULL && reader.at < reader.size && !reader.broken) {
        uint64_t size;
        const char *text = py_get_text(&reader, &size);
        PyObject *one = text == NULL ? py_ref(Py_None)
                                     : PyUnicode_DecodeUTF8(text, (Py_ssize_t)size, "replace");
        if (one == NULL || PyList_Append(content, one) != 0) Py_CLEAR(content);
        Py_XDECREF(one);
      }
      break;
    }
    default: content = py_ref(Py_None);
  }
  Py_XDECREF(block);
  if (content == NULL) return NULL;
  return Py_BuildValue("(IKNKI)", (unsigned)message->kind, (unsigned long long)message->id, content,
                       (unsigned long long)message->values[0], (unsigned)message->flags);
}

/* receive() -> (kind, id, content, value, flags): None when the server has closed. */
static PyObject *worker_receive(PyObject *self, PyObject *nothing)
{
  (void)nothing;
  py_worker *worker = (py_worker *)self;
  py_message message;
  py_wait end;
  if (!py_may_talk()) return NULL;
  Py_BEGIN_ALLOW_THREADS;
  end = py_channel_receive(worker->channel, &message, UINT64_MAX);
  Py_END_ALLOW_THREADS;
  if (end != PY_GOT) Py_RETURN_NONE;
  return py_worker_message(worker, &message);
}

/* Sends what was sealed, or nothing where `sealed` is NULL. */
static PyObject *send_message(py_worker *worker, uint32_t kind, uint32_t flags, uint64_t id,
                              uint64_t value, uint64_t second, const py_sealed *sealed)
{
  const py_message message = {.kind = kind, .flags = flags, .id = id,
                              .block = sealed == NULL ? PY_NO_BLOCK : sealed->block,
                              .size = sealed == NULL ? 0 : sealed->size, .values = {value, second}};
  bool sent;
  if (!py_may_talk()) return NULL;
  Py_BEGIN_ALLOW_THREADS;
  sent = py_channel_send(worker->channel, &message);
  Py_END_ALLOW_THREADS;
  if (!sent && sealed != NULL) py_channel_untake(worker->channel, sealed->block);
  if (!sent) {
    PyErr_SetString(PyExc_ConnectionError, "the server has closed the channel");
    return NULL;
  }
  Py_RETURN_NONE;
}

/* Waits for an answer at an own place, which is given back. False with an exception where none comes. */
static bool wait_for_answer(py_worker *worker, py_answer *answer, uint64_t place, py_answer *got)
{
  py_wait end;
  Py_BEGIN_ALLOW_THREADS;
  end = py_channel_wait_answer(worker->channel, answer, UINT64_MAX);
  Py_END_ALLOW_THREADS;
  *got = *answer;
  if (end != PY_GOT) {
    /* The place stays taken: an answer may still be on its way. */
    PyErr_SetString(PyExc_ConnectionError, "the server has closed the channel");
    return false;
  }
  py_channel_untake(worker->channel, place);
  return true;
}

/* A place for an answer, NULL with an exception. */
static py_answer *answer_place(py_worker *worker, uint64_t *place)
{
  py_answer *answer = py_channel_take(worker->channel, sizeof *answer, place);
  if (answer == NULL)
    PyErr_NoMemory();
  else
    memset(answer, 0, sizeof *answer);
  return answer;
}

/* Sends responses; where they show GPU memory to another process, waits until they were copied. */
static PyObject *send_responses(py_worker *worker, uint32_t kind, uint64_t id, uint64_t value,
                                const py_sealed *sealed)
{
  uint64_t place;
  py_answer got;
  if (!sealed->lent || py_channel_is_direct(worker->channel))
    return send_message(worker, kind, 0, id, value, 0, sealed);
  py_answer *answer = answer_place(worker, &place);
  if (answer == NULL) {
    py_channel_untake(worker->channel, sealed->block);
    return NULL;
  }
  PyObject *sent = send_message(worker, kind, PY_AWAITS, id, value, place, sealed);
  if (sent == NULL) {
    py_channel_untake(worker->channel, place);
  } else if (!wait_for_answer(worker, answer, place, &got)) {
    Py_CLEAR(sent);
  }
  return sent;
}

/* What executed() has made, and is to be sent without the GIL. */
typedef struct {
  py_message message;
  PyObject *kept; /* what keeps lent tensors, or NULL */
} executed;

static const char EXECUTED[] = "_bridge.executed";

/* Of one that was not sent. */
static void drop_executed(PyObject *capsule)
{
  executed *made = PyCapsule_GetPointer(capsule, EXECUTED);
  if (made == NULL) return;
  if (made->message.block != PY_NO_BLOCK) py_pair_free(made->message.block);
  Py_XDECREF(made->kept);
  PyMem_Free(made);
}

bool py_send_executed(py_worker *worker, PyObject *made)
{
  if (!PyCapsule_IsValid(made, EXECUTED)) return false;
  executed *inside = PyCapsule_GetPointer(made, EXECUTED);
  const py_message message = inside->message;
  PyObject *kept = inside->kept;
  inside->message.block = PY_NO_BLOCK;
  inside->kept = NULL;
  Py_DECREF(made);
  /* The worker lives as long as the backend delivers to it. */
  py_channel *channel = worker->channel;
  py_gil_leave();
  if (!py_channel_send(channel, &message)) py_channel_untake(channel, message.block);
  if (kept != NULL) {
    py_gil_take();
    Py_DECREF(kept);
    py_gil_leave();
  }
  return true;
}

/* executed(batch, [(response, release flags)]): sends it; within the server's process, where the GIL is what
 * others wait for, a capsule for py_send_executed() comes back instead. */
static PyObject *worker_executed(PyObject *self, PyObject *arguments)
{
  py_worker *worker = (py_worker *)self;
  unsigned long long batch;
  PyObject *list;
  py_sealed sealed;
  if (!PyArg_ParseTuple(arguments, "KO", &batch, &list)) return NULL;
  if (!py_write_responses(worker, list, true, &sealed)) return NULL;
  const uint64_t count = (uint64_t)PyList_Size(list);
  if (!py_channel_is_direct(worker->channel))
    return send_responses(worker, PY_EXECUTED, batch, count, &sealed);
  executed *made = PyMem_Malloc(sizeof *made);
  if (made == NULL) {
    py_channel_untake(worker->channel, sealed.block);
    return PyErr_NoMemory();
  }
  *made = (executed){{.kind = PY_EXECUTED, .id = batch, .block = sealed.block, .size = sealed.size,
                      .values = {count}},
                     sealed.lent ? py_ref(list) : NULL};
  PyObject *capsule = PyCapsule_New(made, EXECUTED, drop_executed);
  if (capsule == NULL) {
    py_channel_untake(worker->channel, sealed.block);
    Py_XDECREF(made->kept);
    PyMem_Free(made);
  }
  return capsule;
}

/* respond(batch, number, response): one that a sender sends. */
static PyObject *worker_respond(PyObject *self, PyObject *arguments)
{
  py_worker *worker = (py_worker *)self;
  unsigned long long batch, number;
  PyObject *response;
  py_sealed sealed;
  if (!PyArg_ParseTuple(arguments, "KKO", &batch, &number, &response)) return NULL;
  PyObject *list = PyList_New(0);
  if (list == NULL || PyList_Append(list, response) != 0) {
    Py_XDECREF(list);
    return NULL;
  }
  const bool good = py_write_responses(worker, list, false, &sealed);
  Py_DECREF(list);
  return good ? send_responses(worker, PY_RESPONSE, batch, number, &sealed) : NULL;
}

/* send(kind, id, value, second, flags, texts...): a message with texts, or with nothing. */
static PyObject *worker_send(PyObject *self, PyObject *arguments)
{
  py_worker *worker = (py_worker *)self;
  unsigned kind, flags;
  unsigned long long id, value, second;
  PyObject *texts[4] = {NULL};
  py_sealed sealed;
  if (!PyArg_ParseTuple(arguments, "IKKKI|OOOO", &kind, &id, &value, &second, &flags, &texts[0],
                        &texts[1], &texts[2], &texts[3]))
    return NULL;
  size_t count = 0;
  while (count < 4 && texts[count] != NULL) count++;
  if (count == 0) return send_message(worker, kind, flags, id, value, second, NULL);
  if (!py_write_text(worker, texts, count, &sealed)) return NULL;
  return send_message(worker, kind, flags, id, value, second, &sealed);
}

/* ---- questions ---- */

/* The answer's content: a text of an error, a response of anything else, None without a block. */
static PyObject *answer_content(py_worker *worker, const py_answer *answer)
{
  if (answer->block == PY_NO_BLOCK) return py_ref(Py_None);
  const uint64_t loan = answer->code == PY_ANSWER_GOOD ? answer->value : 0;
  PyObject *block = py_block_new(worker, answer->block, false, 0, loan);
  if (block == NULL) return NULL;
  py_reader reader = {.from = py_channel_at(worker->channel, answer->block, answer->size),
                      .size = answer->size};
  PyObject *content = NULL;
  if (reader.from == NULL) {
    PyErr_SetString(PyExc_RuntimeError, "the server sent what makes no sense");
  } else if (answer->code == PY_ANSWER_ERROR) {
    uint64_t size;
    const char *text = py_get_text(&reader, &size);
    content = PyUnicode_DecodeUTF8(text == NULL ? "" : text, (Py_ssize_t)size, "replace");
  } else {
    content = py_read_response(worker, block, &reader);
  }
  Py_DECREF(block);
  return content;
}

/* Sends a question, and waits for its answer: (code, value, content). Takes what is sealed. */
static PyObject *ask(py_worker *worker, uint32_t kind, uint64_t id, uint64_t second, uint32_t flags,
                     const py_sealed *sealed)
{
  uint64_t place;
  if (!py_may_talk()) return NULL;
  py_answer *answer = answer_place(worker, &place), got;
  if (answer == NULL) {
    if (sealed != NULL) py_channel_untake(worker->channel, sealed->block);
    return NULL;
  }
  PyObject *sent = send_message(worker, kind, flags, id, place, second, sealed);
  if (sent == NULL) {
    py_channel_untake(worker->channel, place);
    return NULL;
  }
  Py_DECREF(sent);
  if (!wait_for_answer(worker, answer, place, &got)) return NULL;
  PyObject *content = answer_content(worker, &got);
  if (content == NULL) return NULL;
  return Py_BuildValue("(IKN)", (unsigned)got.code, (unsigned long long)got.value, content);
}

/* ask(kind, id, second, flags, *texts) -> (code, value, content) */
static PyObject *worker_ask(PyObject *self, PyObject *arguments)
{
  enum { FIXED = 4, MOST = 64 };
  py_worker *worker = (py_worker *)self;
  const Py_ssize_t count = PyTuple_Size(arguments) - FIXED;
  uint64_t numbers[FIXED];
  PyObject *texts[MOST];
  py_sealed sealed;
  if (count < 0 || count > MOST) {
    PyErr_SetString(PyExc_TypeError, "a question is a kind, three numbers, and some texts");
    return NULL;
  }
  for (Py_ssize_t i = 0; i < FIXED; i++) {
    numbers[i] = PyLong_AsUnsignedLongLongMask(PyTuple_GetItem(arguments, i));
    if (PyErr_Occurred()) return NULL;
  }
  for (Py_ssize_t i = 0; i < count; i++) texts[i] = PyTuple_GetItem(arguments, FIXED + i);
  if (count > 0 && !py_write_text(worker, texts, (size_t)count, &sealed)) return NULL;
  return ask(worker, (uint32_t)numbers[0], numbers[1], numbers[2], (uint32_t)numbers[3],
             count > 0 ? &sealed : NULL);
}

/* infer(model, version, memory type, device, request, many, traced, batch, number) -> (code, value, content); with
 * `traced`, as part of the trace of that request of the batch. The memory type may be ANYWHERE. */
static PyObject *worker_infer(PyObject *self, PyObject *arguments)
{
  py_worker *worker = (py_worker *)self;
  PyObject *model, *request;
  long long version, device;
  unsigned long long memory_type, batch, number;
  int many, traced;
  py_sealed sealed;
  if (!PyArg_ParseTuple(arguments, "OLKLOppKK", &model, &version, &memory_type, &device, &request, &many, &traced,
                        &batch, &number))
    return NULL;
  if (!py_write_request(worker, model, version, memory_type, device, request, &sealed)) return NULL;
  return ask(worker, PY_INFER, batch, number,
             (many ? PY_INFER_MANY : 0) | (traced ? PY_INFER_TRACED : 0), &sealed);
}

static PyObject *worker_close(PyObject *self, PyObject *nothing)
{
  (void)nothing;
  py_channel_close(((py_worker *)self)->channel);
  Py_RETURN_NONE;
}

static PyObject *worker_use_cuda_runtime(PyObject *self, PyObject *arguments)
{
  const char *path;
  if (!PyArg_ParseTuple(arguments, "s", &path)) return NULL;
  py_cuda_hint(path);
  ((py_worker *)self)->opens_handles = true;
  Py_RETURN_NONE;
}

static PyMethodDef WORKER_METHODS[] = {
    {"receive", worker_receive, METH_NOARGS,
     "Waits for the next message: (kind, id, content, value, flags), None at the end."},
    {"executed", worker_executed, METH_VARARGS, "executed(batch, [(response, release flags)])"},
    {"respond", worker_respond, METH_VARARGS, "respond(batch, number, response)"},
    {"send", worker_send, METH_VARARGS, "send(kind, id, value, second, flags, *texts)"},
    {"ask", worker_ask, METH_VARARGS, "ask(kind, id, second, flags, *texts): (code, value, content)"},
    {"infer", worker_infer, METH_VARARGS, "infer(model, version, memory type, device, request, many, traced, batch, number): (code, value, content)"},
    {"use_cuda_runtime", worker_use_cuda_runtime, METH_VARARGS,
     "use_cuda_runtime(path): the server has GPUs, by this runtime."},
    {"close", worker_close, METH_NOARGS, "Ends all waits."},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot WORKER_SLOTS[] = {
    {Py_tp_new, worker_open},
    {Py_tp_dealloc, worker_dealloc},
    {Py_tp_methods, WORKER_METHODS},
    {Py_tp_doc, "The worker's side of what it shares with the server."},
    {0, NULL},
};

static PyType_Spec WORKER_SPEC = {"_bridge.Channel", sizeof(py_worker), 0, Py_TPFLAGS_DEFAULT,
                                  WORKER_SLOTS};

static int add_numbers(PyObject *module)
{
  static const struct {
    const char *name;
    long value;
  } NUMBERS[] = {
      {"START", PY_START}, {"EXECUTE", PY_EXECUTE}, {"IS_READY", PY_IS_READY},
      {"FINALIZE", PY_FINALIZE}, {"STARTED", PY_STARTED}, {"START_FAILED", PY_START_FAILED},
      {"EXECUTED", PY_EXECUTED}, {"READINESS", PY_READINESS}, {"FINALIZED", PY_FINALIZED},
      {"LOG", PY_LOG}, {"BATCH_FAILED", PY_BATCH_FAILED}, {"RESPONSE_OUTPUTS", PY_RESPONSE_OUTPUTS},
      {"RESPONSE_ERROR", PY_RESPONSE_ERROR}, {"RESPONSE_NONE", PY_RESPONSE_NONE},
      {"RESPONSE_LATER", PY_RESPONSE_LATER}, {"NEXT", PY_NEXT}, {"CANCEL", PY_CANCEL}, {"DROP", PY_DROP},
      {"IS_CANCELLED", PY_IS_CANCELLED}, {"LOAD_MODEL", PY_LOAD_MODEL},
      {"UNLOAD_MODEL", PY_UNLOAD_MODEL}, {"MODEL_READY", PY_MODEL_READY},
      {"METRIC_FAMILY", PY_METRIC_FAMILY}, {"METRIC", PY_METRIC}, {"METRIC_DELETE", PY_METRIC_DELETE},
      {"METRIC_CHANGE", PY_METRIC_CHANGE},
      {"ANSWER_GOOD", PY_ANSWER_GOOD}, {"ANSWER_ERROR", PY_ANSWER_ERROR},
      {"ANSWER_DONE", PY_ANSWER_DONE}, {"LENT", PY_LENT}, {"SETTLED", PY_SETTLED},
  };
  for (size_t i = 0; i < sizeof NUMBERS / sizeof *NUMBERS; i++)
    if (PyModule_AddIntConstant(module, NUMBERS[i].name, NUMBERS[i].value) != 0) return -1;
  return PyModule_AddIntConstant(module, "ANYWHERE", -1); /* PY_ANYWHERE, as the "K" of arguments takes it */
}

int py_worker_ready(PyObject *module)
{
  block_type = (PyTypeObject *)PyType_FromSpec(&BLOCK_SPEC);
  py_worker_type = (PyTypeObject *)PyType_FromSpec(&WORKER_SPEC);
  if (block_type == NULL || py_worker_type == NULL) return -1;
  Py_INCREF(py_worker_type);
  if (PyModule_AddObject(module, "Channel", (PyObject *)py_worker_type) != 0) {
    Py_DECREF(py_worker_type);
    return -1;
  }
  return add_numbers(module);
}
