# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Carrying a plan out, with measurements that are made up: what is kept, and what goes on."""

from __future__ import annotations

from dataclasses import replace

import pytest

from triton_py.benchmarks import results
from triton_py.benchmarks.compare import paired
from triton_py.benchmarks.load import bodies
from triton_py.benchmarks.machine import Usage
from triton_py.benchmarks.peers import Peer, ServerEndedError
from triton_py.benchmarks.results import Case, Crash, Subject
from triton_py.benchmarks.runner import execute, measure
from triton_py.benchmarks.runner.execute import Contestant, Execution
from triton_py.benchmarks.runner.measure import Measured, Place, Timing
from triton_py.benchmarks.runner.plan import Plan
from triton_py.benchmarks.scenarios import Catalogue, Scenario, tensors
from triton_py.benchmarks.scenarios.packages import Parts
from triton_py.benchmarks.statistics.rules import Rules
from triton_py.errors import InternalError, UnavailableError, UnsupportedError

MODELS = {"m": 'backend: "identity"\n'}


def scenario(name, **settings):
    return Scenario(name, name, "http", "m", tensors(["INPUT0:FP32:4"]), (1, 8), settings=settings)


class FakePeer(Peer):
    def __init__(self, label):
        self._label = label

    def subject(self):
        return Subject(self._label, {"version": "1"})

    def serve(self, repository, backends, log, flags):
        raise UnavailableError(f"{self._label} does not serve")


@pytest.fixture
def measured(monkeypatch):
    """Each process's scenario, subject and repository; what ``fails`` says is raised."""
    class Calls(list):
        fails = staticmethod(lambda name, label, call: None)

    calls = Calls()

    def fake(one, peer, place, timing):
        label = peer.subject().label
        calls.append((one.name, label, place.repository))
        error = calls.fails(one.name, label, len(calls))
        for case in one.cases():
            # A failure comes after a case that is done, as it does to a server under load.
            yield Measured(case, timing.seconds, {"p99": 10.0 * len(calls)}, 5, ((10.0, 5),))
            if error is not None:
                raise error

    monkeypatch.setattr(execute, "measure", fake)
    return calls


def execution(tmp_path, names, labels=("old", "new"), blocks=3, **more):
    chosen = [scenario(name) for name in names]
    contestants = {key: Contestant(FakePeer(label), tmp_path)
                   for key, label in zip("AB", labels, strict=False)}
    return Execution(Catalogue({s.name: s for s in chosen}, MODELS), chosen, contestants,
                     Plan(blocks, 0.5, 0.0, 4), "the command", **more)


def test_all_of_a_plan(tmp_path, measured):
    run = execution(tmp_path, ["a", "b"]).execute()
    assert run.complete and not run.not_run
    # Two scenarios, three blocks, A B B A, two levels.
    assert len(measured) == 24 and len(run.samples) == 48
    assert run.cases() == [Case("a", "1"), Case("a", "8"), Case("b", "1"), Case("b", "8")]
    for case in run.cases():
        for block in range(3):
            mine = [s for s in run.of(case) if s.block == block]
            assert [s.position for s in mine] == [0, 1, 2, 3]
            subjects = [s.subject for s in mine]
            assert subjects == subjects[::-1] and set(subjects) == {"A", "B"}
    assert (run.command, run.seed) == ("the command", 4)
    assert run.plan["blocks"] == 3 and "load_average" in run.plan
    assert run.subjects["A"] == Subject("old", {"version": "1"})


@pytest.mark.parametrize("error", [InternalError("it broke"), ConnectionRefusedError("it broke"),
                                   ProcessLookupError("it broke")])
def test_a_scenario_that_fails_is_named_and_the_others_go_on(tmp_path, measured, error):
    """A server that died made urllib's error, which ended the whole run."""
    measured.fails = lambda name, label, call: error if name == "b" and label == "new" else None
    run = execution(tmp_path, ["a", "b", "c"]).execute()
    assert run.not_run == {"b": "new: it broke"}
    assert {case.scenario for case in run.cases()} == {"a", "c"}
    assert run.complete


