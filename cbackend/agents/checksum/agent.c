/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* The repository agent "checksum": before a model is loaded, the files that its configuration lists
 * are compared with the digests given there; where one differs the model is not loaded.
 *
 * A parameter is one file: its key is ALGORITHM:FILE, its value the digest in hexadecimal.
 * README.md has an example. The agent keeps no state and changes nothing. */

#include <strings.h>
#include <string.h>

#include "file.h"
#include "triton/core/tritonrepoagent.h"

TRITONREPOAGENT_ISPEC TRITONSERVER_Error *TRITONREPOAGENT_Initialize(TRITONREPOAGENT_Agent *agent)
{
  uint32_t major = 0, minor = 0;
  (void)agent;
  TRITONSERVER_Error *error = TRITONREPOAGENT_ApiVersion(&major, &minor);
  if (error != NULL) return error;
  if (major != TRITONREPOAGENT_API_VERSION_MAJOR || minor < TRITONREPOAGENT_API_VERSION_MINOR) {
    return checksum_error(TRITONSERVER_ERROR_UNSUPPORTED,
                          "the agent was built for API %d.%d, the server has %u.%u",
                          TRITONREPOAGENT_API_VERSION_MAJOR, TRITONREPOAGENT_API_VERSION_MINOR,
                          major, minor);
  }
  return NULL;
}

static TRITONSERVER_Error *check(const char *folder, const char *key, const char *expected)
{
  const char *colon = strchr(key, ':');
  if (colon == NULL || colon[1] == '\0') {
    return checksum_error(TRITONSERVER_ERROR_INVALID_ARG,
                          "failed to parse key: %s; expected ALGORITHM:FILE", key);
  }
  const int length = (int)(colon - key);
  const digest_algorithm *algorithm = digest_find(key, (size_t)length);
  if (algorithm == NULL) {
    return checksum_error(TRITONSERVER_ERROR_UNSUPPORTED,
                          "Unsupported checksum algorithm: %.*s; MD5 and SHA256 are supported",
                          length, key);
  }
  char found[2 * DIGEST_MAX_BYTES + 1];
  TRITONSERVER_Error *error = checksum_of_file(algorithm, folder, colon + 1, found);
  if (error != NULL) return error;
  if (strcasecmp(found, expected) != 0) {
    /* Clients know the words from Triton's agent. */
    return checksum_error(TRITONSERVER_ERROR_INVALID_ARG,
                          "Mismatched %s hash for file %s, expect: %s, got: %s", algorithm->name,
                          colon + 1, expected, found);
  }
  return NULL;
}

static TRITONSERVER_Error *check_all(TRITONREPOAGENT_Agent *agent,
                                     TRITONREPOAGENT_AgentModel *model)
{
  TRITONREPOAGENT_ArtifactType type;
  const char *folder;
  uint32_t count;
  TRITONSERVER_Error *error =
      TRITONREPOAGENT_ModelRepositoryLocation(agent, model, &type, &folder);
  if (error == NULL) error = TRITONREPOAGENT_ModelParameterCount(agent, model, &count);
  if (error != NULL) return error;
  if (type != TRITONREPOAGENT_ARTIFACT_FILESYSTEM) {
    return checksum_error(TRITONSERVER_ERROR_UNSUPPORTED,
                          "Unsupported filesystem: '%s' is not a local folder", folder);
  }
  if (count == 0) {
    return TRITONSERVER_LogMessage(
        TRITONSERVER_LOG_WARN, "checksum", 0,
        "a model names the repository agent 'checksum' without parameters: nothing is checked");
  }
  for (uint32_t i = 0; error == NULL && i < count; ++i) {
    const char *key, *value;
    error = TRITONREPOAGENT_ModelParameter(agent, model, i, &key, &value);
    if (error == NULL) error = check(folder, key, value);
  }
  return error;
}

TRITONREPOAGENT_ISPEC TRITONSERVER_Error *TRITONREPOAGENT_ModelAction(
    TRITONREPOAGENT_Agent *agent, TRITONREPOAGENT_AgentModel *model,
    const TRITONREPOAGENT_ActionType action_type)
{
  /* The others are nothing to it. */
  return action_type == TRITONREPOAGENT_ACTION_LOAD ? check_all(agent, model) : NULL;
}
