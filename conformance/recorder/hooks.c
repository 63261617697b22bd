/* SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors */
/* SPDX-License-Identifier: BSD-3-Clause */

/* The functions of which the recorder does more than note and forward them (generate.py has the
 * list). Each has the real one's arguments, and does what a backend has to see. */

#include <stdlib.h>
#include <string.h>

#include "recorder.h"
#include "recorder_table.h"

#define REAL(name) ((__typeof__(&name))recorder_real[FUNCTION_##name])

/* The folder of the library under test: of the proxy's the backend must not know. */
static char artifacts[4096];

RECORDER_API int recorder_set_artifacts(const char *folder)
{
  if (strlen(folder) >= sizeof artifacts) return -1;
  memcpy(artifacts, folder, strlen(folder) + 1);
  return 0;
}

TRITONSERVER_Error *hook_TRITONBACKEND_ApiVersion(uint32_t *major, uint32_t *minor)
{
  TRITONSERVER_Error *error = REAL(TRITONBACKEND_ApiVersion)(major, minor);
  if (error == NULL && recorder_control->api_major != 0) {
    *major = recorder_control->api_major;
    *minor = recorder_control->api_minor;
  }
  return error;
}

TRITONSERVER_Error *hook_TRITONBACKEND_BackendArtifacts(TRITONBACKEND_Backend *backend,
                                                        TRITONBACKEND_ArtifactType *type,
                                                        const char **location)
{
  TRITONSERVER_Error *error = REAL(TRITONBACKEND_BackendArtifacts)(backend, type, location);
  if (error == NULL && artifacts[0] != '\0') *location = artifacts;
  return error;
}

TRITONSERVER_Error *hook_TRITONBACKEND_ResponseOutput(TRITONBACKEND_Response *response,
                                                      TRITONBACKEND_Output **output,
                                                      const char *name,
                                                      const TRITONSERVER_DataType datatype,
                                                      const int64_t *shape,
                                                      const uint32_t dims_count)
{
  TRITONSERVER_Error *error =
      REAL(TRITONBACKEND_ResponseOutput)(response, output, name, datatype, shape, dims_count);
  if (error == NULL) guard_output_of(response, *output);
  return error;
}

TRITONSERVER_Error *hook_TRITONBACKEND_OutputBuffer(TRITONBACKEND_Output *output, void **buffer,
                                                    const uint64_t size,
                                                    TRITONSERVER_MemoryType *type,
                                                    int64_t *type_id)
{
  return guard_output(output, buffer, size, type, type_id);
}

TRITONSERVER_Error *hook_TRITONBACKEND_ResponseSend(TRITONBACKEND_Response *response,
                                                    const uint32_t flags,
                                                    TRITONSERVER_Error *error)
{
  /* What an error response carries beside the error nobody reads. */
  guard_done(response, error == NULL);
  return REAL(TRITONBACKEND_ResponseSend)(response, flags, error);
}

TRITONSERVER_Error *hook_TRITONBACKEND_ResponseDelete(TRITONBACKEND_Response *response)
{
  guard_done(response, false);
  return REAL(TRITONBACKEND_ResponseDelete)(response);
}
