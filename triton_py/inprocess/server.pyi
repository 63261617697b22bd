# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
from collections.abc import Mapping
from typing import Any

from triton_py.inprocess.options import Options

class NativeServer:
    """A running server. Every call that may block releases the GIL; errors are triton_py.errors.

    The server is deleted once ``close`` was called (or this object is gone) *and* no request made
    for it is alive.
    """

    def __init__(self, options: Options) -> None:
        """TRITONSERVER_ServerNew: returns when the start-up models are loaded (or failed)."""
    @property
    def closed(self) -> bool: ...
    def stop(self, timeout: int | None = None) -> None:
        """No new requests; waits up to ``timeout`` seconds (the exit timeout if None) for those in
        flight, then unloads all models. May be called more than once."""
    def close(self) -> None:
        """Stops, and lets the server go."""
    def is_live(self) -> bool: ...
    def is_ready(self) -> bool: ...
    def model_is_ready(self, name: str, version: int = -1) -> bool: ...
    def metadata(self) -> dict[str, Any]: ...
    def model_metadata(self, name: str, version: int = -1) -> dict[str, Any]: ...
    def model_config(self, name: str, version: int = -1, config_version: int = 1) -> dict[str, Any]: ...
    def model_statistics(self, name: str = "", version: int = -1) -> dict[str, Any]:
        """{"model_stats": [...]}; of all models for an empty name."""
    def model_index(self, ready: bool = False) -> list[dict[str, Any]]: ...
    def metadata_json(self) -> bytes:
        """As metadata(), but the bytes as the core wrote them; so are the other *_json."""
    def model_metadata_json(self, name: str, version: int = -1) -> bytes: ...
    def model_config_json(self, name: str, version: int = -1, config_version: int = 1) -> bytes: ...
    def model_statistics_json(self, name: str = "", version: int = -1) -> bytes: ...
    def model_index_json(self, ready: bool = False) -> bytes: ...
    def load(self, name: str, parameters: Mapping[str, str | int | bool | float | bytes] | None = None) -> None:
        """Load parameters as in the repository extension: ``config`` (JSON text), ``file:<path>``
        (bytes, not base64)."""
    def unload(self, name: str, dependents: bool = False) -> None: ...
    def poll_model_repository(self) -> None: ...
    def register_model_repository(self, path: str, name_mapping: Mapping[str, str] | None = None) -> None:
        """name_mapping: folder name -> model name."""
    def unregister_model_repository(self, path: str) -> None: ...
    def transaction_properties(self, name: str, version: int = -1) -> int:
        """TRITONSERVER_ModelTxnPropertyFlag: 1 one to one, 2 decoupled."""
    def batch_properties(self, name: str, version: int = -1) -> int:
        """TRITONSERVER_ModelBatchFlag: 1 unknown, 2 first dimension."""
    def metrics_text(self) -> str:
        """Prometheus text."""
