# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""One server for all client tests of a session."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import tritonclient.grpc
import tritonclient.http
from serving import ServerProcess, client_repository


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    repository = client_repository(tmp_path_factory.mktemp("repository"))
    # One model is broken on purpose: not strict, or the server would never be ready.
    flags = ("--strict-readiness=false", "--model-control-mode=explicit", "--load-model=*",
             "--exit-on-error=false",
             "--grpc-max-message-size=67108864")
    with ServerProcess(repository, *flags) as running:
        yield running
        running.assert_alive()
        assert running.stop() == 0, running.output()[-4000:]


@pytest.fixture(scope="session")
def grpc_client(server: ServerProcess) -> Iterator[tritonclient.grpc.InferenceServerClient]:
    with tritonclient.grpc.InferenceServerClient(server.grpc) as client:
        yield client


@pytest.fixture(scope="session")
def http_client(server: ServerProcess) -> Iterator[tritonclient.http.InferenceServerClient]:
    with tritonclient.http.InferenceServerClient(server.http, concurrency=4) as client:
        yield client
