# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""What agents are told, and in which order: load, unload, reload, polling, the server's end."""

from __future__ import annotations

import os

import pytest
from agents_support import Place, ask, eventually
from serve_process import Serving

from triton_py.errors import TritonError

TWO = (("first", {}), ("second", {}))


def test_a_model_is_loaded_and_unloaded(place: Place) -> None:
    folder = place.model("m", *TWO)
    with place.server() as server:
        server.load("m")
        ask(server, "m")
        assert place.lines() == [
            "first Initialize",
            f"first ModelInitialize {folder}",
            f"first LOAD {folder}",
            "second Initialize",
            f"second ModelInitialize {folder}",
            f"second LOAD {folder}",
            f"second LOAD_COMPLETE {folder}",
            f"first LOAD_COMPLETE {folder}",
        ]
        place.forget()
        server.unload("m", wait_until_unloaded=True)
        assert place.events() == [
            "first UNLOAD",
            "second UNLOAD",
            "second UNLOAD_COMPLETE",
            "first UNLOAD_COMPLETE",
            "second ModelFinalize",
            "second Finalize",
            "first ModelFinalize",
            "first Finalize",
        ]


def test_a_library_is_loaded_once_for_all_its_models(place: Place) -> None:
    place.model("a", ("first", {}))
    place.model("b", ("first", {}))
    with place.server() as server:
        server.load("a")
        server.load("b")
        server.unload("a", wait_until_unloaded=True)
        assert place.events().count("first Initialize") == 1
        assert "first Finalize" not in place.events(), "b still uses it"
        server.unload("b", wait_until_unloaded=True)
        assert place.events().count("first Finalize") == 1
        server.load("a")
        assert place.events().count("first Initialize") == 2


def test_one_agent_may_be_named_twice(place: Place) -> None:
    place.model("m", ("first", {}), ("first", {}))
    with place.server() as server:
        server.load("m")
        assert place.events() == [
            "first Initialize",
            *["first ModelInitialize", "first LOAD"] * 2,
            *["first LOAD_COMPLETE"] * 2,
        ]


def test_the_end_of_the_server_is_the_end_of_the_agents(place: Place) -> None:
    place.model("m", *TWO)
    with place.server(startup_models=["m"]):
        place.forget()
    assert place.events() == [
        "first UNLOAD",
        "second UNLOAD",
        "second UNLOAD_COMPLETE",
        "first UNLOAD_COMPLETE",
        "second ModelFinalize",
        "second Finalize",
        "first ModelFinalize",
        "first Finalize",
    ]


def test_a_reload_is_told_to_the_new_ones_first(place: Place) -> None:
    place.model("m", ("first", {}))
    with place.server() as server:
        server.load("m")
        place.forget()
        place.model("m", ("second", {}), batch=4)
        server.load("m")
        ask(server, "m")
        place.wait_for("first Finalize")
        assert place.events() == [
            "second Initialize",
            "second ModelInitialize",
            "second LOAD",
            "second LOAD_COMPLETE",
            "first UNLOAD",
            "first UNLOAD_COMPLETE",
            "first ModelFinalize",
            "first Finalize",
        ]


def test_a_reload_shares_the_library_with_the_old_build(place: Place) -> None:
    place.model("m", ("first", {}))
    with place.server() as server:
        server.load("m")
        place.forget()
        place.model("m", ("first", {}), batch=4)
        server.load("m")
        place.wait_for("first ModelFinalize")
        assert place.events() == [
            "first ModelInitialize",
            "first LOAD",
            "first LOAD_COMPLETE",
            "first UNLOAD",
            "first UNLOAD_COMPLETE",
            "first ModelFinalize",
        ]


def test_a_load_of_what_has_not_changed_tells_nothing(place: Place) -> None:
    place.model("m", ("first", {}))
    with place.server() as server:
        server.load("m")
        place.forget()
        server.load("m")
        assert place.lines() == []


def test_an_agent_is_told_of_unload_once_for_several_versions(place: Place) -> None:
    folder = place.model("m", ("first", {}))
    (folder / "2").mkdir()
    with (folder / "config.pbtxt").open("a") as file:
        file.write("version_policy { all {} }\n")
    with place.server() as server:
        server.load("m")
        place.forget()
        server.unload("m", wait_until_unloaded=True)
        assert place.events() == [
            "first UNLOAD", "first UNLOAD_COMPLETE", "first ModelFinalize", "first Finalize",
        ]


def test_polling_runs_the_agents_again_when_the_repository_changes(place: Place) -> None:
    folder = place.model("m", ("first", {"copy": "1"}))
    with place.server(model_control_mode="poll") as server:
        place.forget()
        server.poll_model_repository()
        assert place.events() == [], "where the agent put the model doesn't count as a change"
        os.utime(folder / "config.pbtxt", (1, 1))
        server.poll_model_repository()
        place.wait_for("first ModelFinalize")
        assert place.events()[:3] == ["first ModelInitialize", "first LOAD", "first LOAD_COMPLETE"]
        ask(server, "m")


