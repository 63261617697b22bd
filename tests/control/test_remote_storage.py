# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Repositories in object storage: paths, credentials, listings, downloads, over a storage in memory."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from control_fakes import FakeDataPlane
from control_support import CONFIG, Repository, StartServer, states, wait_until_unloaded

from triton_py.control import ControlMode
from triton_py.errors import (
    InternalError,
    InvalidArgumentError,
    NotFoundError,
    TritonError,
    UnsupportedError,
)
from triton_py.repository import is_remote, storage_of
from triton_py.repository.remote import credentials, filesystems
from triton_py.repository.remote.filesystems import as_options, gs_options, s3_options
from triton_py.repository.remote.urls import Place, parse

memory_storage = pytest.importorskip(
    "fsspec.implementations.memory", reason="repositories in object storage need fsspec"
)

MODELS = "as://account/container/models"


@pytest.fixture(autouse=True)
def no_credentials(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for fields in credentials.FIELDS.values():
        for variable in fields.values():
            monkeypatch.delenv(variable, raising=False)
    monkeypatch.delenv(credentials.CREDENTIAL_FILE, raising=False)
    monkeypatch.delenv("STORAGE_EMULATOR_HOST", raising=False)
    monkeypatch.setattr(filesystems, "_opened", {})
    # Whatever is left behind in it was not cleaned up.
    downloads = tmp_path / "downloads"
    downloads.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(downloads))


class Memory:
    """Objects in memory under ``container``; ``put`` and ``drop`` take paths below ``models``."""

    def __init__(self) -> None:
        self.fs = memory_storage.MemoryFileSystem(skip_instance_cache=True)
        self.fs.store.clear()
        self.fs.pseudo_dirs[:] = [""]
        #: What was downloaded, in order.
        self.fetched: list[str] = []
        #: Called with the names of each download before it happens.
        self.watch: Callable[[list[str]], None] = lambda names: None
        get = self.fs.get

        def recorded(names: list[str], places: list[str], **options: Any) -> Any:
            self.watch(names)
            self.fetched += [name.split("/models/", 1)[1] for name in names]
            return get(names, places, **options)

        self.fs.get = recorded

    def put(self, path: str, text: str = "") -> None:
        self.fs.pipe_file(f"/container/models/{path}", text.encode())

    def drop(self, path: str) -> None:
        self.fs.rm_file(f"/container/models/{path}")

    def model(self, name: str, *versions: int, extra: str = "", output: str = "") -> None:
        self.put(f"{name}/config.pbtxt", CONFIG.format(extra=extra, output=output))
        for version in versions or (1,):
            self.put(f"{name}/{version}/weights.bin", f"weights {version}")


@pytest.fixture
def memory(monkeypatch: pytest.MonkeyPatch) -> Memory:
    storage = Memory()
    monkeypatch.setattr(filesystems, "open_filesystem", lambda place, credential: storage.fs)
    return storage


def downloads() -> list[str]:
    return os.listdir(tempfile.gettempdir())


# Paths


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("s3://bucket", Place("s3", "bucket", "")),
        ("s3://bucket/", Place("s3", "bucket", "")),
        ("s3://bucket//a///b/", Place("s3", "bucket", "a/b")),
        ("s3://host:9000/bucket/a", Place("s3", "bucket", "a", "http://host:9000")),
        ("s3://127.0.0.1:9000/bucket", Place("s3", "bucket", "", "http://127.0.0.1:9000")),
        ("s3://[::1]:9000/bucket/a", Place("s3", "bucket", "a", "http://[::1]:9000")),
        ("s3://https://host:9000/bucket/a", Place("s3", "bucket", "a", "https://host:9000")),
        ("s3://http://host:9000/bucket//a", Place("s3", "bucket", "a", "http://host:9000")),
        ("s3://https://host/bucket/a", Place("s3", "bucket", "a", "https://host")),
        ("gs://bucket/a/b", Place("gs", "bucket", "a/b")),
        ("as://account/box/a", Place("as", "box", "a", account="account")),
        (
            "as://account.blob.core.windows.net/box/a?sig=x",
            Place("as", "box", "a", account="account"),
        ),
    ],
)
def test_paths(path: str, place: Place) -> None:
    assert is_remote(path) and parse(path) == place


