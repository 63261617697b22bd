/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* A repository agent that writes down what it is told, a line each, in the file that the environment
 * variable AGENT_RECORD names, and does what its parameters say:
 *
 *   fail      "initialize", "finalize" or an action: that call returns an error
 *   move      the model is moved to this folder
 *   remote    the model is moved to this address in a remote store
 *   copy      (any value) the model is copied to an acquired location and moved there
 *   config    with copy: the text of the copy's config.pbtxt; "none" deletes it
 *   acquire   (any value) a location is acquired, and what came of it written down
 *   release   an action: the acquired location is released then
 *   show      (any value) parameters and configuration are written down too
 *   misuse    (any value) wrong calls are made on LOAD, and what they answer is written down
 *
 * Macros make variants: BARE has nothing but ModelAction, NO_ACTION lacks it, FAIL_INITIALIZE and
 * FAIL_FINALIZE return an error there, NEWER wants a newer API than there is. */

#define _GNU_SOURCE

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "triton/core/tritonrepoagent.h"

typedef TRITONREPOAGENT_Agent Agent;
typedef TRITONREPOAGENT_AgentModel AgentModel;
typedef TRITONSERVER_Error Error;

static const char *const ACTIONS[] = {"LOAD", "LOAD_COMPLETE", "LOAD_FAIL", "UNLOAD",
                                      "UNLOAD_COMPLETE"};

__attribute__((__format__(__printf__, 1, 2))) static void record(const char *format, ...)
{
  const char *path = getenv("AGENT_RECORD");
  char *text = NULL, *line = NULL;
  va_list arguments;
  va_start(arguments, format);
  if (vasprintf(&text, format, arguments) < 0) abort();
  va_end(arguments);
  const int length = asprintf(&line, "%s %s\n", AGENT_NAME, text);
  if (length < 0) abort();
  if (path != NULL) {
    /* One write, so that the lines of threads don't mix. */
    const int file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (file < 0 || write(file, line, (size_t)length) != length) abort();
    close(file);
  }
  free(text);
  free(line);
}

/* Writes down what a call answered, and takes the error. */
static void answer(const char *call, Error *error)
{
  if (error == NULL) {
    record("%s -> ok", call);
  } else {
    record("%s -> %s: %s", call, TRITONSERVER_ErrorCodeString(error),
           TRITONSERVER_ErrorMessage(error));
    TRITONSERVER_ErrorDelete(error);
  }
}

static void must(Error *error)
{
  if (error == NULL) return;
  fprintf(stderr, "%s: %s\n", AGENT_NAME, TRITONSERVER_ErrorMessage(error));
  abort();
}

/* The value of a parameter, or null. */
static const char *parameter(Agent *agent, AgentModel *model, const char *wanted)
{
  uint32_t count;
  must(TRITONREPOAGENT_ModelParameterCount(agent, model, &count));
  for (uint32_t i = 0; i < count; ++i) {
    const char *name, *value;
    must(TRITONREPOAGENT_ModelParameter(agent, model, i, &name, &value));
    if (strcmp(name, wanted) == 0) return value;
  }
  return NULL;
}

static const char *where(Agent *agent, AgentModel *model)
{
  TRITONREPOAGENT_ArtifactType type;
  const char *location;
  must(TRITONREPOAGENT_ModelRepositoryLocation(agent, model, &type, &location));
  return location;
}

static Error *failure(Agent *agent, AgentModel *model, const char *step)
{
  const char *wanted = parameter(agent, model, "fail");
  char text[200];
  if (wanted == NULL || strcmp(wanted, step) != 0) return NULL;
  snprintf(text, sizeof(text), "%s does not like %s", AGENT_NAME, step);
  return TRITONSERVER_ErrorNew(TRITONSERVER_ERROR_UNAVAILABLE, text);
}

static void show(Agent *agent, AgentModel *model)
{
  uint32_t count;
  must(TRITONREPOAGENT_ModelParameterCount(agent, model, &count));
  for (uint32_t i = 0; i < count; ++i) {
    const char *name, *value;
    must(TRITONREPOAGENT_ModelParameter(agent, model, i, &name, &value));
    record("parameter %u %s=%s", i, name, value);
  }
  TRITONSERVER_Message *message;
  must(TRITONREPOAGENT_ModelConfig(agent, model, 1, &message));
  if (message == NULL) {
    record("config none");
  } else {
    const char *base;
    size_t size;
    must(TRITONSERVER_MessageSerializeToJson(message, &base, &size));
    record("config %.*s", (int)size, base);
    must(TRITONSERVER_MessageDelete(message));
  }
}

