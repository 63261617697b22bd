/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* A worker's process. A thread waits for its end, and closes the channel then: whoever waits for a message
 * gets to know. */

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "python.h"

struct py_process {
  py_channel *channel;
  pid_t pid;
  int life; /* the worker ends when this is closed */
  pthread_t watcher;
  pthread_mutex_t lock;
  pthread_cond_t changed;
  bool ended, killed; /* by py_process_kill() */
  int status;         /* as waitpid() has it */
  uint64_t ended_ns;
  py_oom_count oom_kills; /* at its start */
};

/* Of free memory in each direction, so much stays with the worker. */
static const uint64_t KEPT_BYTES = UINT64_C(256) << 20;

static void *watch(void *argument)
{
  py_process *process = argument;
  siginfo_t info;
  /* Without taking the status: until it is taken, under the lock, the number is nobody else's. */
  while (waitid(P_PID, (id_t)process->pid, &info, WEXITED | WNOWAIT) != 0 && errno == EINTR) {
  }
  pthread_mutex_lock(&process->lock);
  /* What the model has started, and left behind. */
  kill(-process->pid, SIGKILL);
  while (waitpid(process->pid, &process->status, 0) < 0 && errno == EINTR) {
  }
  process->ended = true;
  process->ended_ns = tb_now_ns();
  pthread_cond_broadcast(&process->changed);
  pthread_mutex_unlock(&process->lock);
  py_channel_close(process->channel);
  return NULL;
}

/* A descriptor beyond those that the worker gets, closed when another program is started. */
static int beyond(int fd)
{
  int moved = fcntl(fd, F_DUPFD_CLOEXEC, 10);
  return moved;
}

enum { CHANNEL_AT = 3, LIFE_AT = 4 };

int py_spawn(char *const arguments[], char *const variables[], const int *fds, const int *numbers,
             size_t count, pid_t *pid)
{
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_init(&actions);
  posix_spawnattr_init(&attributes);
  for (size_t i = 0; i < count; i++)
    posix_spawn_file_actions_adddup2(&actions, fds[i], numbers[i]);
  /* A group of its own: what the model starts goes with it, and Ctrl-C is the server's. Signals as a
   * program expects them, whatever the server's threads have. */
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
                                            POSIX_SPAWN_SETSIGDEF);
  const int error = strchr(arguments[0], '/') != NULL
                        ? posix_spawn(pid, arguments[0], &actions, &attributes, arguments, variables)
                        : posix_spawnp(pid, arguments[0], &actions, &attributes, arguments, variables);
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  return error;
}

static int spawn(const py_model *model, int channel, int life, pid_t *pid)
{
  char *script = NULL;
  if (asprintf(&script, "%s/worker/worker.py", model->backend->folder) < 0) return ENOMEM;
  char channel_text[12], life_text[12];
  snprintf(channel_text, sizeof channel_text, "%d", CHANNEL_AT);
  snprintf(life_text, sizeof life_text, "%d", LIFE_AT);
  char *const arguments[] = {model->interpreter, script, channel_text, life_text, NULL};
  const int fds[] = {channel, life}, numbers[] = {CHANNEL_AT, LIFE_AT};
  const int error = py_spawn(arguments, model->variables, fds, numbers, 2, pid);
  free(script);
  return error;
}

/* All that is left of it: its group, and itself, which may have left the group. */
static void kill_all(pid_t pid)
{
  kill(-pid, SIGKILL);
  kill(pid, SIGKILL);
}

/* Starts the program with its two descriptors. 0, or errno's number. */
static int start(const py_model *model, py_process *process)
{
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return errno;
  process->life = ends[0];
  const int channel = beyond(py_channel_fd(process->channel)), life = beyond(ends[1]);
  int error = channel < 0 || life < 0 ? errno : spawn(model, channel, life, &process->pid);
  if (channel >= 0) close(channel);
  if (life >= 0) close(life);
  close(ends[1]);
  if (error != 0) return error;
  py_offer_to_the_system(process->pid);
  /* Before the model is loaded: the worker has not been told yet which it is. */
  if (model->memory_limit_bytes > 0 && !py_limit_memory(process->pid, model->memory_limit_bytes))
    error = errno;
  if (error == 0) error = pthread_create(&process->watcher, NULL, watch, process);
  if (error != 0) {
    kill_all(process->pid);
    while (waitpid(process->pid, NULL, 0) < 0 && errno == EINTR) {
    }
  }
  return error;
}

static void free_process(py_process *process)
{
  if (process->life >= 0) close(process->life);
  py_channel_delete(process->channel);
  pthread_mutex_destroy(&process->lock);
  pthread_cond_destroy(&process->changed);
  free(process);
}

TRITONSERVER_Error *py_process_start(const py_model *model, const char *instance, py_process **process)
{
  py_process *made = calloc(1, sizeof *made);
  if (made == NULL) return tb_out_of_memory("a process");
  made->channel = py_channel_new((uint64_t)model->shm_bytes, KEPT_BYTES);
  if (made->channel == NULL) {
    const int error = errno;
    free(made);
    return tb_error(TRITONSERVER_ERROR_UNAVAILABLE,
                    "model '%s': no memory to share with the model's process: %s", model->config->name,
                    strerror(error));
  }
  pthread_condattr_t attributes;
  pthread_condattr_init(&attributes);
  pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
  pthread_mutex_init(&made->lock, NULL);
  pthread_cond_init(&made->changed, &attributes);
  pthread_condattr_destroy(&attributes);
  made->life = -1;
  made->oom_kills = py_count_oom_kills();
  const int error = start(model, made);
  if (error != 0) {
    free_process(made);
    return tb_error(TRITONSERVER_ERROR_UNAVAILABLE, "instance '%s': can't start '%s': %s", instance,
                    model->interpreter, strerror(error));
  }
  *process = made;
  return NULL;
}

py_channel *py_process_channel(py_process *process) { return process->channel; }

void py_process_kill(py_process *process)
{
  pthread_mutex_lock(&process->lock);
  if (!process->ended) {
    process->killed = true;
    kill_all(process->pid);
  }
  pthread_mutex_unlock(&process->lock);
}

bool py_process_wait(py_process *process, uint64_t timeout_ns)
{
  const uint64_t until = tb_now_ns() + timeout_ns;
  const struct timespec time = {(time_t)(until / 1000000000u), (long)(until % 1000000000u)};
  pthread_mutex_lock(&process->lock);
  while (!process->ended && pthread_cond_timedwait(&process->changed, &process->lock, &time) == 0) {
  }
  const bool ended = process->ended;
  pthread_mutex_unlock(&process->lock);
  return ended;
}

void py_process_end_text(py_process *process, char *text, size_t size)
{
  pthread_mutex_lock(&process->lock);
  const int status = process->status;
  const bool ours = process->killed;
  pthread_mutex_unlock(&process->lock);
  if (WIFSIGNALED(status))
    snprintf(text, size, "was killed by signal %d (%s)%s", WTERMSIG(status), strsignal(WTERMSIG(status)),
             WTERMSIG(status) == SIGKILL && !ours ? py_killer_text(&process->oom_kills) : "");
  else
    snprintf(text, size, "ended with status %d", WEXITSTATUS(status));
}

uint64_t py_process_ended_ns(py_process *process)
{
  pthread_mutex_lock(&process->lock);
  const uint64_t when = process->ended ? process->ended_ns : tb_now_ns();
  pthread_mutex_unlock(&process->lock);
  return when;
}

void py_process_delete(py_process *process)
{
  if (process == NULL) return;
  py_process_kill(process);
  pthread_join(process->watcher, NULL);
  free_process(process);
}
