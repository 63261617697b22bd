# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Without a model: what auto-complete yields, else what the library takes of small configurations."""

from __future__ import annotations

from pathlib import Path

import pytest
from backend_builder import compiler, run

import triton_py
from triton_py.conformance.pool import HarnessError
from triton_py.conformance.sweep import MOST_MODELS, models_for
from triton_py.conformance.target import open_target

IDENTITY = Path(triton_py.__file__).parent / "backends" / "identity" / "libtriton_identity.so"

#: Answers IN with its own content as OUT, if the configuration says what WANTED asks for.
SOURCE = r"""
#include <string.h>
#include "triton/core/tritonbackend.h"
TRITONBACKEND_ISPEC TRITONSERVER_Error *TRITONBACKEND_ModelInitialize(TRITONBACKEND_Model *model)
{
  TRITONSERVER_Message *message;
  const char *base;
  size_t size;
  TRITONSERVER_Error *error = TRITONBACKEND_ModelConfig(model, 1, &message);
  if (error != NULL) return error;
  error = TRITONSERVER_MessageSerializeToJson(message, &base, &size);
  if (error == NULL && memmem(base, size, WANTED, strlen(WANTED)) == NULL)
    error = TRITONSERVER_ErrorNew(TRITONSERVER_ERROR_UNSUPPORTED, "not this one");
  TRITONSERVER_Error *deleted = TRITONSERVER_MessageDelete(message);
  return error != NULL ? error : deleted;
}
TRITONBACKEND_ISPEC TRITONSERVER_Error *TRITONBACKEND_ModelInstanceExecute(
    TRITONBACKEND_ModelInstance *instance, TRITONBACKEND_Request **requests, const uint32_t count)
{
  (void)instance;
  for (uint32_t i = 0; i < count; i++) {
    TRITONBACKEND_Response *response;
    if (TRITONBACKEND_ResponseNew(&response, requests[i]) != NULL) continue;
    TRITONBACKEND_ResponseSend(response, TRITONSERVER_RESPONSE_COMPLETE_FINAL, NULL);
    TRITONBACKEND_RequestRelease(requests[i], TRITONSERVER_REQUEST_RELEASE_ALL);
  }
  return NULL;
}
"""


def picky(folder: Path, wanted: str) -> Path:
    source = folder / "picky.c"
    source.write_text(SOURCE)
    library = folder / "libtriton_picky.so"
    run([*compiler(False), "-shared", "-fPIC", "-D_GNU_SOURCE", f'-DWANTED="{wanted}"',
         source, "-o", library])  # fmt: skip
    return library


def test_what_auto_complete_yields() -> None:
    (model,) = models_for(open_target(IDENTITY, ()))
    facts = model.declared
    assert facts.inputs and facts.outputs
    assert facts.backend == "identity"


def test_one_data_type(tmp_path: Path) -> None:
    models = models_for(open_target(picky(tmp_path, "TYPE_INT64"), ()))
    assert 1 <= len(models) <= MOST_MODELS
    types = {t.datatype for m in models for t in m.declared.inputs.values()}
    assert types == {"INT64"}


def test_a_library_that_takes_decoupled_models_alone(tmp_path: Path) -> None:
    models = models_for(open_target(picky(tmp_path, r"\"decoupled\":true"), ()))
    assert models and all(m.declared.decoupled for m in models)


def test_a_library_that_takes_nothing(tmp_path: Path) -> None:
    with pytest.raises(HarnessError, match="takes none of .* small models; give one") as raised:
        models_for(open_target(picky(tmp_path, "no configuration has this"), ()))
    assert "not this one" in str(raised.value)
