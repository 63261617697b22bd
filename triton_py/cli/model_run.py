# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""``triton-py model run``: one request to a model in its folder, without a server."""

from __future__ import annotations

import argparse
import contextlib
import os
import statistics
import sys
import time
from collections.abc import Iterator, Mapping
from typing import IO, TYPE_CHECKING, Any

from triton_py.cli import values
from triton_py.cli.errors import CliError, UsageError
from triton_py.cli.model_folder import ModelFolder, find
from triton_py.cli.request import (
    INPUTS_HELP,
    Written,
    add_inputs,
    add_options,
    described,
    show,
    written,
)

if TYPE_CHECKING:
    from argparse import _SubParsersAction

    import triton_py
    from triton_py.cli.model_log import ModelLog
    from triton_py.cli.tensors import Tensor

_DESCRIPTION = f"""\
Load one model from its folder, send it a request, and print what it answers. There is no network and
no server to start: the model is loaded, asked and unloaded as a server would do it.

{INPUTS_HELP}
Outputs go to standard output. All else goes to standard error: what the model logs, the traceback of
what it raises, and how long it took.
"""

_EPILOG = """\
examples:
  triton-py model run models/double INPUT='[1,2,3]'
  triton-py model run models/double/3 INPUT=@input.npy        that version
  triton-py model run models/chat TEXT='three little words' --json
  triton-py model run models/pipeline INPUT='[3,11,7]' --with pipeline_scorer
  triton-py model run models/double INPUT='[1,2,3]' --repeat 100
  triton-py model run models/double INPUT='[1,2,3]' --pdb       stop where it raises
"""

#: An answer's members but the outputs, and the outputs.
Answer = tuple[dict[str, Any], list["Tensor"]]

#: Where a Python model runs: "process", "inprocess", or "" as its configuration says; and where it runs
#: for a debugger.
ISOLATION = ""
ISOLATION_DEBUGGED = "inprocess"

#: What the protocols take from a request's parameters: the request's field, and its type.
_FIELDS: dict[str, tuple[str, tuple[type, ...], str]] = {
    "priority": ("priority", (int,), "a whole number"),
    "timeout": ("timeout", (int,), "a whole number, of microseconds"),
    "sequence_id": ("correlation_id", (int, str), "a whole number or a text"),
    "sequence_start": ("sequence_start", (bool,), "true or false"),
    "sequence_end": ("sequence_end", (bool,), "true or false"),
}


