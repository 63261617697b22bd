# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""A server of Azure's Blob protocol, as far as reading goes: no package on PyPI is one.

It knows one account and one container, lists at most ``PAGE`` blobs at a time, and takes any signature
of the account's.
"""

from __future__ import annotations

import threading
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

ACCOUNT = "account"
CONTAINER = "box"
PAGE = 3


class BlobServer:
    """``blobs`` is name to content; ``put`` also gives each content an ETag of its own."""

    def __init__(self) -> None:
        self.blobs: dict[str, bytes] = {}
        self.tags: dict[str, str] = {}
        #: Refuse every request as one whose key is wrong.
        self.locked = False
        self._count = 0
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self._http.daemon_threads = True
        self._http.blob_server = self  # type: ignore[attr-defined]
        self._thread = threading.Thread(target=self._http.serve_forever, daemon=True)
        self._thread.start()

    @property
    def connection_string(self) -> str:
        return (
            f"DefaultEndpointsProtocol=http;AccountName={ACCOUNT};AccountKey=c2VjcmV0;"
            f"BlobEndpoint=http://127.0.0.1:{self._http.server_port}/{ACCOUNT};"
        )

    def put(self, name: str, text: str) -> None:
        self._count += 1
        self.blobs[name] = text.encode()
        self.tags[name] = f'"0x{self._count:X}"'

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    @property
    def store(self) -> BlobServer:
        return self.server.blob_server  # type: ignore[attr-defined, no-any-return]

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        query = {key: values[0] for key, values in parse_qs(url.query).items()}
        _, account, container, *rest = unquote(url.path).split("/", 3)
        signed = self.headers.get("Authorization", "").startswith(f"SharedKey {ACCOUNT}:")
        if self.store.locked or not signed or account != ACCOUNT:
            self._refuse(403, "AuthenticationFailed")
        elif container != CONTAINER:
            self._refuse(404, "ContainerNotFound")
        elif rest and rest[0]:
            self._blob(rest[0])
        elif query.get("comp") == "list":
            self._list(query)
        else:
            self._answer(200, b"", {"ETag": '"0x1"', "Last-Modified": formatdate(0, usegmt=True)})

    def _list(self, query: dict[str, str]) -> None:
        prefix, delimiter = query.get("prefix", ""), query.get("delimiter", "")
        found: dict[str, str] = {}
        for name, content in sorted(self.store.blobs.items()):
            if not name.startswith(prefix):
                continue
            head, cut, _ = name[len(prefix) :].partition(delimiter) if delimiter else (name, "", "")
            if cut:
                folder = prefix + head + cut
                found[folder] = f"<BlobPrefix><Name>{escape(folder)}</Name></BlobPrefix>"
            else:
                found[name] = self._entry(name, content)
        names = [name for name in sorted(found) if name >= query.get("marker", "")]
        more = names[PAGE] if len(names) > PAGE else ""
        page = "".join(found[name] for name in names[:PAGE])
        text = (
            '<?xml version="1.0" encoding="utf-8"?>'
            f'<EnumerationResults ServiceEndpoint="/" ContainerName="{CONTAINER}">'
            f"<Blobs>{page}</Blobs><NextMarker>{escape(more)}</NextMarker></EnumerationResults>"
        )
        self._answer(200, text.encode(), {"Content-Type": "application/xml"})

    def _entry(self, name: str, content: bytes) -> str:
        return (
            f"<Blob><Name>{escape(name)}</Name><Properties>"
            f"<Last-Modified>{formatdate(0, usegmt=True)}</Last-Modified>"
            f"<Etag>{escape(self.store.tags[name])}</Etag>"
            f"<Content-Length>{len(content)}</Content-Length>"
            "<Content-Type>application/octet-stream</Content-Type>"
            "<BlobType>BlockBlob</BlobType></Properties></Blob>"
        )

    def _blob(self, name: str) -> None:
        content = self.store.blobs.get(name)
        if content is None:
            self._refuse(404, "BlobNotFound")
            return
        fields = {
            "ETag": self.store.tags[name],
            "Last-Modified": formatdate(0, usegmt=True),
            "Content-Type": "application/octet-stream",
            "x-ms-blob-type": "BlockBlob",
        }
        wanted = self.headers.get("x-ms-range") or self.headers.get("Range")
        if wanted is None or self.command == "HEAD":
            self._answer(200, content, fields)
            return
        first, _, last = wanted.removeprefix("bytes=").partition("-")
        start, end = int(first), min(int(last or len(content)), len(content) - 1)
        if start >= len(content):
            self._refuse(416, "InvalidRange")
            return
        fields["Content-Range"] = f"bytes {start}-{end}/{len(content)}"
        self._answer(206, content[start : end + 1], fields)

    def _refuse(self, status: int, code: str) -> None:
        text = f'<?xml version="1.0"?><Error><Code>{code}</Code><Message>{code}</Message></Error>'
        fields = {"x-ms-error-code": code, "Content-Type": "application/xml"}
        self._answer(status, text.encode(), fields)

    def _answer(self, status: int, body: bytes, fields: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {"x-ms-version": "2021-12-02", **fields}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
