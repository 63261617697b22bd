# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""``triton-py model run``: a model asked in its folder, and looked into by a debugger."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import termios
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
from python_support import add_model, tensors

from triton_py.cli.errors import CliError
from triton_py.cli.main import main
from triton_py.cli.model_folder import find

ECHO_CONFIG = tensors("input", "IN FP32 -1") + tensors("output", "OUT FP32 -1")
#: Twice its input; what it gets that is negative it does not like.
DOUBLE = """
def execute(self, requests):
    import os
    answers = []
    for request in requests:
        value = request.inputs()[0].as_numpy()
        print("a line of the model's")
        pb_utils.Logger.log_info("information of the model's")
        if (value < 0).any():
            raise ValueError("negative")
        given = json.loads(request.parameters() or "{}")
        seen = {**given, "id": request.request_id(), "sequence": request.correlation_id(),
                "flags": request.flags(), "process": os.getpid()}
        answers.append(pb_utils.InferenceResponse([pb_utils.Tensor("OUT", value * 2)],
                                                  parameters={"seen": json.dumps(seen)}))
    return answers
"""
COUNT = """
def execute(self, requests):
    for request in requests:
        sender = request.get_response_sender()
        for i in range(int(request.inputs()[0].as_numpy()[0])):
            sender.send(pb_utils.InferenceResponse([pb_utils.Tensor("OUT", np.array([i], np.float32))]))
        sender.send(flags=pb_utils.TRITONSERVER_RESPONSE_COMPLETE_FINAL)
"""


@dataclass
class Done:
    """What a run has written."""

    stdout: str
    stderr: str


class Run:
    """Runs the command within this process, without the time that a process takes to start."""

    def __init__(self, capture: pytest.CaptureFixture[str]) -> None:
        self._capture = capture

    def __call__(self, *arguments: object, status: int = 0) -> Done:
        self._capture.readouterr()
        found = main(["model", "run", *map(str, arguments)])
        done = Done(*self._capture.readouterr())
        assert found == status, done
        return done


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str]) -> Run:
    return Run(capfd)


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "triton_py", "model", "run", *map(str, arguments)]


def environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name != "PYTHONBREAKPOINT"}


def typed(text: str, *arguments: object, status: int, before: tuple[str, ...] = ()) -> Done:
    """Runs the command in a process, with this on its standard input."""
    line = command(*arguments)
    done = subprocess.run([line[0], *before, *line[1:]], input=text, capture_output=True, text=True, timeout=60,
                          env=environment(), check=False)
    assert done.returncode == status, done.stdout + done.stderr
    return Done(done.stdout, done.stderr)


# Answers


def test_outputs_alone_are_on_standard_output(tmp_path: Path, run: Run) -> None:
    folder = add_model(tmp_path, "double", DOUBLE.replace('print("a line of the model\'s")', ""), ECHO_CONFIG)
    done = run(folder, "IN=[1,2.5]", "--output=OUT")
    assert re.fullmatch(r"OUT FP32\[2\]\n  \[2\. 5\.\]\nparameter seen: .*\n", done.stdout)
    assert re.fullmatch(r"loaded in [\d.]+ s\nINFO model\.py:\d+: information of the model's\n"
                        r"answered in [\d.]+ ms\n", done.stderr)


def test_json_is_not_mixed_with_what_the_model_prints(tmp_path: Path, run: Run) -> None:
    folder = add_model(tmp_path, "double", DOUBLE, ECHO_CONFIG)
    done = run(folder, "IN=[1]", "--json", "--id=i", "--parameter=a=1", "--parameter=sequence_id=7",
               "--parameter=sequence_start=true")
    answer = json.loads(done.stdout)
    seen = json.loads(answer.pop("parameters")["seen"])
    assert answer == {"id": "i", "model_name": "double", "model_version": "1",
                      "outputs": [{"name": "OUT", "datatype": "FP32", "shape": [1], "data": [2.0]}]}
    assert (seen["a"], seen["id"], seen["sequence"], seen["flags"]) == (1, "i", 7, 1)
    assert "a line of the model's" in done.stderr


