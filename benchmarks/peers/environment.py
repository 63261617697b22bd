# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Virtual environments of peers that are Python packages: their requirements are not ours."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from triton_py.errors import UnavailableError

from .peer import ask

#: In an environment that we made: it was installed to the end.
_WHOLE = "whole"

#: What an interpreter is asked of the packages that are its arguments. Metadata alone: some take
#: seconds to import.
_ASK = """
import json, sys, sysconfig
from importlib import metadata
print(json.dumps({"python": sys.version.split()[0], "libraries": sysconfig.get_config_var("LIBDIR") or "",
                  %s}))
"""


def _say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


@dataclass(frozen=True)
class Environment:
    """One in which a package is installed."""

    package: str
    #: That is installed where there is none.
    version: str
    #: Installed with it.
    more: tuple[str, ...] = ()
    #: A virtual environment of the user's, which is taken as it is; None: one of our own, made at the
    #: first use.
    given: Path | None = None

    @property
    def place(self) -> Path:
        """Ours is kept from one run to the next."""
        if self.given is not None:
            return self.given
        cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
        return Path(cache, "triton-py", "peers", f"{self.package}-{self.version}")

    @property
    def python(self) -> str:
        return str(self.place / "bin" / "python")

    def ensure(self) -> Path:
        """Its place; ours is made first, where that was not done to the end.

        Raises ``UnavailableError``.
        """
        if self.given is None and not (self.place / _WHOLE).exists():
            self.make()
        return self.place

    def make(self) -> None:
        """Installs the package, whole or not at all. Raises ``UnavailableError``."""
        place = self.place
        _say(f"installing {self.package} {self.version} into {place}")
        place.parent.mkdir(parents=True, exist_ok=True)
        # Scripts of a virtual environment name its path, so it is made where it stays, and marked when
        # it is whole.
        for command in ([sys.executable, "-m", "venv", "--clear", str(place)],
                        [str(place / "bin" / "pip"), "install", "--quiet",
                         f"{self.package}=={self.version}", *self.more]):
            done = subprocess.run(command, check=False, capture_output=True, text=True,
                                  stdin=subprocess.DEVNULL)
            if done.returncode != 0:
                words = (done.stderr or done.stdout).strip().splitlines()[-3:]
                raise UnavailableError(f"can't install {self.package}: " + " | ".join(words))
        (place / _WHOLE).touch()

    @cached_property
    def facts(self) -> dict[str, str]:
        """Versions: of the interpreter (``python``), the package (by its name) and ``numpy``; and
        ``libraries``, the folder of the interpreter's own one. Raises ``UnavailableError``."""
        self.ensure()
        versions = ", ".join(f"{name!r}: metadata.version({name!r})" for name in (self.package, "numpy"))
        return {key: str(value) for key, value in
                ask(self.python, _ASK % versions, self.package).items()}
