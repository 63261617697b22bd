# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Whether a server would find the file: <backend-directory>/<name>/libtriton_<name>.so."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from shlex import quote

from .finding import ERROR, NOTE, WARNING, Finding

_NAME = re.compile(r"libtriton_(.+)\.so\Z")


def backend_name(path: str) -> str:
    """The backend's name as the file has it; "" where the file's name has none."""
    match = _NAME.match(os.path.basename(path))
    return match[1] if match else ""


def find_placement(path: str, backend_directory: str = "") -> Iterator[Finding]:
    """The file's name and folder.

    Args:
        path: the library.
        backend_directory: a server's; with it, a library that isn't in its place there is an error.
    """
    file, folder = os.path.basename(path), os.path.dirname(os.path.abspath(path))
    name = backend_name(path)
    if not name:
        guess = _guess(file)
        yield Finding(
            "wrong-name", ERROR if backend_directory else WARNING,
            f"'{file}' is not named libtriton_<name>.so", (("a server derives the name of the file from "
             "the name of the backend"),),
            (f"rename it: mv {quote(path)} {quote(os.path.join(os.path.dirname(path), guess))}",
             f"or say in the model's config.pbtxt: runtime: \"{file}\""))
        return
    if backend_directory:
        wanted = os.path.join(backend_directory, name, file)
        if not os.path.exists(wanted) or not os.path.samefile(wanted, path):
            there = "is another file" if os.path.exists(wanted) else "is not there"
            yield Finding(
                "wrong-place", ERROR, f"a server with --backend-directory '{backend_directory}' looks "
                f"for '{wanted}', which {there}", (),
                (f"mkdir -p {quote(os.path.dirname(wanted))} && cp {quote(path)} {quote(wanted)}",))
    elif os.path.basename(folder) != name:
        yield Finding(
            "wrong-place", NOTE, f"a server looks for it in a folder named '{name}', not "
            f"'{os.path.basename(folder)}'",
            (f"that is, in <backend-directory>/{name}/{file}",),
            ((f"mkdir -p {quote(f'backends/{name}')} && cp {quote(path)} {quote(f'backends/{name}/')}, and serve with "
              "--backend-directory backends"),))


def _guess(file: str) -> str:
    stem = re.sub(r"\.so(\.[0-9.]+)?$", "", file)
    stem = re.sub(r"^(lib)?(triton[_-]?)?", "", stem) or "x"
    return f"libtriton_{stem}.so"
