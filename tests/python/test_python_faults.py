# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Python models that do what they should not: their requests get an error that says so, they are there
again for the next, nothing is left behind, and nobody else notices."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from python_support import add_model, eventually, parameter, tensors

from triton_py import InternalError, Server, TritonError, UnavailableError

#: Does what its input says, which is Python, and answers with `answer`.
OBEDIENT = """
def initialize(self, args):
    self.folder = args["model_repository"]

def execute(self, requests):
    import ctypes, os, resource, signal, sys, threading, time
    answers = []
    for request in requests:
        names = {"answer": "done", **globals(), **locals()}
        exec(request.inputs()[0].as_numpy()[0].decode(), names)
        out = np.array([str(names["answer"])], dtype=object)
        answers.append(pb_utils.InferenceResponse([pb_utils.Tensor("OUT", out)]))
    return answers
"""
TEXT = tensors("input", "IN STRING 1") + tensors("output", "OUT STRING 1")
SMALL = parameter("SHM_BYTES", 16 << 20)
DECOUPLED = "model_transaction_policy { decoupled: true }\n"
#: The addresses of what is shared with the server.
MAPPING = """
lines = [line.split() for line in open("/proc/self/maps") if "memfd:triton-py" in line]
begin, end = (int(number, 16) for number in lines[0][0].split("-"))
"""
#: Says that it is there, and waits.
BLOCK = """
import os
open(self.folder + "/new", "w").write(str(os.getpid()))
os.rename(self.folder + "/new", self.folder + "/there")
open(self.folder + "/fifo").read()
"""


