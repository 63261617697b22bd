# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Who answers: this package, another interpreter's, Triton's own; and what is said where it can't."""

from __future__ import annotations

import os
import signal
import sys
import time
from importlib import metadata
from pathlib import Path

import pytest

from triton_py.benchmarks.machine import children
from triton_py.benchmarks.peers import (
    PEERS,
    ServerEndedError,
    TritonPy,
    TritonServer,
    environment,
    peer,
)
from triton_py.benchmarks.peers.environment import Environment
from triton_py.errors import UnavailableError


def test_ports_differ():
    assert len(set(peer.free_ports(5))) == 5


# --- triton-py -------------------------------------------------------------------------------


def test_this_one():
    made = TritonPy().subject()
    assert made.label.startswith("triton-py ")
    assert made.facts["python"] == sys.version.split()[0]
    assert len(made.facts["core"]) == 64


def test_a_virtual_environment_is_as_good_as_its_interpreter():
    assert TritonPy(sys.prefix).subject() == TritonPy(sys.executable).subject()


def test_an_interpreter_that_is_none(tmp_path):
    with pytest.raises(UnavailableError, match="can't run .*python"):
        TritonPy(str(tmp_path / "python")).subject()


def test_an_interpreter_without_it(tmp_path):
    fake = tmp_path / "python"
    fake.write_text("#!/bin/sh\necho 'No module named triton_py' >&2\nexit 1\n")
    fake.chmod(0o755)
    with pytest.raises(UnavailableError, match="has no triton-py: No module named triton_py"):
        TritonPy(str(fake)).subject()


# --- a server process ------------------------------------------------------------------------


def test_a_served_model(served):
    assert served.start_ms > 0
    os.kill(served.pid, 0)
    assert served.post_json("repository/index", {})[0]["name"] in ("floats", "identity")
    with pytest.raises(UnavailableError, match="models/none/infer: 4.*none"):
        served.post("models/none/infer", b"{}", {})


def test_a_server_that_ends_before_it_is_ready(tmp_path):
    with pytest.raises(UnavailableError, match="ended with 7 before it was ready: one | two"):
        peer.Served(["sh", "-c", "echo one; echo two >&2; exit 7"], {}, tmp_path / "log",
                    *peer.free_ports(2))


def test_a_server_that_does_not_get_ready_is_ended(tmp_path, monkeypatch):
    monkeypatch.setattr(peer.Served, "READY_SECONDS", 0)
    before = children(os.getpid())
    with pytest.raises(UnavailableError, match="not ready after 0 s: it said nothing"):
        peer.Served([sys.executable, "-c", "import signal; signal.pause()"], {}, tmp_path / "log",
                    *peer.free_ports(2))
    assert set(children(os.getpid())) <= set(before)


def test_a_server_that_does_not_stop_is_killed(tmp_path, monkeypatch):
    """It says on its standard output that it heard the signal, and stays."""
    monkeypatch.setattr(peer.Served, "_wait_ready", lambda self, deadline: None)
    program = ("import signal; signal.signal(signal.SIGTERM, lambda *_: print('heard', flush=True));"
               "print('up', flush=True)\nwhile True: signal.pause()")
    log = tmp_path / "log"
    made = peer.Served([sys.executable, "-c", program], {}, log, 1, 2, stop_seconds=0.2)
    while "up" not in log.read_text():
        assert made._process.poll() is None
    made.close()
    assert made._process.returncode == -signal.SIGKILL
    assert "heard" in log.read_text()
    made.close()


def test_what_a_server_leaves_behind_is_ended_with_it(tmp_path, monkeypatch):
    """LitServe ends by a signal and leaves processes that keep its port."""
    monkeypatch.setattr(peer.Served, "_wait_ready", lambda self, deadline: None)
    program = ("import os, signal, subprocess, sys\n"
               "child = subprocess.Popen([sys.executable, '-c', 'import signal; signal.pause()'])\n"
               "print(child.pid, flush=True); signal.pause()")
    log = tmp_path / "log"
    made = peer.Served([sys.executable, "-c", program], {}, log, 1, 2)
    while not log.read_text().endswith("\n"):
        assert made._process.poll() is None
    child = int(log.read_text())
    os.kill(child, 0)
    made.close()
    assert made._process.returncode == -signal.SIGTERM
    ended = time.monotonic() + 10
    while Path(f"/proc/{child}/stat").exists():
        # Whoever inherits it may not have fetched its status yet.
        if Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
            break
        assert time.monotonic() < ended


def server_that(does):
    """A program that is ready, and ends as ``does`` says when it is asked for anything else."""
    return [sys.executable, "-c", ("import http.server, os, signal, sys\n"
            "class Handler(http.server.BaseHTTPRequestHandler):\n"
            "    def do_GET(self):\n"
            "        self.send_response(200); self.end_headers()\n"
            f"    def do_POST(self): {does}\n"
            "    def log_message(self, *_): pass\n"
            "print('last words', flush=True)\n"
            "http.server.HTTPServer(('127.0.0.1', int(sys.argv[1])), Handler).serve_forever()")]


@pytest.mark.parametrize(("does", "how"), [("os.kill(os.getpid(), signal.SIGSEGV)", "SIGSEGV"),
                                           ("os._exit(3)", "status 3")])
def test_a_server_that_crashes_under_load(does, how, tmp_path):
    """The client sees a closed connection; that is not what is reported."""
    (port,) = peer.free_ports(1)
    with pytest.raises(ServerEndedError, match=f"ended with {how} under load .*last words"), \
            peer.Served([*server_that(does), str(port)], {}, tmp_path / "log", port, 0) as made:
        made.post("models/m/infer", b"{}", {})


