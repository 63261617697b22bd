# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The model repository: models, versions, libraries, labels; nothing is loaded here."""

from __future__ import annotations

from triton_py.repository.agent_libraries import find_agent_library
from triton_py.repository.fingerprint import FolderMarks, fingerprint
from triton_py.repository.identity import ModelId
from triton_py.repository.initial_states import read_initial_state
from triton_py.repository.labels import read_labels
from triton_py.repository.libraries import (
    PYTHON_BACKEND,
    PYTHON_RUNTIME,
    BackendLibrary,
    find_backend_library,
    find_batch_strategy,
)
from triton_py.repository.override import (
    LoadParameters,
    LocalFolder,
    parse_load_parameters,
    write_override,
)
from triton_py.repository.paths import check_model_name
from triton_py.repository.scan import DUPLICATE_REASON, ModelFolder, Repositories, Scan
from triton_py.repository.storage import is_remote, storage_of
from triton_py.repository.versions import VersionListing, list_versions, select_versions
from triton_py.repository.warmup import read_warmup

__all__ = [
    "DUPLICATE_REASON",
    "PYTHON_BACKEND",
    "PYTHON_RUNTIME",
    "BackendLibrary",
    "FolderMarks",
    "LoadParameters",
    "LocalFolder",
    "ModelFolder",
    "ModelId",
    "Repositories",
    "Scan",
    "VersionListing",
    "check_model_name",
    "find_agent_library",
    "find_backend_library",
    "find_batch_strategy",
    "fingerprint",
    "is_remote",
    "list_versions",
    "parse_load_parameters",
    "read_initial_state",
    "read_labels",
    "read_warmup",
    "select_versions",
    "storage_of",
    "write_override",
]
