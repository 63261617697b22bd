# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""From a load request to a plan: which folder, which configuration, which versions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from triton_py.config import prepare
from triton_py.control.dataplane import LOG_ERROR, LOG_WARN, DataPlane
from triton_py.control.folders import SharedFolder
from triton_py.control.options import ServerOptions
from triton_py.errors import InvalidArgumentError, UnsupportedError
from triton_py.proto.model_config import ModelConfig
from triton_py.repository import (
    LoadParameters,
    ModelFolder,
    check_model_name,
    fingerprint,
    list_versions,
    select_versions,
    write_override,
)


@dataclass(frozen=True)
class LoadPlan:
    """What a load will build. The planner's share of ``folder`` passes to whoever gets the plan."""

    name: str
    folder: SharedFolder
    #: A ModelConfig message: what the user wrote, completed from the folder.
    config: ModelConfig
    #: The file it was read from, for messages; None when it comes from none.
    config_file: str | None
    #: Whether the user wrote a configuration at all.
    config_provided: bool
    versions: tuple[int, ...]
    #: Of the folder's content; "" when an override was applied.
    fingerprint: str


def folder_fingerprint(folder: ModelFolder) -> str:
    """Tells one content of one folder from another; see ``repository.fingerprint``."""
    return f"{folder.path}:{fingerprint(folder.path)}"


class Planner:
    """Makes plans. Has no state of its own, so any number of threads may use it."""

    def __init__(self, dataplane: DataPlane, options: ServerOptions) -> None:
        self._dataplane = dataplane
        self._options = options

    def plan(
        self, name: str, folder: ModelFolder | None, parameters: LoadParameters, mark: str
    ) -> LoadPlan:
        """Read and check what a load needs before any backend is asked.

        Args:
            name: the model's name.
            folder: where it lies; None when the parameters bring all files.
            parameters: of the load request.
            mark: the folder's fingerprint, taken before this call.

        Raises:
            TritonError: a bad name or configuration, no version, something not supported. Nothing
                is left behind.
        """
        check_model_name(name)
        shared = self._open_folder(folder, parameters)
        try:
            return self._plan(name, folder, shared, parameters, mark)
        except BaseException:
            shared.release()
            raise

    def _open_folder(self, folder: ModelFolder | None, parameters: LoadParameters) -> SharedFolder:
        if parameters.files:
            temporary = write_override(parameters.files)
            return SharedFolder(temporary.path, temporary)
        if folder is None:
            raise InvalidArgumentError("neither a model folder nor files to load from")
        return SharedFolder(folder.path)

    def _plan(
        self,
        name: str,
        folder: ModelFolder | None,
        shared: SharedFolder,
        parameters: LoadParameters,
        mark: str,
    ) -> LoadPlan:
        prepared = prepare(
            name,
            shared.path,
            config_name=self._options.model_config_name,
            override_json=parameters.config,
            strict=self._options.strict_model_config,
            renamed=folder is not None and folder.mapped,
        )
        config = prepared.config
        self._refuse_unsupported(name, config)
        return LoadPlan(
            name,
            shared,
            config,
            prepared.path,
            prepared.provided,
            self._versions(name, shared.path, config),
            "" if parameters else mark,
        )

    def _versions(self, name: str, path: str, config: ModelConfig) -> tuple[int, ...]:
        listing = list_versions(path)
        for message in listing.ignored:
            self._dataplane.log(LOG_WARN, f"model '{name}': {message}")
        return select_versions(
            name,
            config.version_policy,
            listing.versions,
            lambda message: self._dataplane.log(LOG_ERROR, message),
        )

    def _refuse_unsupported(self, name: str, config: ModelConfig) -> None:
        for field, what in (
            ("ensemble_scheduling", "ensembles are"),
            ("model_repository_agents", "model repository agents are"),
        ):
            if config.HasField(field):
                raise UnsupportedError(
                    f"model '{name}': {what} not supported yet (configuration field '{field}')"
                )
        for consequence in _without_effect(config):
            self._dataplane.log(LOG_WARN, f"model '{name}': {consequence}")


def _without_effect(config: ModelConfig) -> Iterator[str]:
    """What the configuration asks for and will not get yet, each with its consequence."""
    if config.response_cache.enable:
        yield "the response cache is not supported yet, responses will not be cached"
    if config.sequence_batching.oldest.preserve_ordering:
        yield (
            "preserve_ordering of sequences is not supported yet, responses will be sent when they "
            "are ready"
        )
