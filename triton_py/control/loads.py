# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The load of one model while it is under way, and what is told of it."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass, field

from triton_py.control.operations import Operation
from triton_py.control.planner import LoadPlan
from triton_py.control.states import BuiltModel
from triton_py.control.updates import Update
from triton_py.errors import TritonError
from triton_py.repository import ModelId


@dataclass(frozen=True)
class LoadProgress:
    """One model more is through with loading; ``error`` says why it failed, or is None."""

    name: str
    loaded: int
    failed: int
    total: int
    error: TritonError | None


@dataclass
class Load:
    """One model being loaded; used by the thread that asked for it alone."""

    name: ModelId
    operation: Operation
    plan: LoadPlan | None = None
    pending: dict[Future[BuiltModel | Update], int] = field(default_factory=dict)
    built: list[BuiltModel] = field(default_factory=list)
    #: The versions that go on serving with other instances, and what was prepared for them.
    updating: set[int] = field(default_factory=set)
    updates: list[Update] = field(default_factory=list)
    errors: dict[int, TritonError] = field(default_factory=dict)
