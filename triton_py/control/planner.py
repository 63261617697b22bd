# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""From a load request to a plan: which folder, which configuration, which versions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from triton_py.config import Prepared, prepare, read_config
from triton_py.control.agent_run import run_agents
from triton_py.control.agents import AgentStore
from triton_py.control.dataplane import LOG_ERROR, LOG_WARN, DataPlane
from triton_py.control.folders import SharedFolder
from triton_py.control.options import ServerOptions
from triton_py.errors import InvalidArgumentError, UnsupportedError
from triton_py.proto.model_config import ModelConfig
from triton_py.repository import (
    FolderMarks,
    LoadParameters,
    LocalFolder,
    ModelFolder,
    ModelId,
    check_model_name,
    list_versions,
    select_versions,
    storage_of,
    write_override,
)


@dataclass(frozen=True)
class LoadPlan:
    """What a load will build. The planner's share of ``folder`` passes to whoever gets the plan."""

    name: ModelId
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
    #: The folder in the repository, and its content's marks; None where the files came with the
    #: load request.
    origin: str | None = None
    marks: FolderMarks | None = None


def folder_fingerprint(folder: ModelFolder, marks: FolderMarks) -> str:
    """Tells one content of one folder from another."""
    return f"{folder.path}:{marks.whole}"


class Planner:
    """Makes plans. Has no state of its own, so any number of threads may use it."""

    def __init__(self, dataplane: DataPlane, options: ServerOptions, agents: AgentStore) -> None:
        self._dataplane = dataplane
        self._options = options
        self._agents = agents

    def plan(
        self,
        name: ModelId,
        folder: ModelFolder | None,
        parameters: LoadParameters,
        marks: FolderMarks | None,
        check: Callable[[], None],
    ) -> LoadPlan:
        """Read and check what a load needs before any backend is asked; run the model's agents.

        Args:
            name: the model's name.
            folder: where it lies; None when the parameters bring all files.
            parameters: of the load request.
            marks: the folder's, taken before this call.
            check: called before each agent's turn, and now and then during a download; raises to
                give the load up.

        Raises:
            TritonError: a bad name or configuration, an agent that refuses, no version, something
                not supported. Nothing is left behind.
        """
        check_model_name(name.name)
        shared, source = self._open_folder(name, folder, parameters, check)
        try:
            return self._plan(name, folder, shared, source, parameters, marks)
        except BaseException:
            shared.release()
            raise

    def _open_folder(
        self,
        name: str,
        folder: ModelFolder | None,
        parameters: LoadParameters,
        check: Callable[[], None],
    ) -> tuple[SharedFolder, Prepared]:
        """The folder that the model is loaded from, and its configuration as it was written."""
        temporary: LocalFolder | None = None
        if parameters.files:
            temporary = write_override(parameters.files)
            path = temporary.path
        elif folder is not None:
            temporary = storage_of(folder.path).fetch(folder.path)
            path = folder.path if temporary is None else temporary.path
        else:
            raise InvalidArgumentError("neither a model folder nor files to load from")
        try:
            source = read_config(
                path,
                config_name=self._options.model_config_name,
                override_json=parameters.config,
                strict=self._options.strict_model_config,
            )
            if temporary is not None and source.config.model_repository_agents.agents:
                # What an agent looks at, and takes along to another place, nobody knows.
                temporary.complete(None, check)
            agents, source = run_agents(
                self._dataplane,
                self._agents,
                name,
                path,
                source,
                config_name=self._options.model_config_name,
                overridden=parameters.config is not None,
                check=check,
            )
        except BaseException:
            if temporary is not None:
                temporary.remove()
            raise
        if agents is None:
            return SharedFolder(path, temporary), source
        return SharedFolder(agents.path, temporary, agents), source

    def _plan(
        self,
        name: ModelId,
        folder: ModelFolder | None,
        shared: SharedFolder,
        source: Prepared,
        parameters: LoadParameters,
        marks: FolderMarks | None,
    ) -> LoadPlan:
        prepared = prepare(
            name.name,
            shared.path,
            strict=self._options.strict_model_config,
            renamed=folder is not None and folder.mapped,
            source=source,
        )
        config = prepared.config
        self._refuse_unsupported(name, config)
        fingerprint = ""
        if not parameters and folder is not None and marks is not None:
            fingerprint = folder_fingerprint(folder, marks)
        return LoadPlan(
            name,
            shared,
            config,
            prepared.path,
            prepared.provided,
            self._versions(name, shared.path, config),
            fingerprint,
            folder.path if folder is not None else None,
            marks,
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
        if config.HasField("ensemble_scheduling"):
            raise UnsupportedError(
                f"model '{name}': ensembles are not supported yet (configuration field "
                "'ensemble_scheduling')"
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