class House:
    """A server, and what its process has."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = folder / "log"
        self.repository = folder / "models"
        self.repository.mkdir()
        self.server = self.another(self.repository, model_control_mode="explicit", strict_model_config=True)

    def another(self, repository: Path, **options: Any) -> Server:
        """With the same log, which is of the process."""
        return Server(model_repository=repository, log_error=True, log_file=self.log, **options)

    def send(self, model: str, code: str) -> Any:
        return self.server.model(model).infer(inputs={"IN": np.array([code], dtype=object)})

    def ask(self, model: str, code: str = "") -> str:
        (response,) = self.send(model, code)
        return str(response["OUT"].numpy()[0].decode())

    def error(self, model: str, code: str) -> pytest.ExceptionInfo[TritonError]:
        with pytest.raises(TritonError) as caught:
            self.ask(model, code)
        return caught

    def add(self, name: str, config: str = "", code: str = OBEDIENT) -> None:
        add_model(self.repository, name, code, TEXT + SMALL + config)

    @contextlib.contextmanager
    def model(self, name: str, config: str = "", code: str = OBEDIENT) -> Iterator[None]:
        """One that is there for a while."""
        self.add(name, config, code)
        self.server.load(name)
        try:
            yield
        finally:
            self.server.unload(name, wait_until_unloaded=True)

    def pipe(self, model: str) -> Path:
        """Where BLOCK waits for somebody who opens it for writing."""
        path = self.repository / model / "fifo"
        path.with_name("there").unlink(missing_ok=True)
        if not path.exists():
            os.mkfifo(path)
        return path

    def waiting(self, model: str) -> int:
        """The process that has come to its pipe."""
        there = self.repository / model / "there"
        eventually(there.exists, f"'{model}' does not come to its pipe")
        return int(there.read_text())

    def logged(self) -> str:
        return self.log.read_text()

    def holds(self) -> dict[str, int]:
        maps = Path("/proc/self/maps").read_text()
        tasks = os.listdir("/proc/self/task")
        children = 0
        for task in tasks:
            with contextlib.suppress(OSError):  # it has just ended
                children += len(Path(f"/proc/self/task/{task}/children").read_text().split())
        return {"descriptors": len(os.listdir("/proc/self/fd")), "threads": len(tasks),
                "shared memory": maps.count("memfd:triton-py"), "children": children}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    made = House(tmp_path_factory.mktemp("faults"))
    made.add("faulty")
    made.add("timed", parameter("EXECUTE_TIMEOUT_MS", 300))
    made.add("healthy")
    with made.server as server:
        for model in ("faulty", "timed", "healthy"):
            server.load(model)
            assert made.ask(model) == "done"
        yield made


@pytest.fixture(autouse=True)
def nothing_is_left(house: House) -> Iterator[None]:
    """Descriptors, threads, shared memory and processes are no more than before: what other tests have left
    may end meanwhile."""
    before = house.holds()

    def more() -> dict[str, int]:
        return {what: count - before[what] for what, count in house.holds().items() if count > before[what]}

    yield
    with contextlib.suppress(AssertionError):
        eventually(lambda: not more(), "", 10)
    assert more() == {}


# Ends while it executes

KILLED = r"was killed by signal 9 \(Killed\)( by another process|, as the system does where memory runs out)"


@pytest.mark.parametrize(("code", "how"), [
    ("ctypes.string_at(0)", r"was killed by signal 11 \(Segmentation fault\)"),
    ("os.abort()", r"was killed by signal 6 \(Aborted\)"),
    ("os._exit(5)", "ended with status 5"),
    ("ctypes.CDLL(None).exit(6)", "ended with status 6"),
    ("threading.Thread(target=os._exit, args=(7,)).start(); time.sleep(60)", "ended with status 7"),
    ("os.kill(os.getpid(), signal.SIGTERM)", r"was killed by signal 15 \(Terminated\)"),
    ("os.kill(os.getpid(), signal.SIGKILL)", KILLED),
    ("os.closerange(0, 100); ctypes.string_at(0)", r"was killed by signal 11 \(Segmentation fault\)"),
])  # fmt: skip
def test_a_process_that_ends(house: House, code: str, how: str) -> None:
    error = house.error("faulty", code)
    assert error.type is UnavailableError
    error.match(f"^the process of model instance 'faulty_0' {how} while it executed$")
    assert house.ask("faulty", "answer = 1") == "1"


@pytest.mark.parametrize("code", [
    "pb_utils._server().send(999, 0, 0, 0, 0)",
    "pb_utils._server().send(pb_utils._bridge.EXECUTED, request._batch, 1, 0, 0)",
    "pb_utils._server().send(pb_utils._bridge.EXECUTED, request._batch, 1, 0, 0, 'x')",
    "pb_utils._server().respond(request._batch, 77, (pb_utils._bridge.RESPONSE_NONE, 1))",
    f"{MAPPING}\nctypes.memset(begin, 0xff, end - begin)",
    f"{MAPPING}\nctypes.memset(begin, 0, end - begin)",
    f"{MAPPING}\nctypes.memmove(begin, os.urandom(1 << 20), 1 << 20)",
    # All but the first line: the numbers of messages and of blocks, but not what tells the file apart.
    f"{MAPPING}\nctypes.memset(begin + 64, 0xa5, 1 << 20)",
], ids=["kind", "no answer", "half an answer", "another's", "ones", "zeros", "random", "numbers"])  # fmt: skip
def test_a_process_that_sends_nonsense(house: House, code: str) -> None:
    """It is not believed anything any more."""
    error = house.error("faulty", code)
    assert error.type is UnavailableError
    error.match("^the process of model instance 'faulty_0' sent what makes no sense "
                "(while it|when it had) executed, and was ended$")
    assert house.ask("faulty", "answer = 2") == "2"


def test_texts_that_change_while_they_are_read(house: House) -> None:
    """A thread writes over all that is shared while it answers: errors, but no end of the server."""
    wild = f"""{MAPPING}
def write():
    while True:
        ctypes.memset(begin + 8192, 0x41, end - begin - 8192)
for _ in range(2):
    threading.Thread(target=write, daemon=True).start()
