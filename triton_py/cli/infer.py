# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""``triton-py infer``: one request from the shell to a running server."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from triton_py.cli.access import Access, access_of, add_arguments
from triton_py.cli.errors import CliError, UsageError
from triton_py.cli.pairs import pairs

if TYPE_CHECKING:
    from triton_py.cli.tensors import Described, Tensor

_DESCRIPTION = """\
Send one inference request to a running server and print its outputs.

Each input is name=value. The value is JSON, or @file:

    INPUT0=3  INPUT0=[1,2,3]  INPUT0=[[1.5,2],[3,4]]  TEXT=hello  TEXT='["a","b"]'
    IMAGE=@pixels.npy     an array saved by numpy
    IMAGE=@pixels.bin     the bytes of the tensor, little-endian and row-major
    DOC=@page.html        for a BYTES input, the whole file as one element

Data types come from the model's metadata, and so do the dimensions that the value leaves open: a
value without the batch dimension is a batch of one.
"""

_EPILOG = """\
examples:
  triton-py infer identity INPUT0='[[1,2,3]]'
  triton-py infer my_model INPUT0=@input.npy --output OUTPUT0 --json
  triton-py infer my_model X=@raw.bin --shape X=1,3,224,224 --url http://10.0.0.5:8000
  triton-py infer my_model TEXT=hello --protocol grpc --url localhost:8001
  triton-py infer my_model TEXT=hello --url https://10.0.0.5:8000 --root-cert ca.crt
"""

PORTS = {"http": "localhost:8000", "grpc": "localhost:8001"}


def build_parser(prog: str = "triton-py infer") -> argparse.ArgumentParser:
    """The parser of ``infer``."""
    parser = argparse.ArgumentParser(
        prog=prog, description=_DESCRIPTION, epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", metavar="MODEL", help="name of the model")
    parser.add_argument("inputs", metavar="NAME=VALUE", nargs="*", help="an input")
    parser.add_argument("--url", help="the server: host:port, https://host:port for TLS, or "
                        "unix:PATH (default: localhost:8000, or localhost:8001 with --protocol "
                        "grpc)")
    parser.add_argument("--protocol", choices=sorted(PORTS), default="http",
                        help="default: %(default)s")
    add_arguments(parser)
    parser.add_argument("--version", default="", metavar="N",
                        help="version of the model (default: the server's choice)")
    parser.add_argument("--shape", action="append", default=[], metavar="NAME=N,N,...",
                        help="shape of an input, where its value leaves it open; repeatable")
    parser.add_argument("--output", action="append", default=[], metavar="NAME",
                        help="output to ask for; repeatable (default: all)")
    parser.add_argument("--id", default="", help="id of the request")
    parser.add_argument("--parameter", action="append", default=[], metavar="NAME=VALUE",
                        help="a request parameter, as priority=1 or timeout=1000; repeatable; the "
                        "value is a JSON number, true, false, or else a string")
    parser.add_argument("--timeout", type=float, default=60.0, metavar="SECONDS",
                        help="time to wait for each answer (default: %(default)s)")
    parser.add_argument("--json", action="store_true", help="print the outputs as one JSON object")
    return parser


def main(arguments: Sequence[str]) -> int:
    """Runs ``triton-py infer``; returns the exit status."""
    options = build_parser().parse_args(arguments)
    texts = pairs(options.inputs, "input")
    shapes = {name: _shape(name, text) for name, text in pairs(options.shape, "--shape").items()}
    parameters = {name: _parameter(text)
                  for name, text in pairs(options.parameter, "--parameter").items()}
    if not options.timeout > 0:
        raise UsageError(f"--timeout {options.timeout}: must be above 0")
    for name in shapes:
        if name not in texts:
            raise UsageError(f"--shape {name}=...: there is no input {name}=...")
    with _client(options.protocol, options.url or PORTS[options.protocol], options.timeout,
                 access_of(options)) as client:
        described = {i.name: i for i in client.inputs(options.model, options.version)}
        tensors = _tensors(options.model, texts, shapes, described)
        reply, outputs = client.infer(options.model, options.version, tensors, options.output,
                                      options.id, parameters)
    _print(reply, outputs, as_json=options.json)
    return 0


def _client(protocol: str, url: str, timeout: float, access: Access) -> Any:
    if protocol == "grpc":
        from triton_py.cli.grpc_client import GrpcClient

        return GrpcClient(url, timeout, access)
    from triton_py.cli.http_client import HttpClient

    return HttpClient(url, timeout, access)


def _shape(name: str, text: str) -> tuple[int, ...]:
    try:
        shape = tuple(int(size) for size in text.strip("[]").split(",") if size.strip())
    except ValueError:
        shape = (-1,)
    if any(size < 0 for size in shape):
        raise UsageError(f"--shape {name}={text}: expected sizes as 1,3,224,224")
    return shape


def _parameter(text: str) -> bool | int | float | str:
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return value if isinstance(value, (bool, int, float, str)) else text


def _tensors(model: str, texts: dict[str, str], shapes: dict[str, tuple[int, ...]],
             described: dict[str, Described]) -> list[Tensor]:
    from triton_py.cli.tensors import from_text

    have = ", ".join(f"{i.name} {i.datatype}{list(i.shape)}" for i in described.values())
    for name in texts:
        if name not in described:
            raise CliError(f"model '{model}' has no input '{name}'; its inputs: {have}")
    if not texts and described:
        raise CliError(f"no input given; model '{model}' has: {have}")
    return [from_text(described[name], text, shapes.get(name)) for name, text in texts.items()]


def _print(reply: dict[str, Any], outputs: Sequence[Tensor], *, as_json: bool) -> None:
    from triton_py.cli.tensors import decode, to_json, to_text

    if as_json:
        reply = {**reply, "outputs": [
            {"name": o.name, "datatype": o.datatype, "shape": list(o.shape),
             "data": to_json(decode(o))} for o in outputs]}
        print(json.dumps(reply, ensure_ascii=False))
        return
    for output in outputs:
        print(f"{output.name} {output.datatype}{list(output.shape)}")
        for line in to_text(decode(output)).splitlines():
            print(f"  {line}")
    if not outputs:
        print("no outputs")
    for name, value in reply.get("parameters", {}).items():
        print(f"parameter {name}: {value if isinstance(value, str) else json.dumps(value)}")
