#!/usr/bin/env python3
# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Tells the types of files by the magika model of ``triton-py serve --demo``.

    python examples/magika_client.py README.md setup.py /usr/bin/env

Needs numpy and a running server, nothing else: requests are KServe v2 over plain HTTP with the
binary tensor data extension, and what the model's numbers mean comes from the parameters of the
model's configuration.
"""

from __future__ import annotations

import argparse
import http.client
import json
import sys
import urllib.parse
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np

HEADER_LENGTH = "Inference-Header-Content-Length"


@dataclass(frozen=True)
class Meaning:
    """What the model was trained for; the names are those of magika's ``config.min.json``."""

    beg_size: int
    end_size: int
    block_size: int
    padding_token: int
    min_file_size_for_dl: int
    medium_confidence_threshold: float
    labels: list[str]
    thresholds: dict[str, float]
    overwrite_map: dict[str, str]
    text_labels: frozenset[str]

    @classmethod
    def from_parameters(cls, parameters: dict[str, dict[str, str]]) -> Self:
        """From the ``parameters`` of the model's configuration."""
        config = json.loads(parameters["magika_config"]["string_value"])
        if config["mid_size"] or config["use_inputs_at_offsets"]:
            raise SystemExit("this client reads the ends of a file; the model wants its middle")
        return cls(
            config["beg_size"], config["end_size"], config["block_size"], config["padding_token"],
            config["min_file_size_for_dl"], config["medium_confidence_threshold"],
            config["target_labels_space"], config["thresholds"], config["overwrite_map"],
            frozenset(json.loads(parameters["magika_text_labels"]["string_value"])))

    def tokens(self, content: bytes) -> np.ndarray | None:
        """The model's input for a file, INT32 of ``beg_size + end_size``.

        The first block without leading white space, cut or padded at its end, and then the last
        block without trailing white space, cut or padded at its start. ``None`` where too little is
        left for the model to judge.
        """
        beginning = content[:self.block_size].lstrip()[:self.beg_size]
        end = content[-self.block_size:].rstrip()[-self.end_size:]
        if min(len(content), len(beginning)) < self.min_file_size_for_dl:
            return None
        tokens = np.full(self.beg_size + self.end_size, self.padding_token, np.int32)
        tokens[:len(beginning)] = np.frombuffer(beginning, np.uint8)
        tokens[len(tokens) - len(end):] = np.frombuffer(end, np.uint8)
        return tokens

    def without_model(self, content: bytes) -> str:
        """The label of a file that is too small for the model."""
        if not content:
            return "empty"
        try:
            content[:self.block_size].decode()
        except UnicodeDecodeError:
            return "unknown"
        return "txt"

    def label(self, scores: np.ndarray) -> str:
        """The label that the model's scores mean: the best one, if it is good enough."""
        best = int(np.argmax(scores))
        guess = self.labels[best]
        label = self.overwrite_map.get(guess, guess)
        if scores[best] >= self.thresholds.get(guess, self.medium_confidence_threshold):
            return label
        return "txt" if label in self.text_labels else "unknown"


class Server:
    """The model on a server. Every call has a connection of its own, so threads may share it."""

    def __init__(self, url: str, model: str = "magika") -> None:
        parts = urllib.parse.urlsplit(url if "://" in url else f"http://{url}")
        self._host, self._port = parts.hostname or "localhost", parts.port or 8000
        self._path = f"{parts.path.rstrip('/')}/v2/models/{model}"

    def meaning(self) -> Meaning:
        """Asks for the model's configuration."""
        body, _ = self._call("GET", "/config", b"", {})
        return Meaning.from_parameters(json.loads(body)["parameters"])

    def scores(self, tokens: np.ndarray) -> np.ndarray:
        """The model's scores of one file, FP32, one for each label."""
        data = tokens.astype("<i4").tobytes()
        head = json.dumps({
            "inputs": [{"name": "bytes", "datatype": "INT32", "shape": [1, len(tokens)],
                        "parameters": {"binary_data_size": len(data)}}],
            "outputs": [{"name": "target_label", "parameters": {"binary_data": True}}],
        }).encode()
        body, headers = self._call("POST", "/infer", head + data, {HEADER_LENGTH: str(len(head))})
        return np.frombuffer(body[int(headers[HEADER_LENGTH]):], "<f4")

    def _call(self, method: str, path: str, body: bytes,
              headers: dict[str, str]) -> tuple[bytes, Any]:
        connection = http.client.HTTPConnection(self._host, self._port, timeout=60)
        try:
            connection.request(method, self._path + path, body, headers)
            answer = connection.getresponse()
            data = answer.read()
        except OSError as error:
            raise SystemExit(f"no answer from {self._host}:{self._port}: {error}; "
                             "start one with: triton-py serve --demo") from None
        finally:
            connection.close()
        if answer.status != 200:
            raise SystemExit(f"{method} {self._path}{path}: {answer.status} {data.decode()}")
        return data, answer.headers


def identify(server: Server, meaning: Meaning, content: bytes) -> str:
    """The label of a file's content."""
    tokens = meaning.tokens(content)
    if tokens is None:
        return meaning.without_model(content)
    return meaning.label(server.scores(tokens))


def identify_files(server: Server, paths: Sequence[Path], in_flight: int = 8) -> list[str]:
    """The labels of files, in their order, with several requests at the server at a time."""
    meaning = server.meaning()
    with ThreadPoolExecutor(in_flight) as pool:
        return list(pool.map(lambda path: identify(server, meaning, path.read_bytes()), paths))


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints one line for each file: its path and its type."""
    parser = argparse.ArgumentParser(description="Tell the types of files by a magika model on a "
                                     "server that 'triton-py serve --demo' started.")
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    parser.add_argument("--url", default="localhost:8000", help="default: %(default)s")
    parser.add_argument("--model", default="magika", help="default: %(default)s")
    options = parser.parse_args(arguments)
    missing = [path for path in options.files if not path.is_file()]
    for path in missing:
        print(f"{path}: no such file", file=sys.stderr)
    files = [path for path in options.files if path not in missing]
    if not files:
        return 1
    for path, label in zip(files, identify_files(Server(options.url, options.model), files),
                           strict=True):
        print(f"{path}: {label}")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
