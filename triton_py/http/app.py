# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The control plane over HTTP: everything but inference, which the connection itself handles.

Health is answered at once. Whatever may wait for the core runs on a thread: queries on a few that
are always quick, loading and unloading on others, so that a slow load holds up nobody's probe.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
import re
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from triton_py.errors import (
    InvalidArgumentError,
    NotFoundError,
    TritonError,
    UnavailableError,
)
from triton_py.http import status_page
from triton_py.http._parser import HttpError
from triton_py.http.compression import check_coding, decompress
from triton_py.http.message import Answer, Request
from triton_py.http.restricted import refused
from triton_py.inprocess.log_settings import log_settings, update_log_settings
from triton_py.tracing import TraceManager
from triton_py.tracing.protocol import as_json, change_from_json

if TYPE_CHECKING:
    from triton_py.http.options import HttpOptions
    from triton_py.inprocess import NativeServer

Result = Answer | Coroutine[Any, Any, Answer]
Handler = Callable[..., Result]

#: The HTTP status of a ``TRITONSERVER_Error_Code``; of every other code 400.
STATUS = {1: 500, 2: 404, 4: 503, 5: 501}


def error_answer(status: int, message: str, **headers: str) -> Answer:
    """``{"error": message}``."""
    body = json.dumps({"error": message}, ensure_ascii=False).encode("utf-8", "replace")
    return Answer(status, body, headers=headers)


def model_version(text: str | None) -> int:
    """A version out of a path; -1, the server's choice, if there is none.

    :raises HttpError: it does not fit.
    """
    if not text:
        return -1
    if len(text) > 18:
        raise HttpError(400, "failed to get model version from specified version string "
                             f"'{text[:40]}', version should be an integral value > 0")
    return int(text)