"""
    with house.model("wild"):
        for _ in range(3):
            with contextlib.suppress(TritonError):
                house.ask("wild", wild)
            for _ in range(10):
                with contextlib.suppress(TritonError):
                    assert house.ask("wild", "answer = 'x' * 100_000") != ""
            eventually(house.server.model("wild").ready, "it is not started again")
        assert house.ask("healthy", "answer = 3") == "3"


def test_shared_memory_can_not_be_cut_off(house: House) -> None:
    """The server read beyond the file's end, and was ended by the system."""
    fds = [fd for fd in os.listdir("/proc/self/fd") if "memfd:triton-py" in _target(fd)]
    assert len(fds) >= 3  # one for each model of the house
    for fd in fds:
        error = house.error("faulty", f"os.truncate('/proc/{os.getpid()}/fd/{fd}', 0)")
        assert error.type is InternalError
        error.match("execute of model 'faulty' failed: PermissionError")


def _target(fd: str) -> str:
    with contextlib.suppress(OSError):
        return os.readlink(f"/proc/self/fd/{fd}")
    return ""


# Takes too long


@pytest.mark.parametrize("code", ["while True: pass", "ctypes.PyDLL(None).pause()", "os.kill(os.getpid(), signal.SIGSTOP)"],
                         ids=["loops", "in C", "stopped"])
def test_a_process_that_hangs(house: House, code: str) -> None:
    error = house.error("timed", code)
    assert error.type is UnavailableError
    error.match("^execute of model instance 'timed_0' took longer than 300 ms "
                r"\(parameter EXECUTE_TIMEOUT_MS\), and its process was ended$")
    assert house.ask("timed", "answer = 1") == "1"


# Fails, and goes on


@pytest.mark.parametrize(("code", "how"), [
    ("raise ValueError('no')", "ValueError: no"),
    ("sys.exit(3)", "SystemExit: 3"),
    ("raise KeyboardInterrupt", "KeyboardInterrupt"),
    ("def f(): f()\nf()", "RecursionError: maximum recursion depth exceeded"),
    ("class E(Exception):\n    def __str__(self): raise E\nraise E", "<exception str\\(\\) failed>"),
])  # fmt: skip
def test_a_model_that_raises(house: House, code: str, how: str) -> None:
    process = house.ask("faulty", "answer = os.getpid()")
    error = house.error("faulty", code)
    assert error.type is InternalError
    error.match(f"^execute of model 'faulty' failed: (.*: )?{how}")
    assert house.ask("faulty", "answer = os.getpid()") == process


def test_a_model_that_harms_itself_goes_on(house: House) -> None:
    """And can be unloaded."""
    with house.model("harmed"):
        process = house.ask("harmed", "answer = os.getpid()")
        for code in ("signal.signal(signal.SIGTERM, signal.SIG_IGN)",
                     "for i in range(5000): pb_utils.Logger.log_verbose('x' * 100)",
                     "threading.Thread(target=time.sleep, args=(600,)).start()",
                     "os.closerange(3, 100)",
                     "os.closerange(0, 100)",
                     "sys.stdout.close(); sys.stderr.close()"):
            with contextlib.suppress(InternalError):  # one that closes what is closed
                house.ask("harmed", code)
            assert house.ask("harmed", "answer = 'x' * 100_000") == "x" * 100_000, code
            assert house.ask("harmed", "answer = os.getpid()") == process


def test_a_model_that_floods_its_output(house: House, capfd: pytest.CaptureFixture[str]) -> None:
    with house.model("loud"):
        for stream in (1, 2):
            assert house.ask("loud", f"os.write({stream}, b'x' * 4_000_000)") == "done"
    out, err = capfd.readouterr()
    assert (len(out), len(err)) == (4_000_000, 4_000_000)


# Children of its own

FORK = """
answer = os.fork()
if answer == 0:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    while True:
        signal.pause()
"""


