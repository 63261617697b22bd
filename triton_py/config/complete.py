# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Fill in what a model's files say about it: name, backend, platform, default file name.

This is the server's part of auto-completion and takes place with or without a config.pbtxt. What
only the model itself knows, its inputs and outputs, is the backend's part.
"""

from __future__ import annotations

import os
import re

from triton_py.proto.model_config import ModelConfig

from .errors import ConfigError
from .names import ENSEMBLE_PLATFORM, KNOWN, PLATFORM_ALIASES, Known

_LIBRARY = re.compile(r"libtriton_([\w.+-]+)\.so", re.ASCII)


def complete(config: ModelConfig, model_name: str, model_dir: str | os.PathLike[str]) -> None:
    """Fill the empty ones among name, backend, platform and default_model_filename, in place.

    `model_name` is the name of the model's folder `model_dir`. What the configuration says decides;
    where it says nothing, the files of the lowest-numbered version folder do; where they say
    nothing either, a backend's library in the version or model folder, and last a folder name of
    the form `<anything>.<backend>`.

    Raises ConfigError when no backend can be told, or when the model's folder can't be read.
    """
    if not config.name:
        config.name = _text(model_name)
    if config.platform == ENSEMBLE_PLATFORM or config.HasField("ensemble_scheduling"):
        return  # an ensemble has no backend; whether both are set is for validation to say
    version_dir = _first_version(model_dir)
    known = _recognize(config, version_dir)
    if known is not None:
        _fill(config, known)
        return
    if config.backend or config.platform or config.default_model_filename:
        return  # a backend of somebody's own
    _custom_backend(config, model_name, [d for d in (version_dir, os.fspath(model_dir)) if d])


def _text(name: str) -> str:
    """A folder's name, which may be any bytes, if it is text."""
    try:
        name.encode()
    except UnicodeEncodeError:
        raise ConfigError(f"the model folder's name '{name}' is not UTF-8 text") from None
    return name


def check_name(config: ModelConfig, model_name: str) -> None:
    """Raise ConfigError unless the configuration's name is that of the model's folder."""
    if config.name != model_name:
        raise ConfigError(
            f"unexpected directory name '{model_name}' for model '{config.name}', directory name "
            "must equal model name",
            field="name",
        )


def _scan(folder: str | os.PathLike[str]) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(os.fspath(folder)) as entries:
            return list(entries)
    except OSError as error:
        raise ConfigError(
            f"failed to open directory {os.fspath(folder)}: {error.strerror}"
        ) from None


def _first_version(model_dir: str | os.PathLike[str]) -> str:
    names = [entry.name for entry in _scan(model_dir) if entry.is_dir()]
    # A version has no leading zeros; other folders, such as `configs`, hold no model files.
    versions = [n for n in names if n.isascii() and n.isdigit() and (n == "0" or n[0] != "0")]
    return os.path.join(model_dir, min(versions, key=int)) if versions else ""


def _recognize(config: ModelConfig, version_dir: str) -> Known | None:
    """The known backend that a configuration, or else the files beside it, amount to."""
    platform = PLATFORM_ALIASES.get(config.platform, config.platform)
    candidates = [
        known
        for known in KNOWN
        if (not config.backend or known.backend == config.backend)
        and (not platform or known.platform == platform or (config.backend and not known.platform))
    ]
    if not candidates and not config.backend:
        # A platform that nobody knows, beside a file that tells the backend: a slip, which
        # validation can then name.
        candidates = [k for k in KNOWN if k.file == config.default_model_filename]
    if config.default_model_filename:
        named = [k for k in candidates if k.file == config.default_model_filename]
        # A file name of the model's own says nothing; then backend or platform have to.
        candidates = named or (candidates if config.backend or platform else [])
    elif candidates and not platform:
        present = [k for k in candidates if _has(version_dir, k)]
        # The first entry of a known backend is its default; without a backend files must tell.
        candidates = present or (candidates if config.backend else [])
    return candidates[0] if candidates else None


def _has(version_dir: str, known: Known) -> bool:
    path = os.path.join(version_dir, known.file)
    if not version_dir or not os.path.exists(path):
        return False
    return known.kind == "any" or os.path.isdir(path) == (known.kind == "folder")


def _fill(config: ModelConfig, known: Known) -> None:
    if not config.backend:
        config.backend = known.backend
    if not config.platform and known.platform:
        config.platform = known.platform
    if not config.default_model_filename:
        config.default_model_filename = known.file


def _custom_backend(config: ModelConfig, model_name: str, folders: list[str]) -> None:
    _, dot, backend = model_name.partition(".")
    if dot and backend:
        config.backend = _text(backend)
        config.default_model_filename = f"model.{backend}"
        return
    for folder in folders:
        matches = (_LIBRARY.fullmatch(entry.name) for entry in _scan(folder))
        backends = [match.group(1) for match in matches if match]
        if len(backends) == 1:
            config.backend = backends[0]
            return
    raise ConfigError(
        f"Invalid model name: Could not determine backend for model '{model_name}' with no backend "
        "in model configuration. Expected model name of the form 'model.<backend_name>'.",
        field="backend",
    )
