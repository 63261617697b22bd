# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Answers that the thread with the response sends itself: one request in flight, and no other.

What the loop sends is tested everywhere else; here are the edges between the two.
"""

from __future__ import annotations

import json
import os
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from http_running import Running
from http_support import Reader, call, request_bytes

import triton_py.core  # noqa: F401  what the next one's symbols are bound to
from triton_py.frontend._lone import counts

LIVE = b"GET /v2/health/live HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.fixture
def own(repository: Path) -> Iterator[Running]:
    """A server that nobody else sends to: what is in flight is what the test sent."""
    running = Running(repository)
    yield running
    running.close()


def ask(number: int, count: int = 2, **parameters: object) -> bytes:
    values = [number + i for i in range(count)]
    return request_bytes("POST", "/v2/models/echo/infer", json.dumps({
        "id": str(number), "parameters": parameters,
        "inputs": [{"name": "INPUT0", "shape": [count], "datatype": "INT32", "data": values}],
    }).encode())


def answers(reader: Reader, number: int, count: int = 2) -> None:
    answer = reader.reply().json
    assert answer["id"] == str(number)
    assert answer["outputs"][0]["data"] == [number + i for i in range(count)]


def successes(server: Running) -> int:
    stats = call(server, "GET", "/v2/models/echo/stats").json["model_stats"]
    return stats[0]["inference_stats"]["success"]["count"]


def until(condition) -> None:
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.005)


def test_one_after_the_other(own: Running) -> None:
    with own.connect() as sock:
        reader = Reader(sock)
        whole = counts()[0]
        for number in range(200):
            sock.sendall(ask(number))
            answers(reader, number)
        # All but those whose predecessor was still being counted as in flight.
        assert counts()[0] - whole > 100


def test_what_python_answers_follows_at_once(own: Running) -> None:
    """The loop was not told of the answer before, and must not wait for it."""
    with own.connect() as sock:
        reader = Reader(sock)
        for number in range(50):
            sock.sendall(ask(number))
            answers(reader, number)
            sock.sendall(LIVE)
            assert reader.reply().status == 200


def test_what_comes_while_it_is_in_flight_is_answered_behind_it(own: Running) -> None:
    with own.connect() as sock:
        reader = Reader(sock)
        for number in range(5):
            sock.sendall(ask(number, delay_ms="60"))
            # Begun alone; then others come: of both kinds, whole and in part.
            until(lambda: in_flight(own) > 0)
            second = ask(number + 100)
            sock.sendall(second[:30])
            sock.sendall(second[30:] + LIVE)
            answers(reader, number)
            answers(reader, number + 100)
            assert reader.reply().status == 200


def in_flight(server: Running) -> int:
    # Asked on a connection of its own: one request that Python answers, which is none of the core's.
    return call(server, "GET", "/v2/debug/objects").json["request"]


def test_an_answer_that_the_socket_does_not_take_whole_is_finished_by_the_loop(own: Running) -> None:
    """A client that sends and doesn't read: its socket is full in the middle of some answer."""
    count, asked, partly = 5000, 0, counts()[1]
    with socket.socket() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sock.connect(own.address)
        sock.settimeout(20)
        before = successes(own)
        # Each is alone: the next is sent when the server has counted the one before.
        while counts()[1] == partly and asked < 1000:
            sock.sendall(ask(asked, count))
            asked += 1
            until(lambda expected=before + asked: successes(own) == expected)
        assert counts()[1] == partly + 1
        reader = Reader(sock)
        for number in range(asked):
            answers(reader, number, count)
        sock.sendall(LIVE)
        assert reader.reply().status == 200


def test_a_client_that_leaves_at_any_moment_leaks_nothing(own: Running) -> None:
    before = len(os.listdir("/proc/self/fd"))
    for number in range(60):
        sock = own.connect()
        sock.sendall(ask(number, delay_ms=str(number % 3)))
        if number % 2:
            # With a reset instead of an end.
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        if number % 5 == 0:
            Reader(sock).reply()
        sock.close()
    until(lambda: in_flight(own) == 0)
    until(lambda: call(own, "GET", "/v2/debug/objects").json["http_exchanges"] == 1)
    # The descriptor that the answering thread wrote to is closed with its connection.
    until(lambda: len(os.listdir("/proc/self/fd")) <= before + 1)


def test_many_connections_take_turns_and_nothing_is_mixed_up(own: Running) -> None:
    """Now alone, now not, on connections that open and close: each gets its own answers."""
    wrong: list[str] = []

    def client(first: int) -> None:
        for turn in range(15):
            with own.connect() as sock:
                reader = Reader(sock)
                for number in range(first + turn * 10, first + turn * 10 + 8):
                    sock.sendall(ask(number))
                    try:
                        answers(reader, number)
                    except AssertionError as error:
                        wrong.append(f"{number}: {error}")

    threads = [threading.Thread(target=client, args=(1000 * i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_a_server_stops_at_once_with_answers_that_the_loop_has_not_seen(repository: Path) -> None:
    running = Running(repository)
    socks = [running.connect() for _ in range(5)]
    for number, sock in enumerate(socks):
        sock.sendall(ask(number))
        answers(Reader(sock), number)
    began = time.monotonic()
    running.close()
    # Not the grace period, which is for requests that are in flight.
    assert time.monotonic() - began < 5
    for sock in socks:
        assert sock.recv(1) == b""
        sock.close()


def test_a_server_that_stops_meanwhile_answers_and_closes(repository: Path) -> None:
    running = Running(repository)
    with running.connect() as sock:
        sock.sendall(ask(7, delay_ms="300"))
        until(lambda: in_flight(running) > 0)
        closing = threading.Thread(target=running.close)
        closing.start()
        reader = Reader(sock)
        answers(reader, 7)
        assert reader.at_end()
        closing.join()