def test_strings_go_in_and_out(tmp_path: Path, run: Run) -> None:
    folder = add_model(tmp_path, "m", """
        def execute(self, requests):
            return [pb_utils.InferenceResponse([pb_utils.Tensor("OUT", r.inputs()[0].as_numpy()[::-1])])
                    for r in requests]
        """, tensors("input", "IN STRING -1") + tensors("output", "OUT STRING -1"))
    answer = json.loads(run(folder, 'IN=["ä","","b c"]', "--json").stdout)
    assert answer["outputs"][0]["data"] == ["b c", "", "ä"]


def test_the_responses_of_a_decoupled_model(tmp_path: Path, run: Run) -> None:
    folder = add_model(tmp_path, "count", COUNT, ECHO_CONFIG + "model_transaction_policy { decoupled: true }")
    done = run(folder, "IN=2")
    assert done.stdout == "response 1\nOUT FP32[1]\n  [0.]\nresponse 2\nOUT FP32[1]\n  [1.]\n"
    assert "2 responses in" in done.stderr and "the first after" in done.stderr
    lines = run(folder, "IN=3", "--json").stdout.splitlines()
    assert [json.loads(line)["outputs"][0]["data"] for line in lines] == [[0], [1], [2]]
    none = run(folder, "IN=0")
    assert none.stdout == "" and "0 responses in" in none.stderr


def test_runs_are_repeated_and_shown_where_they_differ(tmp_path: Path, run: Run) -> None:
    folder = add_model(tmp_path, "m", """
        def initialize(self, args):
            self.count = 0

        def execute(self, requests):
            self.count += 1
            out = pb_utils.Tensor("OUT", np.array([self.count // 3], np.float32))
            return [pb_utils.InferenceResponse([out]) for _ in requests]
        """, ECHO_CONFIG)
    done = run(folder, "IN=1", "--repeat=5")
    assert done.stdout == "OUT FP32[1]\n  [0.]\nOUT FP32[1]\n  [1.]\n"
    assert re.findall(r"^run (\d): answered in", done.stderr, re.MULTILINE) == list("12345")
    assert re.search(r"^5 runs: fastest .*, median .*, slowest ", done.stderr, re.MULTILINE)


# Folders