static void misuse(Agent *agent, AgentModel *model)
{
  const char *name, *value, *location, *again;
  TRITONSERVER_Message *message;
  TRITONREPOAGENT_ArtifactType type;
  uint32_t count;
  answer("parameter 99", TRITONREPOAGENT_ModelParameter(agent, model, 99, &name, &value));
  answer("parameter null", TRITONREPOAGENT_ModelParameter(agent, model, 0, &name, NULL));
  answer("count null", TRITONREPOAGENT_ModelParameterCount(agent, model, NULL));
  answer("config 2", TRITONREPOAGENT_ModelConfig(agent, model, 2, &message));
  answer("config null", TRITONREPOAGENT_ModelConfig(agent, model, 1, NULL));
  answer("location null", TRITONREPOAGENT_ModelRepositoryLocation(agent, model, &type, NULL));
  answer("swapped", TRITONREPOAGENT_ModelParameterCount((Agent *)model, (AgentModel *)agent, &count));
  answer("no model", TRITONREPOAGENT_ModelParameterCount(agent, (AgentModel *)agent, &count));
  answer("update null", TRITONREPOAGENT_ModelRepositoryUpdate(
                            agent, model, TRITONREPOAGENT_ARTIFACT_FILESYSTEM, NULL));
  answer("update empty", TRITONREPOAGENT_ModelRepositoryUpdate(
                             agent, model, TRITONREPOAGENT_ARTIFACT_FILESYSTEM, ""));
  answer("update type", TRITONREPOAGENT_ModelRepositoryUpdate(
                            agent, model, (TRITONREPOAGENT_ArtifactType)7, "/"));
  answer("release early", TRITONREPOAGENT_ModelRepositoryLocationRelease(agent, model, "/tmp"));
  answer("acquire remote", TRITONREPOAGENT_ModelRepositoryLocationAcquire(
                               agent, model, TRITONREPOAGENT_ARTIFACT_REMOTE_FILESYSTEM, &location));
  answer("acquire", TRITONREPOAGENT_ModelRepositoryLocationAcquire(
                        agent, model, TRITONREPOAGENT_ARTIFACT_FILESYSTEM, &location));
  must(TRITONREPOAGENT_ModelRepositoryLocationAcquire(agent, model,
                                                      TRITONREPOAGENT_ARTIFACT_FILESYSTEM, &again));
  record("acquired again: %s", strcmp(location, again) == 0 ? "the same" : "another");
  answer("release other", TRITONREPOAGENT_ModelRepositoryLocationRelease(agent, model, "/tmp"));
  answer("release null", TRITONREPOAGENT_ModelRepositoryLocationRelease(agent, model, NULL));
  answer("release", TRITONREPOAGENT_ModelRepositoryLocationRelease(agent, model, location));
  answer("release twice", TRITONREPOAGENT_ModelRepositoryLocationRelease(agent, model, "/tmp"));
}

static void run(const char *format, const char *first, const char *second)
{
  char *command = NULL;
  if (asprintf(&command, format, first, second) < 0 || system(command) != 0) abort();
  free(command);
}

static void copy(Agent *agent, AgentModel *model)
{
  const char *text = parameter(agent, model, "config");
  const char *from = where(agent, model), *to;
  char path[4096];
  must(TRITONREPOAGENT_ModelRepositoryLocationAcquire(agent, model,
                                                      TRITONREPOAGENT_ARTIFACT_FILESYSTEM, &to));
  run("cp -r '%s/.' '%s'", from, to);
  snprintf(path, sizeof(path), "%s/config.pbtxt", to);
  if (text != NULL && strcmp(text, "none") == 0) {
    unlink(path);
  } else if (text != NULL) {
    FILE *file = fopen(path, "w");
    if (file == NULL || fputs(text, file) < 0 || fclose(file) != 0) abort();
  }
  must(TRITONREPOAGENT_ModelRepositoryUpdate(agent, model, TRITONREPOAGENT_ARTIFACT_FILESYSTEM, to));
  /* The pointer from before the update is still good. */
  record("copied %s to %s", from, where(agent, model));
}

