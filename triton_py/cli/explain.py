# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""``triton-py explain``: is a model of a running server batching, where does its time go, and what could
be changed."""

from __future__ import annotations

import argparse
import json
import re
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping, Sequence
from typing import Any

from triton_py.cli.access import access_of, add_arguments
from triton_py.cli.errors import CliError, UsageError
from triton_py.cli.explanation import Counts, advise, counts, describe

_DESCRIPTION = """\
Ask a running server about a model: how large its batches are, why each was closed, where the time of a
request goes, and what could be changed.

By default over the model's whole life; --seconds looks at what happens from now on.
"""

_EPILOG = """\
examples:
  triton-py explain my_model
  triton-py explain my_model --seconds 10 --url http://10.0.0.5:8000
  triton-py explain my_model --json
"""

_SERIES = re.compile(r"(?P<name>[a-z_]+)\{(?P<labels>[^}]*)\} (?P<value>[0-9.e+]+)")
_LABEL = re.compile(r'([a-z_]+)="((?:[^"\\]|\\.)*)"')


def build_parser(prog: str = "triton-py explain") -> argparse.ArgumentParser:
    """The parser of ``explain``."""
    parser = argparse.ArgumentParser(
        prog=prog, description=_DESCRIPTION, epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", metavar="MODEL", help="name of the model")
    parser.add_argument("--version", default="", metavar="N",
                        help="version of the model (default: the newest that serves)")
    parser.add_argument("--url", default="localhost:8000",
                        help="the server's HTTP port: host:port, or https://host:port for TLS (default: "
                        "%(default)s)")
    add_arguments(parser)
    parser.add_argument("--metrics-url", default="", metavar="URL",
                        help="its metrics (default: port 8002 of the same host); without them it is not "
                        "known why batches were closed")
    parser.add_argument("--seconds", type=float, default=0.0, metavar="S",
                        help="look at what happens in the next seconds (default: since the model was "
                        "loaded)")
    parser.add_argument("--timeout", type=float, default=30.0, metavar="SECONDS",
                        help="time to wait for each answer (default: %(default)s)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    return parser


def main(arguments: Sequence[str]) -> int:
    """Runs ``triton-py explain``; returns the exit status."""
    from triton_py.cli.http_client import HttpClient

    options = build_parser().parse_args(arguments)
    if options.seconds < 0 or not options.timeout > 0:
        raise UsageError("--seconds and --timeout are above 0")
    with HttpClient(options.url, options.timeout, access_of(options)) as client:
        config = client.config(options.model, options.version)
        first, note = _look(client, options)
        seen = first
        if options.seconds:
            time.sleep(options.seconds)
            seen = _look(client, options)[0].since(first)
    _print(options, config, seen, note)
    return 0


def _look(client: Any, options: argparse.Namespace) -> tuple[Counts, str]:
    """What is counted now, and what could not be had."""
    statistics = client.statistics(options.model, options.version)
    try:
        text = _metrics(options)
    except CliError as error:
        return counts(statistics, {}, {}), str(error)
    labels = {"model": options.model, "version": statistics["version"]}
    return counts(statistics, by_reason(text, "triton_py_batch_closed", labels),
                  by_reason(text, "nv_inference_request_failure", labels)), ""


def _metrics(options: argparse.Namespace) -> str:
    url = options.metrics_url
    if not url:
        host = urllib.parse.urlsplit(
            options.url if "://" in options.url else f"http://{options.url}").hostname
        url = f"http://{host}:8002"
    if "://" not in url:
        url = f"http://{url}"
    if urllib.parse.urlsplit(url).path in ("", "/"):
        url = url.rstrip("/") + "/metrics"
    try:
        with urllib.request.urlopen(url, timeout=options.timeout) as answer:
            found: str = answer.read().decode("utf-8", "replace")
            return found
    except (OSError, ValueError, urllib.error.URLError) as error:
        raise CliError(f"no metrics from {url} ({error}): it is not known why batches were closed, nor "
                       "why requests failed; --metrics-url says where they are") from None


def by_reason(text: str, name: str, labels: Mapping[str, str]) -> dict[str, int]:
    """Values of a family by its label ``reason``, of the series that have all these labels."""
    found = {}
    for line in text.splitlines():
        series = _SERIES.fullmatch(line)
        if series is None or series["name"] != name:
            continue
        have = {key: value.replace('\\"', '"').replace("\\\\", "\\")
                for key, value in _LABEL.findall(series["labels"])}
        if labels.items() <= have.items() and float(series["value"]):
            found[have.get("reason", "")] = int(float(series["value"]))
    return found


def _print(options: argparse.Namespace, config: Mapping[str, Any], seen: Counts, note: str) -> None:
    advice = advise(config, seen)
    if options.json:
        print(json.dumps({
            "model": options.model, "requests": seen.success, "executions": seen.executions,
            "mean_batch": seen.mean_batch, "batch_sizes": dict(seen.batches),
            "batch_closed": dict(seen.closed), "failures": dict(seen.failures),
            "time_us": {part: ns / 1000 for part, ns in seen.parts_ns.items()},
            "total_us": seen.total_ns / 1000, "advice": advice, "note": note}))
        return
    batching = "dynamic_batching" if "dynamic_batching" in config else (
        "sequence_batching" if "sequence_batching" in config else "no batching of requests")
    span = f"in {options.seconds:g} s" if options.seconds else "since it was loaded"
    print(f"{options.model}: max_batch_size {config.get('max_batch_size', 0)}, {batching}; {span}")
    print("\n".join(["", *describe(config, seen)]))
    for line in advice or (["Nothing stands out."] if seen.executions else []):
        print(f"\n* {line}")
    if note:
        print(f"\n{note}")
