# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Repositories in object storage, over the services' own protocols: servers of S3 and Google's storage
on this machine."""

from __future__ import annotations

import json
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
import requests
from botocore.config import Config
from control_fakes import FakeDataPlane
from control_support import CONFIG, StartServer, states, wait_until_unloaded
from gcp_storage_emulator.server import create_server
from gcsfs.core import GCSFileSystem
from moto.server import ThreadedMotoServer

from triton_py.errors import InternalError, InvalidArgumentError, TritonError
from triton_py.repository import storage_of
from triton_py.repository.remote import filesystems

OBJECTS = {
    "models/m/config.pbtxt": CONFIG.format(extra="", output=""),
    "models/m/1/weights.bin": "weights 1",
    "models/m/2/weights.bin": "weights 2",
    "models/m/2/deep/er/file": "deep",
    "models/n/config.pbtxt": CONFIG.format(extra="", output=""),
    "models/n/1/weights.bin": "weights of n",
    "models/README.md": "no model",
}


@pytest.fixture(autouse=True)
def apart(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "TRITON_CLOUD_CREDENTIAL_PATH",
                 "GOOGLE_APPLICATION_CREDENTIALS", "STORAGE_EMULATOR_HOST"):  # fmt: skip
        monkeypatch.delenv(name, raising=False)
    # Nothing of who runs the tests, and no machine's role.
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "id")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setattr(filesystems, "_opened", {})
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


class S3:
    """A server with one bucket."""

    def __init__(self, port: int) -> None:
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

    def drop(self, name: str) -> None:
        self.client.delete_object(Bucket="bucket", Key=name)


@pytest.fixture
def s3() -> Iterator[S3]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        yield S3(server.get_host_and_port()[1])
    finally:
        server.stop()


def test_models_from_s3(s3: S3, start: StartServer, dataplane: FakeDataPlane) -> None:
    server = start(model_repository_paths=[s3.models], startup_models=["*"])
    assert states(server) == {"m": {"2": "READY"}, "n": {"1": "READY"}}
    folder = Path(dataplane.served("m", 2).directory)
    assert (folder / "2" / "weights.bin").read_text() == "weights 2"
    assert (folder / "2" / "deep" / "er" / "file").read_text() == "deep"
    assert (folder / "1" / "weights.bin").read_text() == "", "the policy doesn't pick it"
    s3.put("models/m/2/weights.bin", "others 2")
    server.load("m")
    assert server.model_is_ready("m", 2)
    folder = Path(dataplane.served("m", 2).directory)
    assert (folder / "2" / "weights.bin").read_text() == "others 2"
    s3.put("models/m/3/weights.bin", "weights 3")
    server.load("m")
    wait_until_unloaded(server)
    assert states(server)["m"] == {"2": "UNAVAILABLE: unloaded", "3": "READY"}


def test_a_folder_may_be_an_object(s3: S3, start: StartServer, dataplane: FakeDataPlane) -> None:
    """Consoles make folders as empty objects whose names end with a slash."""
    s3.put("models/empty/", "")
    s3.put("models/empty/1/", "")
    s3.put("models/empty/config.pbtxt", CONFIG.format(extra="", output=""))
    server = start(model_repository_paths=[s3.models], startup_models=["empty"])
    assert states(server)["empty"] == {"1": "READY"}
    assert (Path(dataplane.served("empty").directory) / "1").is_dir()


def test_many_objects_are_listed_in_pages(s3: S3, start: StartServer) -> None:
    for number in range(1100):
        s3.put(f"models/n/1/{number:04}", "x")
    folder = storage_of(s3.models).fetch(f"{s3.models}/n")
    assert folder is not None
    folder.complete(1, lambda: None)
    assert len(list((Path(folder.path) / "1").iterdir())) == 1101
    folder.remove()


def test_what_s3_refuses_is_said(s3: S3, create: StartServer, tmp_path: Path) -> None:
    for path, message in (
        (f"s3://{s3.host}/nobucket/models", "is in no bucket that exists"),
        (f"s3://{s3.host}/bucket/none", "is empty or does not exist"),
    ):
        with pytest.raises(InvalidArgumentError, match=message):
            create(model_repository_paths=[path]).start()


def test_a_server_that_is_not_there_is_said(create: StartServer) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(InternalError, match="the storage can't be reached"):
        create(model_repository_paths=[f"s3://127.0.0.1:{port}/bucket/models"]).start()


def test_credentials_from_the_file_reach_s3(
    s3: S3, start: StartServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name)
    file = tmp_path / "credentials.json"
    credential = {"key_id": "id", "secret_key": "secret", "region": "us-east-1"}
    file.write_text(json.dumps({"s3": {"s3://127.0.0.1": credential}}))
    monkeypatch.setenv("TRITON_CLOUD_CREDENTIAL_PATH", str(file))
    server = start(model_repository_paths=[s3.models], startup_models=["n"])
    assert states(server)["n"] == {"1": "READY"}
    (key,) = filesystems._opened
    assert dict(key[3]) == credential


def test_credentials_that_are_wrong_are_said(
    s3: S3, create: StartServer
) -> None:
    # From now on the server takes only credentials that it knows.
    url = f"http://{s3.host}/moto-api/reset-auth"
    assert requests.post(url, data="0", timeout=10).status_code == 200
    try:
        with pytest.raises(TritonError, match="credentials are missing or were not accepted"):
            create(model_repository_paths=[s3.models]).start()
    finally:
        requests.post(url, data="1000000", timeout=10)


@pytest.fixture
def google(monkeypatch: pytest.MonkeyPatch) -> Iterator[GCSFileSystem]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = create_server("127.0.0.1", port, in_memory=True, default_bucket="bucket")
    server.start()
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", f"http://127.0.0.1:{port}")
    try:
        fs = GCSFileSystem(
            token="anon",
            endpoint_url=f"http://127.0.0.1:{port}",
            skip_instance_cache=True,
            use_listings_cache=False,
        )
        for name, text in OBJECTS.items():
            fs.pipe_file(f"bucket/{name}", text.encode())
        yield fs
    finally:
        server.stop()


def test_models_from_google(
    google: GCSFileSystem, start: StartServer, create: StartServer, dataplane: FakeDataPlane
) -> None:
    server = start(model_repository_paths=["gs://bucket/models"], startup_models=["*"])
    assert states(server) == {"m": {"2": "READY"}, "n": {"1": "READY"}}
    folder = Path(dataplane.served("m", 2).directory)
    assert (folder / "2" / "weights.bin").read_text() == "weights 2"
    assert (folder / "2" / "deep" / "er" / "file").read_text() == "deep"
    google.pipe_file("bucket/models/n/1/weights.bin", b"others")
    server.load("n")
    folder = Path(dataplane.served("n").directory)
    assert (folder / "1" / "weights.bin").read_text() == "others"
    with pytest.raises(InvalidArgumentError, match="is empty or does not exist|in no bucket"):
        create(model_repository_paths=["gs://bucket/none"]).start()
