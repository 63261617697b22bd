# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Repositories in Azure Storage over its own protocol: adlfs and Azure's client, before a server that
the tests bring (``azure_blobs``)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from azure_blobs import ACCOUNT, CONTAINER, BlobServer
from control_fakes import FakeDataPlane
from control_support import StartServer
from remote_objects import OBJECTS, alone, load_and_follow

from triton_py.errors import InvalidArgumentError, TritonError

pytest.importorskip("adlfs", reason="repositories in Azure Storage need the package adlfs")

MODELS = f"as://{ACCOUNT}/{CONTAINER}/models"


@pytest.fixture
def azure(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[BlobServer]:
    alone(monkeypatch, tmp_path)
    server = BlobServer()
    try:
        for name, text in OBJECTS.items():
            server.put(name, text)
        monkeypatch.setenv("AZURE_STORAGE_CONNECTION_STRING", server.connection_string)
        yield server
    finally:
        server.close()


def test_models_from_azure(
    azure: BlobServer, start: StartServer, dataplane: FakeDataPlane
) -> None:
    load_and_follow(MODELS, azure.put, start, dataplane)


def test_what_azure_refuses_is_said(azure: BlobServer, create: StartServer) -> None:
    for path, message in (
        (f"as://{ACCOUNT}/nobox/models", "is in no bucket that exists"),
        (f"as://{ACCOUNT}/{CONTAINER}/none", "is empty or does not exist"),
    ):
        with pytest.raises(InvalidArgumentError, match=message):
            create(model_repository_paths=[path]).start()
    azure.locked = True
    with pytest.raises(TritonError, match="credentials are missing or were not accepted"):
        create(model_repository_paths=[MODELS]).start()
