# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The model repository on disk: names, versions, duplicates, libraries, labels, overrides."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from triton_py.errors import (
    AlreadyExistsError,
    InvalidArgumentError,
    NotFoundError,
    UnsupportedError,
)
from triton_py.proto import model_config
from triton_py.repository import (
    ModelId,
    Repositories,
    check_model_name,
    find_backend_library,
    find_batch_strategy,
    fingerprint,
    list_versions,
    parse_load_parameters,
    read_labels,
    select_versions,
    write_override,
)
from triton_py.repository.fingerprint import local_marks


def touch(path: Path, text: str = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


# Names


@pytest.mark.parametrize("name", ["", "  ", "..", ".", "a/b", "/etc", "../x", "a\0b"])
def test_a_model_name_that_leaves_the_repository_is_refused(name: str) -> None:
    with pytest.raises(InvalidArgumentError):
        check_model_name(name)


@pytest.mark.parametrize("name", ["m", "my-model.v2", "..a", "a b", "模型"])
def test_an_ordinary_model_name_is_accepted(name: str) -> None:
    check_model_name(name)


# Scan


def test_scan_finds_model_folders_and_leaves_files_and_hidden_ones_out(tmp_path: Path) -> None:
    for name in ("b", "a", ".git", "..data", "__pycache__"):
        (tmp_path / name).mkdir()
    touch(tmp_path / "README.md")
    os.symlink(tmp_path / "a", tmp_path / "linked")
    scan = Repositories([str(tmp_path)]).scan()
    assert list(scan.folders) == ["a", "b", "linked"]
    assert scan.folders["a"].path == str(tmp_path / "a")
    assert not scan.duplicates and not scan.errors


def test_a_model_in_two_repositories_belongs_to_neither(tmp_path: Path) -> None:
    for path in ("r1/m", "r2/m", "r2/n"):
        (tmp_path / path).mkdir(parents=True)
    repositories = Repositories([str(tmp_path / "r1"), str(tmp_path / "r2")])
    scan = repositories.scan()
    assert list(scan.folders) == ["n"]
    assert scan.duplicates == {"m": [str(tmp_path / "r1/m"), str(tmp_path / "r2/m")]}
    with pytest.raises(InvalidArgumentError, match="not unique across all model repositories"):
        repositories.find("m")


def test_one_repository_in_two_spellings_counts_once(tmp_path: Path) -> None:
    (tmp_path / "m").mkdir()
    repositories = Repositories([str(tmp_path), str(tmp_path) + "/", str(tmp_path / "m" / "..")])
    assert repositories.paths == [str(tmp_path)]
    assert repositories.find("m").name == "m"


def test_a_repository_that_vanished_is_reported_and_the_others_are_read(tmp_path: Path) -> None:
    (tmp_path / "r1" / "m").mkdir(parents=True)
    scan = Repositories([str(tmp_path / "gone"), str(tmp_path / "r1")]).scan()
    assert list(scan.folders) == ["m"]
    assert len(scan.errors) == 1 and str(tmp_path / "gone") in scan.errors[0]


def test_check_names_the_missing_repository(tmp_path: Path) -> None:
    with pytest.raises(InvalidArgumentError, match="--model-repository must be specified"):
        Repositories([]).check()
    with pytest.raises(InvalidArgumentError, match="gone' does not exist"):
        Repositories([str(tmp_path / "gone")]).check()
    with pytest.raises(InvalidArgumentError, match="is not a directory"):
        Repositories([str(touch(tmp_path / "file"))]).check()
    Repositories([str(tmp_path)]).check()


def test_registering_maps_folders_to_other_names(tmp_path: Path) -> None:
    (tmp_path / "main").mkdir()
    (tmp_path / "extra" / "v7").mkdir(parents=True)
    repositories = Repositories([str(tmp_path / "main")])
    extra = str(tmp_path / "extra")
    repositories.register(extra, [("v7", "resnet")])
    folder = repositories.find("resnet")
    assert folder.path == os.path.join(extra, "v7") and folder.mapped
    assert list(repositories.scan().folders) == ["resnet"]
    with pytest.raises(NotFoundError):
        repositories.find("v7")  # it goes by its other name now
    with pytest.raises(AlreadyExistsError, match="already been registered"):
        repositories.register(extra + "/", [])
    with pytest.raises(InvalidArgumentError, match="repository not found"):
        repositories.register(str(tmp_path / "none"), [])
    repositories.unregister(extra)
    with pytest.raises(NotFoundError, match="model not found in any model repository"):
        repositories.find("resnet")
    with pytest.raises(InvalidArgumentError, match="repository not found"):
        repositories.unregister(extra)


def test_a_mapping_must_not_leave_the_repository_or_clash(tmp_path: Path) -> None:
    for path in ("r1/a", "r2/a"):
        (tmp_path / path).mkdir(parents=True)
    repositories = Repositories([])
    r1, r2 = str(tmp_path / "r1"), str(tmp_path / "r2")
    with pytest.raises(InvalidArgumentError, match="not the name of a folder"):
        repositories.register(r1, [("../r2/a", "x")])
    with pytest.raises(InvalidArgumentError, match="conflicting mapping for 'x'"):
        repositories.register(r1, [("a", "x"), ("b", "x")])
    with pytest.raises(InvalidArgumentError, match="must be a string, found another type for a"):
        repositories.register(r1, [("a", 7)])
    assert repositories.paths == []
    repositories.register(r1, [("a", "x")])
    with pytest.raises(AlreadyExistsError, match="conflicting mapping for 'x'"):
        repositories.register(r2, [("a", "x")])
    assert repositories.paths == [r1]


def test_a_folder_may_be_mapped_to_several_names(tmp_path: Path) -> None:
    (tmp_path / "v7").mkdir()
    repositories = Repositories([])
    repositories.register(str(tmp_path), [("v7", "a"), ("v7", "b"), ("v7", "a")])
    assert sorted(repositories.scan().folders) == ["a", "b"]
    assert repositories.find("a").path == repositories.find("b").path == str(tmp_path / "v7")


def test_a_mapped_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    repositories = Repositories([])
    repositories.register(str(tmp_path), [("later", "m")])
    with pytest.raises(NotFoundError, match="mapped path '.*later' does not exist for model 'm'"):
        repositories.find("m")
    (tmp_path / "later").mkdir()
    assert repositories.find("m").mapped


def test_with_namespaces_a_name_is_several_models(tmp_path: Path) -> None:
    for path in ("r1/m", "r2/m", "r2/n"):
        (tmp_path / path).mkdir(parents=True)
    r1, r2 = str(tmp_path / "r1"), str(tmp_path / "r2")
    repositories = Repositories([r1, r2], namespacing=True)
    scan = repositories.scan()
    assert not scan.duplicates
    assert sorted(scan.folders) == [f"{r1}::m", f"{r2}::m", f"{r2}::n"]
    assert repositories.named("m") == [ModelId("m", r1), ModelId("m", r2)]
    assert repositories.named("none") == [ModelId("none")]
    assert repositories.find("m", r2).path == str(tmp_path / "r2" / "m")
    with pytest.raises(NotFoundError):
        repositories.find("n", r1)
    repositories.unregister(r1)
    assert repositories.named("m") == [ModelId("m", r2)]


# Versions


def test_versions_are_decimal_folders_without_leading_zeros(tmp_path: Path) -> None:
    for name in ("1", "20", "3", "007", "v4", "1abc", "-5", "configs", "warmup", ".cache", "٣"):
        (tmp_path / name).mkdir()
    (tmp_path / "9").write_text("a file")
    (tmp_path / str(2**63)).mkdir()
    listing = list_versions(str(tmp_path))
    assert listing.versions == (20, 3, 1)
    ignored = " ".join(listing.ignored)
    for name in ("007", "v4", "1abc", "-5", "٣", str(2**63)):
        assert f"'{name}'" in ignored
    for name in ("configs", "warmup", ".cache", "'9'"):
        assert name not in ignored


def test_a_model_folder_that_vanished_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InvalidArgumentError, match="failed to list the versions"):
        list_versions(str(tmp_path / "gone"))


