# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Reports as files: whether they can be written, and writing them. Belongs to no layer."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TypeVar

STDOUT = "-"

_Reported = TypeVar("_Reported")


def problem(paths: Mapping[str, str], read: Iterable[str] = ()) -> str:
    """Why these files, form to path, can't be written; "". To be asked before a run is spent.

    :param read: files that must not be written over.
    """
    if sum(path == STDOUT for path in paths.values()) > 1:
        return "only one report can be written to standard output"
    taken = {Path(name).resolve(): f"'{name}', which is read," for name in read}
    for form, name in paths.items():
        if name == STDOUT:
            continue
        path = Path(name)
        if path.is_dir():
            return f"--{form} '{name}' is a folder"
        if not path.parent.is_dir():
            return f"--{form} '{name}': there is no folder '{path.parent}'"
        if not os.access(path if path.exists() else path.parent, os.W_OK):
            return f"--{form} '{name}' can't be written"
        other = taken.setdefault(path.resolve(), f"--{form}")
        if other != f"--{form}":
            return f"{other} and --{form} name the same file"
    return ""


def write(
    reported: _Reported, forms: Mapping[str, Callable[[_Reported], str]], paths: Mapping[str, str]
) -> tuple[list[str], list[str]]:
    """Writes the files; returns those that were written, and a sentence for each that was not.

    :param forms: form -> what makes its text.
    :param paths: form -> path.
    """
    written, failed = [], []
    for form, name in paths.items():
        text = forms[form](reported)
        try:
            if name == STDOUT:
                # Whatever the terminal's encoding is: a form has its own.
                sys.stdout.flush()
                sys.stdout.buffer.write(text.encode("utf-8", "backslashreplace"))
                sys.stdout.buffer.flush()
            else:
                Path(name).write_text(text, encoding="utf-8", errors="backslashreplace")
                written.append(name)
        except BrokenPipeError:
            raise
        except OSError as error:
            failed.append(f"--{form} '{name}' could not be written: {error.strerror}")
    return written, failed
