/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* A whole repository agent: a model lies in the repository as config.pbtxt and an archive of its
 * version folders, and is unpacked when it is loaded.
 *
 *     mkdir -p repoagents/unpack
 *     gcc -shared -fPIC -I$(triton-py config --include) agent_unpack.c \
 *         -o repoagents/unpack/libtritonrepoagent_unpack.so
 *     triton-py serve --model-repository=models --repoagent-directory=repoagents
 *
 * In config.pbtxt:
 *
 *     model_repository_agents {
 *       agents { name: "unpack" parameters { key: "archive" value: "versions.tar.gz" } }
 *     }
 */

#define _GNU_SOURCE

#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "triton/core/tritonrepoagent.h"

extern char **environ;

#define RETURN_IF_ERROR(call)                \
  do {                                       \
    TRITONSERVER_Error *error_ = (call);     \
    if (error_ != NULL) return error_;       \
  } while (0)

/* The archive's name: borrowed from the model, null where the configuration has none. */
static TRITONSERVER_Error *find_archive(TRITONREPOAGENT_Agent *agent,
                                        TRITONREPOAGENT_AgentModel *model, const char **archive)
{
  uint32_t count;
  *archive = NULL;
  RETURN_IF_ERROR(TRITONREPOAGENT_ModelParameterCount(agent, model, &count));
  for (uint32_t i = 0; i < count; ++i) {
    const char *name, *value;
    RETURN_IF_ERROR(TRITONREPOAGENT_ModelParameter(agent, model, i, &name, &value));
    if (strcmp(name, "archive") == 0) *archive = value;
  }
  return NULL;
}

/* Runs tar, without a shell. Returns its exit status, or -1. */
static int unpack(const char *file, const char *folder)
{
  char *arguments[] = {"tar", "-xf", (char *)file, "-C", (char *)folder, NULL};
  pid_t child;
  int status;
  if (posix_spawnp(&child, "tar", NULL, NULL, arguments, environ) != 0) return -1;
  if (waitpid(child, &status, 0) != child || !WIFEXITED(status)) return -1;
  return WEXITSTATUS(status);
}

static TRITONSERVER_Error *load(TRITONREPOAGENT_Agent *agent, TRITONREPOAGENT_AgentModel *model)
{
  TRITONREPOAGENT_ArtifactType type;
  const char *archive, *source, *place;
  RETURN_IF_ERROR(find_archive(agent, model, &archive));
  if (archive == NULL || strchr(archive, '/') != NULL) {
    return TRITONSERVER_ErrorNew(TRITONSERVER_ERROR_INVALID_ARG,
                                 "the parameter 'archive' must name a file in the model's folder");
  }
  RETURN_IF_ERROR(TRITONREPOAGENT_ModelRepositoryLocation(agent, model, &type, &source));
  if (type != TRITONREPOAGENT_ARTIFACT_FILESYSTEM) {
    return TRITONSERVER_ErrorNew(TRITONSERVER_ERROR_UNSUPPORTED, "the model is not in a folder");
  }
  /* An empty folder, which the server removes once the model is unloaded, or could not be loaded. */
  RETURN_IF_ERROR(TRITONREPOAGENT_ModelRepositoryLocationAcquire(
      agent, model, TRITONREPOAGENT_ARTIFACT_FILESYSTEM, &place));
  char file[4096];
  if (snprintf(file, sizeof(file), "%s/%s", source, archive) >= (int)sizeof(file) ||
      unpack(file, place) != 0) {
    char message[4200];
    snprintf(message, sizeof(message), "can't unpack '%s'", file);
    return TRITONSERVER_ErrorNew(TRITONSERVER_ERROR_INVALID_ARG, message);
  }
  return TRITONREPOAGENT_ModelRepositoryUpdate(agent, model, TRITONREPOAGENT_ARTIFACT_FILESYSTEM,
                                               place);
}

TRITONREPOAGENT_ISPEC TRITONSERVER_Error *TRITONREPOAGENT_ModelAction(
    TRITONREPOAGENT_Agent *agent, TRITONREPOAGENT_AgentModel *model,
    const TRITONREPOAGENT_ActionType action_type)
{
  switch (action_type) {
    case TRITONREPOAGENT_ACTION_LOAD:
      return load(agent, model);
    default:
      return NULL; /* nothing to do: there is no state, and the folder is the server's */
  }
}
