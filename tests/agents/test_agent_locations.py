# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Where a model is: each agent sees what the one before left, and the last place is loaded from."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from pathlib import Path

import pytest
from agents_support import CONFIG, Place, ask, eventually

from triton_py.errors import InvalidArgumentError, TritonError


def elsewhere(place: Place, name: str, batch: int) -> Path:
    """A model folder outside of the repository."""
    folder = place.repository.parent / name
    (folder / "1").mkdir(parents=True)
    (folder / "config.pbtxt").write_text(CONFIG.format(batch=batch))
    return folder


def test_each_agent_sees_where_the_one_before_left_the_model(place: Place) -> None:
    there = elsewhere(place, "there", 2)
    folder = place.model(
        "m", ("first", {}), ("second", {"move": str(there)}), ("third", {"show": "1"}))
    with place.server() as server:
        server.load("m")
        assert place.lines("LOAD") == [
            f"first LOAD {folder}", f"second LOAD {folder}", f"third LOAD {there}",
        ]
        # Later on each agent is told of where it left the model itself.
        assert place.lines("LOAD_COMPLETE") == [
            f"third LOAD_COMPLETE {there}", f"second LOAD_COMPLETE {there}",
            f"first LOAD_COMPLETE {folder}",
        ]
        (config,) = place.lines("config")
        assert '"max_batch_size":2' in config, "its configuration is that of the new place"
        ask(server, "m")
    assert there.is_dir(), "a place that was not acquired is nobody's to delete"


def test_the_configuration_of_the_last_place_counts(place: Place) -> None:
    there = elsewhere(place, "there", 2)
    place.model("m", ("first", {"move": str(there)}))
    with place.server() as server:
        server.load("m")
        config = server.model("m").config()
        assert config["max_batch_size"] == 2
        # Which agents there are is settled by the configuration that the load began with.
        assert config["model_repository_agents"]["agents"][0]["name"] == "first"
        ask(server, "m")


def test_without_a_configuration_there_the_first_one_counts(place: Place) -> None:
    place.model("m", ("first", {"copy": "1", "config": "none"}), ("second", {"show": "1"}), batch=3)
    with place.server() as server:
        server.load("m")
        assert place.lines("config") == ["second config none"]
        assert server.model("m").config()["max_batch_size"] == 3
        ask(server, "m")


def test_a_configuration_may_be_made_by_an_agent(place: Place) -> None:
    made = CONFIG.format(batch=5)
    place.model("m", ("first", {"copy": "1", "config": made}))
    with place.server() as server:
        server.load("m")
        assert server.model("m").config()["max_batch_size"] == 5
        ask(server, "m")


def test_a_broken_configuration_between_two_agents_is_no_matter(place: Place) -> None:
    place.model("m", ("first", {"copy": "1", "config": "encrypted"}),
                ("second", {"show": "1", "copy": "1", "config": CONFIG.format(batch=5)}))
    with place.server() as server:
        server.load("m")
        assert place.lines("config") == ["second config none"]
        assert server.model("m").config()["max_batch_size"] == 5


def test_a_broken_configuration_at_the_last_place_names_the_file(place: Place) -> None:
    place.model("m", ("first", {"copy": "1", "config": "encrypted"}))
    with place.server() as server, pytest.raises(TritonError) as caught:
        server.load("m")
    assert f"{place.temporary}/triton-py-agent-" in str(caught.value)
    assert "first LOAD_FAIL" in place.events()


def test_the_versions_of_the_last_place_are_loaded(place: Place) -> None:
    there = elsewhere(place, "there", 0)
    os.rename(there / "1", there / "7")
    place.model("m", ("first", {"move": str(there)}))
    with place.server() as server:
        server.load("m")
        assert server.model("m").metadata()["versions"] == ["7"]