def test_a_block_counts_whole_or_not_at_all(tmp_path, measured):
    """The third process of the second block fails, after one of its two cases."""
    measured.fails = lambda name, label, call: InternalError("late") if call == 7 else None
    run = execution(tmp_path, ["a", "b"]).execute()
    assert {s.block for s in run.samples if s.case.scenario == "a"} == {0}
    assert len([s for s in run.samples if s.case.scenario == "a"]) == 8
    assert {s.block for s in run.samples if s.case.scenario == "b"} == {0, 1, 2}
    # Nothing more of a scenario that can't go on is tried.
    assert len([call for call in measured if call[0] == "a"]) == 7


def test_progress_counts_to_the_total_also_where_something_fails(tmp_path, measured):
    said = []
    measured.fails = lambda name, label, call: InternalError("late") if call == 7 else None
    execution(tmp_path, ["a", "b"], progress=lambda *args: said.append(args)).execute()
    assert {total for _, _, total in said} == {24}
    done = [count for _, count, _ in said]
    assert done[:7] == [0, 1, 2, 3, 4, 5, 6]
    # What "a" had left is done with: "b" begins in the middle.
    assert done[7:] == [*range(12, 24), 24]
    assert said[0][0].startswith("a, block 1 of 3: ") and said[-1][0] == "done"


def test_an_interrupt_keeps_what_there_is(tmp_path, measured):
    path = tmp_path / "run.json"
    measured.fails = lambda name, label, call: KeyboardInterrupt() if call == 6 else None
    with pytest.raises(KeyboardInterrupt):
        execution(tmp_path, ["a", "b"], keep=path).execute()
    kept = results.read(path)
    assert not kept.complete
    assert len(kept.samples) == 8 and {s.block for s in kept.samples} == {0}


def test_the_file_grows_block_by_block(tmp_path, measured):
    path = tmp_path / "run.json"
    sizes = []

    def look(name, label, call):
        sizes.append(len(results.read(path).samples) if path.exists() else None)

    measured.fails = look
    made = execution(tmp_path, ["a"], keep=path).execute()
    assert sizes == [None] * 4 + [8] * 4 + [16] * 4
    assert results.read(path) == made


# --- crashes and counts ----------------------------------------------------------------------


def crash():
    return ServerEndedError("the server ended with SIGSEGV")


def test_a_process_whose_server_crashes_is_run_again_and_the_report_says_so(tmp_path, measured):
    measured.fails = lambda name, label, call: crash() if call in (6, 7) else None
    run = execution(tmp_path, ["a"]).execute()
    assert run.complete and not run.not_run
    # Nothing of the processes that crashed is in it.
    assert len(measured) == 14 and len(run.samples) == 24
    assert not {60.0, 70.0} & {s.figures["p99"] for s in run.samples}
    label = measured[5][1]
    key = next(key for key, subject in run.subjects.items() if subject.label == label)
    assert run.crashes == [Crash("a", key, 1, "the server ended with SIGSEGV")] * 2
    assert results.from_json(results.to_json(run), "x") == run


def test_a_server_that_crashes_every_time_ends_its_scenario(tmp_path, measured):
    measured.fails = lambda name, label, call: crash() if name == "a" and call > 4 else None
    run = execution(tmp_path, ["a", "b"]).execute()
    assert list(run.not_run) == ["a"] and "SIGSEGV" in run.not_run["a"]
    assert len(run.crashes) == execute.ATTEMPTS
    assert {s.block for s in run.samples if s.case.scenario == "a"} == {0}
    assert {s.block for s in run.samples if s.case.scenario == "b"} == {0, 1, 2}


@pytest.mark.parametrize(("who", "listed"), [("A", "warnings"), ("B", "incomplete")])
def test_a_crash_of_the_candidate_is_no_pass(tmp_path, measured, who, listed):
    run = execution(tmp_path, ["a"], blocks=5).execute()
    run.crashes.append(Crash("a", who, 1, "the server ended with SIGSEGV"))
    made = paired(run, Rules())
    assert any("ended by itself 1 time under load (a)" in line for line in getattr(made, listed))
    other = {"warnings": "incomplete", "incomplete": "warnings"}[listed]
    assert not any("ended by itself" in line for line in getattr(made, other))


