# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Environments of Python models: folders, archives, what a model sees of them, what is wrong with them."""

from __future__ import annotations

import fcntl
import gzip
import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import numpy as np
import pytest
from environments_support import make_environment, pack, pack_members
from python_support import add_model, tensors

import triton_py
from triton_py import Server, TritonError

UNPACK = Path(triton_py.__file__).parent / "backends" / "python" / "worker" / "unpack_environment.py"
IO = tensors("input", "IN FP32 1") + tensors("output", "OUT STRING 1")
TELL = """
def execute(self, requests):
    import ctypes, os, sys, subprocess
    {more}
    seen = {{"prefix": sys.prefix, "executable": sys.executable, "environ": dict(os.environ), "path": sys.path}}
    out = pb_utils.Tensor("OUT", np.array([json.dumps(seen)], dtype=object))
    return [pb_utils.InferenceResponse([out]) for _ in requests]
"""


def environment(path: str) -> str:
    return f'parameters {{ key: "EXECUTION_ENV_PATH" value {{ string_value: "{path}" }} }}'


def add(repository: Path, name: str, path: object, more: str = "import only_here", config: str = "") -> None:
    add_model(repository, name, TELL.format(more=more), IO + environment(str(path)) + config)


def seen(server: Server, model: str) -> dict:
    (response,) = server.model(model).infer(inputs={"IN": np.ones(1, np.float32)})
    return json.loads(response["OUT"].numpy()[0])


@pytest.fixture(autouse=True)
def temporary(tmp_path_factory, monkeypatch) -> Path:
    """Where temporary folders of these servers lie."""
    folder = tmp_path_factory.mktemp("temporary")
    monkeypatch.setenv("TMPDIR", str(folder))
    return folder


@pytest.fixture(scope="module")
def venv(tmp_path_factory) -> Path:
    return make_environment(tmp_path_factory.mktemp("environments") / "venv")


@pytest.fixture(scope="module")
def conda(tmp_path_factory) -> Path:
    folder = make_environment(tmp_path_factory.mktemp("environments") / "conda", conda=True)
    source = folder / "answer.c"
    source.write_text("int triton_py_answer(void) { return 42; }\n")
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", folder / "lib" / "libtriton_py_answer.so", source], check=True)
    return folder


# What a model sees


def test_a_model_sees_its_virtual_environment_and_nothing_of_the_servers(
    tmp_path: Path, venv: Path, monkeypatch
) -> None:
    for name, value in (("PYTHONPATH", "/of/the/server"), ("PYTHONHOME", "/of/the/server"),
                        ("CONDA_PREFIX", "/of/the/server"), ("OTHER", "stays")):
        monkeypatch.setenv(name, value)
    add(tmp_path, "folder", venv)
    add(tmp_path, "interpreter", venv / "bin" / "python")
    with Server(model_repository=tmp_path) as server:
        for model in ("folder", "interpreter"):
            told = seen(server, model)
            environ = told["environ"]
            assert told["prefix"] == environ["VIRTUAL_ENV"] == str(venv)
            assert environ["PATH"].split(":")[0] == str(venv / "bin")
            assert environ["OTHER"] == "stays"
            assert not {"PYTHONPATH", "PYTHONHOME", "CONDA_PREFIX"} & environ.keys()
            assert "/of/the/server" not in told["path"]


