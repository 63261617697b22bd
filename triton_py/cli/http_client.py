# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The few calls of the KServe v2 protocol over HTTP that ``triton-py infer`` and ``explain`` make.

Plain ``http.client``: nothing to install. Tensors travel in binary both ways.
"""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import urllib.parse
from collections.abc import Mapping, Sequence
from typing import Any, Self

from triton_py.cli.access import Access
from triton_py.cli.errors import CliError
from triton_py.cli.request import described
from triton_py.cli.tensors import Described, Tensor

HEADER_LENGTH = "Inference-Header-Content-Length"


class HttpClient:
    """One connection to a server; close it, or use it in a ``with`` block.

    :param url: ``host:port``, ``http://host:port[/prefix]``, ``https://...`` or ``unix:PATH``.
    :param timeout: seconds for connecting and for each answer.
    """

    def __init__(self, url: str, timeout: float, access: Access | None = None) -> None:
        access = access or Access()
        self._headers = access.headers
        self._prefix = ""
        if url.startswith("unix:"):
            access.check(False, url)
            self._where = url
            self._connection: http.client.HTTPConnection = _UnixConnection(
                url.removeprefix("unix:").removeprefix("//"), timeout)
            return
        text = url if "://" in url else f"http://{url}"
        parts = urllib.parse.urlsplit(text)
        try:
            port = parts.port or 8000
        except ValueError:
            port = 0
        if parts.scheme not in ("http", "https") or not parts.hostname or not port:
            raise CliError(f"--url {url}: expected host:port, http://host:port, https://host:port "
                           "or unix:PATH")
        access.check(parts.scheme == "https", url)
        self._where = f"{parts.scheme}://{parts.hostname}:{port}"
        self._prefix = parts.path.rstrip("/")
        if parts.scheme == "https":
            self._connection = http.client.HTTPSConnection(
                parts.hostname, port, timeout=timeout, context=access.context())
        else:
            self._connection = http.client.HTTPConnection(parts.hostname, port, timeout=timeout)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def inputs(self, model: str, version: str) -> list[Described]:
        """The model's inputs, from its metadata and its configuration's batch size."""
        path = _model_path(model, version)
        return described(self._json("GET", path), self._json("GET", f"{path}/config"))

    def infer(self, model: str, version: str, inputs: Sequence[Tensor], outputs: Sequence[str],
              request_id: str, parameters: Mapping[str, Any]) -> tuple[dict[str, Any], list[Tensor]]:
        """Sends one request; returns the answer's JSON without the outputs, and the outputs."""
        header: dict[str, Any] = {
            "inputs": [{"name": t.name, "datatype": t.datatype, "shape": list(t.shape),
                        "parameters": {"binary_data_size": len(t.data)}} for t in inputs],
            "parameters": {**parameters, "binary_data_output": True},
        }
        if request_id:
            header["id"] = request_id
        if outputs:
            header["outputs"] = [{"name": name, "parameters": {"binary_data": True}}
                                 for name in outputs]
        head = json.dumps(header).encode()
        body = head + b"".join(t.data for t in inputs)
        answer, headers = self._call(
            "POST", f"{_model_path(model, version)}/infer", body,
            {"Content-Type": "application/octet-stream", HEADER_LENGTH: str(len(head))})
        length = int(headers.get(HEADER_LENGTH) or len(answer))
        reply = _loads(answer[:length], self._where)
        return reply, _outputs(reply.pop("outputs", []), memoryview(answer)[length:])

    def config(self, model: str, version: str) -> dict[str, Any]:
        """The model's completed configuration."""
        return self._json("GET", f"{_model_path(model, version)}/config")

    def statistics(self, model: str, version: str) -> dict[str, Any]:
        """Its entry of the statistics extension; of several versions the newest one's."""
        found = self._json("GET", f"{_model_path(model, version)}/stats").get("model_stats", [])
        if not found:
            raise CliError(f"{self._where} has no statistics of model '{model}'")
        newest: dict[str, Any] = max(found, key=lambda entry: int(entry["version"]))
        return newest

    def _json(self, method: str, path: str) -> dict[str, Any]:
        return _loads(self._call(method, path, b"", {})[0], self._where)

    def _call(self, method: str, path: str, body: bytes,
              headers: dict[str, str]) -> tuple[bytes, http.client.HTTPMessage]:
        try:
            self._connection.request(method, self._prefix + path, body,
                                     {**self._headers, **headers})
            answer = self._connection.getresponse()
            data = answer.read()
        except ssl.SSLError as error:
            # Of a certificate that is not trusted, OpenSSL's reason; --root-cert says who is.
            reason = getattr(error, "verify_message", "") or error
            raise CliError(f"no TLS connection to {self._where}: {reason}") from None
        except (OSError, http.client.HTTPException) as error:
            # What a port that speaks TLS does with a request that is not encrypted.
            tls = (f" Or does it speak TLS? --url https{self._where[4:]}"
                   if isinstance(error, http.client.RemoteDisconnected)
                   and self._where.startswith("http:") else "")
            raise CliError(f"no answer from {self._where}: {error}; "
                           f"is the server running there?{tls}") from None
        if answer.status != 200:
            raise CliError(_error_text(answer.status, data))
        return data, answer.headers


class _UnixConnection(http.client.HTTPConnection):
    """Over a Unix socket."""

    def __init__(self, path: str, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def _model_path(model: str, version: str) -> str:
    path = "/v2/models/" + urllib.parse.quote(model, safe="")
    return f"{path}/versions/{urllib.parse.quote(version, safe='')}" if version else path


def _loads(data: bytes, where: str) -> dict[str, Any]:
    try:
        value = json.loads(data)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise CliError(f"{where} answered something that is not this protocol's JSON")
    return value


def _error_text(status: int, data: bytes) -> str:
    try:
        text = json.loads(data)["error"]
    except (ValueError, KeyError, TypeError):
        text = data[:200].decode("utf-8", "replace").strip() or "no reason given"
    return f"{text} (HTTP {status})"


def _outputs(described: list[dict[str, Any]], binary: memoryview) -> list[Tensor]:
    out, at = [], 0
    for item in described:
        shape = tuple(int(d) for d in item["shape"])
        size = item.get("parameters", {}).get("binary_data_size")
        if size is None:
            out.append(_from_json(item, shape))
            continue
        out.append(Tensor(item["name"], item["datatype"], shape, bytes(binary[at:at + size])))
        at += size
    return out


def _from_json(item: dict[str, Any], shape: tuple[int, ...]) -> Tensor:
    """A server may answer in JSON although it was asked for binary."""
    import numpy as np

    from triton_py.cli.tensors import encode

    kind = object if item["datatype"] == "BYTES" else None
    array = np.array(item.get("data", []), kind).reshape(shape)
    return Tensor(item["name"], item["datatype"], shape, encode(array, item["datatype"]))
