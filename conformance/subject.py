# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""What a run is about: the library, its conformance.toml and its models, wherever they come from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from .settings import FILE, Settings, read
from .sweep import models_for
from .target import Target, open_target, read_model


@dataclass(frozen=True)
class Subject:
    target: Target
    #: None: there is no such file.
    settings: Settings | None
    #: Nobody named a model: these are small ones that the library was found to take.
    swept: bool


def read_subject(library: Path, folders: Sequence[Path], config: str | None) -> Subject:
    """The models are those of the folders, else those of the conformance.toml, which is ``config`` or
    lies beside the library, else what a sweep finds. Raises HarnessError, SettingsError."""
    target = open_target(library, ())
    beside = library.parent / FILE
    path = Path(config) if config else beside if beside.is_file() else None
    settings = read(path) if path else None
    chosen = list(folders) or list(settings.models if settings else ())
    models = [read_model(folder, target.backend) for folder in chosen]
    swept = not models
    if swept:
        models = models_for(target)
    if settings is not None:
        models = settings.applied(models)
    return Subject(replace(target, models=tuple(models)), settings, swept)