def test_the_servers_own_interpreter_keeps_its_variables(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("PYTHONPATH", f"{os.environ.get('PYTHONPATH', '')}:/more")
    add_model(tmp_path, "m", TELL.format(more=""), IO)
    with Server(model_repository=tmp_path) as server:
        told = seen(server, "m")
    assert "/more" in told["path"] and told["prefix"] == sys.prefix
    if sys.prefix != sys.base_prefix:
        assert told["environ"]["VIRTUAL_ENV"] == sys.prefix
        assert told["environ"]["PATH"].split(":").count(f"{sys.prefix}/bin") >= 1


def test_a_conda_environment_finds_its_libraries_and_other_programs_do_not(
    tmp_path: Path, conda: Path, monkeypatch
) -> None:
    monkeypatch.setenv("LD_LIBRARY_PATH", "/of/the/server")
    add(tmp_path, "m", conda, 'assert ctypes.CDLL("libtriton_py_answer.so").triton_py_answer() == 42')
    with Server(model_repository=tmp_path) as server:
        environ = seen(server, "m")["environ"]
    assert environ["CONDA_PREFIX"] == environ["CONDA_DEFAULT_ENV"] == str(conda)
    assert environ["PATH"].startswith(f"{conda}/bin:")
    assert environ["LD_LIBRARY_PATH"] == "/of/the/server" and "TRITON_PY_LIBRARY_PATH" not in environ


# Archives


@pytest.mark.parametrize("suffix", [".tar.gz", ".tgz", ".tar", ".tar.bz2", ".tar.xz"])
def test_a_packed_environment_is_unpacked_and_removed_with_the_server(
    tmp_path: Path, venv: Path, temporary: Path, suffix: str
) -> None:
    add(tmp_path, "m", f"$$TRITON_MODEL_DIRECTORY/env{suffix}")
    pack(venv, tmp_path / "m" / f"env{suffix}")
    with Server(model_repository=tmp_path) as server:
        prefix = Path(seen(server, "m")["prefix"])
        assert prefix.is_relative_to(temporary) and prefix.stat().st_mode & 0o077 == 0
    assert list(temporary.iterdir()) == []


def test_models_and_instances_share_what_was_unpacked_once(tmp_path: Path, conda: Path) -> None:
    archive = pack(conda, tmp_path / "env.tar.gz")
    for name in ("a", "b", "c"):
        add(tmp_path / "models", name, archive, config="instance_group { count: 2 }")
    file = tmp_path / "log.txt"
    with Server(model_repository=tmp_path / "models", log_info=True, log_file=file) as server:
        prefixes = {seen(server, name)["prefix"] for name in "abc"}
        assert len(prefixes) == 1
        assert Path(*prefixes, "relocated").read_text() in prefixes
    log = file.read_text()
    assert log.count("unpacking") == log.count("unpacked") == 1 and str(archive) in log


def test_an_archive_of_a_folder_is_an_environment_too(tmp_path: Path, venv: Path) -> None:
    add(tmp_path / "models", "m", pack(venv, tmp_path / "env.tar.gz", prefix="packed"))
    with Server(model_repository=tmp_path / "models") as server:
        assert seen(server, "m")["prefix"].endswith("/packed")


def test_a_changed_archive_is_unpacked_anew_and_the_old_one_removed(
    tmp_path: Path, venv: Path, temporary: Path
) -> None:
    archive = pack(venv, tmp_path / "env.tar.gz")
    add(tmp_path / "models", "m", archive)
    with Server(model_repository=tmp_path / "models", model_control_mode="explicit") as server:
        server.load("m")
        before = Path(seen(server, "m")["prefix"])
        os.utime(archive, ns=(1, 1))
        server.unload("m")
        server.load("m")
        after = Path(seen(server, "m")["prefix"])
        assert after != before and after.exists() and not before.exists()


def test_what_a_killed_server_left_is_removed(tmp_path: Path, venv: Path, temporary: Path) -> None:
    dead, alive, other = (temporary / f"triton-py-env-{name}" for name in ("dead", "alive", "other"))
    for folder in (dead, alive):
        (folder / "x").mkdir(parents=True)
        (folder / ".alive").touch()
    other.mkdir()
    add(tmp_path / "models", "m", pack(venv, tmp_path / "env.tar.gz"))
    with (alive / ".alive").open() as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        with Server(model_repository=tmp_path / "models"):
            pass
    assert not dead.exists() and alive.exists() and other.exists()


def test_a_folder_for_environments_is_kept(tmp_path: Path, venv: Path) -> None:
    archive, place = pack(venv, tmp_path / "env.tar.gz"), tmp_path / "place"
    add(tmp_path / "models", "m", archive)
    for unpackings in (1, 0):
        log = tmp_path / f"log{unpackings}.txt"
        with Server(model_repository=tmp_path / "models", log_info=True, log_file=log,
                    backend_configuration={"python": {"env-dir": str(place)}}) as server:
            assert Path(seen(server, "m")["prefix"]).parent == place
        assert log.read_text().count("unpacking") == unpackings


# Unpacking by itself


def unpack(archive: Path, place: Path) -> subprocess.Popen:
    return subprocess.Popen([sys.executable, UNPACK, archive, place], stdin=subprocess.PIPE,
                            stdout=subprocess.PIPE, text=True)


def unpacked(archive: Path, place: Path) -> list[tuple[str, str]]:
    """The lines: (kind, text)."""
    said, _ = unpack(archive, place).communicate(timeout=30)
    return [tuple(line.split(" ", 1)) for line in said.splitlines()]


def refused(archive: Path, place: Path) -> str:
    """Why it was; nothing is left."""
    lines = dict(unpacked(archive, place))
    assert "folder" not in lines
    assert list(place.iterdir()) == []
    return lines["error"]


def test_several_at_a_time_unpack_once(tmp_path: Path, venv: Path) -> None:
    archive = pack(venv, tmp_path / "env.tar.gz")
    running = [unpack(archive, tmp_path / "place") for _ in range(4)]
    said = [process.communicate(timeout=30)[0] for process in running]
    assert sum("info unpacking" in text for text in said) == 1
    assert len({text.splitlines()[-1] for text in said}) == 1 and "folder " in said[0]


def test_what_was_broken_off_is_done_anew(tmp_path: Path, venv: Path) -> None:
    archive = pack(venv, tmp_path / "env.tar.gz")
    folder = Path(dict(unpacked(archive, tmp_path / "place"))["folder"])
    (folder / "pyvenv.cfg").unlink()
    lock = Path(f"{folder}.lock")
    assert lock.read_text() == "."
    lock.write_text("")
    assert any(kind == "info" for kind, _ in unpacked(archive, tmp_path / "place"))
    assert (folder / "pyvenv.cfg").exists()


def test_what_is_in_use_outlives_a_change_of_the_archive(tmp_path: Path, venv: Path) -> None:
    archive, place = pack(venv, tmp_path / "env.tar.gz"), tmp_path / "place"
    lines = dict(unpacked(archive, place))
    with open(lines["lock"]) as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        os.utime(archive, ns=(1, 1))
        second = dict(unpacked(archive, place))["folder"]
        assert Path(lines["folder"]).exists()
    os.utime(archive, ns=(2, 2))
    third = dict(unpacked(archive, place))["folder"]
    assert not Path(lines["folder"]).exists() and not Path(second).exists() and Path(third).exists()


def test_it_gives_up_when_the_server_is_gone(tmp_path: Path) -> None:
    members = [(f"f{i}", None, tarfile.REGTYPE) for i in range(100)]
    process = unpack(pack_members(tmp_path / "env.tar.gz", *members), tmp_path / "place")
    assert process.stdin is not None
    process.stdin.close()
    assert process.stdout is not None and "error the server is gone" in process.stdout.read()
    process.wait()
    assert list((tmp_path / "place").iterdir()) == []


REGULAR, LINK, HARD = tarfile.REGTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE


@pytest.mark.parametrize(("members", "why"), [
    ([("../evil", None, REGULAR)], "'../evil' would lie outside the environment"),
    ([("/tmp/evil", None, REGULAR)], "'/tmp/evil' would lie outside the environment"),
    ([("../bin/python", "/etc", LINK)], "'../bin/python' would lie outside the environment"),
    ([("lib", "/etc", LINK)], "'lib' is a link to '/etc', outside the environment"),
    ([("lib/up", "../../..", LINK)], "'lib/up' is a link to '../../..', outside the environment"),
    ([("a", "../../etc/passwd", HARD)], "'a' is a link to '../../etc/passwd', outside the environment"),
    ([("bin/python", "/etc", LINK), ("bin/python/evil", None, REGULAR)],
     "'bin/python/evil' would lie outside the environment"),
    ([("bin/python", "/etc/passwd", LINK), ("bin/python", None, REGULAR)],
     "'bin/python' would lie outside the environment"),
    ([("bin", "..", LINK), ("bin/python", "/etc/passwd", LINK)], "'bin' is a link to '..', outside the environment"),
    ([("pipe", None, tarfile.FIFOTYPE)], "'pipe' is neither a file nor a folder nor a link"),
    ([("disk", None, tarfile.BLKTYPE)], "'disk' is neither a file nor a folder nor a link"),
    ([("other/file", None, REGULAR)], "it has no bin/python; at its top are other"),
    ([("bin/python", "/nowhere/python3", LINK)], "bin/python is a link to '/nowhere/python3', which is not there"),
])  # fmt: skip
def test_an_archive_that_is_no_environment_is_refused(tmp_path: Path, members: list, why: str) -> None:
    assert refused(pack_members(tmp_path / "env.tar.gz", *members), tmp_path / "place") == why
    assert sorted(path.name for path in tmp_path.iterdir()) == ["env.tar.gz", "place"]


def test_links_between_interpreters_come_in_any_order(tmp_path: Path) -> None:
    links = [("bin/python", sys.executable, LINK), ("bin/python3", "python", LINK), ("./bin/python3.9", "./python3", LINK)]
    for number, members in enumerate((links, links[::-1])):
        folder = dict(unpacked(pack_members(tmp_path / f"env{number}.tar.gz", *members), tmp_path / "place"))["folder"]
        assert (Path(folder) / "bin" / "python3.9").samefile(sys.executable)


def test_a_damaged_archive_is_refused(tmp_path: Path, venv: Path) -> None:
    good = pack(venv, tmp_path / "good.tar.gz").read_bytes()
    archive, place = tmp_path / "env.tar.gz", tmp_path / "place"
    plain = gzip.decompress(good)
    with tarfile.open(tmp_path / "good.tar.gz") as opened:
        header = opened.getmembers()[-1].offset
    for data, why in (
        (b"", "no tar archive"),
        (b"no archive at all", "no tar archive"),
        (good[:-40], "ended before the end-of-stream marker"),
        (good[:-8] + b"\0" * 8, "CRC check failed"),
        (gzip.compress(plain[:header]), "it breaks off"),
        (gzip.compress(plain[:header] + b"\1" * 512 + plain[header + 512:]), f"damaged at byte {header}"),
    ):
        archive.write_bytes(data)
        assert why in refused(archive, place)


def test_conda_unpack_that_fails_says_so(tmp_path: Path, conda: Path) -> None:
    copy = make_environment(tmp_path / "conda", conda=True)
    (copy / "bin" / "conda-unpack").write_text("import sys\nsys.exit('no such prefix')\n")
    assert refused(pack(copy, tmp_path / "env.tar.gz"), tmp_path / "place") == (
        "bin/conda-unpack ended with status 1: no such prefix")


# What is wrong with an environment


def failure(tmp_path: Path, path: object) -> str:
    add(tmp_path / "models", "m", path)
    with pytest.raises(TritonError) as caught:
        Server(model_repository=tmp_path / "models").__enter__()
    return str(caught.value)


def script(path: Path, text: str) -> Path:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def test_an_archive_that_cannot_be_unpacked_fails_the_load(tmp_path: Path, temporary: Path) -> None:
    archive = tmp_path / "env.tar.gz"
    archive.write_bytes(b"no archive at all")
    assert f"model 'm': '{archive}' can't be unpacked: it is no tar archive" in failure(tmp_path, archive)


def test_a_place_that_cannot_be_written_to_fails_the_load(tmp_path: Path, venv: Path) -> None:
    (tmp_path / "file").touch()
    add(tmp_path / "models", "m", pack(venv, tmp_path / "env.tar.gz"))
    with pytest.raises(TritonError, match="can't be unpacked: .*Not a directory"):
        Server(model_repository=tmp_path / "models",
               backend_configuration={"python": {"env-dir": str(tmp_path / "file" / "x")}}).__enter__()


def test_an_interpreter_that_is_too_old_fails_the_load(tmp_path: Path) -> None:
    old = script(tmp_path / "python", "echo version 3.8.18")
    assert f"model 'm': '{old}' is Python 3.8.18: models need 3.9 or newer, with numpy" in failure(tmp_path, old)


def test_an_interpreter_without_numpy_says_how_to_install_it(tmp_path: Path) -> None:
    python = make_environment(tmp_path / "env", numpy=False) / "bin" / "python"
    assert (f"'{python}' (Python {sys.version.split()[0]}) has no numpy: '{python} -m pip install numpy' installs it"
            in failure(tmp_path, tmp_path / "env"))


@pytest.mark.parametrize(("make", "why"), [
    (lambda folder: folder / "absent", "neither a folder with bin/python, nor such a folder packed"),
    (lambda folder: folder, "which has no bin/python"),
    (lambda folder: script(folder / "python", "exit 3"), "is no Python that works: asked for its version, it ended with status 3"),
])  # fmt: skip
def test_what_is_no_environment_fails_the_load(tmp_path: Path, make, why: str) -> None:
    assert why in failure(tmp_path, make(tmp_path))
