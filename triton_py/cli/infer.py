# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""``triton-py infer``: one request from the shell to a running server."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

from triton_py.cli.access import Access, access_of, add_arguments
from triton_py.cli.errors import UsageError
from triton_py.cli.request import INPUTS_HELP, add_inputs, add_options, show, written

_DESCRIPTION = f"""\
Send one inference request to a running server and print its outputs.

{INPUTS_HELP}"""

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
    add_inputs(parser)
    parser.add_argument("--url", help="the server: host:port, https://host:port for TLS, or "
                        "unix:PATH (default: localhost:8000, or localhost:8001 with --protocol "
                        "grpc)")
    parser.add_argument("--protocol", choices=sorted(PORTS), default="http",
                        help="default: %(default)s")
    add_arguments(parser)
    parser.add_argument("--version", default="", metavar="N",
                        help="version of the model (default: the server's choice)")
    add_options(parser)
    parser.add_argument("--timeout", type=float, default=60.0, metavar="SECONDS",
                        help="time to wait for each answer (default: %(default)s)")
    parser.add_argument("--json", action="store_true", help="print the outputs as one JSON object")
    return parser


def main(arguments: Sequence[str]) -> int:
    """Runs ``triton-py infer``; returns the exit status."""
    options = build_parser().parse_args(arguments)
    request = written(options)
    if not options.timeout > 0:
        raise UsageError(f"--timeout {options.timeout}: must be above 0")
    with _client(options.protocol, options.url or PORTS[options.protocol], options.timeout,
                 access_of(options)) as client:
        tensors = request.tensors(options.model, client.inputs(options.model, options.version))
        reply, outputs = client.infer(options.model, options.version, tensors, request.outputs,
                                      request.id, request.parameters)
    show(reply, outputs, as_json=options.json)
    return 0


def _client(protocol: str, url: str, timeout: float, access: Access) -> Any:
    if protocol == "grpc":
        from triton_py.cli.grpc_client import GrpcClient

        return GrpcClient(url, timeout, access)
    from triton_py.cli.http_client import HttpClient

    return HttpClient(url, timeout, access)