def test_polling_asks_an_agent_again_that_refused(place: Place) -> None:
    place.model("good", ("first", {}))
    place.model("bad", ("second", {"fail": "LOAD"}))
    with place.server(model_control_mode="poll", exit_on_error=False) as server:
        ask(server, "good")
        place.forget()
        server.poll_model_repository()
        assert place.events() == [
            "second Initialize", "second ModelInitialize", "second LOAD", "second LOAD_FAIL",
            "second ModelFinalize", "second Finalize",
        ]
        place.model("bad", ("second", {}))
        server.poll_model_repository()
        ask(server, "bad")


def test_an_agent_with_nothing_but_its_action(place: Place) -> None:
    place.model("m", ("bare", {}))
    with place.server() as server:
        server.load("m")
        server.unload("m", wait_until_unloaded=True)
        eventually(lambda: len(place.events()) == 4)
        assert place.events() == [
            "bare LOAD", "bare LOAD_COMPLETE", "bare UNLOAD", "bare UNLOAD_COMPLETE",
        ]


def test_parameters_and_configuration_are_as_written(place: Place) -> None:
    place.model("m", ("first", {"show": "1", "b": 'x "y"', "a": "\u00fc"}))
    with place.server() as server:
        server.load("m")
        assert place.lines("parameter") == [
            "first parameter 0 a=\u00fc",
            'first parameter 1 b=x "y"',
            "first parameter 2 show=1",
        ]
        (config,) = place.lines("config")
        assert '"backend":"identity"' in config
        assert '"name":"first"' in config, "the agents are part of the configuration"


def test_a_configuration_of_the_load_request_decides_about_agents(place: Place) -> None:
    place.model("m", ("first", {}))
    override = """{"backend": "identity", "max_batch_size": 8,
      "input": [{"name": "INPUT0", "data_type": "TYPE_INT32", "dims": [-1]}],
      "output": [{"name": "OUTPUT0", "data_type": "TYPE_INT32", "dims": [-1]}] %s}"""
    second = """, "model_repository_agents": {"agents": [
      {"name": "second", "parameters": {"show": "1", "copy": "1"}}]}"""
    with place.server() as server:
        server.load("m", {"config": override % second})
        assert {event.split()[0] for event in place.events()} == {"second"}
        assert '"max_batch_size":8' in place.lines("config")[0]
        # The copy has the repository's config.pbtxt; what the request brought counts.
        assert server.model("m").config()["max_batch_size"] == 8
        ask(server, "m")
        place.forget()
        server.load("m", {"config": override % ""})
        place.wait_for("second Finalize")
        assert {event.split()[0] for event in place.events()} == {"second"}
        place.forget()
        server.load("m")
        assert "first LOAD_COMPLETE" in place.events()


def test_files_of_the_load_request_are_where_the_first_agent_looks(place: Place) -> None:
    config = """{"backend": "identity", "model_repository_agents": {"agents": [
        {"name": "first"}, {"name": "second", "parameters": {"copy": "1"}}]},
      "input": [{"name": "INPUT0", "data_type": "TYPE_INT32", "dims": [-1]}],
      "output": [{"name": "OUTPUT0", "data_type": "TYPE_INT32", "dims": [-1]}]}"""
    with place.server() as server:
        server.load("sent", {"config": config, "file:1/model.bin": b"x"})
        ask(server, "sent")
        (first,) = place.lines("LOAD")[:1]
        assert first.startswith(f"first LOAD {place.temporary}/triton-py-model-")
        assert place.lines("LOAD_COMPLETE")[0].startswith(
            f"second LOAD_COMPLETE {place.temporary}/triton-py-agent-")
        server.unload("sent", wait_until_unloaded=True)
        eventually(lambda: list(place.temporary.iterdir()) == [])


def test_serve_is_told_where_the_agents_are(place: Place) -> None:
    place.model("m", *TWO)
    with Serving(f"--model-repository={place.repository}",
                 f"--repoagent-directory={place.agents}",
                 environ={"AGENT_RECORD": str(place.record)}) as server:
        assert "first LOAD_COMPLETE" in place.events()
        place.forget()
        assert server.stop() == 0
    assert place.events() == [
        "first UNLOAD", "second UNLOAD", "second UNLOAD_COMPLETE", "first UNLOAD_COMPLETE",
        "second ModelFinalize", "second Finalize", "first ModelFinalize", "first Finalize",
    ]


def test_an_unknown_agent_is_named_with_the_places_searched(place: Place) -> None:
    place.model("m", ("nowhere", {}))
    with place.server() as server, pytest.raises(TritonError) as caught:
        server.load("m")
    assert "unable to find 'libtritonrepoagent_nowhere.so' for repo agent 'nowhere'" in str(
        caught.value)
    assert str(place.agents / "nowhere") in str(caught.value)