def test_an_acquired_place_lasts_as_long_as_the_model(place: Place) -> None:
    place.model("m", ("first", {"copy": "1"}))
    with place.server() as server:
        server.load("m")
        (old,) = place.temporary.iterdir()
        assert (old / "config.pbtxt").exists()
        place.model("m", ("first", {"copy": "1"}), batch=2)
        server.load("m")
        eventually(lambda: not old.exists())
        (new,) = place.temporary.iterdir()
        server.unload("m", wait_until_unloaded=True)
        eventually(lambda: not new.exists())


def test_an_agent_may_release_its_place_itself(place: Place) -> None:
    place.model("m", ("first", {"copy": "1", "release": "UNLOAD_COMPLETE"}))
    with place.server() as server:
        server.load("m")
        assert len(list(place.temporary.iterdir())) == 1
        server.unload("m", wait_until_unloaded=True)
        assert list(place.temporary.iterdir()) == []


def test_a_place_that_somebody_else_deleted_is_no_matter(place: Place) -> None:
    place.model("m", ("first", {"copy": "1"}))
    with place.server() as server:
        server.load("m")
        (folder,) = place.temporary.iterdir()
        shutil.rmtree(folder)
        ask(server, "m")


def test_a_place_that_can_not_be_made(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.model("m", ("first", {"acquire": "1"}))
    monkeypatch.setattr(tempfile, "tempdir", str(place.temporary / "missing"))
    with place.server() as server:
        server.load("m")
        (line,) = place.lines("acquire")
        assert line == ("first acquire -> Internal: can't make a temporary folder for a model: "
                        "No such file or directory")
        ask(server, "m")


def test_a_place_that_can_not_be_removed_is_in_the_log(
    place: Place, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    place.model("m", ("first", {"acquire": "1"}))

    def busy(path: str) -> None:
        raise OSError(errno.EBUSY, os.strerror(errno.EBUSY), path)

    with place.server(log_error=True) as server:
        server.load("m")
        (folder,) = place.temporary.iterdir()
        with monkeypatch.context() as patch:
            patch.setattr(shutil, "rmtree", busy)
            server.unload("m", wait_until_unloaded=True)
        folder.rmdir()
    assert f"can't remove the acquired location '{folder}': " in capfd.readouterr().err
    assert place.events()[-1] == "first Finalize"


def test_a_remote_store_that_nobody_knows_is_refused(place: Place) -> None:
    place.model("m", ("first", {"remote": "ftp://host/m"}))
    with place.server() as server, pytest.raises(InvalidArgumentError) as caught:
        server.load("m")
    assert ("repository agent 'first' left model 'm' at 'ftp://host/m', which is no place in object "
            "storage") in str(caught.value)
    assert place.events()[-3:] == ["first LOAD_FAIL", "first ModelFinalize", "first Finalize"]


def test_a_model_may_come_from_a_remote_store_through_another_agent(place: Place) -> None:
    there = elsewhere(place, "there", 2)
    place.model("m", ("first", {"remote": "s3://bucket/m"}),
                ("second", {"show": "1", "move": str(there)}))
    with place.server() as server:
        server.load("m")
        assert place.lines("LOAD")[1] == "second LOAD s3://bucket/m"
        assert place.lines("config") == ["second config none"]
        ask(server, "m")


def test_a_place_that_is_no_folder_is_refused(place: Place) -> None:
    place.model("m", ("first", {"move": "/nowhere/at/all"}))
    with place.server() as server, pytest.raises(InvalidArgumentError) as caught:
        server.load("m")
    assert ("repository agent 'first' left model 'm' at '/nowhere/at/all', which is not a folder"
            in str(caught.value))


def test_a_named_configuration_is_looked_for_at_the_new_place_too(place: Place) -> None:
    folder = place.model("m", ("first", {"copy": "1"}))
    (folder / "configs").mkdir()
    small = (folder / "config.pbtxt").read_text().replace("max_batch_size: 0", "max_batch_size: 6")
    (folder / "configs" / "small.pbtxt").write_text(small)
    with place.server(model_config_name="small") as server:
        server.load("m")
        assert server.model("m").config()["max_batch_size"] == 6
        assert place.lines("copied")
