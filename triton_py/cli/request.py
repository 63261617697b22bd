# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""A request as it is written in the shell, and its answer as it is printed there.

Shared by ``triton-py infer`` and ``triton-py model run``.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

from triton_py.cli.errors import CliError, UsageError
from triton_py.cli.pairs import pairs

if TYPE_CHECKING:
    from triton_py.cli.tensors import Described, Tensor

#: For the descriptions of commands.
INPUTS_HELP = """\
Each input is name=value. The value is JSON, or @file:

    INPUT0=3  INPUT0=[1,2,3]  INPUT0=[[1.5,2],[3,4]]  TEXT=hello  TEXT='["a","b"]'
    IMAGE=@pixels.npy     an array saved by numpy
    IMAGE=@pixels.bin     the bytes of the tensor, little-endian and row-major
    DOC=@page.html        for a BYTES input, the whole file as one element

Data types come from the model's metadata, and so do the dimensions that the value leaves open: a
value without the batch dimension is a batch of one.
"""


def add_inputs(parser: argparse.ArgumentParser) -> None:
    """The inputs, behind what names the model."""
    parser.add_argument("inputs", metavar="NAME=VALUE", nargs="*", help="an input")


def add_options(parser: argparse.ArgumentParser) -> None:
    """All else that a request may have."""
    parser.add_argument("--shape", action="append", default=[], metavar="NAME=N,N,...",
                        help="shape of an input, where its value leaves it open; repeatable")
    parser.add_argument("--output", action="append", default=[], metavar="NAME",
                        help="output to ask for; repeatable (default: all)")
    parser.add_argument("--id", default="", help="id of the request")
    parser.add_argument("--parameter", action="append", default=[], metavar="NAME=VALUE",
                        help="a request parameter, as priority=1 or timeout=1000; repeatable; the "
                        "value is a JSON number, true, false, or else a string")


@dataclass(frozen=True)
class Written:
    """A request as it was written; what its inputs are, the model's metadata tell."""

    texts: Mapping[str, str]
    shapes: Mapping[str, tuple[int, ...]]
    outputs: Sequence[str]
    id: str
    parameters: Mapping[str, bool | int | float | str]

    def tensors(self, model: str, inputs: Sequence[Described]) -> list[Tensor]:
        """
        :raises CliError: an input that the model does not have, a value that is none of its type.
        """
        from triton_py.cli.tensors import from_text

        described = {i.name: i for i in inputs}
        have = ", ".join(f"{i.name} {i.datatype}{list(i.shape)}" for i in inputs)
        for name in self.texts:
            if name not in described:
                raise CliError(f"model '{model}' has no input '{name}'; its inputs: {have}")
        if not self.texts and described:
            raise CliError(f"no input given; model '{model}' has: {have}")
        return [from_text(described[name], text, self.shapes.get(name))
                for name, text in self.texts.items()]


def written(options: argparse.Namespace) -> Written:
    """What the arguments of ``add_inputs`` and ``add_options`` say.

    :raises UsageError: something that is none of name=value, or fits nothing else.
    """
    texts = pairs(options.inputs, "input")
    shapes = {name: _shape(name, text) for name, text in pairs(options.shape, "--shape").items()}
    parameters = {name: _parameter(text)
                  for name, text in pairs(options.parameter, "--parameter").items()}
    for name in shapes:
        if name not in texts:
            raise UsageError(f"--shape {name}=...: there is no input {name}=...")
    return Written(texts, shapes, options.output, options.id, parameters)


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


def described(metadata: Mapping[str, Any], config: Mapping[str, Any]) -> list[Described]:
    """The inputs by a model's metadata, and its configuration's batch size."""
    from triton_py.cli.tensors import Described

    batched = config.get("max_batch_size", 0) > 0
    return [Described(i["name"], i["datatype"], tuple(int(d) for d in i["shape"]), batched)
            for i in metadata["inputs"]]


def show(reply: dict[str, Any], outputs: Sequence[Tensor], *, as_json: bool,
         file: IO[str] | None = None) -> None:
    """Prints an answer.

    :param reply: its members but the outputs, as JSON over HTTP has them.
    """
    from triton_py.cli.tensors import decode, to_json, to_text

    file = file or sys.stdout
    if as_json:
        reply = {**reply, "outputs": [
            {"name": o.name, "datatype": o.datatype, "shape": list(o.shape),
             "data": to_json(decode(o))} for o in outputs]}
        print(json.dumps(reply, ensure_ascii=False), file=file)
        return
    for output in outputs:
        print(f"{output.name} {output.datatype}{list(output.shape)}", file=file)
        for line in to_text(decode(output)).splitlines():
            print(f"  {line}", file=file)
    if not outputs:
        print("no outputs", file=file)
    for name, value in reply.get("parameters", {}).items():
        print(f"parameter {name}: {value if isinstance(value, str) else json.dumps(value)}",
              file=file)