def policy(text: str) -> model_config.ModelVersionPolicy:
    message = model_config.ModelVersionPolicy()
    if text == "all":
        message.all.SetInParent()
    elif text.startswith("latest"):
        message.latest.num_versions = int(text.split()[1])
    elif text:
        message.specific.versions.extend(int(v) for v in text.split()[1:])
    return message


@pytest.mark.parametrize(
    ("text", "chosen"),
    [
        ("", (9,)),
        ("latest 1", (9,)),
        ("latest 2", (4, 9)),
        ("latest 99", (1, 4, 9)),
        ("all", (1, 4, 9)),
        ("specific 4 1", (1, 4)),
        ("specific 4 4", (4,)),
    ],
)
def test_version_policies(text: str, chosen: tuple[int, ...]) -> None:
    assert select_versions("m", policy(text), (9, 4, 1)) == chosen


def test_a_specific_version_that_is_missing_is_reported_and_the_rest_chosen() -> None:
    complaints: list[str] = []
    assert select_versions("m", policy("specific 1 5"), (9, 1), complaints.append) == (1,)
    assert complaints == [
        "version 5 is specified for model 'm', but the version directory is not present"
    ]


@pytest.mark.parametrize(("text", "available"), [("all", ()), ("specific 5", (1,)), ("", ())])
def test_a_policy_that_picks_nothing_is_an_error(text: str, available: tuple[int, ...]) -> None:
    with pytest.raises(InvalidArgumentError, match="at least one version must be available"):
        select_versions("m", policy(text), available)