static void load(Agent *agent, AgentModel *model)
{
  const char *place;
  if (parameter(agent, model, "show") != NULL) show(agent, model);
  if (parameter(agent, model, "misuse") != NULL) misuse(agent, model);
  if (parameter(agent, model, "acquire") != NULL) {
    answer("acquire", TRITONREPOAGENT_ModelRepositoryLocationAcquire(
                          agent, model, TRITONREPOAGENT_ARTIFACT_FILESYSTEM, &place));
  }
  if (parameter(agent, model, "copy") != NULL) copy(agent, model);
  if ((place = parameter(agent, model, "move")) != NULL) {
    must(TRITONREPOAGENT_ModelRepositoryUpdate(agent, model, TRITONREPOAGENT_ARTIFACT_FILESYSTEM,
                                               place));
  }
  if ((place = parameter(agent, model, "remote")) != NULL) {
    must(TRITONREPOAGENT_ModelRepositoryUpdate(agent, model,
                                               TRITONREPOAGENT_ARTIFACT_REMOTE_FILESYSTEM, place));
  }
}

#ifndef BARE

TRITONREPOAGENT_ISPEC Error *TRITONREPOAGENT_Initialize(Agent *agent)
{
  record("Initialize");
  void *state = agent;
  must(TRITONREPOAGENT_State(agent, &state));
  if (state != NULL) abort();
  must(TRITONREPOAGENT_SetState(agent, strdup(AGENT_NAME)));
#ifdef NEWER
  uint32_t major, minor;
  must(TRITONREPOAGENT_ApiVersion(&major, &minor));
  if (major != TRITONREPOAGENT_API_VERSION_MAJOR || minor < TRITONREPOAGENT_API_VERSION_MINOR + 1) {
    return TRITONSERVER_ErrorNew(TRITONSERVER_ERROR_UNSUPPORTED, "needs a newer agent API");
  }
#endif
#ifdef FAIL_INITIALIZE
  return TRITONSERVER_ErrorNew(TRITONSERVER_ERROR_NOT_FOUND, "the key is missing");
#else
  return NULL;
#endif
}

TRITONREPOAGENT_ISPEC Error *TRITONREPOAGENT_Finalize(Agent *agent)
{
  void *state = NULL;
  must(TRITONREPOAGENT_State(agent, &state));
  if (state == NULL || strcmp(state, AGENT_NAME) != 0) abort();
  free(state);
  record("Finalize");
#ifdef FAIL_FINALIZE
  return TRITONSERVER_ErrorNew(TRITONSERVER_ERROR_INTERNAL, "could not say good-bye");
#else
  return NULL;
#endif
}

TRITONREPOAGENT_ISPEC Error *TRITONREPOAGENT_ModelInitialize(Agent *agent, AgentModel *model)
{
  record("ModelInitialize %s", where(agent, model));
  must(TRITONREPOAGENT_ModelSetState(model, strdup(where(agent, model))));
  if (parameter(agent, model, "misuse") != NULL) {
    answer("update early", TRITONREPOAGENT_ModelRepositoryUpdate(
                               agent, model, TRITONREPOAGENT_ARTIFACT_FILESYSTEM, "/tmp"));
  }
  return failure(agent, model, "initialize");
}

TRITONREPOAGENT_ISPEC Error *TRITONREPOAGENT_ModelFinalize(Agent *agent, AgentModel *model)
{
  void *state = NULL;
  must(TRITONREPOAGENT_ModelState(model, &state));
  if (state == NULL) abort();
  record("ModelFinalize %s", (const char *)state);
  free(state);
  return failure(agent, model, "finalize");
}

#endif /* BARE */

#ifndef NO_ACTION

TRITONREPOAGENT_ISPEC Error *TRITONREPOAGENT_ModelAction(Agent *agent, AgentModel *model,
                                                         const TRITONREPOAGENT_ActionType action)
{
  const char *name = ACTIONS[action];
  record("%s %s", name, where(agent, model));
  if (action == TRITONREPOAGENT_ACTION_LOAD) {
    load(agent, model);
  } else if (parameter(agent, model, "misuse") != NULL) {
    answer("update late", TRITONREPOAGENT_ModelRepositoryUpdate(
                              agent, model, TRITONREPOAGENT_ARTIFACT_FILESYSTEM, "/tmp"));
  }
  const char *release = parameter(agent, model, "release");
  if (release != NULL && strcmp(release, name) == 0) {
    must(TRITONREPOAGENT_ModelRepositoryLocationRelease(agent, model, where(agent, model)));
  }
  return failure(agent, model, name);
}

#else

/* So that nothing is unused. */
void recording_unused(Agent *agent, AgentModel *model)
{
  (void)ACTIONS;
  load(agent, model);
}

#endif
