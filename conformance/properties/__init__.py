# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Cases made by Hypothesis and what their outcomes must be; one file a group of clauses.

Each file has ``PROPERTIES``: functions of an examiner, a target and a model that examine what their
``clauses`` say, and say why they can't where they can't.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..examiner import Examiner
from ..target import ModelUnderTest, Target

#: Returns "" where it ran, else why it could not.
Run = Callable[[Examiner, Target, ModelUnderTest], str]


@dataclass(frozen=True)
class Property:
    """What is examined, and of which clauses."""

    clauses: tuple[str, ...]
    run: Run
    #: Once for the library, with its first model, not for each model.
    once: bool = False

    @property
    def name(self) -> str:
        """``<module>.<function>``."""
        return f"{self.run.__module__.rpartition('.')[2]}.{self.run.__name__}"


def all_properties() -> list[Property]:
    """In the order in which they run: what others build on comes first."""
    from . import (
        batching,
        cancellation,
        concurrency,
        decoupled,
        faults,
        gpu,
        hygiene,
        loading,
        orders,
        sequences,
        tensors,
    )

    modules = (loading, tensors, batching, decoupled, sequences, concurrency, cancellation, orders,
               faults, gpu, hygiene)
    return [entry for module in modules for entry in module.PROPERTIES]
