# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Agents that refuse, break or misuse the API: the load fails, the others learn of it, nothing leaks."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from agents_support import Place, ask

from triton_py.errors import (
    InvalidArgumentError,
    NotFoundError,
    TritonError,
    UnavailableError,
    UnsupportedError,
)


def refused(place: Place, error: type[TritonError] = UnavailableError, **options: object) -> str:
    """Loads model m, which must fail and leave nothing behind; returns the message."""
    with place.server(**options) as server:
        with pytest.raises(error) as caught:
            server.load("m")
        (entry,) = [e for e in server.native.model_index() if e["name"] == "m"]
        assert entry.get("state") in (None, "", "UNAVAILABLE")
    message = caught.value.message
    assert "failed to load 'm'" in message or "load failed for model 'm'" in message
    return message


def test_an_agent_that_refuses_fails_the_load(place: Place) -> None:
    place.model("m", ("first", {}), ("second", {"fail": "LOAD"}), ("third", {}))
    message = refused(place)
    assert message == (
        "failed to load 'm', failed to poll from model repository: repository agent 'second' "
        "refuses model 'm': second does not like LOAD"
    )
    # The one behind it learns of nothing, the one that refused of its own failure.
    assert place.events() == [
        "first Initialize", "first ModelInitialize", "first LOAD",
        "second Initialize", "second ModelInitialize", "second LOAD",
        "second LOAD_FAIL", "first LOAD_FAIL",
        "second ModelFinalize", "second Finalize", "first ModelFinalize", "first Finalize",
    ]


def test_an_agent_whose_model_initialize_fails_gets_no_action(place: Place) -> None:
    place.model("m", ("first", {"copy": "1"}), ("second", {"fail": "initialize"}))
    assert "second does not like initialize" in refused(place)
    # A state that was set is freed by ModelFinalize, as with backends.
    assert [event for event in place.events() if event.startswith("second")] == [
        "second Initialize", "second ModelInitialize", "second ModelFinalize", "second Finalize",
    ]
    assert "first LOAD_FAIL" in place.events()


def test_what_fails_after_the_agents_is_told_to_all(place: Place) -> None:
    folder = place.model("m", ("first", {"copy": "1"}), ("second", {}))
    shutil.rmtree(folder / "1")  # no version
    refused(place, InvalidArgumentError)
    assert place.events()[-6:] == [
        "second LOAD_FAIL", "first LOAD_FAIL",
        "second ModelFinalize", "second Finalize", "first ModelFinalize", "first Finalize",
    ]


def test_a_backend_that_refuses_is_told_to_all(place: Place) -> None:
    folder = place.model("m", ("first", {"copy": "1"}), ("second", {}))
    with (folder / "config.pbtxt").open("a") as file:
        file.write('parameters { key: "initialize_error" value { string_value: "no" } }\n')
    assert "version 1 is at UNAVAILABLE state" in refused(place, InvalidArgumentError)
    assert place.events().count("first LOAD") == 1
    assert place.events()[-6:-4] == ["second LOAD_FAIL", "first LOAD_FAIL"]


def test_agents_stay_loaded_over_the_attempts_of_a_load(place: Place) -> None:
    folder = place.model("m", ("first", {}))
    with (folder / "config.pbtxt").open("a") as file:
        file.write('parameters { key: "initialize_error" value { string_value: "no" } }\n')
    refused(place, InvalidArgumentError, model_load_retry_count=2)
    assert place.events().count("first LOAD") == 1
    assert place.events().count("first LOAD_FAIL") == 1


def test_a_reload_that_an_agent_refuses_leaves_what_serves(place: Place) -> None:
    place.model("m", ("first", {"copy": "1"}))
    with place.server() as server:
        server.load("m")
        place.model("m", ("first", {"copy": "1", "fail": "LOAD"}))
        with pytest.raises(UnavailableError, match="first does not like LOAD"):
            server.load("m")
        ask(server, "m")
        assert "first UNLOAD" not in place.events()
        assert len(list(place.temporary.iterdir())) == 1


@pytest.mark.parametrize("step", ["LOAD_COMPLETE", "UNLOAD", "UNLOAD_COMPLETE", "finalize"])
def test_an_agent_can_not_object_any_more(
    place: Place, step: str, capfd: pytest.CaptureFixture[str]
) -> None:
    place.model("m", ("first", {"fail": step}), ("second", {"fail": step}))
    with place.server(log_error=True) as server:
        server.load("m")
        ask(server, "m")
        server.unload("m", wait_until_unloaded=True)
    events, log = place.events(), capfd.readouterr().err
    for name in ("first", "second"):
        assert [e.split()[1] for e in events if e.startswith(name)] == [
            "Initialize", "ModelInitialize", "LOAD", "LOAD_COMPLETE", "UNLOAD", "UNLOAD_COMPLETE",
            "ModelFinalize", "Finalize",
        ]
        assert f"Unavailable: {name} does not like {step}" in log


