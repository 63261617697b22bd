# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""``triton-py explain``: what is said of made-up counters, and of a server that runs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from triton_py.cli.explain import by_reason
from triton_py.cli.explanation import Counts, advise, counts, describe

DYNAMIC = {"max_batch_size": 8, "dynamic_batching": {}, "input": [{"name": "X", "dims": [4]}],
           "instance_group": [{"count": 1}]}


def seen(batches, closed, queue=0.1, failures=None):
    """Ten milliseconds of requests, of which that part in the queue."""
    total = 10_000_000
    parts = {"queue": int(total * queue), "compute_infer": int(total * (0.9 - queue))}
    return Counts(sum(n * k for n, k in batches.items()), total, parts, batches, closed,
                  failures or {})


# --- counters --------------------------------------------------------------------------------


def test_counts_of_the_statistics_extension():
    made = counts({
        "inference_stats": {"success": {"count": 10, "ns": 5000}, "queue": {"count": 10, "ns": 1000},
                            "compute_infer": {"count": 10, "ns": 3000}},
        "batch_stats": [{"batch_size": 1, "compute_infer": {"count": 2, "ns": 1}},
                        {"batch_size": 4, "compute_infer": {"count": 2, "ns": 1}}],
    }, {"idle": 3, "full": 1}, {"REJECTED": 2, "OTHER": 0})
    assert (made.success, made.executions, made.mean_batch) == (10, 4, 2.5)
    assert (made.part("queue"), made.share_closed("idle")) == (0.2, 0.75)
    assert made.failures == {"REJECTED": 2}


def test_what_was_counted_between_two_looks():
    before = seen({1: 5, 4: 1}, {"idle": 6})
    after = seen({1: 5, 4: 3, 8: 1}, {"idle": 7, "full": 2})
    assert after.since(before).batches == {4: 2, 8: 1}
    assert after.since(before).closed == {"idle": 1, "full": 2}
    assert before.since(before).executions == 0


def test_series_by_reason():
    text = ('# TYPE a counter\n'
            'a{model="m",reason="full",version="1"} 3\na{model="m",reason="idle",version="2"} 4\n'
            'a{model="n",reason="full",version="1"} 5\na{model="m",reason="shape",version="1"} 0\n'
            'b{model="m",reason="full",version="1"} 6\na{model="q\\"m",reason="x",version="1"} 7\n'
            'not a series\n')
    assert by_reason(text, "a", {"model": "m", "version": "1"}) == {"full": 3}
    assert by_reason(text, "a", {"model": 'q"m'}) == {"x": 7}


# --- sentences -------------------------------------------------------------------------------


def test_nothing_was_executed():
    assert describe(DYNAMIC, Counts()) == ["No request has been executed."]
    assert advise(DYNAMIC, Counts()) == []


def test_the_facts():
    text = "\n".join(describe(DYNAMIC, seen({1: 1, 4: 3}, {"idle": 3, "full": 1}, 0.25,
                                            {"BACKEND": 2})))
    assert "13 requests in 4 executions, 3.25 inferences in each" in text
    assert "  1   25.0%  ########" in text and "  4   75.0%  #####" in text
    assert "idle   75.0%" in text and "nothing else waited" in text
    assert "waiting in the queue   25.0%" in text and "around it   10.0%" in text
    assert "Failed: 2 BACKEND" in text


@pytest.mark.parametrize(("config", "counted", "words"), [
    ({"max_batch_size": 8}, seen({1: 9}, {"single": 9}), "dynamic_batching is not set"),
    ({"max_batch_size": 0}, seen({1: 9}, {"single": 9}, 0.7), "takes one at a time"),
    (DYNAMIC, seen({8: 9}, {"full": 9}, 0.6), "the instances are the limit"),
    (DYNAMIC, seen({2: 9}, {"idle": 9}, 0.7), "Another instance helps"),
    ({**DYNAMIC, "input": [{"name": "X", "dims": [-1]}]}, seen({2: 9}, {"shape": 9}),
     "The inputs 'X' may have any size"),
    ({**DYNAMIC, "dynamic_batching": {"max_queue_delay_microseconds": 500}},
     seen({1: 9}, {"delay": 9}, 0.7), "wait for the whole delay of 500 µs"),
    (DYNAMIC, seen({1: 9}, {"idle": 9}), "That is the lowest latency"),
    (DYNAMIC, seen({1: 900}, {"idle": 900}, 0.8), "That is the lowest latency"),
    ({**DYNAMIC, "instance_group": [{"count": 2}, {"count": 1, "gpus": [0, 1]}]},
     seen({1: 9}, {"idle": 9}), "4 instances share few requests"),
    (DYNAMIC, seen({4: 9}, {"idle": 9}, 0.1, {"REJECTED": 7}), "7 requests were refused"),
])
def test_advice(config, counted, words):
    assert any(words in line for line in advise(config, counted)), advise(config, counted)


@pytest.mark.parametrize(("config", "counted"), [
    (DYNAMIC, seen({7: 9}, {"idle": 9}, 0.25)),
    ({"max_batch_size": 0}, seen({1: 9}, {"single": 9}, 0.1)),
    ({"max_batch_size": 4, "sequence_batching": {}}, seen({1: 9}, {"idle": 9}, 0.9)),
])
def test_no_advice_where_nothing_stands_out(config, counted):
    assert advise(config, counted) == []


# --- a server that runs ----------------------------------------------------------------------


@pytest.mark.slow
def test_of_a_running_server(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import sys

    sys.path.insert(0, str(Path(__file__).parent.parent / "client"))
    try:
        from serving import ServerProcess, add_model, identity_config
    finally:
        sys.path.pop(0)
    from triton_py.cli.main import main

    add_model(tmp_path, "m", identity_config(["FP32"], "4", 8, "dynamic_batching { }"))
    with ServerProcess(tmp_path) as server:
        def explain(*more: str) -> str:
            assert main(["explain", "m", "--url", server.http,
                         "--metrics-url", f"http://{server.metrics}/metrics", *more]) == 0
            return capsys.readouterr().out

        assert "No request has been executed." in explain()
        for _ in range(3):
            assert main(["infer", "m", "INPUT0=[[1,2,3,4]]", "--url", server.http]) == 0
        capsys.readouterr()
        text = explain()
        assert "m: max_batch_size 8, dynamic_batching; since it was loaded" in text
        assert "3 requests in 3 executions, 1.00 inferences in each" in text
        assert "idle  100.0%" in text
        made = json.loads(explain("--json"))
        assert made["batch_closed"] == {"idle": 3} and made["batch_sizes"] == {"1": 3}
        assert "No request has been executed." in explain("--seconds", "0.1")
        assert "idle  100.0%" in explain("--metrics-url", server.metrics)
        without = explain("--metrics-url", "http://127.0.0.1:1/metrics")
        assert "no metrics from http://127.0.0.1:1/metrics" in without
        assert main(["explain", "none", "--url", server.http]) != 0
        assert "none" in capsys.readouterr().err
