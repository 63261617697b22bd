# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The checksum agent as it ships: in front of a model, in process and over HTTP."""

from __future__ import annotations

import hashlib
import http.client
import json
import os
import shutil
from pathlib import Path

import pytest
from agents_support import Place, ask
from serve_process import Serving

import triton_py
from triton_py.errors import InvalidArgumentError, TritonError, UnsupportedError

CONTENT = b"weights" * 10000
MD5 = hashlib.md5(CONTENT).hexdigest()
SHA256 = hashlib.sha256(CONTENT).hexdigest()


def guarded(place: Place, **files: str) -> Path:
    """Model m with a file 1/model.bin, behind the checksum agent with these parameters."""
    folder = place.model("m", ("checksum", files))
    (folder / "1" / "model.bin").write_bytes(CONTENT)
    return folder


def refusal(place: Place, error: type[TritonError] = InvalidArgumentError) -> str:
    with place.server() as server, pytest.raises(error) as caught:
        server.load("m")
    return caught.value.message.partition("repository agent 'checksum' refuses model 'm': ")[2]


@pytest.mark.parametrize(
    ("key", "value"),
    [("MD5:1/model.bin", MD5), ("SHA256:1/model.bin", SHA256), ("md5:1/model.bin", MD5.upper()),
     ("sha256:1/./model.bin", SHA256)],
)
def test_a_model_that_is_what_it_should_be(place: Place, key: str, value: str) -> None:
    guarded(place, **{key: value})
    with place.server() as server:
        server.load("m")
        ask(server, "m")


def test_several_files_and_algorithms(place: Place) -> None:
    folder = guarded(place, **{
        "MD5:1/model.bin": MD5, "SHA256:1/model.bin": SHA256,
        "SHA256:labels.txt": hashlib.sha256(b"").hexdigest(),
    })
    (folder / "labels.txt").touch()
    with place.server() as server:
        server.load("m")
        ask(server, "m")


@pytest.mark.parametrize(("algorithm", "found"), [("MD5", MD5), ("SHA256", SHA256)])
def test_a_mismatch_says_what_was_expected_and_found(
    place: Place, algorithm: str, found: str
) -> None:
    guarded(place, **{f"{algorithm}:1/model.bin": "0123"})
    assert refusal(place) == (
        f"Mismatched {algorithm} hash for file 1/model.bin, expect: 0123, got: {found}"
    )


def test_one_wrong_file_among_many_is_found(place: Place) -> None:
    folder = guarded(place, **{
        **{f"MD5:part{i}": hashlib.md5(str(i).encode()).hexdigest() for i in range(20)},
        "MD5:1/model.bin": MD5,
    })
    for i in range(20):
        (folder / f"part{i}").write_text(str(i) if i != 13 else "damaged")
    assert refusal(place).startswith("Mismatched MD5 hash for file part13, ")


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("MD5:../other", "file '../other' is outside of the model's folder"),
        ("MD5:1/../../other", "file '1/../../other' is outside of the model's folder"),
        ("MD5:..", "file '..' is outside of the model's folder"),
        ("MD5:../nothing-there", "file '../nothing-there' is outside of the model's folder"),
        ("MD5:/etc/hostname", "file '/etc/hostname' is outside of the model's folder"),
        ("MD5:link", "file 'link' is outside of the model's folder"),
        ("MD5:folderlink/other", "file 'folderlink/other' is outside of the model's folder"),
        ("MD5:nothing", "failed to open file 'nothing' for reading: No such file or directory"),
        ("MD5:1", "'1' is not a regular file"),
        ("MD5:pipe", "'pipe' is not a regular file"),
        ("MD5", "failed to parse key: MD5; expected ALGORITHM:FILE"),
        ("MD5:", "failed to parse key: MD5:; expected ALGORITHM:FILE"),
    ],
)
def test_only_files_of_the_model_are_read(place: Place, key: str, message: str) -> None:
    folder = guarded(place, **{key: MD5})
    (place.repository / "other").write_bytes(CONTENT)
    (folder / "link").symlink_to("../other")
    (folder / "folderlink").symlink_to("..")
    os.mkfifo(folder / "pipe")
    found = refusal(place)
    assert found.startswith(message)
    assert MD5 not in found, "what lies outside is not told of"