@pytest.fixture
def counted(monkeypatch):
    """Each counting process's subject."""
    calls = []

    def fake(one, peer, place):
        calls.append(peer.subject().label)
        yield Measured(Case(one.name, "1"), 1.0, {"copied": 64.0}, 5)

    monkeypatch.setattr(execute, "count", fake)
    return calls


def counting(tmp_path, kind="http", peer=FakePeer, blocks=3, **more):
    one = replace(scenario("a"), kind=kind)
    made = {key: Contestant(peer(label), tmp_path)
            for key, label in (("A", "old"), ("B", "new"), (results.CONTROL, "old"))}
    return Execution(Catalogue({"a": one}, MODELS), [one], made, Plan(blocks, 1, 0, counts=True), "x",
                     **more)


def test_counts_are_blocks_of_their_own_without_the_control(tmp_path, measured, counted):
    said = []
    run = counting(tmp_path, progress=lambda *args: said.append(args)).execute()
    assert counted == ["old", "new"] * 3
    assert [(s.subject, s.block) for s in run.samples if "copied" in s.figures] == [
        ("A", 3), ("B", 3), ("A", 4), ("B", 4), ("A", 5), ("B", 5)]
    assert {s.block for s in run.samples if "p99" in s.figures} == {0, 1, 2}
    assert [done for _, done, _ in said] == list(range(3 * 8 + 1))
    assert {total for _, _, total in said} == {24} and said[6][0].endswith(", counting")
    rows = {(row.case.level, row.figure.name): row for row in paired(run, Rules()).rows}
    assert rows["1", "copied"].ratio == 1 and rows["1", "copied"].one_sided == 0
    assert rows["1", "p99"].blocks == 3 and rows["1", "p99"].one_sided == 0


class Uncountable(FakePeer):
    countable = False


@pytest.mark.parametrize("more", [{"kind": "start"}, {"peer": Uncountable}])
def test_what_has_nothing_to_count_is_not_counted(tmp_path, measured, counted, more):
    run = counting(tmp_path, **more).execute()
    assert run.complete and not run.not_run and counted == []


def test_one_subject_runs_once_in_a_block(tmp_path, measured):
    run = execution(tmp_path, ["a"], labels=("old",)).execute()
    assert len(measured) == 3 and {s.position for s in run.samples} == {0}


# --- repositories ----------------------------------------------------------------------------


def test_subjects_with_the_same_parameters_share_a_repository(tmp_path, measured):
    one = scenario("a")
    peer = FakePeer("p")
    Execution(Catalogue({"a": one}, MODELS), [one],
              {"A": Contestant(peer, tmp_path), "B": Contestant(peer, tmp_path),
               "C": Contestant(peer, tmp_path, parameters=(("k", "v"),))},
              Plan(1, 1, 0), "x").execute()
    assert len({repository for _, _, repository in measured}) == 2
    # And nothing of it stays.
    assert not any(repository.exists() for _, _, repository in measured)


def test_a_repository_has_the_copies_that_are_asked_for(tmp_path):
    execute.write_repository(tmp_path, scenario("a", copies=3), Catalogue({}, MODELS),
                             [("k", "v")])
    assert sorted(p.name for p in tmp_path.iterdir()) == ["m", "m-copy-1", "m-copy-2"]
    text = (tmp_path / "m-copy-1" / "config.pbtxt").read_text()
    assert text.startswith('name: "m-copy-1"\nbackend: "identity"\n')
    assert 'parameters { key: "k" value { string_value: "v" } }' in text
    assert (tmp_path / "m" / "1").is_dir()


def test_a_model_has_its_source_and_what_it_needs_beside_it(tmp_path):
    source = tmp_path / "mine.py"
    source.write_text("the code")
    parts = {"m": Parts(beside=("n",)), "n": Parts(source=source)}
    execute.write_repository(tmp_path / "r", scenario("a"), Catalogue({}, {**MODELS, "n": ""}, parts),
                             [("k", "v")])
    assert sorted(p.name for p in (tmp_path / "r").iterdir()) == ["m", "n"]
    assert (tmp_path / "r" / "n" / "1" / "model.py").read_text() == "the code"
    assert not list((tmp_path / "r" / "m" / "1").iterdir())
    assert 'key: "k"' in (tmp_path / "r" / "n" / "config.pbtxt").read_text()