def test_an_agent_that_can_not_start(place: Place) -> None:
    place.model("m", ("no_start", {}))
    message = refused(place, NotFoundError)
    assert "failed to load repository agent 'no_start': the key is missing" in message
    # A state that was set is for Finalize to free.
    assert place.events() == ["no_start Initialize", "no_start Finalize"]


def test_an_agent_that_can_not_end_is_in_the_log(
    place: Place, capfd: pytest.CaptureFixture[str]
) -> None:
    place.model("m", ("no_end", {}))
    with place.server(log_error=True) as server:
        server.load("m")
    assert "failed finalizing repository agent 'no_end': Internal: could not say good-bye" in (
        capfd.readouterr().err)


def test_an_agent_for_a_newer_api_refuses_itself(place: Place) -> None:
    place.model("m", ("newer", {}))
    assert "'newer': needs a newer agent API" in refused(place, UnsupportedError)


def test_a_library_that_is_no_agent(place: Place) -> None:
    place.model("m", ("no_action", {}))
    message = refused(place, InvalidArgumentError)
    assert "unable to find required entrypoint 'TRITONREPOAGENT_ModelAction'" in message
    assert place.events() == [], "it is not even initialised"


def test_a_library_that_can_not_be_loaded(place: Place, tmp_path: Path) -> None:
    library = tmp_path / "agents" / "text" / "libtritonrepoagent_text.so"
    library.parent.mkdir(parents=True)
    library.write_text("not an object")
    place.model("m", ("text", {}))
    place.agents = tmp_path / "agents"
    assert "failed to load repository agent 'text': unable to load shared library" in refused(
        place, InvalidArgumentError)


def test_an_agents_name_stays_in_its_directory(place: Place) -> None:
    place.model("m", ("../first", {}))
    assert "path traversal" in refused(place, InvalidArgumentError)


def test_wrong_calls_get_an_answer(place: Place) -> None:
    place.model("m", ("first", {"misuse": "1"}))
    with place.server() as server:
        server.load("m")
        ask(server, "m")
    answers = dict(
        line.removeprefix("first ").split(" -> ") for line in place.lines() if " -> " in line)
    only_load = ("Invalid argument: the location of a model can be updated during "
                 "TRITONREPOAGENT_ACTION_LOAD only")
    assert answers == {
        "update early": only_load,
        "parameter 99": "Invalid argument: index out of range for model parameters: 99 of 1",
        "parameter null": "Invalid argument: TRITONREPOAGENT_ModelParameter: parameter_name and "
                          "parameter_value must not be null",
        "count null": "Invalid argument: TRITONREPOAGENT_ModelParameterCount: count must not be null",
        "config 2": "Unsupported: model configuration version is not supported: supported "
                    "versions: 1",
        "config null": "Invalid argument: TRITONREPOAGENT_ModelConfig: model_config must not be "
                       "null",
        "location null": "Invalid argument: TRITONREPOAGENT_ModelRepositoryLocation: "
                         "artifact_type and location must not be null",
        "swapped": "Invalid argument: TRITONREPOAGENT_ModelParameterCount: not a live repository "
                   "agent",
        "no model": "Invalid argument: TRITONREPOAGENT_ModelParameterCount: not a live model of a "
                    "repository agent",
        "update null": "Invalid argument: TRITONREPOAGENT_ModelRepositoryUpdate: location must "
                       "not be null",
        "update empty": "Invalid argument: TRITONREPOAGENT_ModelRepositoryUpdate: the location "
                        "must not be empty",
        "update type": "Invalid argument: TRITONREPOAGENT_ModelRepositoryUpdate: unknown artifact "
                       "type",
        "release early": "Unavailable: no location has been acquired for this model, or it has "
                         "been released",
        "acquire remote": "Invalid argument: a location can be acquired in the local file system "
                          "only (TRITONREPOAGENT_ARTIFACT_FILESYSTEM)",
        "acquire": "ok",
        "release other": answers["release other"],
        "release null": "Invalid argument: TRITONREPOAGENT_ModelRepositoryLocationRelease: "
                        "location must not be null",
        "release": "ok",
        "release twice": "Unavailable: no location has been acquired for this model, or it has "
                         "been released",
        "update late": only_load,
    }
    assert answers["release other"].startswith(
        "Invalid argument: '/tmp' is not the location that was acquired for this model, which is ")
    assert "first acquired again: the same" in place.lines()
