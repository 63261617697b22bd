# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Mixed load for a long time, with every answer checked: nothing lost, nothing wrong, memory flat.

    python tests/soak/soak.py --minutes 30

Clients over HTTP and gRPC, unary and in streams; some that leave in the middle; requests whose backend
fails, in three ways; models that are loaded and unloaded at random. Prints what it has done every ten
seconds, and at the end JSON and what was wrong. Exit status 0 if nothing was.
"""

from __future__ import annotations

import argparse
import gc
import json
import queue
import random
import socket
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "client"))
from serving import ServerProcess, add_model, identity_config, parameter

#: Models that stay, and those that come and go.
STEADY = ("plain", "batched", "delayed", "ordered", "ranked", "limited")
FLEETING = ("come", "go")
#: Those whose requests are executed one at a time.
ALONE = ("plain", "limited")
#: Of a model that is not there just now.
EXCUSES = ("not ready", "unknown model", "no available versions", "stopped accepting", "not found",
           "Unavailable")
#: Of the queue of "limited", which is short and impatient.
FULL, LATE = "Exceeds maximum queue size", "Request timeout expired"
#: Kinds of which none may be left.
TRANSIENT = ("request", "response", "error", "response_factory", "output_buffer", "parameter")


def write_models(folder: Path) -> None:
    def model(name: str, extra: str = "", batch: int = 0) -> None:
        add_model(folder, name, identity_config(["INT64"], "-1", batch, extra))

    model("plain")
    model("batched", "dynamic_batching { }\n", 8)
    model("delayed", "dynamic_batching { max_queue_delay_microseconds: 500 }\n"
          "instance_group { kind: KIND_CPU count: 2 }\n", 8)
    model("ordered", "dynamic_batching { preserve_ordering: true }\n"
          "instance_group { kind: KIND_CPU count: 3 }\n", 4)
    model("ranked", "dynamic_batching { priority_levels: 3 default_priority_level: 2 }\n", 8)
    model("limited", parameter("execute_delay_ms", 5)
          + "dynamic_batching { default_queue_policy { max_queue_size: 6 "
          "default_timeout_microseconds: 12000 } }\n", 1)
    for name in FLEETING:
        model(name, "dynamic_batching { }\n", 8)


@dataclass
class Tally:
    """What has been done, and what was wrong."""

    done: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, what: str) -> None:
        with self.lock:
            self.done[what] += 1

    def fail(self, what: str) -> None:
        with self.lock:
            if len(self.wrong) < 20:
                self.wrong.append(what)


class Soak:
    """:param seconds: of load, without start and end."""

    def __init__(self, server: ServerProcess, seconds: float, seed: int) -> None:
        self.server = server
        self.seconds = seconds
        self.seed = seed
        self.tally = Tally()
        self.stop = threading.Event()
        self.resident: list[int] = []
        #: Clients that were closed: gevent deletes none in a thread that ends, nor at the process's end.
        self.kept: list[Any] = []

    # --- one request's data ------------------------------------------------------------------

    def payload(self, draw: random.Random) -> np.ndarray[Any, Any]:
        """Numbers that no other request has; at times a megabyte of them."""
        size = 131_072 if draw.random() < 0.01 else draw.choice([1, 3, 16, 200, 5000])
        return np.arange(size, dtype=np.int64) + draw.getrandbits(60)

    def shaped(self, model: str, data: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        return data if model == "plain" else data.reshape(1, -1)

    def check(self, what: str, sent: np.ndarray[Any, Any], got: Any) -> None:
        if got is None or got.shape != sent.shape or not np.array_equal(got, sent):
            self.tally.fail(f"{what}: an answer is not its request's")
        else:
            self.tally.note(f"{what}: answered")

    def refused(self, what: str, model: str, error: Exception, expected: str = "") -> None:
        text = str(error)
        if expected and expected in text:
            self.tally.note(f"{what}: failed as asked")
        elif model == "limited" and FULL in text:
            self.tally.note(f"{what}: refused by a full queue")
        elif model == "limited" and LATE in text:
            self.tally.note(f"{what}: waited too long")
        elif model in FLEETING and any(words.lower() in text.lower() for words in EXCUSES):
            self.tally.note(f"{what}: model not there")
        else:
            self.tally.fail(f"{what}, model {model}: {type(error).__name__}: {text[:300]}")

    def choose(self, draw: random.Random) -> tuple[str, dict[str, Any], str]:
        """A model, parameters, and the error that they ask for."""
        model = draw.choice([*STEADY, *STEADY, *FLEETING])
        if draw.random() < 0.05:
            # An Execute that fails, fails for all requests of its batch.
            kinds = ["error", "execute_error"] if model in ALONE else ["error"]
            return model, {draw.choice(kinds): "asked for"}, "asked for"
        if draw.random() < 0.05:
            return model, {"delay_ms": draw.choice([1, 5, 20])}, ""
        return model, {}, ""

    # --- clients -----------------------------------------------------------------------------

    def unary(self, kind: str, draw: random.Random) -> None:
        """By tritonclient, over either protocol, one request at a time."""
        if kind == "http":
            import tritonclient.http as made
            client: Any = made.InferenceServerClient(self.server.http, network_timeout=60)
        else:
            import tritonclient.grpc as made  # type: ignore[no-redef]
            client = made.InferenceServerClient(self.server.grpc)
        try:
            while not self.stop.is_set():
                model, parameters, expected = self.choose(draw)
                data = self.shaped(model, self.payload(draw))
                tensor = made.InferInput("INPUT0", list(data.shape), "INT64")
                tensor.set_data_from_numpy(data)
                try:
                    result = client.infer(model, [tensor], request_id=str(draw.getrandbits(30)),
                                          priority=draw.randrange(5) if model == "ranked" else 0,
                                          parameters=parameters or None)
                except Exception as error:  # noqa: BLE001 the client's own, and urllib3's
                    self.refused(kind, model, error, expected)
                    continue
                if expected:
                    self.tally.fail(f"{kind}: a request that should fail was answered")
                else:
                    self.check(kind, data, result.as_numpy("OUTPUT0"))
        finally:
            client.close()
            self.kept.append(client)

    def stream(self, draw: random.Random) -> None:
        """Bursts on a gRPC stream: each answered, in their order, with their own data."""
        import tritonclient.grpc as made

        while not self.stop.is_set():
            arrived: queue.Queue[tuple[Any, Any]] = queue.Queue()
            with made.InferenceServerClient(self.server.grpc) as client:
                client.start_stream(lambda result, error, q=arrived: q.put((result, error)))
                for _ in range(draw.randrange(1, 20)):
                    sent = []
                    for number in range(draw.randrange(1, 40)):
                        data = self.shaped("ordered", self.payload(draw)[:200])
                        tensor = made.InferInput("INPUT0", list(data.shape), "INT64")
                        tensor.set_data_from_numpy(data)
                        client.async_stream_infer("ordered", [tensor], request_id=str(number))
                        sent.append(data)
                    for number, data in enumerate(sent):
                        try:
                            result, error = arrived.get(timeout=60)
                        except queue.Empty:
                            self.tally.fail("stream: a request got no answer in 60 s")
                            return
                        if error is not None:
                            self.tally.fail(f"stream: {error}")
                        elif result.get_response().id != str(number):
                            self.tally.fail("stream: answers are out of order")
                        else:
                            self.check("stream", data, result.as_numpy("OUTPUT0"))
                    if self.stop.is_set():
                        break
                client.stop_stream()

    def vanish(self, draw: random.Random) -> None:
        """Connections that end anywhere: in a header, in a body, before the answer, in it."""
        host, _, port = self.server.http.rpartition(":")
        body = json.dumps({"inputs": [{"name": "INPUT0", "shape": [400], "datatype": "INT64",
                                       "data": list(range(400))}]}).encode()
        while not self.stop.is_set():
            head = (b"POST /v2/models/plain/infer HTTP/1.1\r\nHost: x\r\n"
                    b"Content-Length: %d\r\n\r\n" % len(body))
            whole = (head + body) * draw.randrange(1, 4)
            with socket.create_connection((host, int(port)), timeout=30) as one:
                one.sendall(whole[:draw.randrange(1, len(whole) + 1)])
                if draw.random() < 0.3:
                    one.settimeout(0.05)
                    try:
                        one.recv(draw.choice([1, 100, 10_000]))
                    except TimeoutError:
                        self.tally.note("vanish: before an answer")
                if draw.random() < 0.3:
                    one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            self.tally.note("vanish: left")
            time.sleep(draw.random() * 0.02)

    def cancel(self, draw: random.Random) -> None:
        """gRPC calls that are cancelled while they execute."""
        import tritonclient.grpc as made
        from tritonclient.utils import InferenceServerException

        with made.InferenceServerClient(self.server.grpc) as client:
            while not self.stop.is_set():
                ended = threading.Event()
                data = self.shaped("delayed", self.payload(draw)[:16])
                tensor = made.InferInput("INPUT0", list(data.shape), "INT64")
                tensor.set_data_from_numpy(data)
                call = client.async_infer(
                    "delayed", [tensor], lambda result, error, done=ended: done.set(),
                    parameters={"delay_ms": draw.choice([2, 30])})
                time.sleep(draw.random() * 0.02)
                call.cancel()
                if not ended.wait(60):
                    self.tally.fail("cancel: a call did not end")
                    return
                self.tally.note("cancel: ended")
                try:
                    client.is_server_live()
                except InferenceServerException as error:
                    self.tally.fail(f"cancel: {error}")

    def crowd(self, draw: random.Random) -> None:
        """Bursts to the model with the short queue: each request is answered, or refused in one of its
        two ways."""
        import tritonclient.grpc as made

        with made.InferenceServerClient(self.server.grpc) as client:
            while not self.stop.is_set():
                arrived: queue.Queue[tuple[int, Any, Any]] = queue.Queue()
                sent = []
                for number in range(draw.randrange(1, 16)):
                    data = self.shaped("limited", self.payload(draw)[:16])
                    tensor = made.InferInput("INPUT0", list(data.shape), "INT64")
                    tensor.set_data_from_numpy(data)
                    client.async_infer(
                        "limited", [tensor],
                        lambda result, error, n=number, q=arrived: q.put((n, result, error)))
                    sent.append(data)
                for _ in sent:
                    try:
                        number, result, error = arrived.get(timeout=60)
                    except queue.Empty:
                        self.tally.fail("crowd: a request got no answer in 60 s")
                        return
                    if error is not None:
                        self.refused("crowd", "limited", error)
                    else:
                        self.check("crowd", sent[number], result.as_numpy("OUTPUT0"))
                time.sleep(draw.random() * 0.05)

    def operate(self, draw: random.Random) -> None:
        """Loads and unloads."""
        import tritonclient.http as made

        with made.InferenceServerClient(self.server.http, network_timeout=60) as client:
            self.kept.append(client)
            while not self.stop.is_set():
                name = draw.choice(FLEETING)
                try:
                    if draw.random() < 0.5:
                        client.unload_model(name)
                    else:
                        client.load_model(name)
                    self.tally.note("operate: done")
                except Exception as error:  # noqa: BLE001 as above
                    if "Newer operation" not in str(error):
                        self.tally.fail(f"operate: {error}")
                time.sleep(draw.random() * 0.1)

    def look(self, draw: random.Random) -> None:
        """What probes and dashboards ask, and the server's memory."""
        import tritonclient.http as made

        with made.InferenceServerClient(self.server.http, network_timeout=60) as client:
            self.kept.append(client)
            while not self.stop.wait(0.5):
                client.is_server_ready()
                client.get_inference_statistics()
                client.get_model_repository_index()
                self.resident.append(self.server.resident_bytes())
                self.tally.note("look: done")

    # --- all of it ---------------------------------------------------------------------------

    def run(self, say: Callable[[str], None]) -> dict[str, Any]:
        kinds: list[Callable[[random.Random], None]] = [
            lambda draw: self.unary("http", draw), lambda draw: self.unary("http", draw),
            lambda draw: self.unary("grpc", draw), lambda draw: self.unary("grpc", draw),
            self.stream, self.stream, self.vanish, self.cancel, self.crowd, self.operate, self.look]

        def guarded(kind: Callable[[random.Random], None], draw: random.Random) -> None:
            try:
                kind(draw)
            except Exception as error:  # noqa: BLE001 a client that ends early is a finding
                self.tally.fail(f"a client ended: {type(error).__name__}: {error}")

        threads = [threading.Thread(target=guarded, args=(kind, random.Random(self.seed + i)))
                   for i, kind in enumerate(kinds)]
        for thread in threads:
            thread.start()
        end = time.monotonic() + self.seconds
        while time.monotonic() < end and not self.tally.wrong:
            time.sleep(max(0.0, min(10.0, end - time.monotonic())))
            with self.tally.lock:
                total = sum(count for what, count in self.tally.done.items() if "answered" in what)
            if self.resident:
                say(f"{total:,} answers, {self.resident[-1] >> 20} MiB, "
                    f"{max(0, end - time.monotonic()):.0f} s left")
        self.stop.set()
        for thread in threads:
            thread.join(90)
            if thread.is_alive():
                self.tally.fail("a client hangs")
        self.kept.clear()
        gc.collect()
        self._aftermath()
        return {"seconds": self.seconds, "seed": self.seed, "done": dict(self.tally.done),
                "resident_mib": [size >> 20 for size in self.resident[::max(
                    1, len(self.resident) // 60)]], "wrong": self.tally.wrong}

    def _aftermath(self) -> None:
        """Nothing is left, and memory did not grow from the middle to the end."""
        deadline = time.monotonic() + 30
        while True:
            counters = self.server.counters()
            left = {kind: counters[kind] for kind in TRANSIENT if counters.get(kind)}
            # Each instance keeps one, its host policy, and each backend its configuration.
            if counters["message"] > counters["instance"] + counters["backend"]:
                left["message"] = counters["message"]
            if not left:
                break
            if time.monotonic() > deadline:
                self.tally.fail(f"left in the core: {left}")
                break
            time.sleep(0.1)
        if len(self.resident) >= 30:
            third = len(self.resident) // 3
            middle, last = mean(self.resident[third:2 * third]), mean(self.resident[2 * third:])
            # Kept buffers of a megabyte and threads that come and go with models are in it.
            if last > middle * 1.05 + (16 << 20):
                self.tally.fail(f"memory grows: {middle / 2**20:.0f} MiB in the middle third, "
                                f"{last / 2**20:.0f} in the last")


def soak(seconds: float, seed: int, say: Callable[[str], None]) -> dict[str, Any]:
    """Starts a server, soaks it and stops it; what was done, and under "wrong" what was wrong."""
    with tempfile.TemporaryDirectory(prefix="triton-py-soak-") as folder:
        write_models(Path(folder))
        with ServerProcess(Path(folder), "--model-control-mode=explicit", "--load-model=*",
                           "--log-error=false", "--log-warning=false") as server:
            one = Soak(server, seconds, seed)
            result = one.run(say)
            if server.process.poll() is not None:
                result["wrong"].append(f"the server ended with {server.process.returncode}: "
                                       f"{server.output()[-2000:]}")
            elif (status := server.stop()) != 0:
                result["wrong"].append(f"the server stopped with {status}: "
                                       f"{server.output()[-2000:]}")
            return result


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=30.0, help="of load (default: 30)")
    parser.add_argument("--seed", type=int, default=1, help="of all that is random (default: 1)")
    options = parser.parse_args()
    result = soak(options.minutes * 60, options.seed,
                  lambda text: print(text, file=sys.stderr, flush=True))
    print(json.dumps(result, indent=1))
    for text in result["wrong"]:
        print(f"WRONG: {text}", file=sys.stderr)
    return 1 if result["wrong"] else 0


if __name__ == "__main__":
    sys.exit(main())