def test_a_link_inside_of_the_folder_is_followed(place: Place) -> None:
    folder = guarded(place, **{"MD5:link": MD5})
    (folder / "link").symlink_to("1/model.bin")
    with place.server() as server:
        server.load("m")


def test_a_repository_behind_a_link_is_no_outside(place: Place) -> None:
    guarded(place, **{"MD5:1/model.bin": MD5})
    linked = place.repository.parent / "linked"
    linked.symlink_to(place.repository)
    with place.server(model_repository=linked) as server:
        server.load("m")


def test_a_file_that_may_not_be_read(place: Place) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may read everything")
    folder = guarded(place, **{"MD5:1/model.bin": MD5})
    (folder / "1" / "model.bin").chmod(0)
    assert refusal(place) == "failed to open file '1/model.bin' for reading: Permission denied"


def test_an_unknown_algorithm(place: Place) -> None:
    guarded(place, **{"CRC32:1/model.bin": "0"})
    assert refusal(place, UnsupportedError).startswith("Unsupported checksum algorithm: CRC32")


def test_nothing_to_check_is_a_warning(
    place: Place, capfd: pytest.CaptureFixture[str]
) -> None:
    place.model("m", ("checksum", {}))
    with place.server(log_warn=True) as server:
        server.load("m")
        ask(server, "m")
    assert "without parameters: nothing is checked" in capfd.readouterr().err


def test_it_checks_where_the_agent_before_it_left_the_model(place: Place) -> None:
    # The user's directory has no agent of this name: the one that ships is found behind it.
    there = place.repository.parent / "there"
    folder = place.model("m", ("first", {"move": str(there)}),
                         ("checksum", {"MD5:1/model.bin": MD5}))
    (folder / "1" / "model.bin").write_bytes(b"encrypted")
    shutil.copytree(folder, there)
    (there / "1" / "model.bin").write_bytes(CONTENT)
    with place.server() as server:
        server.load("m")
        ask(server, "m")


def test_a_remote_place_can_not_be_checked(place: Place) -> None:
    place.model("m", ("first", {"remote": "s3://b/m"}), ("checksum", {"MD5:a": MD5}))
    assert refusal(place, UnsupportedError) == (
        "Unsupported filesystem: 's3://b/m' is not a local folder")


def test_the_one_that_ships_is_where_config_says() -> None:
    library = Path(triton_py.get_repoagent_dir()) / "checksum" / "libtritonrepoagent_checksum.so"
    assert library.is_file()


def post(address: str, path: str, body: object = None) -> tuple[int, str]:
    connection = http.client.HTTPConnection(address, timeout=30)
    try:
        connection.request("POST", path, json.dumps(body) if body is not None else b"")
        response = connection.getresponse()
        return response.status, response.read().decode()
    finally:
        connection.close()


def test_a_model_behind_the_agent_over_http(tmp_path: Path) -> None:
    place = Place(tmp_path / "models", tmp_path, tmp_path / "record", tmp_path)
    place.repository.mkdir()
    folder = guarded(place, **{"SHA256:1/model.bin": SHA256})
    load, unload = "/v2/repository/models/m/load", "/v2/repository/models/m/unload"
    request = {"inputs": [{"name": "INPUT0", "datatype": "INT32", "shape": [2], "data": [4, 5]}]}
    with Serving(f"--model-repository={place.repository}", "--model-control-mode=explicit") as server:
        address = server.address("http")
        assert post(address, load) == (200, "")
        status, answer = post(address, "/v2/models/m/infer", request)
        assert (status, json.loads(answer)["outputs"][0]["data"]) == (200, [4, 5])
        # A reload of damaged files is refused, and what serves goes on.
        (folder / "1" / "model.bin").write_bytes(b"damaged")
        status, answer = post(address, load)
        assert status == 400
        assert f"Mismatched SHA256 hash for file 1/model.bin, expect: {SHA256}, got: " in answer
        assert post(address, "/v2/models/m/infer", request)[0] == 200
        # Once unloaded it can't come back before the file is right.
        assert post(address, unload) == (200, "")
        assert post(address, load)[0] == 400
        assert post(address, "/v2/models/m/infer", request)[0] != 200
        (folder / "1" / "model.bin").write_bytes(CONTENT)
        assert post(address, load) == (200, "")
        assert post(address, "/v2/models/m/infer", request)[0] == 200