def is_gone(pid: int) -> bool:
    """Ended, whether or not somebody has asked how."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "ZX"
    except OSError:
        return True


def test_children_go_with_it(house: House) -> None:
    with house.model("parent"):
        first = int(house.ask("parent", FORK))
        assert not is_gone(first)
        house.error("parent", "os._exit(1)")
        eventually(lambda: is_gone(first), "a child of a process that crashed is still there")
        second = int(house.ask("parent", FORK))
        assert not is_gone(second)
    eventually(lambda: is_gone(second), "a child of a model that was unloaded is still there")


def test_a_child_that_comes_back(house: House) -> None:
    """It answered, too, took the next requests, and gave back tensors which the parent still had."""
    for i in range(5):
        assert house.ask("faulty", f"os.fork(); answer = {i}, os.getpid() == getattr(self, 'pid', os.getpid())") \
            == f"({i}, True)"
        assert house.ask("faulty", "self.pid = os.getpid()") == "done"
    assert house.ask("faulty", """
import multiprocessing
data = request.inputs()[0].as_numpy()
with multiprocessing.get_context("fork").Pool(2) as pool:
    answer = pool.map(len, [bytes(data[0]), b"four"])[1]
""") == "4"


def test_children_go_with_a_server_that_was_killed(tmp_path: Path) -> None:
    add_model(tmp_path, "m", OBEDIENT, TEXT)
    server = subprocess.Popen([sys.executable, "-c", f"""
import sys, numpy, triton_py
server = triton_py.Server(model_repository={str(tmp_path)!r}, strict_model_config=True).start()
(response,) = server.model("m").infer(inputs={{"IN": numpy.array([{FORK!r} + "answer = answer, os.getpid()"], dtype=object)}})
print(response["OUT"].numpy()[0].decode(), flush=True)
sys.stdin.read()
"""], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)  # fmt: skip
    assert server.stdout is not None and server.stdin is not None
    pids = [int(number) for number in server.stdout.readline().strip("()\n").split(",")]
    server.kill()
    server.wait()
    server.stdout.close()
    server.stdin.close()
    eventually(lambda: all(map(is_gone, pids)), "a process is still there")


# Memory


def test_memory_has_a_limit(house: House) -> None:
    limit = 512 << 20
    with house.model("hungry", parameter("MEMORY_LIMIT_BYTES", limit)):
        assert house.ask("hungry", "answer = resource.getrlimit(resource.RLIMIT_DATA)") == str((limit, limit))
        process = house.ask("hungry", "answer = os.getpid()")
        for code in (f"bytearray({limit})", "all = []\nwhile True: all.append(bytearray(1 << 20))"):
            error = house.error("hungry", code)
            assert error.type is InternalError
            error.match("^execute of model 'hungry' failed: MemoryError$")
        assert house.ask("hungry", "answer = len(bytearray(64 << 20)), os.getpid()") == f"({64 << 20}, {process})"
        # What it keeps, it lacks; and it can still say so.
        for code in ("self.all = []\nwhile True: self.all.append(bytearray(1 << 20))", "bytearray(64 << 20)"):
            house.error("hungry", code).match("^execute of model 'hungry' failed: MemoryError$")
        assert house.ask("hungry", "del self.all; answer = len(bytearray(64 << 20)), os.getpid()") == f"({64 << 20}, {process})"


def test_a_limit_for_all(house: House, tmp_path: Path) -> None:
    add_model(tmp_path, "m", OBEDIENT, TEXT)
    ask = {"IN": np.array(["answer = resource.getrlimit(resource.RLIMIT_DATA)[0]"], dtype=object)}
    with house.another(tmp_path, strict_model_config=True,
                       backend_configuration={"python": {"memory-limit-bytes": str(1 << 30)}}) as server:
        (response,) = server.model("m").infer(inputs=ask)
        assert response["OUT"].numpy()[0].decode() == str(1 << 30)
    with pytest.raises(TritonError, match=r"--backend-config=python,memory-limit-bytes must be an integer from 0"):
        house.another(tmp_path, backend_configuration={"python": {"memory-limit-bytes": "1G"}}).start()


# From outside


def test_a_process_that_is_killed_while_it_waits(house: House) -> None:
    """The next request does not even notice."""
    for number in (signal.SIGKILL, signal.SIGTERM):
        process = int(house.ask("faulty", "answer = os.getpid()"))
        threads = house.holds()["threads"]
        os.kill(process, number)
        # One waits for its end, one for what it says.
        eventually(lambda than=threads: house.holds()["threads"] == than - 2, "its end was not seen")
        assert house.server.model("faulty").ready()
        assert house.ask("faulty", "answer = os.getpid()") != str(process)
    assert "'faulty_0' was killed by signal 15 (Terminated) while it was idle" in house.logged()


def test_a_process_that_is_killed_while_it_executes(house: House) -> None:
    house.pipe("faulty")
    answers = house.send("faulty", BLOCK)
    os.kill(house.waiting("faulty"), signal.SIGKILL)
    with pytest.raises(UnavailableError, match=KILLED):
        answers.result()
    assert house.ask("faulty", "answer = 5") == "5"


def test_a_request_that_was_cancelled(house: House) -> None:
    house.pipe("faulty")
    answers = house.send("faulty", BLOCK)
    process = house.waiting("faulty")
    answers.cancel()
    os.kill(process, signal.SIGKILL)
    with pytest.raises(TritonError):
        answers.result()
    assert house.ask("faulty", "answer = 6") == "6"


def test_a_process_that_ends_while_it_is_unloaded(house: House) -> None:
    with house.model("leaving"):
        house.pipe("leaving")
        answers = house.send("leaving", BLOCK)
        process = house.waiting("leaving")
        house.server.unload("leaving")
        eventually(lambda: not house.server.model("leaving").ready(), "it is not being unloaded")
        os.kill(process, signal.SIGKILL)
        with pytest.raises(UnavailableError, match=KILLED):
            answers.result()


# What it had promised

STREAM = """
def initialize(self, args):
    self.folder = args["model_repository"]
    self.senders = []