# Fingerprint


def test_the_fingerprint_changes_with_every_kind_of_change(tmp_path: Path) -> None:
    model = touch(tmp_path / "1" / "model.onnx", "weights")
    seen = {fingerprint(str(tmp_path))}
    assert fingerprint(str(tmp_path)) in seen

    def changed() -> bool:
        mark = fingerprint(str(tmp_path))
        new = mark not in seen
        seen.add(mark)
        return new

    touch(tmp_path / "config.pbtxt", "x")
    assert changed()
    os.utime(model, ns=(1, 1))  # older than before: the newest time alone would not tell
    assert changed()
    (tmp_path / "2").mkdir()
    assert changed()
    (tmp_path / "config.pbtxt").unlink()
    assert changed()


def test_the_marks_tell_which_part_has_changed(tmp_path: Path) -> None:
    for path in ("1/model", "2/model", "config.pbtxt", "configs/a.pbtxt", "labels.txt"):
        touch(tmp_path / path)
    before = local_marks(str(tmp_path))
    assert set(before.versions) == {"1", "2"}
    assert not before.same_version(before, 3)

    def same() -> list[int]:
        after = local_marks(str(tmp_path))
        assert after.whole != before.whole
        return [version for version in (1, 2) if after.same_version(before, version)]

    for path, stay in (("config.pbtxt", [1, 2]), ("configs/a.pbtxt", [1, 2]), ("2/model", [1]),
                       ("labels.txt", [])):  # fmt: skip
        touch(tmp_path / path, "changed")
        assert same() == stay, path
        touch(tmp_path / path)
        before = local_marks(str(tmp_path))
    touch(tmp_path / "3" / "model")
    assert same() == [1, 2]


def test_the_fingerprint_survives_links_in_a_circle(tmp_path: Path) -> None:
    (tmp_path / "1").mkdir()
    os.symlink(tmp_path, tmp_path / "1" / "up")
    assert fingerprint(str(tmp_path)) == fingerprint(str(tmp_path))


# Libraries


class Search:
    def __init__(self, root: Path) -> None:
        self.root = root
        self.model = root / "repo" / "m"
        (self.model / "1").mkdir(parents=True)

    def __call__(self, backend: str = "x", runtime: str = "") -> str:
        found = find_backend_library(
            model_name="m",
            backend=backend,
            runtime=runtime,
            model_directory=str(self.model),
            version=1,
            backend_directories=[str(self.root / "user"), str(self.root / "shipped")],
        )
        assert found.backend == backend
        assert os.path.dirname(found.path) == found.directory
        return os.path.relpath(found.path, self.root)


def test_the_backend_library_is_searched_in_triton_s_order(tmp_path: Path) -> None:
    search = Search(tmp_path)
    with pytest.raises(InvalidArgumentError, match="unable to find backend library") as caught:
        search()
    for place in ("repo/m/1", "repo/m'", "user/x", "shipped/x"):
        assert place in str(caught.value)
    name = "libtriton_x.so"
    for place in ("shipped/x", "user/x", "repo/m", "repo/m/1"):
        touch(tmp_path / place / name)
        assert search() == f"{place}/{name}"