def test_what_fails_on_a_server_that_lives_is_no_crash(tmp_path, monkeypatch):
    monkeypatch.setattr(peer.Served, "DYING_SECONDS", 0.1)
    (port,) = peer.free_ports(1)
    with pytest.raises(UnavailableError, match="models/m/infer: 400") as caught, \
            peer.Served([*server_that("self.send_error(400)"), str(port)], {}, tmp_path / "log",
                        port, 0) as made:
        made.post("models/m/infer", b"{}", {})
    assert not isinstance(caught.value, ServerEndedError)


# --- tritonserver ----------------------------------------------------------------------------


def test_a_path_without_tritonserver(tmp_path):
    with pytest.raises(UnavailableError, match=f"no tritonserver in {tmp_path}: it should be a "
                       "virtual environment in which nvidia-pytriton is installed"):
        TritonServer(str(tmp_path)).subject()


@pytest.fixture
def fake_environment(tmp_path):
    site = tmp_path / "lib" / "python3.11" / "site-packages"
    binary = site / "pytriton" / "tritonserver" / "bin" / "tritonserver"
    binary.parent.mkdir(parents=True)
    binary.write_text("")
    (site / "nvidia_pytriton-0.7.0.dist-info").mkdir()
    (site / "nvidia_pytriton.libs").mkdir()
    return tmp_path, site


def test_a_package_that_is_not_whole(fake_environment):
    with pytest.raises(UnavailableError, match="no libtritonserver in .*nvidia_pytriton.libs"):
        TritonServer(str(fake_environment[0])).inprocess()


def test_what_it_is(fake_environment):
    place, site = fake_environment
    library = site / "nvidia_pytriton.libs" / "libtritonserver-0123.so"
    library.write_bytes(b"x")
    made = TritonServer(str(place))
    assert made.subject().label == "tritonserver 2.51.0"
    assert made.subject().facts["package"] == "nvidia-pytriton 0.7.0"
    assert made.inprocess().library == str(library)
    assert made.inprocess().env["LD_LIBRARY_PATH"] == str(library.parent)


def test_its_python_backend_is_its_own_and_the_others_are_those_that_ship(fake_environment, tmp_path):
    place, site = fake_environment
    own = site / "pytriton" / "tritonserver"
    for file in ("backends/python/libtriton_python.so", "backends/python/triton_python_backend_utils.py",
                 "python_backend_stubs/3.11/triton_python_backend_stub",
                 "python_backend_stubs/3.12/triton_python_backend_stub"):
        (own / file).parent.mkdir(parents=True, exist_ok=True)
        (own / file).write_text(file)
    shipped, folder = tmp_path / "shipped", tmp_path / "own"
    for name in ("identity", "python"):
        (shipped / name).mkdir(parents=True)
    folder.mkdir()
    assert TritonServer(str(place)).backends(shipped, folder) == folder
    assert (folder / "identity").resolve() == shipped / "identity"
    assert sorted(file.name for file in (folder / "python").iterdir()) == [
        "libtriton_python.so", "triton_python_backend_stub", "triton_python_backend_utils.py"]
    stub = folder / "python" / "triton_python_backend_stub"
    assert "3.11" in stub.read_text() and os.access(stub, os.X_OK)


# --- environments ----------------------------------------------------------------------------


def test_an_environment_of_our_own_is_made_once(tmp_path, monkeypatch):
    """And again where the first time did not come to its end."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    made = []
    monkeypatch.setattr(Environment, "make", lambda self: made.append(self.place))
    one = Environment("a-package", "1.2")
    assert one.ensure() == tmp_path / "triton-py" / "peers" / "a-package-1.2"
    assert made == [one.place]
    one.place.mkdir(parents=True)
    (one.place / "whole").touch()
    one.ensure()
    assert made == [one.place]


def test_an_environment_that_is_given_is_never_made(tmp_path, monkeypatch):
    monkeypatch.setattr(Environment, "make", lambda self: pytest.fail("it was made"))
    assert Environment("a-package", "1.2", given=tmp_path).ensure() == tmp_path


def test_an_installation_that_fails_is_quoted(tmp_path, monkeypatch, capfd):
    fails = tmp_path / "python"
    fails.write_text("#!/bin/sh\necho 'no room' >&2\nexit 1\n")
    fails.chmod(0o755)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(environment.sys, "executable", str(fails))
    with pytest.raises(UnavailableError, match="can't install a-package: no room"):
        Environment("a-package", "1.2").ensure()
    assert "installing a-package 1.2" in capfd.readouterr().err


def test_what_an_environment_has(tmp_path):
    """Of an environment whose interpreter is this one: what it says of itself."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").symlink_to(Path(sys.prefix, "bin", "python"))
    (tmp_path / "pyvenv.cfg").symlink_to(Path(sys.prefix, "pyvenv.cfg"))
    (tmp_path / "lib").symlink_to(Path(sys.prefix, "lib"))
    facts = Environment("pytest", "0", given=tmp_path).facts
    assert (facts["python"], facts["pytest"]) == (sys.version.split()[0], metadata.version("pytest"))
    assert facts["numpy"] == metadata.version("numpy")
    with pytest.raises(UnavailableError, match="has no no-such-package"):
        _ = Environment("no-such-package", "0", given=tmp_path).facts


def test_the_names_on_the_command_line():
    assert set(PEERS) == {"tritonserver", "triton-py", "floor", "bare-onnxruntime", "mlserver",
                          "litserve", "mosec"}
