# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Which model a folder is: of a repository, of a model, or of one of its versions."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from triton_py.cli.errors import CliError

CONFIG = "config.pbtxt"


@dataclass(frozen=True)
class ModelFolder:
    """A model by its place."""

    repository: Path
    name: str
    #: The one whose folder was named; None where the model's was.
    version: int | None

    @property
    def path(self) -> Path:
        return self.repository / self.name

    def config(self, isolation: str) -> str | None:
        """The configuration to load it with, as JSON: the file's, but for the version that was named,
        and where a Python model is to run. None where that is no difference, or where the file can't
        be read, which the server will explain better.

        :param isolation: "" for the configuration's own.
        :raises CliError: an isolation, for a model that is none of Python.
        """
        if self.version is None and not isolation:
            return None
        from google.protobuf import json_format, text_format

        from triton_py.proto.model_config import ModelConfig

        config = ModelConfig()
        file = self.path / CONFIG
        try:
            if file.exists():
                text_format.Parse(file.read_text(), config)
        except (OSError, ValueError, text_format.ParseError):
            return None
        if self.version is not None:
            config.version_policy.specific.versions[:] = [self.version]
        if isolation:
            if config.backend not in ("", "python"):
                raise CliError(f"model '{self.name}' is of the backend '{config.backend}': only Python "
                               "models can be debugged")
            config.parameters["ISOLATION"].string_value = isolation
            # Who looks around in execute takes longer.
            config.parameters.pop("EXECUTE_TIMEOUT_MS", None)
        return json.dumps(json_format.MessageToDict(config, preserving_proto_field_name=True))


def find(text: str) -> ModelFolder:
    """The model of a folder.

    :raises CliError: it is none; the message says what it looks like.
    """
    # Links are not followed: the model has the name of the link.
    path = Path(text).absolute()
    if ".." in path.parts:
        path = path.resolve()
    if not path.exists():
        raise CliError(f"{text}: there is no such folder")
    if not path.is_dir():
        hint = f": give the model's folder, {path.parent}" if path.name == CONFIG else ""
        hint = f": give its version's folder, {path.parent}" if path.suffix == ".py" else hint
        raise CliError(f"{text} is a file, no folder of a model{hint}")
    if _is_version(path) and not _is_model(path):
        return ModelFolder(path.parent.parent, path.parent.name, int(path.name))
    if _is_model(path):
        return ModelFolder(path.parent, path.name, None)
    if (path / "model.py").exists():
        raise CliError(f"{text} has a model.py, and no version: it belongs into {path / '1'}")
    models = sorted(entry.name for entry in path.iterdir() if entry.is_dir() and _is_model(entry))
    if models:
        raise CliError(f"{text} is a repository: give the folder of one of its models, "
                       f"{', '.join(models)}")
    raise CliError(f"{text} is no model: it has neither a {CONFIG} nor a folder of a version, as 1")


def _is_version(path: Path) -> bool:
    return path.name.isascii() and path.name.isdigit() and str(int(path.name)) == path.name


def _is_model(path: Path) -> bool:
    return (path / CONFIG).exists() or any(
        _is_version(entry) and entry.is_dir() for entry in path.iterdir())