def register(commands: _SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command."""
    parser = commands.add_parser(
        "run", help="send one request to a model in its folder", description=_DESCRIPTION,
        epilog=_EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", metavar="DIR", help="the model's folder, or that of a version")
    add_inputs(parser)
    add_options(parser)
    parser.add_argument("--with", dest="others", action="append", default=[], metavar="MODEL",
                        help="another model of the repository to load, which this one asks; "
                        "repeatable")
    parser.add_argument("--with-all", action="store_true",
                        help="load all models of the repository; those that can't be are reported")
    parser.add_argument("--debug", action="store_true",
                        help="run the model in this process, so that breakpoint() in it stops here, "
                        "and those of a debugger that this was started by")
    parser.add_argument("--pdb", action="store_true",
                        help="the same, and stop where the model raises")
    parser.add_argument("--repeat", type=int, default=1, metavar="N",
                        help="send the request N times, one after the other; outputs that are as "
                        "before are not printed again")
    parser.add_argument("--timeout", type=values.seconds, default=None, metavar="SECONDS",
                        help="time to wait for the whole answer (default: no limit)")
    parser.add_argument("--json", action="store_true",
                        help="print each response as a JSON object on a line")
    parser.add_argument("--backend-config", action="append", default=[], metavar="NAME,KEY=VALUE",
                        type=values.backend_config, help="as of triton-py serve; repeatable")
    parser.add_argument("--verbose", action="store_true",
                        help="also print what the server tells about itself")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Runs ``triton-py model run``; returns the exit status."""
    request = written(options)
    fields = _fields(request)
    if options.repeat < 1:
        raise UsageError(f"--repeat {options.repeat}: must be 1 or more")
    if options.timeout == 0:
        raise UsageError("--timeout 0: must be above 0")
    folder = find(options.folder)
    from triton_py.cli.model_log import ModelLog

    with contextlib.ExitStack() as around:
        results = around.enter_context(_results(apart=options.json))
        log = around.enter_context(ModelLog(options.verbose))
        if _is_debugged(options):
            from triton_py.cli.model_debug import debugging

            around.enter_context(debugging(post_mortem=options.pdb))
        server = _server(folder, options, log)
        stop_within = None
        try:
            _load(server, folder, options, log)
            _ask(server, folder, request, fields, options, results, log)
        except (KeyboardInterrupt, _TooLate):
            # A model that does not come to an end is not waited for.
            stop_within = 1
            raise
        finally:
            log.flush()
            _stop(server, stop_within)
    return 0


class _TooLate(CliError):
    """The answer took longer than it may."""


def _stop(server: triton_py.Server, timeout: int | None) -> None:
    import triton_py

    try:
        server.stop(timeout)
    except triton_py.TritonError as error:
        print(error.message, file=sys.stderr)


def _is_debugged(options: argparse.Namespace) -> bool:
    return bool(options.debug or options.pdb)


@contextlib.contextmanager
def _results(apart: bool) -> Iterator[IO[str]]:
    """Where outputs are written. ``apart``: what a model prints goes to standard error meanwhile, so
    that the outputs can be read by a program."""
    if not apart:
        yield sys.stdout
        return
    sys.stdout.flush()
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        with open(kept, "w", closefd=False) as results, contextlib.redirect_stdout(sys.stderr):
            yield results
    finally:
        sys.stdout.flush()
        os.dup2(kept, 1)
        os.close(kept)


def _server(folder: ModelFolder, options: argparse.Namespace, log: ModelLog) -> triton_py.Server:
    import triton_py

    settings: dict[str, dict[str, str]] = {}
    for setting in options.backend_config:
        settings.setdefault(setting.name, {})[setting.key] = setting.value
    return triton_py.Server(
        model_repository=folder.repository, model_control_mode="explicit", log_file=log.path,
        log_format="json", log_info=True, log_verbose=int(options.verbose), metrics=False,
        backend_configuration=settings).start()


def _load(server: triton_py.Server, folder: ModelFolder, options: argparse.Namespace,
          log: ModelLog) -> None:
    import triton_py

    others = list(options.others)
    if options.with_all:
        others += sorted({name for name, _ in server.models()} - {folder.name, *others})
    told = len(log.errors)
    for name in others:
        try:
            server.load(name)
        except triton_py.TritonError as error:
            if name in options.others:
                raise CliError(_failure(f"model '{name}' can't be loaded", error, told, log)) from None
            print(f"model '{name}' is left out, it can't be loaded", file=sys.stderr)
    told = len(log.errors)
    config = folder.config(ISOLATION_DEBUGGED if _is_debugged(options) else ISOLATION)
    begin = time.perf_counter()
    try:
        server.load(folder.name, {"config": config} if config is not None else None)
    except triton_py.TritonError as error:
        raise CliError(_failure(f"model '{folder.name}' can't be loaded", error, told, log)) from None
    log.flush()
    print(f"loaded in {time.perf_counter() - begin:.2f} s", file=sys.stderr)


def _failure(what: str, error: triton_py.TritonError, told: int, log: ModelLog) -> str:
    """``what``, with the reason unless the log has had more errors than ``told`` meanwhile."""
    log.flush()
    return what if len(log.errors) > told else f"{what}: {error.message}"


def _fields(request: Written) -> dict[str, Any]:
    """The fields of a request that its parameters are, and the other parameters."""
    fields: dict[str, Any] = {}
    parameters = dict(request.parameters)
    for name, (field, types, expected) in _FIELDS.items():
        if name not in parameters:
            continue
        value = parameters.pop(name)
        if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
            raise UsageError(f"--parameter {name}={value}: expected {expected}")
        fields[field] = value
    if request.id:
        fields["request_id"] = request.id
    return {**fields, "outputs": request.outputs or None, "parameters": parameters}


def _ask(server: triton_py.Server, folder: ModelFolder, request: Written, fields: Mapping[str, Any],
         options: argparse.Namespace, results: IO[str], log: ModelLog) -> None:
    import triton_py
    from triton_py.api import ModelTxnPropertyFlag

    model = server.model(folder.name, -1 if folder.version is None else folder.version)
    try:
        sent = request.tensors(folder.name, described(model.metadata(), model.config()))
        several = model.transaction_properties() == ModelTxnPropertyFlag.DECOUPLED
        inputs = {tensor.name: _to_api(tensor) for tensor in sent}
        printer = _Printer(several, options.json, results)
        times = []
        for number in range(1, options.repeat + 1):
            name = f"run {number}: " if options.repeat > 1 else ""
            request_made = model.create_request(inputs=inputs, **fields)
            times.append(_once(request_made, name, options, printer, log))
    except triton_py.TritonError as error:
        log.flush()
        raise CliError(f"{error.message}{_hint(server, folder, error)}") from None
    if len(times) > 1:
        print(f"{len(times)} runs: fastest {_shown(min(times))}, median "
              f"{_shown(statistics.median(times))}, slowest {_shown(max(times))}", file=sys.stderr)


def _once(request: triton_py.InferenceRequest, name: str, options: argparse.Namespace,
          printer: _Printer, log: ModelLog) -> float:
    """Sends a request, prints its responses as they come; returns the seconds until the last."""
    begin = time.perf_counter()
    responses = request.model.infer(request)
    count, first = 0, 0.0
    while True:
        left = None if options.timeout is None else options.timeout - (time.perf_counter() - begin)
        try:
            response = responses.next(left if left is None else max(left, 0))
        except StopIteration:
            break
        except TimeoutError:
            responses.cancel()
            raise _TooLate(f"no final response within {options.timeout:g} seconds") from None
        except KeyboardInterrupt:
            responses.cancel()
            raise
        took = time.perf_counter() - begin
        if response.empty and printer.several:
            continue
        log.flush()
        count += 1
        first = first or took
        printer.take(response)
    took = time.perf_counter() - begin
    printer.end()
    log.flush()
    what = f"{count} response{'s' * (count != 1)}" if printer.several else "answered"
    after = f", the first after {_shown(first)}" if printer.several and count > 1 else ""
    print(f"{name}{what} in {_shown(took)}{after}", file=sys.stderr)
    return took


class _Printer:
    """Prints responses: those of the first run as they come, of a later one if they differ from what was
    printed last, when it is over; as JSON all of them at once."""

    def __init__(self, several: bool, as_json: bool, file: IO[str]) -> None:
        self.several = several
        self._json = as_json
        self._file = file
        self._last: list[Answer] | None = None
        self._run: list[Answer] = []

    def take(self, response: triton_py.InferenceResponse) -> None:
        self._run.append(_answer(response))
        if self._json or self._last is None:
            self._print(len(self._run))

    def end(self) -> None:
        """A run is over."""
        if not self._json and self._last not in (None, self._run):
            for number in range(len(self._run)):
                self._print(number + 1)
        self._last, self._run = self._run, []

    def _print(self, number: int) -> None:
        if self.several and not self._json:
            print(f"response {number}", file=self._file)
        reply, outputs = self._run[number - 1]
        show(reply, outputs, as_json=self._json, file=self._file)
        self._file.flush()


def _shown(seconds: float) -> str:
    return f"{seconds * 1000:.2f} ms" if seconds < 1 else f"{seconds:.2f} s"


def _to_api(tensor: Tensor) -> triton_py.Tensor:
    import numpy as np

    import triton_py

    # An array because it says where its memory is.
    data = np.frombuffer(tensor.data, "u1")
    return triton_py.Tensor(
        triton_py.DataType[tensor.datatype], tensor.shape,
        triton_py.MemoryBuffer(data.ctypes.data, triton_py.MemoryType.CPU, 0, data.nbytes, data))


def _answer(response: triton_py.InferenceResponse) -> Answer:
    import ctypes

    from triton_py.cli.tensors import Tensor

    outputs = [Tensor(name, tensor.data_type.name, tuple(tensor.shape),
                      ctypes.string_at(tensor.data_ptr, tensor.size))
               for name, tensor in response.outputs.items()]
    reply = {"id": response.request_id, "model_name": response.model.name,
             "model_version": str(response.model.version), "parameters": response.parameters}
    return {name: value for name, value in reply.items() if value}, outputs


def _hint(server: triton_py.Server, folder: ModelFolder, error: triton_py.TritonError) -> str:
    """What helps where the model asked another that was not loaded."""
    for name, model in sorted((model.name, model) for model in server.models().values()):
        if name != folder.name and f"'{name}'" in error.message and not model.ready():
            return f"\n'{name}' is not loaded: --with {name} does that"
    return ""
