# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""``triton-py model new``: a model to begin with, which serves as it is written.

The templates are files below ``templates/<backend>/<kind>``, in which NAME stands for the model's name.
"""

from __future__ import annotations

import argparse
import os
import re
import shlex
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from triton_py.cli.errors import CliError, UsageError

if TYPE_CHECKING:
    from argparse import _SubParsersAction

TEMPLATES = Path(__file__).parent / "templates"

#: Kind to what it shows and the inputs to try it with.
KINDS = {
    "simple": ("one response for each request", "INPUT='[1,2,3]'"),
    "batched": ("the requests of a batch computed together", "INPUT='[1,2,3]'"),
    "decoupled": ("several responses to a request, as they are made", "TEXT='three little words'"),
    "bls": ("asks another model, and works on what it answers", "INPUT='[3,11,7]'"),
}

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*", re.ASCII)

_DESCRIPTION = f"""\
Write a model to begin with. It serves, and its test passes, as it is written:

    NAME/config.pbtxt      what the server has to know
    NAME/1/model.py        the model; its comments explain the interface
    NAME/test_NAME.py      serves the model inside pytest's process

kinds:
{chr(10).join(f"    {kind:10} {what}" for kind, (what, _) in KINDS.items())}
"""

_EPILOG = """\
examples:
  triton-py model new double --into models
  triton-py model new chat --into models --kind decoupled
"""


def register(commands: _SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command."""
    parser = commands.add_parser(
        "new", help="write a model to begin with", description=_DESCRIPTION, epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", metavar="NAME", help="the model's name, and its folder's")
    parser.add_argument("--backend", default="python",
                        help="which backend it is for (default: %(default)s)")
    parser.add_argument("--into", default=".", metavar="DIR",
                        help="the model repository, made if there is none (default: this folder)")
    parser.add_argument("--kind", default="simple", help="see above (default: %(default)s)")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Runs ``triton-py model new``; returns the exit status."""
    _check_name(options.name)
    backends = sorted(place.name for place in TEMPLATES.iterdir() if place.is_dir())
    _check_choice("--backend", options.backend, backends, "there are templates for")
    _check_choice("--kind", options.kind, list(KINDS), "the kinds are")
    repository = Path(options.into)
    made = write(options.name, TEMPLATES / options.backend / options.kind, repository)
    _say_what_next(options.name, options.kind, repository, made)
    return 0


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"'{name}' can't be a model's name here: it is the name of a folder and part of URLs, so "
            "give letters, digits, '_', '-' and '.', and no '-' or '.' at the beginning")
    if name.isdigit():
        raise UsageError(f"'{name}' can't be a model's name here: folders of digits are versions")


def _check_choice(flag: str, value: str, known: list[str], what: str) -> None:
    if value not in known:
        raise UsageError(f"{flag} {value}: {what} {', '.join(known)}")


def write(name: str, template: Path, repository: Path) -> list[Path]:
    """Writes a template's folders into the repository, all of them or none.

    :returns: the files.
    :raises CliError: a folder is there already, or can't be written.
    """
    try:
        repository.mkdir(parents=True, exist_ok=True)
        for source in template.iterdir():
            place = repository / source.name.replace("NAME", name)
            if os.path.lexists(place):
                raise CliError(f"'{place}' is there already: give another name, or remove it")
        with tempfile.TemporaryDirectory(dir=repository, prefix=".new-") as draft:
            files = [_write_file(file, Path(draft), template, name)
                     for file in sorted(template.rglob("*"))
                     # Who installs the package compiles what is in it.
                     if file.is_file() and file.parent.name != "__pycache__"]
            for folder in sorted(Path(draft).iterdir()):
                os.rename(folder, repository / folder.name)
    except OSError as error:
        raise CliError(f"can't write to '{error.filename}': {error.strerror}") from None
    return [repository / file for file in files]


def _write_file(source: Path, draft: Path, template: Path, name: str) -> Path:
    parts = [part.replace("NAME", _module_name(name) if part.endswith(".py") else name)
             for part in source.relative_to(template).parts]
    place = draft.joinpath(*parts)
    place.parent.mkdir(parents=True, exist_ok=True)
    # What is written is the user's: without this project's licence.
    lines = source.read_text().splitlines(keepends=True)
    text = "".join(line for line in lines if not line.startswith("# SPDX-"))
    place.write_text(text.replace("NAME", name))
    return Path(*parts)


def _module_name(name: str) -> str:
    """pytest imports the test by its file's name."""
    return re.sub(r"\W", "_", name)


def _say_what_next(name: str, kind: str, repository: Path, files: list[Path]) -> None:
    folder = shlex.quote(str(repository / name))
    others = sorted({file.relative_to(repository).parts[0] for file in files} - {name})
    more = "".join(f" --with {other}" for other in others)
    for file in files:
        print(file)
    print(f"""
Its test passes as it is (it needs pytest):
  pytest {folder}
Run it once, without a server:
  triton-py model run {folder} {KINDS[kind][1]}{more}
Serve it, and see each edit at work a second later:
  triton-py serve --model-repository={shlex.quote(str(repository))} --model-control-mode=poll \\
    --repository-poll-secs=1""")