def execute(self, requests):
    import os
    for request in requests:
        code = request.inputs()[0].as_numpy()[0].decode()
        self.senders.append(request.get_response_sender())
        self.senders[-1].send(pb_utils.InferenceResponse([pb_utils.Tensor("OUT", request.inputs()[0].as_numpy())]))
        exec(code, {**globals(), **locals()})
"""


def test_streams_end_with_their_process(house: House) -> None:
    """Each with an error of its own, after what had been sent."""
    with house.model("stream", DECOUPLED, STREAM):
        open_ones = [house.send("stream", f"{number}") for number in range(3)]
        for number, answers in enumerate(open_ones):
            assert next(answers)["OUT"].numpy()[0].decode() == str(number)
        last = house.send("stream", "os._exit(8)")
        for answers in open_ones:
            with pytest.raises(UnavailableError, match="ended with status 8 before it had sent all responses"):
                list(answers)
        with pytest.raises(UnavailableError, match="ended with status 8 while it executed"):
            list(last)
        answers = house.send("stream", "self.senders[-1].send(flags=1)")
        assert [r["OUT"].numpy()[0].decode() for r in answers if r.outputs] == ["self.senders[-1].send(flags=1)"]


def test_a_stream_that_turns_to_nonsense(house: House) -> None:
    """Between two requests: nobody waits for a message then."""
    with house.model("stream", DECOUPLED, STREAM):
        pipe = house.pipe("stream")
        answers = house.send("stream", f"""{MAPPING}
import ctypes, threading
def write(begin=begin):
    open(self.folder + "/fifo").read()
    ctypes.memset(begin, 0, 1 << 20)
threading.Thread(target=write).start()
""")
        next(answers)
        eventually(lambda: house.server.model("stream").statistics()["model_stats"][0]["execution_count"] == 1,
                   "it still executes")
        with open(pipe, "w"):
            pass
        with pytest.raises(UnavailableError, match="sent what makes no sense before it had sent all responses"):
            list(answers)


def test_a_process_that_ends_while_another_model_works_for_it(house: House) -> None:
    asks = """
given = pb_utils.Tensor("IN", np.array([BLOCK], dtype=object))
call = pb_utils.InferenceRequest(model_name="faulty", requested_output_names=["OUT"], inputs=[given])
threading.Thread(target=call.exec, daemon=True).start()
while not os.path.exists(self.folder + "/../faulty/there"):
    time.sleep(0.005)