def test_a_version_is_named_by_its_folder(
        tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = add_model(tmp_path, "m", DOUBLE, ECHO_CONFIG)
    (folder / "2").mkdir()
    (folder / "2" / "model.py").write_text((folder / "1" / "model.py").read_text().replace("value * 2", "value * 3"))
    monkeypatch.chdir(folder)
    for place, version, factor in ((".", "2", 3), ("1", "1", 2), ("1/..", "2", 3)):
        answer = json.loads(run(place, "IN=10", "--json").stdout)
        assert (answer["model_version"], answer["outputs"][0]["data"]) == (version, [10 * factor])


def test_what_a_folder_is(tmp_path: Path) -> None:
    folder = add_model(tmp_path, "m", DOUBLE, ECHO_CONFIG)
    add_model(tmp_path / "digits", "7", DOUBLE, ECHO_CONFIG)
    (tmp_path / "link").symlink_to(folder)
    (tmp_path / "flat").mkdir()
    (tmp_path / "flat" / "model.py").touch()
    (tmp_path / "empty").mkdir()
    found = {name: find(str(tmp_path / name)) for name in ("m", "m/", "m/1", "digits/7", "digits/7/1", "link")}
    assert {name: (f.repository, f.name, f.version) for name, f in found.items()} == {
        "m": (tmp_path, "m", None), "m/": (tmp_path, "m", None), "m/1": (tmp_path, "m", 1),
        "digits/7": (tmp_path / "digits", "7", None), "digits/7/1": (tmp_path / "digits", "7", 1),
        "link": (tmp_path, "link", None)}
    for name, text in (("nowhere", "there is no such folder"),
                       ("m/config.pbtxt", f"give the model's folder, {folder}"),
                       ("m/1/model.py", f"give its version's folder, {folder}/1"),
                       ("flat", f"it belongs into {tmp_path}/flat/1"),
                       (".", "is a repository: give the folder of one of its models, digits, link, m"),
                       ("empty", "is no model")):
        with pytest.raises(CliError) as caught:
            find(str(tmp_path / name))
        assert text in str(caught.value)


# Other models


def test_models_that_a_model_asks_are_loaded_on_demand(tmp_path: Path, run: Run) -> None:
    add_model(tmp_path, "double", DOUBLE, ECHO_CONFIG)
    add_model(tmp_path, "broken", "import nowhere\n", ECHO_CONFIG, head="")
    folder = add_model(tmp_path, "asks", """
        def execute(self, requests):
            answer = pb_utils.InferenceRequest(model_name="double", requested_output_names=["OUT"],
                                               inputs=requests[0].inputs()).exec()
            if answer.has_error():
                raise pb_utils.TritonModelException(answer.error().message())
            return [pb_utils.InferenceResponse(answer.output_tensors())]
        """, ECHO_CONFIG)
    assert "'double' is not loaded: --with double does that" in run(folder, "IN=1", status=1).stderr
    assert "OUT FP32[1]\n  [2.]" in run(folder, "IN=1", "--with=double").stdout
    done = run(folder, "IN=1", "--with-all")
    assert "OUT FP32[1]\n  [2.]" in done.stdout
    assert "model 'broken' is left out, it can't be loaded" in done.stderr
    done = run(folder, "IN=1", "--with=broken", status=1)
    assert done.stderr.endswith("triton-py model: model 'broken' can't be loaded\n")


# What goes wrong


def test_an_error_of_the_model_is_shown_with_its_traceback(tmp_path: Path, run: Run) -> None:
    folder = add_model(tmp_path, "double", DOUBLE, ECHO_CONFIG)
    done = run(folder, "IN=-1", status=1)
    assert re.search(rf'^ERROR: .*Traceback.*\n  File "{folder}/1/model\.py", line \d+, in execute\n'
                     r'    raise ValueError\("negative"\)\nValueError: negative$', done.stderr, re.MULTILINE)
    assert done.stderr.endswith("triton-py model: execute of model 'double' failed: ValueError: negative\n")


@pytest.mark.parametrize(("code", "config", "text"), [
    ("import nowhere\n", ECHO_CONFIG, "No module named 'nowhere'"),
    ("class TritonPythonModel:\n    def initialize(self, args):\n        1 / 0\n    def execute(self, r): ...\n",
     ECHO_CONFIG, "ZeroDivisionError"),
    ("x = 1\n", "inputt {}", "has no field 'inputt'"),
])  # fmt: skip
def test_a_model_that_can_not_be_loaded_says_why_once(
        tmp_path: Path, run: Run, code: str, config: str, text: str) -> None:
    folder = add_model(tmp_path, "m", code, config, head="")
    done = run(folder, "IN=1", status=1)
    assert done.stderr.count(text) == 1 and done.stdout == ""
    assert done.stderr.endswith("triton-py model: model 'm' can't be loaded\n")


@pytest.mark.parametrize(("arguments", "text"), [
    ((), "no input given; model 'double' has: IN FP32[-1]"),
    (("X=1",), "model 'double' has no input 'X'"),
    (("IN=x",), "input 'IN': 'x' is not JSON"),
    (("IN=1", "--parameter=priority=high"), "--parameter priority=high: expected a whole number"),
    (("IN=1", "--repeat=0"), "--repeat 0: must be 1 or more"),
    (("IN=1", "--backend-config=python,isolation=none"), "isolation"),
])  # fmt: skip
def test_mistakes_end_in_one_sentence(
        tmp_path: Path, run: Run, arguments: tuple[str, ...], text: str) -> None:
    done = run(add_model(tmp_path, "double", DOUBLE, ECHO_CONFIG), *arguments, status=1)
    assert text in done.stderr and "Traceback" not in done.stderr


HANGS = """
def execute(self, requests):
    import time
    print("asked", flush=True)
    while True:
        time.sleep(0.01)
"""


@pytest.mark.parametrize("more", [[], ["--debug"]])
def test_a_model_that_does_not_end_is_left_by_ctrl_c(tmp_path: Path, more: list[str]) -> None:
    folder = add_model(tmp_path, "m", HANGS, ECHO_CONFIG)
    # Where the tests run in a shell's background, Ctrl-C is ignored; that is inherited.
    with subprocess.Popen([sys.executable, "-c", INTERRUPTIBLE, *command(folder, "IN=1", *more)],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None and process.stdout.readline() == "asked\n"
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=20)
    assert process.returncode == 130 and "Traceback" not in errors


def test_a_model_that_does_not_end_in_time(tmp_path: Path, run: Run) -> None:
    folder = add_model(tmp_path, "m", HANGS, ECHO_CONFIG)
    assert "no final response within 0.3 seconds" in run(folder, "IN=1", "--timeout=0.3", status=1).stderr


# Debuggers

INTERRUPTIBLE = ("import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL); "
                 "os.execv(sys.argv[1], sys.argv[1:])")
#: Makes standard input the terminal that Ctrl-C is typed on, and becomes another program.
OF_TERMINAL = ("import fcntl, os, signal, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); "
               "signal.signal(signal.SIGINT, signal.SIG_DFL); os.execv(sys.argv[1], sys.argv[1:])")
STOPS = DOUBLE.replace("print(", "breakpoint(); print(")


def test_a_breakpoint_in_the_model_stops_in_the_terminal(tmp_path: Path) -> None:
    """And the terminal is as it was when the prompt is left by Ctrl-C."""
    folder = add_model(tmp_path, "m", STOPS, ECHO_CONFIG)
    control, terminal = pty.openpty()
    before = termios.tcgetattr(terminal)
    for left_by, status in (("value[0] = 21\nc\n", 0), ("\x03", 130)):
        process = subprocess.Popen([sys.executable, "-c", OF_TERMINAL, *command(folder, "IN=1", "--debug")],
                                   stdin=terminal, stdout=terminal, stderr=terminal, env=environment(),
                                   start_new_session=True)
        seen = read_until(control, "(Pdb) ")
        assert "in execute" not in seen and f"{folder}/1/model.py" in seen
        os.write(control, b"p value, 6 * 7\n")
        assert "(array([1.], dtype=float32), 42)" in read_until(control, "(Pdb) ")
        os.write(control, left_by.encode())
        if status == 0:
            assert "[42.]" in read_until(control, "answered in")
        assert process.wait(20) == status
        assert termios.tcgetattr(terminal) == before
    os.close(control)
    os.close(terminal)


def read_until(control: int, text: str) -> str:
    seen, end = "", time.monotonic() + 30
    while text not in seen:
        assert select.select([control], [], [], end - time.monotonic())[0], f"no {text!r} in {seen!r}"
        seen += os.read(control, 4096).decode()
    return seen


def test_a_debugger_that_the_command_is_started_by_sees_the_model(tmp_path: Path) -> None:
    folder = add_model(tmp_path, "m", DOUBLE, ECHO_CONFIG)
    done = typed(f"b {folder}/1/model.py:13\nc\np value * 10\nc\nq\n", folder, "IN=4", "--debug", status=0,
                 before=("-m", "pdb"))
    assert "array([40.], dtype=float32)" in done.stdout and "[8.]" in done.stdout


def test_what_a_model_raises_is_looked_into(tmp_path: Path) -> None:
    folder = add_model(tmp_path, "m", DOUBLE, ECHO_CONFIG)
    done = typed("p value * 10\nq\n", folder, "IN=[1,-4]", "--pdb", status=1)
    assert "array([ 10., -40.], dtype=float32)" in done.stdout
    assert "ValueError: negative" in done.stderr
    broken = add_model(tmp_path, "broken", "number = 6\nimport nowhere\n", ECHO_CONFIG, head="")
    assert "(Pdb) 42" in typed("p number * 7\nq\n", broken, "IN=1", "--pdb", status=1).stdout


def test_only_python_models_are_debugged(tmp_path: Path, run: Run) -> None:
    folder = add_model(tmp_path, "m", DOUBLE, ECHO_CONFIG)
    (folder / "config.pbtxt").write_text('backend: "identity"')
    assert "only Python models can be debugged" in run(folder, "IN=1", "--debug", status=1).stderr


def test_a_debugged_model_runs_here_whatever_its_configuration_says(tmp_path: Path, run: Run) -> None:
    folder = add_model(tmp_path, "m", DOUBLE, ECHO_CONFIG + "".join(
        f'parameters {{ key: "{key}" value {{ string_value: "{value}" }} }}'
        for key, value in (("ISOLATION", "process"), ("EXECUTE_TIMEOUT_MS", "5000"))))
    answer = json.loads(run(folder, "IN=1", "--debug", "--json").stdout)
    assert json.loads(answer["parameters"]["seen"])["process"] == os.getpid()