@pytest.mark.parametrize("path", ["s3://", "gs:///", "s3://host:9000", "as://account", "as:///"])
def test_paths_that_name_no_bucket_are_refused(path: str) -> None:
    with pytest.raises(InvalidArgumentError, match="names no"):
        parse(path)


def test_two_spellings_are_one_place() -> None:
    one, two, other = "s3://bucket/models", "s3://bucket//models/", "s3://h:1/bucket/models"
    key = storage_of(one).key
    assert key(one) == key(two) != key(other)


def test_paths_on_this_machine_are_not_remote() -> None:
    for path in ("/models", "models", "s3:/bucket", "file:///models", "./s3://x"):
        assert not is_remote(path)


# Credentials


def test_credentials_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "id")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "far")
    found = credentials.credential_for("s3", "s3://bucket/models")
    assert found == {"key_id": "id", "secret_key": "secret", "region": "far"}
    place = parse("s3://host:9000/bucket")
    assert s3_options(place, found) == {
        "endpoint_url": "http://host:9000",
        "config_kwargs": {"s3": {"addressing_style": "path"}},
        "client_kwargs": {"region_name": "far"},
        "key": "id",
        "secret": "secret",
    }
    assert s3_options(parse("s3://bucket"), {"profile": "me"}) == {"profile": "me"}


def test_the_longest_beginning_in_the_file_counts(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "credentials.json"
    monkeypatch.setenv(credentials.CREDENTIAL_FILE, str(file))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "not this one")
    content: dict[str, Any] = {
        "s3": {
            "": {"key_id": "a", "secret_key": "s", "profile": ""},
            "s3://bucket": {"key_id": "b", "secret_key": "s"},
            "s3://bucket/models": {"profile": "p"},
        },
        "gs": {"gs://one": "/google.json"},
    }
    file.write_text(json.dumps(content))
    ask = credentials.credential_for
    assert ask("s3", "s3://other/x") == {"key_id": "a", "secret_key": "s"}
    assert ask("s3", "s3://bucket/x") == {"key_id": "b", "secret_key": "s"}
    assert ask("s3", "s3://bucket/models/m") == {"profile": "p"}
    assert ask("gs", "gs://one/x") == {"path": "/google.json"}
    with pytest.raises(InvalidArgumentError, match="no credential for 'gs://two'"):
        ask("gs", "gs://two")
    with pytest.raises(InvalidArgumentError, match="no credential for 'as://a/b'"):
        ask("as", "as://a/b")
    # Changed credentials are taken up.
    content["gs"][""] = "/everything.json"
    file.write_text(json.dumps(content))
    assert ask("gs", "gs://two") == {"path": "/everything.json"}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "is no JSON"),
        ("[]", "must hold an object"),
        ('{"s3": []}', "an object 's3'"),
        ('{"s3": {"": "x"}}', "must be an object"),
        ('{"s3": {"": {"secert_key": "x"}}}', "unknown field 'secert_key'"),
        ('{"s3": {"": {"key_id": 7}}}', "'key_id' must be a string"),
    ],
)
def test_a_credential_file_that_is_wrong_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: str, message: str
) -> None:
    file = tmp_path / "credentials.json"
    file.write_text(content)
    monkeypatch.setenv(credentials.CREDENTIAL_FILE, str(file))
    with pytest.raises(InvalidArgumentError, match=message) as caught:
        credentials.credential_for("s3", "s3://bucket")
    assert str(file) in str(caught.value)


def test_a_credential_file_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(credentials.CREDENTIAL_FILE, "/no/such/file")
    with pytest.raises(InvalidArgumentError, match="'/no/such/file' can't be read"):
        credentials.credential_for("gs", "gs://bucket")