os._exit(9)
""".replace("BLOCK", repr(BLOCK))
    with house.model("asks"):
        pipe = house.pipe("faulty")
        house.error("asks", asks).match("ended with status 9 while it executed")
        with open(pipe, "w"):
            pass
        assert house.ask("asks", "answer = 7") == house.ask("faulty", "answer = 7") == "7"


def test_no_answer_goes_to_another_request(house: House) -> None:
    """Of many at a time some end the process of the instance that has them."""
    with house.model("many", "instance_group { count: 2 kind: KIND_CPU }\n"):
        pending = [(n, house.send("many", "os._exit(1)" if n in (20, 40) else f"answer = {n}")) for n in range(60)]
        failed = []
        for number, answers in pending:
            try:
                (response,) = answers
                assert response["OUT"].numpy()[0].decode() == str(number)
            except UnavailableError as error:
                assert re.fullmatch("the process of model instance 'many_0_[01]' ended with status 1 while it executed",
                                    error.message)
                failed.append(number)
        assert failed == [20, 40]


# Loading and unloading


@pytest.mark.parametrize(("code", "config", "how"), [
    ("import os; os._exit(4)", "", "the process of model instance 'bad_0' ended with status 4 while it loaded the model"),
    ("import ctypes; ctypes.string_at(0)", "", r"was killed by signal 11 \(Segmentation fault\) while it loaded the model"),
    ("raise SystemExit(3)", "", "model 'bad' can't be loaded: .*SystemExit: 3"),
    ("while True: pass", parameter("INITIALIZE_TIMEOUT_MS", 300),
     r"loading model instance 'bad_0' took longer than 300 ms \(parameter INITIALIZE_TIMEOUT_MS\)"),
    ("self.all = bytearray(1 << 30)", parameter("MEMORY_LIMIT_BYTES", 512 << 20), "can't be loaded: .*MemoryError"),
    ("pb_utils._server().send(999, 0, 0, 0, 0)", "", "'bad_0' sent what makes no sense while it loaded the model"),
], ids=["ends", "crashes", "exits", "hangs", "memory", "nonsense"])  # fmt: skip
def test_what_ends_in_initialize(house: House, code: str, config: str, how: str) -> None:
    house.add("bad", config, f"def initialize(self, args):\n    {code}\n\ndef execute(self, requests): pass")
    with pytest.raises(TritonError, match=f"(?s){how}"):
        house.server.load("bad")


@pytest.mark.parametrize(("code", "config", "how"), [
    ("import os; os._exit(4)", "", "the process of model instance 'm' ended with status 4 while it completed the model.s configuration"),
    ("while True: pass", parameter("INITIALIZE_TIMEOUT_MS", 300), "loading model instance 'm' took longer than 300 ms"),
])  # fmt: skip
def test_what_ends_in_auto_complete_config(house: House, tmp_path: Path, code: str, config: str, how: str) -> None:
    add_model(tmp_path, "m", f"@staticmethod\ndef auto_complete_config(config):\n    {code}\n", TEXT + config)
    with pytest.raises(TritonError, match=how):
        house.another(tmp_path).start()


@pytest.mark.parametrize(("code", "how"), [
    ("os._exit(4)", "the process of model instance 'bad_0' ended with status 4 while it finalized"),
    ("while True: pass", "finalize of model instance 'bad_0' took longer than 300 ms"),
    ("raise ValueError('in the end')", "ValueError: in the end"),
])  # fmt: skip
def test_what_ends_in_finalize(house: House, code: str, how: str) -> None:
    body = f"{OBEDIENT}\ndef finalize(self):\n    import os\n    {code}\n"
    with house.model("bad", parameter("FINALIZE_TIMEOUT_MS", 300), body):
        pass
    eventually(lambda: how in house.logged(), f"{house.logged()} does not have {how}")


def test_what_ends_in_is_ready(house: House) -> None:
    """It is not ready at once, and not after a time-out."""
    body = f"{OBEDIENT}\nbad = True\n\ndef is_ready(self):\n    import os\n    return not self.bad or os._exit(4)\n"
    with house.model("bad", code=body):
        assert not house.server.model("bad").ready()
        assert house.ask("bad", "self.bad = False") == "done"
        assert house.server.model("bad").ready()


# Others


def test_others_answer_whatever_state_it_is_in(house: House) -> None:
    def others_answer() -> None:
        assert [house.ask("healthy", f"answer = {n}") for n in range(20)] == [str(n) for n in range(20)]
        assert house.server.live() and house.server.model("healthy").ready()

    body = OBEDIENT.replace("self.folder =", f"""
    self.folder = args["model_repository"]
    if json.loads(args["model_config"])["name"] == "moody" and __import__("os").path.exists(self.folder + "/hold"):
        {BLOCK.strip().replace(chr(10), chr(10) + "        ")}
    self.folder =""")
    with house.model("moody", code=body):
        pipe = house.pipe("moody")
        hung = house.send("moody", BLOCK)
        process = house.waiting("moody")
        others_answer()
        os.kill(process, signal.SIGSTOP)
        others_answer()

        pipe.with_name("there").unlink()
        pipe.with_name("hold").touch()
        os.kill(process, signal.SIGKILL)
        with pytest.raises(UnavailableError, match=KILLED):
            hung.result()
        house.waiting("moody")  # its new process, in initialize
        pending = house.send("moody", "answer = 1")
        others_answer()
        pipe.with_name("hold").unlink()
        with open(pipe, "w"):
            pass
        assert pending.result()["OUT"].numpy()[0] == b"1"

        house.error("moody", "os._exit(1)")  # started again at once
        house.error("moody", "os._exit(1)")  # and after a second
        house.error("moody", "").match(r"the process of model instance 'moody_0' is gone, and is started again in [01]\.\d s")
        assert not house.server.model("moody").ready()
        others_answer()
        eventually(lambda: house.server.model("moody").ready(), "it is never ready again")
        assert house.ask("moody", "answer = 2") == "2"


# Where memory runs out

OOM = """
import os, sys, numpy, triton_py
open(sys.argv[1] + "/cgroup.procs", "w").write(str(os.getpid()))
server = triton_py.Server(model_repository=sys.argv[2], strict_model_config=True).start()
try:
    server.model("m").infer(inputs={"IN": numpy.array(["bytes(1 << 30) + b'x'"], dtype=object)}).result()