def test_a_folder_is_copied_as_it_is(tmp_path):
    given = tmp_path / "given"
    (given / "1").mkdir(parents=True)
    (given / "config.pbtxt").write_text("as it is")
    execute.write_repository(tmp_path / "r", scenario("a", folder=str(given)), Catalogue({}, {}))
    assert (tmp_path / "r" / "m" / "config.pbtxt").read_text() == "as it is"


def test_the_backends_that_ship(shipped):
    assert (shipped / "identity" / "libtriton_identity.so").is_file()
    # The python backend has a worker beside it.
    assert (shipped / "python" / "worker" / "worker.py").is_file()


# --- measuring -------------------------------------------------------------------------------


class FakeServed:
    """A server whose statistics and answers are the test's."""

    http = grpc = pid = 1

    request = staticmethod(bodies.of)

    def __init__(self, statistics=((0, 0), (5, 0)), answer=None):
        self._statistics = iter(statistics)
        self._answer = answer

    def successes(self, model):
        return next(self._statistics)

    def answers(self, scenario):
        return bodies.expected(scenario) if self._answer is None else self._answer


@pytest.fixture
def front_end(monkeypatch):
    used = iter([Usage(1.0, 10, 5.0, 4.0), Usage(1.5, 30, 6.0, 4.0)])
    monkeypatch.setattr(measure, "usage", lambda pid: next(used))
    made = measure.load.Load(5, 2.0, [(10.0, 4), (90.0, 1)])
    monkeypatch.setattr(measure.load, "http", lambda *args: made)
    monkeypatch.setattr(measure.load, "at_rate", lambda *args: made)

    def front_end(served, level="1"):
        return measure._front_end(scenario("a"), Case("a", level), served, Timing(1, 0))

    return front_end


def test_figures_of_a_front_end(front_end):
    made = front_end(FakeServed(statistics=((2, 0), (12, 0))))
    # Time and switches are for each request that the server worked for, the client's or not.
    assert made.figures == {"throughput": 2.5, "p50": 10.0, "p90": 90.0, "p99": 90.0, "p999": 90.0,
                            "cpu": pytest.approx(50_000), "switches": 2.0, "peak": 6.0}


def test_where_the_server_does_not_count_the_client_does(front_end):
    made = front_end(FakeServed(statistics=(None, None)))
    assert (made.figures["cpu"], made.figures["switches"]) == (pytest.approx(100_000), 4.0)


def test_an_open_loop_has_no_throughput(front_end):
    assert "throughput" not in front_end(FakeServed(), "50/s").figures


@pytest.mark.parametrize("level, after", [("1", (4, 0)), ("1", (5, 2)), ("50/s", (5, 1))])
def test_answers_that_the_server_does_not_count_as_successes(front_end, level, after):
    with pytest.raises(InternalError, match="the client counts 5 answers, the server"):
        front_end(FakeServed(statistics=((0, 0), after)), level)


def test_what_a_client_that_leaves_cancels_is_no_failure(front_end):
    assert front_end(FakeServed(statistics=((0, 0), (5, 1))), "1").requests == 5


def test_a_wrong_answer_is_not_measured(front_end):
    with pytest.raises(InternalError, match="the answer of 'm' is not its input"):
        front_end(FakeServed(answer=[b"x" * 16]))


def test_a_response_that_is_missing_is_seen(front_end):
    with pytest.raises(InternalError, match="0 bytes in 0 responses, expected 16 in 1"):
        front_end(FakeServed(answer=[]))


def test_a_peer_without_an_api_in_c(tmp_path):
    one = Scenario("a", "a", "inprocess", "m", tensors(["INPUT0:FP32:4"]), (1,))
    with pytest.raises(UnsupportedError, match="no in-process API"):
        list(measure.measure(one, FakePeer("p"), Place(tmp_path, tmp_path, tmp_path), Timing(1, 0)))