def test_azure_s_ways_to_sign_in(monkeypatch: pytest.MonkeyPatch) -> None:
    place = parse("as://account/container")

    class Identity:
        @staticmethod
        def ManagedIdentityCredential(**options: str) -> tuple[str, dict[str, str]]:
            return ("managed", options)

        @staticmethod
        def DefaultAzureCredential() -> str:
            return "default"

    monkeypatch.setattr(filesystems, "_identity", lambda: Identity)
    name = {"account_name": "account"}
    assert as_options(place, {}) == {**name, "anon": True}
    assert as_options(place, {"account_key": "k"}) == {**name, "account_key": "k"}
    assert as_options(place, {"account_str": "other", "account_key": "k"}) == {
        "account_name": "other",
        "account_key": "k",
    }
    managed = {"auth_type": "managed_identity"}
    assert as_options(place, managed) == {**name, "credential": ("managed", {})}
    assert as_options(place, {**managed, "client_id": "c"}) == {
        **name,
        "credential": ("managed", {"client_id": "c"}),
    }
    assert as_options(place, {"auth_type": "default"}) == {**name, "credential": "default"}
    assert as_options(place, {"connection_string": "c"}) == {"connection_string": "c"}
    with pytest.raises(InvalidArgumentError, match="auth_type 'magic' is not known"):
        as_options(place, {"auth_type": "magic"})
    abroad = parse("as://account.blob.core.example.org/container")
    assert as_options(abroad, {"account_key": "k"}) == {
        "account_name": "account",
        "account_host": "account.blob.core.example.org",
        "account_key": "k",
    }


def test_google_s_ways_to_sign_in(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    place = parse("gs://bucket")
    assert gs_options(place, {}) == {}
    file = tmp_path / "google.json"
    with pytest.raises(InvalidArgumentError, match="google.json' does not exist"):
        gs_options(place, {"path": str(file)})
    file.touch()
    assert gs_options(place, {"path": str(file)}) == {"token": str(file)}
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", "http://127.0.0.1:1")
    assert gs_options(place, {}) == {"token": "anon"}


@pytest.mark.parametrize(("scheme", "package"), [("s3", "s3fs"), ("gs", "gcsfs"), ("as", "adlfs")])
def test_a_missing_package_is_named(
    monkeypatch: pytest.MonkeyPatch, scheme: str, package: str
) -> None:
    monkeypatch.setitem(__import__("sys").modules, package, None)
    path = f"{scheme}://one/two/three"
    with pytest.raises(UnsupportedError, match=rf"{scheme}:// need the package {package}: pip"):
        storage_of(path).check(path)


# Errors of the storage


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (FileNotFoundError("gone"), "does not exist"),
        (PermissionError("Forbidden"), "credentials are missing or were not accepted"),
        (type("NoCredentialsError", (Exception,), {})("Unable to locate"), "credentials are miss"),
        (type("ClientAuthenticationError", (Exception,), {})("no"), "credentials are missing"),
        (ConnectionRefusedError("no"), "can't be reached"),
        (type("EndpointConnectionError", (Exception,), {})("no"), "can't be reached"),
        (TimeoutError("slow"), "can't be reached"),
        (ValueError("odd"), "answered with an error: ValueError: odd"),
    ],
)
def test_errors_say_what_they_mean(memory: Memory, error: Exception, message: str) -> None:
    memory.model("m")

    def fail(*arguments: Any, **options: Any) -> Any:
        raise error

    memory.fs.find = fail
    with pytest.raises(TritonError, match=message) as caught:
        storage_of(MODELS).marks(f"{MODELS}/m")
    assert f"'{MODELS}/m'" in str(caught.value)


# Listings


def test_listings(memory: Memory) -> None:
    for name in ("b", "a", ".hidden"):
        memory.model(name)
    memory.put("README.md", "x")
    storage = storage_of(MODELS)
    assert storage.subfolders(MODELS) == ["a", "b"]
    assert storage.is_folder(f"{MODELS}/a") and storage.is_folder(MODELS)
    for path in ("none", "README.md", "a/config.pbtxt", "a/con"):
        assert not storage.is_folder(f"{MODELS}/{path}")
    storage.check(MODELS)
    with pytest.raises(InvalidArgumentError, match="none' is empty or does not exist"):
        storage.check(f"{MODELS}/none")
    with pytest.raises(InvalidArgumentError, match="is in no bucket that exists"):
        storage.check("as://account/elsewhere/models")
    with pytest.raises(NotFoundError):
        storage.subfolders(f"{MODELS}/none")