except triton_py.TritonError as error:
    print(error)
print(server.model("m").infer(inputs={"IN": numpy.array(["answer = 8"], dtype=object)}).result()["OUT"].numpy()[0])
server.stop()
"""


@pytest.fixture
def small_group() -> Iterator[Path]:
    """A control group of 256 MiB, which takes rights that few have."""
    made = None
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        if controllers in ("", "memory"):
            root = Path("/sys/fs/cgroup/memory" if controllers else "/sys/fs/cgroup")
            limit = "memory.limit_in_bytes" if controllers else "memory.max"
            for parent in (root / path.lstrip("/"), root):
                folder = parent / f"triton-py-test-{os.getpid()}"
                try:
                    folder.mkdir()
                    (folder / limit).write_text(str(256 << 20))
                except OSError:
                    with contextlib.suppress(OSError):
                        folder.rmdir()
                else:
                    made = folder
                    break
        if made is not None:
            break
    if made is None:
        pytest.skip("no control group with a limit of memory can be made here")
    yield made
    eventually(lambda: not (made / "cgroup.procs").read_text(), "somebody is left in the group")
    made.rmdir()


def test_a_process_that_the_system_ends(small_group: Path, tmp_path: Path) -> None:
    add_model(tmp_path, "m", OBEDIENT, TEXT)
    done = subprocess.run([sys.executable, "-c", OOM, str(small_group), str(tmp_path)], capture_output=True, text=True,
                          check=False)
    assert done.stdout.splitlines() == [
        ("the process of model instance 'm_0' was killed by signal 9 (Killed) by the system, since memory ran out "
         "while it executed"), "b'8'"], done.stderr
