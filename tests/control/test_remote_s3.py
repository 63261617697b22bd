# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Repositories in S3 over its own protocol: s3fs before a server on this machine."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from control_fakes import FakeDataPlane
from control_support import CONFIG, StartServer, states
from remote_objects import OBJECTS, alone, free_port, load_and_follow

from triton_py.errors import InternalError, InvalidArgumentError, TritonError
from triton_py.repository import storage_of
from triton_py.repository.remote import filesystems

pytest.importorskip("s3fs", reason="repositories in S3 need the package s3fs")
boto3 = pytest.importorskip("boto3", reason="filling a bucket needs the package boto3")
moto_server = pytest.importorskip("moto.server", reason="moto[s3,server] is the server of S3")


class S3:
    """A server with one bucket."""

    def __init__(self, port: int) -> None:
        from botocore.config import Config

        self.host = f"127.0.0.1:{port}"
        self.client = boto3.client(
            "s3",
            endpoint_url=f"http://{self.host}",
            region_name="us-east-1",
            aws_access_key_id="id",
            aws_secret_access_key="secret",
            config=Config(s3={"addressing_style": "path"}),
        )
        self.client.create_bucket(Bucket="bucket")
        for name, text in OBJECTS.items():
            self.put(name, text)

    @property
    def models(self) -> str:
        return f"s3://{self.host}/bucket/models"

    def put(self, name: str, text: str) -> None:
        self.client.put_object(Bucket="bucket", Key=name, Body=text.encode())


@pytest.fixture(autouse=True)
def credential(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    alone(monkeypatch, tmp_path)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "id")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")


@pytest.fixture
def s3() -> Iterator[S3]:
    server = moto_server.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        yield S3(server.get_host_and_port()[1])
    finally:
        server.stop()


def test_models_from_s3(s3: S3, start: StartServer, dataplane: FakeDataPlane) -> None:
    load_and_follow(s3.models, s3.put, start, dataplane)


def test_a_folder_may_be_an_object(s3: S3, start: StartServer, dataplane: FakeDataPlane) -> None:
    """Consoles make folders as empty objects whose names end with a slash."""
    s3.put("models/empty/", "")
    s3.put("models/empty/1/", "")
    s3.put("models/empty/config.pbtxt", CONFIG.format(extra="", output=""))
    server = start(model_repository_paths=[s3.models], startup_models=["empty"])
    assert states(server)["empty"] == {"1": "READY"}
    assert (Path(dataplane.served("empty").directory) / "1").is_dir()


def test_many_objects_are_listed_in_pages(s3: S3, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOTO_S3_DEFAULT_MAX_KEYS", "20")
    for number in range(50):
        s3.put(f"models/n/1/{number:04}", "x")
    page = s3.client.list_objects_v2(Bucket="bucket", Prefix="models/n/")
    assert len(page["Contents"]) == 20, "the server takes them all at once"
    folder = storage_of(s3.models).fetch(f"{s3.models}/n")
    assert folder is not None
    folder.complete(1, lambda: None)
    assert len(list((Path(folder.path) / "1").iterdir())) == 51
    folder.remove()


def test_what_s3_refuses_is_said(s3: S3, create: StartServer) -> None:
    for path, message in (
        (f"s3://{s3.host}/nobucket/models", "is in no bucket that exists"),
        (f"s3://{s3.host}/bucket/none", "is empty or does not exist"),
    ):
        with pytest.raises(InvalidArgumentError, match=message):
            create(model_repository_paths=[path]).start()


@pytest.mark.slow
def test_a_server_that_is_not_there_is_said(create: StartServer) -> None:
    path = f"s3://127.0.0.1:{free_port()}/bucket/models"
    with pytest.raises(InternalError, match="the storage can't be reached"):
        create(model_repository_paths=[path]).start()


def test_credentials_from_the_file_reach_s3(
    s3: S3, start: StartServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name)
    file = tmp_path / "credentials.json"
    given = {"key_id": "id", "secret_key": "secret", "region": "us-east-1"}
    file.write_text(json.dumps({"s3": {"s3://127.0.0.1": given}}))
    monkeypatch.setenv("TRITON_CLOUD_CREDENTIAL_PATH", str(file))
    server = start(model_repository_paths=[s3.models], startup_models=["n"])
    assert states(server)["n"] == {"1": "READY"}
    (key,) = filesystems._opened
    assert dict(key[3]) == given


def test_credentials_that_are_wrong_are_said(s3: S3, create: StartServer) -> None:
    def check_after(requests: int) -> None:
        """From then on the server takes only credentials that it knows."""
        url = f"http://{s3.host}/moto-api/reset-auth"
        request = urllib.request.Request(
            url, data=str(requests).encode(), headers={"Content-Type": "text/plain"}
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            assert answer.status == 200

    check_after(0)
    try:
        with pytest.raises(TritonError, match="credentials are missing or were not accepted"):
            create(model_repository_paths=[s3.models]).start()
    finally:
        check_after(1000000)
