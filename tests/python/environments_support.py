# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Environments for Python models: this interpreter's numpy in another folder, packed or not."""

from __future__ import annotations

import io
import sys
import tarfile
import venv
from pathlib import Path

import numpy as np

#: In a conda environment, what says whether it was relocated where it is.
CONDA_UNPACK = "import sys\nopen(sys.prefix + '/relocated', 'w').write(sys.prefix)\n"


def make_environment(folder: Path, numpy: bool = True, conda: bool = False) -> Path:
    """A virtual environment that imports this interpreter's numpy, without copying it."""
    venv.create(folder, with_pip=False, symlinks=True)
    packages = folder / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}" / "site-packages"
    if numpy:
        (packages / "numpy.pth").write_text(str(Path(np.__file__).parents[1]))
    (packages / "only_here.py").write_text("ANSWER = 42\n")
    if conda:
        (folder / "conda-meta").mkdir()
        (folder / "bin" / "conda-unpack").write_text(CONDA_UNPACK)
    return folder


def pack(folder: Path, archive: Path, prefix: str = "") -> Path:
    kind = {".tgz": "gz", ".tar": ""}.get(archive.suffix, archive.suffix[1:])
    with tarfile.open(archive, f"w:{kind}") as made:
        made.add(folder, arcname=prefix or ".")
    return archive


def pack_members(archive: Path, *members: tuple[str, bytes | str | None, bytes]) -> Path:
    """An archive of members (name, link or None, type), with ``x`` in each file."""
    with tarfile.open(archive, "w:gz") as made:
        for name, link, kind in members:
            member = tarfile.TarInfo(name)
            member.type = kind
            member.linkname = str(link or "")
            member.size = 1 if kind == tarfile.REGTYPE else 0
            made.addfile(member, io.BytesIO(b"x"))
    return archive
