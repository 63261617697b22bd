# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Models of a server."""

from __future__ import annotations

import asyncio
import html
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from triton_py.api.enums import DataType, ModelBatchFlag, ModelTxnPropertyFlag
from triton_py.api.request import InferenceRequest
from triton_py.api.response import AsyncResponseIterator, ResponseIterator
from triton_py.errors import (
    InvalidArgumentError,
    NotFoundError,
    TritonError,
    UnavailableError,
)
from triton_py.inprocess import NativeServer

if TYPE_CHECKING:
    from triton_py.api.server import Server

__all__ = ["Model", "ModelDictionary"]


class Model:
    """A model of a server by name and version (-1: the highest version that is ready).

    Made by ``Server.model`` and ``Server.models``. Whether it exists shows at its first use.
    """

    def __init__(
        self,
        server: Server,
        name: str,
        version: int = -1,
        state: str | None = None,
        reason: str | None = None,
    ) -> None:
        self._server = server
        self.name = name
        self.version = version
        #: State and its reason when the object was made by ``Server.models``.
        self.state = state
        self.reason = reason

    @property
    def native_server(self) -> NativeServer:
        return self._server.native

    def at_version(self, version: int) -> Model:
        """This model at the version that answered."""
        if version == self.version:
            return self
        return Model(self._server, self.name, version)

    def create_request(self, **fields: Any) -> InferenceRequest:
        """An InferenceRequest for this model."""
        fields.pop("model", None)
        return InferenceRequest(self, **fields)

    def infer(
        self,
        inference_request: InferenceRequest | None = None,
        raise_on_error: bool = True,
        **fields: Any,
    ) -> ResponseIterator:
        """Sends a request and returns the iterator over its responses.

        Give an InferenceRequest or its fields: ``model.infer(inputs={"INPUT0": array})``. Problems
        with the request are raised here; errors of the model while iterating, or, with
        ``raise_on_error=False``, found in ``response.error``.
        """
        request = self._request(inference_request, fields)
        return ResponseIterator(request.native(), request, raise_on_error)

    def async_infer(
        self,
        inference_request: InferenceRequest | None = None,
        raise_on_error: bool = True,
        **fields: Any,
    ) -> AsyncResponseIterator:
        """As ``infer``, for ``async for``, or ``await`` for a single response.

        To be called in the thread of a running event loop; the request is sent at once.
        """
        request = self._request(inference_request, fields)
        user_queue = request.response_queue
        if user_queue is not None and not isinstance(user_queue, asyncio.Queue):
            raise InvalidArgumentError(
                f"response_queue must be an asyncio.Queue here, not {type(user_queue).__name__}"
            )
        stream = self._server.bridge().stream(request.native())
        return AsyncResponseIterator(stream, request, raise_on_error)

    def _request(
        self, given: InferenceRequest | None, fields: dict[str, Any]
    ) -> InferenceRequest:
        if given is None:
            return self.create_request(**fields)
        if fields:
            raise InvalidArgumentError(
                f"give a request object or its fields, not both (got {sorted(fields)} too)"
            )
        return given

    def expected_type(self, input_name: str, value: Any) -> DataType | None:
        """The data type the model declares for an input, looked up only where the value leaves it
        open: for lists, Python numbers, and uint16, which may stand for BF16."""
        if isinstance(value, np.ndarray):
            if value.dtype != np.uint16:
                return None
        elif not isinstance(value, (list, tuple, bool, int, float)):
            return None
        try:
            inputs = self.metadata()["inputs"]
        except TritonError:
            # The request itself will tell what is wrong with the model.
            return None
        for declared in inputs:
            if declared["name"] == input_name:
                return DataType[declared["datatype"]]
        return None

    def metadata(self) -> dict[str, Any]:
        """Name, versions, platform, inputs and outputs."""
        return self.native_server.model_metadata(self.name, self.version)

    def config(self, config_version: int = 1) -> dict[str, Any]:
        """The complete model configuration."""
        return self.native_server.model_config(self.name, self.version, config_version)

    def statistics(self) -> dict[str, Any]:
        """``{"model_stats": [...]}``; durations are nanoseconds."""
        return self.native_server.model_statistics(self.name, self.version)

    def ready(self) -> bool:
        """Whether the model takes requests; False too for one that the server doesn't know."""
        try:
            return self.native_server.model_is_ready(self.name, self.version)
        except (NotFoundError, UnavailableError):
            return False

    def batch_properties(self) -> ModelBatchFlag:
        return ModelBatchFlag(self.native_server.batch_properties(self.name, self.version))

    def transaction_properties(self) -> ModelTxnPropertyFlag:
        return ModelTxnPropertyFlag(
            self.native_server.transaction_properties(self.name, self.version)
        )

    def load(self, parameters: dict[str, str | int | bool | float | bytes] | None = None) -> Model:
        """Loads the model (ModelControlMode.EXPLICIT) and waits for it; see ``Server.load``."""
        self._server.load(self.name, parameters)
        return self

    def unload(self, unload_dependents: bool = False, **waiting: Any) -> None:
        """Unloads the model (ModelControlMode.EXPLICIT); see ``Server.unload``."""
        self._server.unload(self.name, unload_dependents, **waiting)

    def __repr__(self) -> str:
        parts = [repr(self.name), f"version={self.version}"]
        if self.state:
            parts.append(f"state={self.state!r}")
        if self.reason:
            parts.append(f"reason={self.reason!r}")
        return f"Model({', '.join(parts)})"

    def _repr_html_(self) -> str:
        try:
            metadata = self.metadata()
        except TritonError as error:
            return f"<p><b>{html.escape(self.name)}</b>: {html.escape(error.message)}</p>"
        rows = [
            (kind, tensor["name"], tensor["datatype"], str(tensor["shape"]))
            for kind in ("inputs", "outputs")
            for tensor in metadata.get(kind, ())
        ]
        title = f"{self.name}, versions {', '.join(metadata.get('versions', ()))}"
        return html_table(title, ("", "name", "datatype", "shape"), rows)


def html_table(title: str, head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    """A table for a notebook; all text is escaped."""

    def row(tag: str, cells: tuple[str, ...]) -> str:
        return "<tr>" + "".join(f"<{tag}>{html.escape(c)}</{tag}>" for c in cells) + "</tr>"

    body = "".join(row("td", cells) for cells in rows)
    return (
        f"<table><caption>{html.escape(title)}</caption>"
        f"<thead>{row('th', head)}</thead><tbody>{body}</tbody></table>"
    )


class ModelDictionary(dict[Any, Model]):
    """(name, version) -> Model; a name alone gives the model at its highest ready version."""

    def __init__(self, server: Server, models: list[Model]) -> None:
        super().__init__({(model.name, model.version): model for model in models})
        self._server = server

    def __missing__(self, key: Any) -> Model:
        if any(name == key for name, _ in self.keys()):
            return Model(self._server, key)
        raise KeyError(f"Unknown Model: {key}")

    def _repr_html_(self) -> str:
        rows = [
            (model.name, str(model.version), model.state or "", model.reason or "")
            for model in self.values()
        ]
        return html_table("models", ("name", "version", "state", "reason"), rows)
