# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""``triton-py serve``'s arguments and environment to ``Settings``."""

from __future__ import annotations

import argparse
import difflib
import os
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn

from triton_py.cli import foreign, trace_flags
from triton_py.cli.errors import UsageError
from triton_py.cli.settings import GROUPS, Flag, Settings, check, defaults, flags

ENV_PREFIX = "TRITON_PY_"
#: Variables of the build, which share the prefix.
BUILD_VARIABLES = ("TRITON_PY_DEBUG", "TRITON_PY_SANITIZE", "TRITON_PY_JOBS")

_DESCRIPTION = """\
Serve the models of a model repository over HTTP, gRPC and Prometheus metrics.

A model repository is a directory with one folder per model:

    models/
      my_model/
        config.pbtxt          what the model is called, its backend, inputs and outputs
        1/model.onnx          version 1

The flags have tritonserver's names and meanings; --flag=value and --flag value are the same.
"""

_EPILOG = """\
examples:
  triton-py serve --demo
  triton-py serve --model-repository=./models
  triton-py serve --model-repository=./models --http-address=0.0.0.0 --grpc-address=0.0.0.0
  triton-py serve --model-repository=./models --model-control-mode=explicit --load-model=my_model
  triton-py serve --model-repository=./models --backend-directory=./backends --log-verbose=1
  triton-py serve --model-repository=./models --backend-config=onnxruntime,intra-op-threads=2

environment:
  Each flag may be given as a variable: --http-port is TRITON_PY_HTTP_PORT. A flag that may be
  repeated takes several values separated by semicolons. The command line wins.

exit status:
  0 stopped cleanly; 1 a wrong flag, a failed start, or requests left when --exit-timeout-secs
  was up; 130 or 143 stopped at once by a second SIGINT or SIGTERM.

stopping:
  SIGTERM and SIGINT (Ctrl-C) stop the server: no new requests, those in flight finish, the
  backends are finalized. A second signal stops it at once.
"""


class _Formatter(argparse.RawDescriptionHelpFormatter):
    """Help with the flag on one line and its text below, wide enough for long flag names."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=8, width=92)


class _Parser(argparse.ArgumentParser):
    """Raises ``UsageError`` in tritonserver's words instead of exiting."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(_in_triton_words(message, self._option_string_actions))


def _in_triton_words(message: str, known: Mapping[str, Any]) -> str:
    bad = re.match(r"argument (--[\w-]+)(?:/\S+)?: (.*)", message, re.DOTALL)
    if bad:
        flag, text = bad.groups()
        if text == "expected one argument":
            text = "The flag needs a value."
        return f'Bad option: "{flag}".\n{text}'
    unknown = re.match(r"unrecognized arguments: (.*)", message, re.DOTALL)
    if not unknown:
        return message
    first = unknown.group(1).split(" ")[0]
    if not first.startswith("-"):
        return f"Unexpected argument: {first}"
    flag = first.split("=")[0]
    near = difflib.get_close_matches(flag, list(known), 1, 0.7)
    return f'Unrecognized option: "{flag}".' + (f' Did you mean "{near[0]}"?' if near else "")