class ControlPlane:
    """Routes requests to handlers; callable as a connection's ``app``."""

    def __init__(self, server: NativeServer, options: HttpOptions, tracing: TraceManager) -> None:
        self._server = server
        self._options = options
        self._tracing = tracing
        self._quick = ThreadPoolExecutor(2, "http-query")
        self._slow = ThreadPoolExecutor(4, "http-load")
        self._routes: list[tuple[re.Pattern[str], str, Handler]] = [
            (re.compile(pattern), method, handler) for pattern, method, handler in (
                (r"/v2/health/live", "GET", self._live),
                (r"/v2/health/ready", "GET", self._ready),
                (r"/v2", "GET", self._metadata),
                (r"/v2/models/stats", "GET", self._all_statistics),
                (r"/v2/models/([^/]+)(?:/versions/([0-9]+))?/ready", "GET", self._model_ready),
                (r"/v2/models/([^/]+)(?:/versions/([0-9]+))?/config", "GET", self._model_config),
                (r"/v2/models/([^/]+)(?:/versions/([0-9]+))?/stats", "GET", self._statistics),
                (r"/v2/models/([^/]+)(?:/versions/([0-9]+))?", "GET", self._model_metadata),
                (r"/v2/repository(?:/([^/]+))?/index", "POST", self._index),
                (r"/v2/repository(?:/([^/]+))?/models/([^/]+)/load", "POST", self._load),
                (r"/v2/repository(?:/([^/]+))?/models/([^/]+)/unload", "POST", self._unload),
                (r"/v2/(?:system|cuda)sharedmemory(?:/region/[^/]+)?/(?:status|register|unregister)",
                 "", self._unsupported),
                (r"/v2/(?:models/([^/]+)/)?trace/setting", "GET, POST", self._trace_setting),
                (r"/v2/logging", "GET, POST", self._logging),
            )
        ]
        if options.status_page:
            self._routes += [(re.compile(r"/"), "GET", self._page),
                             (re.compile(r"/status"), "GET", self._status)]
        if options.debug_endpoints:
            self._routes.append((re.compile(r"/v2/debug/objects"), "GET", self._objects))

    def close(self) -> None:
        """No further work is taken; what runs goes on on its daemon-like threads."""
        self._quick.shutdown(wait=False, cancel_futures=True)
        self._slow.shutdown(wait=False, cancel_futures=True)

    def __call__(self, request: Request) -> Result:
        if self._options.restricted and (reason := refused(request, self._options.restricted)):
            return error_answer(403, reason)
        for pattern, method, handler in self._routes:
            match = pattern.fullmatch(request.path)
            if match is None:
                continue
            if method and request.method not in method.split(", "):
                return error_answer(405, "Method Not Allowed", Allow=method)
            try:
                values = [unquote(v) if v else v for v in match.groups()]
                result = handler(request, *values)
            except (HttpError, TritonError) as error:
                return _error(error)
            return result if isinstance(result, Answer) else _guarded(result)
        return error_answer(404, "Not Found")

    # --- threads ---

    async def _on(self, pool: ThreadPoolExecutor, function: Callable[..., Any],
                  *arguments: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(pool, function, *arguments)

    async def _query(self, function: Callable[..., bytes], *arguments: Any) -> Answer:
        return Answer(200, await self._on(self._quick, function, *arguments))

    # --- health ---

    def _live(self, request: Request) -> Result:
        return Answer(200 if self._server.is_live() else 400)

    async def _ready(self, request: Request) -> Answer:
        return Answer(200 if await self._on(self._quick, self._server.is_ready) else 400)

    async def _model_ready(self, request: Request, name: str, version: str | None) -> Answer:
        if await self._on(self._quick, self._server.model_is_ready, name, model_version(version)):
            return Answer(200)
        return error_answer(400, "Model version not ready")

    # --- metadata, configuration, statistics ---

    async def _metadata(self, request: Request) -> Answer:
        return await self._query(self._server.metadata_json)

    async def _model_metadata(self, request: Request, name: str, version: str | None) -> Answer:
        return await self._query(self._server.model_metadata_json, name, model_version(version))

    async def _model_config(self, request: Request, name: str, version: str | None) -> Answer:
        return await self._query(self._server.model_config_json, name, model_version(version))

    async def _all_statistics(self, request: Request) -> Answer:
        return await self._query(self._server.model_statistics_json)

    async def _statistics(self, request: Request, name: str, version: str | None) -> Answer:
        return await self._query(self._server.model_statistics_json, name, model_version(version))

    # --- the repository ---

    async def _index(self, request: Request, repository: str | None) -> Answer:
        _no_repository(repository)
        ready = self._json(request, "registry index").get("ready", False)
        if not isinstance(ready, bool):
            raise HttpError(400, "Invalid value for 'ready': expected a boolean")
        return await self._query(self._server.model_index_json, ready)

    async def _load(self, request: Request, repository: str | None, name: str) -> Answer:
        _no_repository(repository)
        parameters = load_parameters(self._parameters(request, "load model"))
        await self._on(self._slow, self._server.load, name, parameters)
        return Answer(200)

    async def _unload(self, request: Request, repository: str | None, name: str) -> Answer:
        _no_repository(repository)
        dependents = self._parameters(request, "unload model").get("unload_dependents", False)
        if not isinstance(dependents, bool):
            raise HttpError(400, "Unable to parse 'unload_dependents': attempt to access JSON "
                                 "non-boolean as boolean")
        await self._on(self._slow, self._server.unload, name, dependents)
        return Answer(200)

    # --- tracing ---

    async def _trace_setting(self, request: Request, name: str | None) -> Answer:
        given = self._json(request, "trace") if request.method == "POST" else {}
        return await self._query(self._trace, name or "", given)

    def _trace(self, name: str, given: dict[str, Any]) -> bytes:
        if name and not self._is_ready(name):
            raise InvalidArgumentError(f"Request for unknown model : {name}")
        if given:
            self._tracing.update(name, change_from_json(given))
        return json.dumps(as_json(self._tracing.view(name)), separators=(",", ":")).encode()

    def _is_ready(self, name: str) -> bool:
        try:
            return self._server.model_is_ready(name)
        except (NotFoundError, UnavailableError):
            return False

    # --- the rest ---

    def _logging(self, request: Request) -> Result:
        if request.method == "GET":
            return Answer(200, json.dumps(log_settings()).encode())
        changed = update_log_settings(self._json(request, "logging settings"))
        return Answer(200, json.dumps(changed).encode())

    def _unsupported(self, request: Request) -> Result:
        return error_answer(501, f"{request.path} is not supported by this server")

    def _page(self, request: Request) -> Result:
        return status_page.page()

    async def _status(self, request: Request) -> Answer:
        answer: Answer = await self._on(self._quick, status_page.state, self._server,
                                        self._options.model_control_mode)
        return answer

    def _objects(self, request: Request) -> Result:
        from triton_py.http._exchange import alive
        from triton_py.inprocess.counters import live_objects

        return Answer(200, json.dumps({**live_objects(), "http_exchanges": alive()}).encode())

    # --- bodies ---

    def _json(self, request: Request, kind: str) -> dict[str, Any]:
        """The body as a JSON object; empty if there is no body."""
        body = request.body
        if check_coding(request.headers.get("content-encoding", "")):
            body = decompress(body, self._options.max_input_size)
        if len(body) > self._options.max_input_size:
            raise HttpError(
                413, f"request JSON size of {len(body)} bytes exceeds the maximum allowed input "
                f"size of {self._options.max_input_size} bytes. Use --http-max-input-size to "
                "increase the limit.")
        if not body:
            return {}
        try:
            value = json.loads(body)
        except RecursionError:
            raise HttpError(400, "JSON nesting depth exceeds maximum allowed limit") from None
        except ValueError as error:
            raise HttpError(400, f"failed to parse the request JSON buffer: {error}") from None
        if not isinstance(value, dict):
            raise HttpError(400, f"the JSON of a {kind} request must be an object")
        return value

    def _parameters(self, request: Request, kind: str) -> dict[str, Any]:
        parameters = self._json(request, kind).get("parameters", {})
        if not isinstance(parameters, dict):
            raise HttpError(400, "Unable to parse 'parameters': expected an object")
        return parameters


def load_parameters(given: dict[str, Any]) -> dict[str, str | bytes]:
    """``config`` as it is, ``file:<path>`` out of base64.

    :raises HttpError: another name, or a value that is none.
    """
    parameters: dict[str, str | bytes] = {}
    for name, value in given.items():
        if name != "config" and not name.startswith("file:"):
            raise HttpError(400, f"unknown load parameter '{name}', expected 'config' or "
                                 "'file:<path>'")
        if not isinstance(value, str):
            raise HttpError(400, f"load parameter '{name}': attempt to access JSON non-string as "
                                 "string")
        if name == "config":
            parameters[name] = value
            continue
        try:
            parameters[name] = base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError) as error:
            raise HttpError(400, f"load parameter '{name}' is not base64: {error}") from None
    return parameters


def _no_repository(repository: str | None) -> None:
    if repository:
        raise HttpError(501, "'repository_name' specification is not supported")


def _error(error: HttpError | TritonError) -> Answer:
    if isinstance(error, HttpError):
        return error_answer(error.status, str(error))
    return error_answer(STATUS.get(error.code, 400), error.message)


async def _guarded(result: Awaitable[Answer]) -> Answer:
    try:
        return await result
    except (HttpError, TritonError) as error:
        return _error(error)
