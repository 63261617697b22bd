# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""What peers have in common that are Python packages and take a model in a form of their own."""

from __future__ import annotations

from pathlib import Path

from triton_py.errors import UnsupportedError

from ..results import Subject
from .environment import Environment
from .peer import Peer

#: What they run, in the interpreter of their environment.
SERVICES = Path(__file__).parent / "services"


class Packaged(Peer):
    """:param environment: a virtual environment that has the package; empty: one of our own, made at
    the first use.
    """

    #: What a report calls it.
    title: str
    package: str
    #: Installed where no environment is given.
    version: str
    #: Installed with it.
    more: tuple[str, ...] = ("numpy",)
    #: How what it is asked differs from what this server is asked, for the report.
    protocol: str
    #: The models, by their names in scenarios, that are written for it.
    models: tuple[str, ...]
    # They are interpreters, whose allocations say little.
    countable = False

    def __init__(self, environment: str = "") -> None:
        self._environment = Environment(self.package, self.version, self.more,
                                        Path(environment) if environment else None)

    def subject(self) -> Subject:
        facts = self._environment.facts
        return Subject(f"{self.title} {facts[self.package]}", {
            "python": facts["python"], "numpy": facts["numpy"], "protocol": self.protocol})

    def _model(self, repository: Path) -> str:
        """The name of the one model in it. Raises ``UnsupportedError`` where there is another that is
        not written for it."""
        names = sorted(folder.name for folder in repository.iterdir())
        for name in names:
            if name not in self.models:
                raise UnsupportedError(f"the model '{name}' is not written for {self.title}; there are: "
                                       + ", ".join(self.models))
        return names[0]