def test_runtime_names_another_library(tmp_path: Path) -> None:
    search = Search(tmp_path)
    touch(tmp_path / "shipped/x/libtriton_x.so")
    touch(tmp_path / "user/x/special.so")
    assert search(runtime="special.so") == "user/x/special.so"
    with pytest.raises(InvalidArgumentError, match="unable to find backend library 'none.so'"):
        search(runtime="none.so")


@pytest.mark.parametrize("runtime", ["../y/evil.so", "/lib/evil.so", "a/../../evil.so", ".."])
def test_a_runtime_that_leaves_the_folders_is_refused(tmp_path: Path, runtime: str) -> None:
    search = Search(tmp_path)
    touch(tmp_path / "user" / "y" / "evil.so")
    with pytest.raises(InvalidArgumentError, match="escapes backend directory"):
        search(runtime=runtime)


@pytest.mark.parametrize("backend", ["../y", "a/b", "..", "/abs", "a\0b"])
def test_a_backend_name_that_leaves_the_folders_is_refused(tmp_path: Path, backend: str) -> None:
    with pytest.raises(InvalidArgumentError, match="path traversal"):
        Search(tmp_path)(backend=backend)


def test_a_linked_library_is_found(tmp_path: Path) -> None:
    search = Search(tmp_path)
    built = touch(tmp_path / "build" / "out.so")
    os.symlink(built, search.model / "libtriton_x.so")
    assert search() == "repo/m/libtriton_x.so"


def python_based(search: Search, runtime: str = "", backend: str = "x") -> tuple[str, ...]:
    found = find_backend_library(
        model_name="m",
        backend=backend,
        runtime=runtime,
        model_directory=str(search.model),
        version=1,
        backend_directories=[str(search.root / "user"), str(search.root / "shipped")],
    )
    assert found.backend == backend and found.source == (found.script or found.path)
    return tuple(path and os.path.relpath(path, search.root) for path in (found.path, found.directory, found.script))


def test_a_python_based_backend_is_run_by_the_python_backends_library(tmp_path: Path) -> None:
    search = Search(tmp_path)
    touch(tmp_path / "user" / "x" / "model.py")
    for runtime in ("", "model.py"):
        with pytest.raises(InvalidArgumentError, match="unable to find backend library 'libtriton_python.so'"):
            python_based(search, runtime)
    for place in ("shipped/python", "user/python", "user/x", "repo/m"):
        touch(tmp_path / place / "libtriton_python.so")
        for runtime in ("", "model.py"):
            assert python_based(search, runtime) == (f"{place}/libtriton_python.so", "user/x", "user/x/model.py")


def test_a_library_and_a_python_based_backend_of_the_same_name(tmp_path: Path) -> None:
    """The library in the same folder, the user's folder before the shipped one; the configuration decides."""
    search = Search(tmp_path)
    touch(tmp_path / "shipped/python/libtriton_python.so")
    touch(tmp_path / "shipped/x/libtriton_x.so")
    touch(tmp_path / "user/x/model.py")
    assert python_based(search) == ("shipped/python/libtriton_python.so", "user/x", "user/x/model.py")
    assert python_based(search, "libtriton_x.so") == ("shipped/x/libtriton_x.so", "shipped/x", "")
    touch(tmp_path / "user/x/libtriton_x.so")
    assert python_based(search) == ("user/x/libtriton_x.so", "user/x", "")
    assert python_based(search, "model.py") == ("shipped/python/libtriton_python.so", "user/x", "user/x/model.py")


def test_a_models_own_file_makes_no_python_based_backend(tmp_path: Path) -> None:
    search = Search(tmp_path)
    touch(tmp_path / "shipped/python/libtriton_python.so")
    touch(search.model / "1" / "model.py")
    touch(search.model / "model.py")
    with pytest.raises(InvalidArgumentError, match="unable to find backend library for backend 'x'"):
        python_based(search)
    with pytest.raises(InvalidArgumentError, match="unable to find backend library 'model.py' for model 'm'"):
        python_based(search, "model.py")
    # The python backend's own models say no more by that than they are.
    for runtime in ("", "model.py"):
        assert python_based(search, runtime, "python") == ("shipped/python/libtriton_python.so", "shipped/python", "")