def test_marks_change_with_the_content(memory: Memory) -> None:
    memory.model("m", 1, 2)
    storage = storage_of(MODELS)
    path = f"{MODELS}/m"
    before = storage.marks(path)
    assert storage.marks(path) == before
    memory.put("m/2/weights.bin", "weights 2")  # the same content at another time
    after = storage.marks(path)
    assert after.same_version(before, 1) and not after.same_version(before, 2)
    memory.put("m/labels.txt", "cat")
    assert not storage.marks(path).same_version(before, 1)
    memory.put("m/.git/x", "x")
    memory.drop("m/labels.txt")
    assert storage.marks(path).same_version(before, 1)


# Downloads


def test_the_configuration_comes_first_and_versions_as_they_are_needed(memory: Memory) -> None:
    memory.model("m", 1, 2)
    memory.put("m/labels.txt", "cat")
    memory.put("m/configs/small.pbtxt", "x")
    folder = storage_of(MODELS).fetch(f"{MODELS}/m")
    assert folder is not None
    path = Path(folder.path)
    assert sorted(memory.fetched) == ["m/config.pbtxt", "m/configs/small.pbtxt"]
    # What is there can be seen, to complete a configuration by it.
    assert (path / "2" / "weights.bin").read_text() == ""
    memory.fetched.clear()
    folder.complete(2, lambda: None)
    assert sorted(memory.fetched) == ["m/2/weights.bin", "m/labels.txt"]
    assert (path / "2" / "weights.bin").read_text() == "weights 2"
    assert (path / "labels.txt").read_text() == "cat"
    memory.fetched.clear()
    folder.complete(1, lambda: None)
    assert memory.fetched == ["m/1/weights.bin"]
    folder.remove()
    assert downloads() == []


def test_an_object_that_would_leave_the_folder_is_refused(memory: Memory) -> None:
    memory.model("m")
    memory.fs.store["/container/models/m/../../../evil"] = memory.fs.store[
        "/container/models/m/config.pbtxt"
    ]
    for ask in (storage_of(MODELS).fetch, storage_of(MODELS).marks):
        with pytest.raises(InvalidArgumentError, match="leads out of its folder"):
            ask(f"{MODELS}/m")
    assert downloads() == []


def test_a_download_that_breaks_off_is_an_error(memory: Memory) -> None:
    memory.model("m")
    folder = storage_of(MODELS).fetch(f"{MODELS}/m")
    assert folder is not None
    memory.put("m/1/weights.bin", "shorter")
    with pytest.raises(InternalError, match="has 7 bytes instead of 9: it was cut off"):
        folder.complete(1, lambda: None)
    folder.remove()


def test_a_download_is_given_up_between_files(memory: Memory) -> None:
    memory.model("m")
    for number in range(40):
        memory.put(f"m/1/{number}", "x")
    folder = storage_of(MODELS).fetch(f"{MODELS}/m")
    assert folder is not None
    memory.fetched.clear()

    def check() -> None:
        if len(memory.fetched) >= 16:
            raise InternalError("not wanted any more")

    with pytest.raises(InternalError, match="not wanted any more"):
        folder.complete(1, check)
    assert len(memory.fetched) == 16
    folder.remove()


