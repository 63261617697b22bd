# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""What a model is made of beside its configuration. What it takes from packages is taken from where
they are installed, so that nothing of theirs is copied here."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import Path

from triton_py.errors import UnavailableError


def _folders(package: str) -> list[Path]:
    """Where it is installed; it is not imported. Raises ``UnavailableError``."""
    spec = importlib.util.find_spec(package)
    if spec is None:
        raise UnavailableError(f"the package {package} is not installed")
    return [Path(folder) for folder in spec.submodule_search_locations or []]


@dataclass(frozen=True)
class Parts:
    """Of a model, beside its configuration."""

    #: ``PACKAGE:PATTERN``, e.g. ``magika:models/*/model.onnx``; or empty.
    file: str = ""
    #: Packages without which it does not run.
    needs: tuple[str, ...] = ()
    #: Its model.py.
    source: Path | None = None
    #: Models without which it does not work.
    beside: tuple[str, ...] = ()

    def path(self) -> Path:
        """Of ``file``; where several match, the last by name. Raises ``UnavailableError``."""
        package, _, pattern = self.file.partition(":")
        found = sorted(path for folder in _folders(package) for path in folder.glob(pattern))
        if not found:
            raise UnavailableError(f"the package {package} as installed has no {pattern}")
        return found[-1]

    def check(self) -> None:
        """Raises ``UnavailableError`` where something is missing."""
        for package in self.needs:
            _folders(package)
        if self.file:
            self.path()