def test_the_batch_strategy_is_configured_or_found_beside_the_backend(tmp_path: Path) -> None:
    model = tmp_path / "m"
    (model / "1").mkdir(parents=True)

    def find(configured: str = "") -> str:
        return find_batch_strategy(
            model_name="m",
            configured=configured,
            backend="x",
            model_directory=str(model),
            version=1,
            backend_directories=[str(tmp_path / "backends")],
        )

    assert find() == ""
    beside = touch(tmp_path / "backends" / "x" / "batchstrategy.so")
    assert find() == str(beside)
    own = touch(model / "mine.so")
    assert find(str(own)) == str(own)
    with pytest.raises(InvalidArgumentError, match="escapes model repository"):
        find(str(beside))
    with pytest.raises(NotFoundError, match="not found"):
        find(str(model / "none.so"))


# Labels


def test_labels_are_the_lines_of_the_file(tmp_path: Path) -> None:
    touch(tmp_path / "labels.txt", "cat\ndog\nnaïve\n")
    assert read_labels("m", "OUT", str(tmp_path), "labels.txt") == ["cat", "dog", "naïve"]


def test_label_files_outside_or_missing_or_not_text_are_refused(tmp_path: Path) -> None:
    model = tmp_path / "m"
    model.mkdir()
    touch(tmp_path / "secret.txt", "x")
    os.symlink(tmp_path / "secret.txt", model / "link.txt")
    for name in ("../secret.txt", str(tmp_path / "secret.txt"), "link.txt"):
        with pytest.raises(UnsupportedError, match="outside model directory"):
            read_labels("m", "OUT", str(model), name)
    with pytest.raises(InvalidArgumentError, match="failed to open label file"):
        read_labels("m", "OUT", str(model), "none.txt")
    (model / "bytes.txt").write_bytes(b"\xff\xfe")
    with pytest.raises(InvalidArgumentError, match="is not UTF-8"):
        read_labels("m", "OUT", str(model), "bytes.txt")


# Load parameters


def test_load_parameters_are_sorted_out() -> None:
    parameters = parse_load_parameters([("config", "{}"), ("file:1/model.onnx", b"abc")])
    assert parameters.config == "{}"
    assert parameters.files == {"1/model.onnx": b"abc"}
    assert parameters
    assert not parse_load_parameters([])


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ([("config", b"{}")], "'config' must have string type"),
        ([("config", "{}"), ("file:a", "text")], "'file:a' must have bytes type"),
        ([("file:a", b"")], "'config' must be specified"),
        ([("speed", 3)], "Unrecognized load parameter 'speed' with type 'INT'"),
        ([("fast", True)], "Unrecognized load parameter 'fast' with type 'BOOL'"),
        ([("config", "{}"), ("config", "{}")], "'config' is given twice"),
        ([("config", "{}"), ("file:a", b""), ("file:a", b"")], "'file:a' is given twice"),
    ],
)
def test_bad_load_parameters_say_what_is_wrong(
    parameters: list[tuple[str, object]], message: str
) -> None:
    with pytest.raises(InvalidArgumentError, match=message):
        parse_load_parameters(parameters)


def test_override_files_become_a_folder_that_goes_away() -> None:
    folder = write_override({"1/model.bin": b"\0\1", "labels.txt": b"a"})
    assert Path(folder.path, "1/model.bin").read_bytes() == b"\0\1"
    assert Path(folder.path, "labels.txt").read_bytes() == b"a"
    folder.remove()
    assert not os.path.exists(folder.path)
    folder.remove()


@pytest.mark.parametrize("name", ["../evil", "/etc/evil", "a/../../evil", "", ".", "a\0b"])
def test_override_files_stay_in_their_folder(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with pytest.raises(InvalidArgumentError, match="must stay within model directory"):
        write_override({"1/ok": b"", name: b"x"})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("names", [("a", "a/b"), ("a/b", "a"), ("a", "./a")])
def test_override_files_that_collide_are_refused(
    names: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with pytest.raises(InvalidArgumentError, match="collides"):
        write_override(dict.fromkeys(names, b"x"))
    assert list(tmp_path.iterdir()) == []
