# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Repositories in Google Cloud Storage over its own protocol: gcsfs before a server on this machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from control_fakes import FakeDataPlane
from control_support import StartServer
from remote_objects import OBJECTS, alone, free_port, load_and_follow

from triton_py.errors import InvalidArgumentError

gcsfs_core = pytest.importorskip(
    "gcsfs.core", reason="repositories in Google Cloud Storage need the package gcsfs"
)
emulator = pytest.importorskip(
    "gcp_storage_emulator.server", reason="gcp-storage-emulator is the server"
)

Put = Callable[[str, str], None]


@pytest.fixture
def google(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Put]:
    """A server whose bucket ``bucket`` holds the objects; what is yielded writes one."""
    alone(monkeypatch, tmp_path)
    port = free_port()
    server = emulator.create_server("127.0.0.1", port, in_memory=True, default_bucket="bucket")
    server.start()
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", f"http://127.0.0.1:{port}")
    try:
        fs = gcsfs_core.GCSFileSystem(
            token="anon",
            endpoint_url=f"http://127.0.0.1:{port}",
            skip_instance_cache=True,
            use_listings_cache=False,
        )

        def put(name: str, text: str) -> None:
            fs.pipe_file(f"bucket/{name}", text.encode())

        for name, text in OBJECTS.items():
            put(name, text)
        yield put
    finally:
        server.stop()


def test_models_from_google(google: Put, start: StartServer, dataplane: FakeDataPlane) -> None:
    load_and_follow("gs://bucket/models", google, start, dataplane)


@pytest.mark.usefixtures("google")
def test_what_google_refuses_is_said(create: StartServer) -> None:
    for path in ("gs://bucket/none", "gs://nobucket/models"):
        with pytest.raises(InvalidArgumentError, match="is empty or does not exist|in no bucket"):
            create(model_repository_paths=[path]).start()