def test_the_folder_of_downloads_can_be_chosen(
    memory: Memory, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    memory.model("m")
    chosen = tmp_path / "chosen"
    monkeypatch.setenv("TRITON_AZURE_MOUNT_DIRECTORY", str(chosen))
    with pytest.raises(InternalError, match="TRITON_AZURE_MOUNT_DIRECTORY='.*chosen'"):
        storage_of(MODELS).fetch(f"{MODELS}/m")
    chosen.mkdir()
    folder = storage_of(MODELS).fetch(f"{MODELS}/m")
    assert folder is not None and Path(folder.path).parent == chosen
    folder.remove()
    assert list(chosen.iterdir()) == []


# A server over it


def test_a_model_is_loaded_from_a_copy_that_goes_with_it(
    memory: Memory, start: StartServer, dataplane: FakeDataPlane
) -> None:
    memory.model("m", 1, 2, output='label_filename: "labels.txt"')
    memory.put("m/labels.txt", "cat\ndog\n")
    server = start(model_repository_paths=[MODELS], startup_models=["m"])
    assert states(server) == {"m": {"2": "READY"}}
    assert server.labels("m", -1, "OUT") == ["cat", "dog"]
    folder = Path(dataplane.served("m", 2).directory)
    assert (folder / "2" / "weights.bin").read_text() == "weights 2"
    assert "m/1/weights.bin" not in memory.fetched, "the policy doesn't pick it"
    server.load("m")
    assert len(dataplane.models) == 1, "nothing has changed"
    server.unload("m")
    wait_until_unloaded(server)
    assert downloads() == []


def test_other_instances_download_the_configuration_alone(
    memory: Memory, start: StartServer, dataplane: FakeDataPlane
) -> None:
    memory.model("m")
    server = start(model_repository_paths=[MODELS], startup_models=["m"])
    model = dataplane.served("m")
    memory.fetched.clear()
    memory.model("m", extra="instance_group { kind: KIND_CPU count: 2 }")
    # The weights were written anew, too: without that they would not be a change.
    server.load("m")
    wait_until_unloaded(server)
    assert dataplane.served("m") is not model
    model = dataplane.served("m")
    memory.fetched.clear()
    memory.put(
        "m/config.pbtxt", CONFIG.format(extra="instance_group { kind: KIND_CPU }", output="")
    )
    server.load("m")
    assert dataplane.served("m") is model and len(model.instances) == 1
    assert memory.fetched == ["m/config.pbtxt"]
    assert len(downloads()) == 1, "the copy for the configuration is not needed any more"


def test_agents_find_a_whole_copy(
    memory: Memory, repository: Repository, start: StartServer, dataplane: FakeDataPlane
) -> None:
    repository.agent("a")
    memory.model("m", 1, 2, extra="model_repository_agents { agents { name: 'a' } }")
    found: list[str] = []

    def look(point: str) -> None:
        if point == "agent:a:LOAD":
            (agent,) = dataplane.agent_models
            folder = Path(agent.location[1])
            found.extend(
                f"{file.relative_to(folder)}: {file.read_text()}"
                for file in sorted(folder.rglob("*.bin"))
            )

    dataplane.watch = look
    server = start(model_repository_paths=[MODELS], startup_models=["m"])
    assert found == ["1/weights.bin: weights 1", "2/weights.bin: weights 2"]
    assert sorted(memory.fetched) == ["m/1/weights.bin", "m/2/weights.bin", "m/config.pbtxt"]
    server.unload("m")
    wait_until_unloaded(server)
    assert downloads() == []


def test_what_agents_leave_in_object_storage_is_fetched(
    memory: Memory, repository: Repository, start: StartServer, dataplane: FakeDataPlane
) -> None:
    memory.model("there", 1, 2, extra="instance_group { kind: KIND_CPU count: 3 }")
    repository.agent("a")
    repository.model("m", extra="model_repository_agents { agents { name: 'a' } }")
    dataplane.moves["a"] = f"{MODELS}/there"
    server = start(startup_models=["m"])
    assert states(server)["m"] == {"2": "READY"}
    model = dataplane.served("m", 2)
    assert (Path(model.directory) / "2" / "weights.bin").read_text() == "weights 2"
    assert len(model.instances) == 3, "the configuration there counts"
    assert sorted(memory.fetched) == ["there/2/weights.bin", "there/config.pbtxt"]
    dataplane.moves["a"] = f"{MODELS}/nowhere"
    with pytest.raises(NotFoundError, match="there is nothing at"):
        (repository.path / "m" / "more").touch()
        server.load("m")
    assert dataplane.served("m", 2) is model
    server.unload("m")
    wait_until_unloaded(server)
    assert dataplane.points.count("agent:a:UNLOAD_COMPLETE") == 1
    assert downloads() == []


def test_polling_follows_the_storage(
    memory: Memory, start: StartServer, dataplane: FakeDataPlane
) -> None:
    for name in ("kept", "changed", "gone"):
        memory.model(name)
    server = start(model_repository_paths=[MODELS], model_control_mode=ControlMode.POLL)
    kept, changed = dataplane.served("kept"), dataplane.served("changed")
    memory.put("changed/1/weights.bin", "others")
    memory.model("new")
    for name in ("config.pbtxt", "1/weights.bin"):
        memory.drop(f"gone/{name}")
    server.poll()
    wait_until_unloaded(server)
    assert states(server) == {
        "changed": {"1": "READY"},
        "gone": {"1": "UNAVAILABLE: unloaded"},
        "kept": {"1": "READY"},
        "new": {"1": "READY"},
    }
    assert dataplane.served("kept") is kept and dataplane.served("changed") is not changed


def test_a_storage_that_fails_for_a_while_unloads_nothing(
    memory: Memory, start: StartServer, dataplane: FakeDataPlane
) -> None:
    memory.model("m")
    server = start(model_repository_paths=[MODELS], model_control_mode=ControlMode.POLL)
    listing, find = memory.fs.ls, memory.fs.find

    def fail(*arguments: Any, **options: Any) -> Any:
        raise ConnectionResetError("try later")

    for broken in ("ls", "find"):
        setattr(memory.fs, broken, fail)
        server.poll()
        assert states_of(server) == "READY"
        assert dataplane.logged("the storage can't be reached")
        memory.fs.ls, memory.fs.find = listing, find
    server.poll()
    assert states(server) == {"m": {"1": "READY"}}


def states_of(server: Any) -> str:
    return str(server._registry.snapshot()["m"].versions[1].state)


def test_a_load_that_can_not_download_leaves_what_serves(
    memory: Memory, start: StartServer, dataplane: FakeDataPlane
) -> None:
    memory.model("m")
    server = start(model_repository_paths=[MODELS], startup_models=["m"])
    model = dataplane.served("m")
    memory.put("m/1/weights.bin", "others")

    def fail(names: list[str]) -> None:
        if any("weights" in name for name in names):
            raise ConnectionResetError("in the middle")

    memory.watch = fail
    with pytest.raises(InvalidArgumentError, match="download from '.*can't be reached"):
        server.load("m")
    assert dataplane.served("m") is model and len(downloads()) == 1
    memory.watch = lambda names: None
    server.load("m")
    assert dataplane.served("m") is not model


def test_a_download_is_tried_again_as_a_load_is(
    memory: Memory, start: StartServer, dataplane: FakeDataPlane
) -> None:
    memory.model("m")
    tries: list[str] = []

    def fail_once(names: list[str]) -> None:
        if any("weights" in name for name in names):
            tries.append(names[0])
            if len(tries) == 1:
                raise ConnectionResetError("in the middle")

    memory.watch = fail_once
    start(model_repository_paths=[MODELS], startup_models=["m"], model_load_retry_count=1)
    folder = Path(dataplane.served("m").directory)
    assert (folder / "1" / "weights.bin").read_text() == "weights 1"


def test_a_start_without_the_repository_says_why(memory: Memory, create: StartServer) -> None:
    memory.model("m")
    for path, message in (
        (f"{MODELS}/none", "is empty or does not exist"),
        ("as://account/none/models", "is in no bucket that exists"),
        ("as://account", "names no storage account and container"),
    ):
        with pytest.raises(InvalidArgumentError, match=message):
            create(model_repository_paths=[path]).start()


def test_repositories_here_and_there(
    memory: Memory, repository: Repository, start: StartServer, dataplane: FakeDataPlane
) -> None:
    memory.model("far")
    repository.model("near")
    for repositories in ([str(repository.path), MODELS], [MODELS, str(repository.path)]):
        server = start(model_repository_paths=repositories, startup_models=["*"])
        assert states(server) == {"far": {"1": "READY"}, "near": {"1": "READY"}}
        assert server.stop(20)
    server = start()
    server.register_repository(MODELS, [("far", "other")])
    server.load("other")
    assert server.model_config("other", -1)["name"] == "other"
    with pytest.raises(NotFoundError):
        server.load("far")