class _Refuse(argparse.Action):
    """A flag of tritonserver whose feature is missing here."""

    def __init__(self, *args: Any, missing: foreign.Missing, instead: str = "",
                 **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._missing = missing
        self._instead = instead

    def __call__(self, parser: argparse.ArgumentParser, namespace: argparse.Namespace,
                 value: Any, option_string: str | None = None) -> None:
        flag = self.option_strings[0]
        if self._instead:
            namespace.warnings.append(
                f"'{flag}' has been deprecated. Please use '{self._instead}' instead.")
        if value not in self._missing.neutral:
            raise argparse.ArgumentError(
                self, f"{self._missing.feature}: not supported yet by triton-py")


class _Warn(argparse.Action):
    """A flag of tritonserver that has nothing to act on here."""

    def __init__(self, *args: Any, reason: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._reason = reason

    def __call__(self, parser: argparse.ArgumentParser, namespace: argparse.Namespace,
                 value: Any, option_string: str | None = None) -> None:
        namespace.warnings.append(
            f"'{self.option_strings[0]}' has no effect in triton-py: {self._reason}.")


class _StrictModelConfig(argparse.Action):
    """The deprecated opposite of ``--disable-auto-complete-config=false``."""

    def __call__(self, parser: argparse.ArgumentParser, namespace: argparse.Namespace,
                 value: Any, option_string: str | None = None) -> None:
        namespace.warnings.append(
            "'--strict-model-config' has been deprecated! "
            "Please use '--disable-auto-complete-config' instead.")
        namespace.strict_model_config = value


class _TraceSetting(argparse.Action):
    """A deprecated flag that stands for a ``--trace-config``."""

    def __init__(self, *args: Any, instead: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._instead = instead

    def __call__(self, parser: argparse.ArgumentParser, namespace: argparse.Namespace,
                 value: Any, option_string: str | None = None) -> None:
        namespace.warnings.append(
            f"'{self.option_strings[0]}' has been deprecated. "
            f"Please use '{self._instead}' instead.")
        namespace.trace_deprecated = [*(namespace.trace_deprecated or []), value]


def _help_text(name: str, flag: Flag, default: Any) -> str:
    text = flag.help
    if flag.parse is not None and not flag.repeat:
        shown = flag.default_text or default
        if isinstance(shown, bool):
            shown = str(shown).lower()
        text += f" Default: {shown}."
    return text.replace("%", "%%")


def build_parser(prog: str = "triton-py serve") -> argparse.ArgumentParser:
    """The parser of every flag that tritonserver has, and of our own."""
    parser = _Parser(prog=prog, description=_DESCRIPTION, epilog=_EPILOG, add_help=False,
                     usage=f"{prog} (--model-repository=DIR ... | --demo) [flags]",
                     formatter_class=_Formatter, argument_default=argparse.SUPPRESS)
    parser.set_defaults(warnings=None, strict_model_config=None, trace_deprecated=None)
    groups = {name: parser.add_argument_group(name) for name in GROUPS}
    groups[GROUPS[0]].add_argument("--help", action="help", help="Print this text and exit.")
    default = defaults()
    for name, flag in flags().items():
        strings = [f"--{name}", *(f"--{alias}" for alias in flag.aliases)]
        common: dict[str, Any] = {"dest": name.replace("-", "_"),
                                  "help": _help_text(name, flag, default[name])}
        if flag.parse is None:
            groups[flag.group].add_argument(*strings, action="store_true", **common)
        else:
            groups[flag.group].add_argument(
                *strings, action="append" if flag.repeat else "store", type=flag.parse,
                metavar=flag.metavar, **common)
    _add_foreign(parser)
    return parser


def _add_foreign(parser: argparse.ArgumentParser) -> None:
    deprecated = parser.add_argument_group("Deprecated")
    deprecated.add_argument(
        f"--{foreign.STRICT_MODEL_CONFIG}", action=_StrictModelConfig,
        type=foreign.values.boolean, metavar="BOOL", dest="_strict",
        help="Use --disable-auto-complete-config instead.")
    for name, flag in trace_flags.DEPRECATED.items():
        deprecated.add_argument(
            f"--{name}", action=_TraceSetting, instead=flag.instead, type=flag.parse,
            metavar=flag.metavar, dest="_foreign",
            help=f"Use {flag.instead.partition('=<')[0]} instead.")
    for name, (missing, instead) in foreign.DEPRECATED_MISSING.items():
        deprecated.add_argument(
            f"--{name}", action=_Refuse, missing=missing, instead=instead, type=missing.parse,
            metavar=missing.metavar, dest="_foreign",
            help=f"{missing.feature}: not supported yet.")
    idle = parser.add_argument_group(
        "Accepted for tritonserver's sake",
        "These tune parts that triton-py does not have; a warning says so.")
    for name, item in foreign.NO_EFFECT.items():
        idle.add_argument(f"--{name}", action=_Warn, reason=item.reason, type=item.parse,
                          metavar=item.metavar, dest="_foreign", help=argparse.SUPPRESS)
    idle.description = (idle.description or "") + "\n  " + "\n  ".join(
        f"--{name}" for name in foreign.NO_EFFECT)
    missing_group = parser.add_argument_group(
        "Not supported yet",
        "Refused with an error, unless the value leaves the feature off.\n  "
        + "\n  ".join(f"--{name}" for name in foreign.MISSING))
    for name, missing in foreign.MISSING.items():
        missing_group.add_argument(
            f"--{name}", action=_Refuse, missing=missing, type=missing.parse,
            metavar=missing.metavar, dest="_foreign", help=argparse.SUPPRESS)


def _from_environment(environ: Mapping[str, str], warn: Callable[[str], None]) -> dict[str, Any]:
    """What the ``TRITON_PY_*`` variables say, by field name."""
    known = {ENV_PREFIX + name.replace("-", "_").upper(): (name, flag)
             for name, flag in flags().items()}
    out: dict[str, Any] = {}
    for variable, text in environ.items():
        if not variable.startswith(ENV_PREFIX) or variable in BUILD_VARIABLES:
            continue
        if variable not in known:
            near = difflib.get_close_matches(variable, list(known), 1, 0.85)
            if near:
                warn(f"the environment variable {variable} is no setting; "
                     f"did you mean {near[0]}?")
            continue
        name, flag = known[variable]
        parse = flag.parse or foreign.values.boolean
        try:
            if flag.repeat:
                value: Any = [parse(item) for item in text.split(";") if item]
            else:
                value = parse(text)
        except argparse.ArgumentTypeError as error:
            raise UsageError(f'Bad environment variable: "{variable}".\n{error}') from None
        out[name.replace("-", "_")] = value
    return out


def parse(arguments: Sequence[str], environ: Mapping[str, str] | None = None,
          prog: str = "triton-py serve") -> tuple[Settings, list[str]]:
    """Settings from the command line over the environment over the defaults, and the warnings.

    :raises UsageError: a flag, a value or a combination is wrong; the message is tritonserver's.
    """
    parser = build_parser(prog)
    namespace = argparse.Namespace(warnings=[])
    chosen = _from_environment(os.environ if environ is None else environ,
                               namespace.warnings.append)
    parser.parse_args(_joined_negatives(arguments), namespace)
    given = dict(vars(namespace))
    warnings: list[str] = given.pop("warnings")
    strict = given.pop("strict_model_config")
    deprecated = given.pop("trace_deprecated") or []
    given.pop("_foreign", None)
    given.pop("_strict", None)
    chosen.update(given)
    if strict is not None:
        if chosen.get("disable_auto_complete_config") and not strict:
            warnings.append(
                "Overriding deprecated '--strict-model-config' from False to True in favor of "
                "'--disable-auto-complete-config'!")
        else:
            chosen["disable_auto_complete_config"] = strict
    chosen["trace_config"], overridden = trace_flags.merged(
        deprecated, chosen.get("trace_config", []))
    settings = Settings(**chosen)
    check(settings)
    warnings += overridden
    warnings += trace_flags.check(
        settings.trace_config, os.environ if environ is None else environ)
    return settings, warnings


def _joined_negatives(arguments: Sequence[str]) -> list[str]:
    """``--flag -text`` as ``--flag=-text``: like getopt, a flag takes what follows it as its value.

    argparse would take ``-text`` for another option.
    """
    out: list[str] = []
    pending = iter(arguments)
    for argument in pending:
        if argument.startswith("--") and "=" not in argument and _wants_value(argument):
            following = next(pending, None)
            if following is not None and re.match(r"-(?!-)", following):
                out.append(f"{argument}={following}")
                continue
            out.append(argument)
            if following is not None:
                # A "--x" after a flag that needs a value is left to argparse, which names the flag.
                out.append(following)
            continue
        out.append(argument)
    return out


def _wants_value(argument: str) -> bool:
    flag = flags().get(argument[2:])
    return flag.parse is not None if flag else argument[2:] in foreign.names()


def print_warnings(warnings: Sequence[str]) -> None:
    """To standard error, one line each."""
    for text in warnings:
        print(f"Warning: {text}", file=sys.stderr)
